"""What operators do is held to the rules in force, whether or not the member was settled by them yet."""

import pytest

from membership.acts import Action, Hold, Lift
from membership.program.schema import Program
from membership.services.acting import Acting, Instruction
from tests.services.conftest import NOW, Services, days

TOLD = Instruction("act-1", "Li Wei", "ten years with us")


@pytest.mark.parametrize("kind", [Lift, Hold])
def test_a_tier_that_was_replaced_since_stands_in_nobodys_way(services: Services, kind: type[Action]) -> None:
    services.settle(services.order("ann", "1", 20_000_00))
    assert services.tier("ann") == "gold"
    document = services.program.model_dump(exclude_unset=True)
    tiers = [
        tier | ({"id": "prime", "replaces": ["gold"]} if tier["id"] == "gold" else {})
        for tier in document["tiers"]
    ]
    services.programs.put(Program.model_validate(document | {"tiers": tiers, "effective_from": NOW}), 2)
    acting = Acting(services.ledger, services.programs, services.ledger.approvals, services.settling)
    until = (NOW + days(100)).date()
    acted = acting.act(
        services.program.id, "ann", kind(ladder="main", tier="platinum", until=until), TOLD, NOW + days(1)
    )
    standing = acted.committed.member.standings["main"]
    assert standing.tier == "prime"
    assert [one.tier for one in standing.overrides.values()] == ["platinum"]
