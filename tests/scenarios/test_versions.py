"""Programs that change while members live by them."""

from typing import Any

import pytest

from membership.program.schema import Program
from tests.scenarios.policy import BRONZE, policy
from tests.scenarios.world import World, preset


@pytest.fixture
def world() -> World:
    return World(preset("p2-customer-policy"))


def second_version(world: World, since: str, **changes: Any) -> Program:
    document = world.program.model_dump(exclude_unset=True) | changes
    changed = Program.model_validate(document | {"effective_from": world.at(since)})
    world.programs.put(changed, 2)
    return changed


def tiers(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.program.model_dump(exclude_unset=True)["tiers"]
    return found


@pytest.mark.proves("D7")
def test_stricter_rules_only_lead_to_a_notice(world: World) -> None:
    stricter = tiers(world)
    stricter[2]["qualify"] = {"any": [{"spend": 90_000}]}
    second_version(world, "2024-09-01 00:00", tiers=stricter)
    world.order("ann", "2024-03-01", 20_000)
    world.order("ann", "2024-10-01", 1)
    assert world.tier("ann") == "gold"
    assert str(world.member("ann").standings["main"].expires_on) == "2026-01-01", "as it was promised"
    world.nights("2025-11-30", "2026-01-02")
    [notice] = world.history("ann", "tier.will_downgrade")
    assert notice.data["evidence"]["version"] == 2
    assert notice.data["prevented_by"] == [{"spend": 90_000_00}]


def test_who_fell_by_new_rules_is_not_lifted_again_by_the_year_of_the_old_ones() -> None:
    """Gold asked for 20,000 last year and for 30,000 this year; what was spent lies between, in both."""
    world = World(preset("p2-customer-policy", validity="while_qualified"))
    stricter = tiers(world)
    stricter[2]["qualify"] = {"any": [{"spend": 30_000}]}
    second_version(world, "2025-01-01 00:00", tiers=stricter)
    world.order("ann", "2024-03-01", 22_000)
    assert world.tier("ann") == "gold"
    world.order("ann", "2025-01-10", 22_000)
    world.nights("2025-01-10", "2025-06-01")
    assert world.tier("ann") == "silver"
    assert len(world.history("ann", "tier.will_downgrade")) == 1
    assert world.equals_a_rebuild(["ann"])


def test_facts_of_both_versions_in_one_batch_are_judged_each_by_its_own(world: World) -> None:
    """Gold by referrals at 200 each on 31 January; from 1 February on they count half."""
    halved = world.program.model_dump(exclude_unset=True)["metrics"]
    halved["contribution"]["points"]["referral"] = 100
    second_version(world, "2024-02-01 00:00", metrics=halved)
    alone, together = World(world.program), World(world.program)
    for one in (alone, together):
        one.programs.put(world.programs.versions(world.program.id).numbered(2), 2)
    for _ in range(10):
        alone.activity("ann", "2024-01-31", "referral")
    alone.order("ann", "2024-02-01", 1)
    assert alone.tier("ann") == "gold"
    facts = alone.facts("ann")
    for fact in facts:
        together.ledger.append(together.program.id, fact)
    together.settling.settle(together.program.id, "ann", sorted(facts, key=lambda fact: fact.occurred_at))
    assert together.tier("ann") == "gold"


def test_a_gift_is_given_once_a_year_by_whatever_name_its_tier_goes() -> None:
    """Gold, then prime, then star: the member is told of two new names, and given one box."""
    gift = {"qualify": {"spend": 5000}, "rewards": [{"id": "box", "gift": "box"}]}
    versions = (
        policy(BRONZE, {"id": "gold", **gift}),
        policy(BRONZE, {"id": "prime", "replaces": ["gold"], **gift}, effective_from="2026-05-01T00:00:00Z"),
        policy(BRONZE, {"id": "star", "replaces": ["prime"], **gift}, effective_from="2026-07-01T00:00:00Z"),
    )
    world = World(versions[0])
    for number, version in enumerate(versions[1:], 2):
        world.programs.put(version, number)
    order = world.order("ann", "2026-03-01", 5_000)
    world.refund("ann", "2026-03-02", order, 5_000)
    world.nights("2026-03-03", "2026-04-10")
    assert world.tier("ann") == "bronze"
    world.order("ann", "2026-08-01", 5_000)
    assert world.tier("ann") == "star"
    assert world.rewards("ann") == ["box"]
    assert world.equals_a_rebuild(["ann"])


def test_what_the_stream_brings_again_is_no_matter_of_a_version_that_began_before_it() -> None:
    """A shop's clock was ahead: gold was decided for a moment for which there is a later version by now."""
    gold = {"qualify": {"spend": 5000}}
    world = World(policy(BRONZE, {"id": "gold", **gold}))
    world.order("ann", "2026-05-01", 5_000)
    later = policy(
        BRONZE, {"id": "prime", "replaces": ["gold"], **gold}, effective_from="2026-05-01T00:00:00Z"
    )
    world.programs.put(later, 2)
    world.stream()
    assert world.tier("ann") == "gold"
    world.order("ann", "2026-05-02", 1)
    assert world.tier("ann") == "prime"
    assert world.equals_a_rebuild(["ann"])
