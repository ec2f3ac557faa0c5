"""One fault at each single write of redeeming, of every kind: shelves, points and ledger agree at last."""

from typing import Any

import pytest

from membership.errors import Impossible
from membership.facts import Order
from membership.program.reading import read_program
from membership.program.schema import Program
from membership.services.redeemed import redeemed
from membership.services.redeeming import Redeeming
from membership.services.settling import Settling
from membership.store.ledger import Ledger
from membership.store.programs import Programs
from membership.store.shelves import Counted, Shelves
from membership.store.tables import Tables
from tests.store.test_faults import FAULTS, NOW, FaultyClient, client, until_it_works

__all__ = ["client"]  # a fixture, which is asked for by name

PROGRAM = """
id: {id}
metrics: {{spend: {{sum: order.amount}}}}
tiers: [{{id: regular}}]
points: {{earn: {{order: {{points: 1, per: 1}}}}}}
catalogue: [{{id: film, points: 100, coupon: FILM, codes: uploaded, stock: 5}}]
"""
WRITES = 8
"""One of the upload, two of each redemption, two of the cancellation; and the fact that is told again."""


def live(client: Any, program: Program, nth: int, fault: str) -> tuple[Ledger, Shelves, FaultyClient]:
    """Codes come, two films are bought, one is given back; whoever asks asks again until it is answered."""
    tables = Tables(ledger="ledger", state="state")
    plain = Ledger(client, tables)
    Programs(client, tables, lambda: 0.0).put(program, 1)
    faulty = FaultyClient(client)
    ledger, programs = Ledger(faulty, tables), Programs(faulty, tables, lambda: 0.0, fresh_for=0)
    shelves = Shelves(faulty, tables)
    ledger.shelves = shelves
    settling = Settling(ledger, programs, lambda attempt: None)
    redeeming = Redeeming(ledger, programs, shelves, settling)
    told: dict[str, Any] = {"member_id": "ann", "occurred_at": NOW, "recorded_at": NOW}
    order = Order(id="e", order_id="o", amount=350_00, **told)
    plain.append(program.id, order)
    settling.settle(program.id, "ann", [order])
    faulty.writes, faulty.nth, faulty.fault = 0, nth, fault
    until_it_works(lambda: shelves.upload(program.id, "film", ["C1", "C2", "C3"]))
    for n in (1, 2):
        until_it_works(lambda n=n: redeeming.redeem(program.id, "ann", f"r{n}", "film", "t", NOW))

    def cancel() -> None:
        redeeming.cancel(program.id, "ann", "r1", "c1", "Li Wei", "sent back", NOW)

    until_it_works(cancel)
    until_it_works(cancel)
    with pytest.raises(Impossible):
        redeeming.cancel(program.id, "ann", "r1", "c2", "Li Wei", "sent back", NOW)
    return ledger, shelves, faulty


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_write_gives_nothing_twice(client: Any, fault: str) -> None:
    for nth in range(1, WRITES + 1):
        program = read_program(PROGRAM.format(id=f"film-{fault}-{nth}"))
        ledger, shelves, faulty = live(client, program, nth, fault)
        faulty.nth = 0
        assert shelves.all(program.id) == {"film": Counted(sold=1, codes=1)}, nth
        found = [one for _, one in redeemed(ledger, program.id, ["ann"])]
        assert [(one.outcome.redemption, one.cancelled) for one in found] == [("r2", False), ("r1", True)]
        codes = {one.outcome.code for one in found}
        [left] = shelves.look(program.id, {"film": 9}, "x")["film"].codes
        assert codes | {left} == {"C1", "C2", "C3"}
        member = ledger.load(program.id, "ann", consistent=True).member
        assert member is not None
        assert (member.points.spent, member.points.balance, member.redeemed) == (100, 250, {"film": 1})
        again = Settling(ledger, Programs(client, Tables("ledger", "state"), lambda: 0.0), lambda _: None)
        rebuilt = again.rebuild(program.id, "ann")
        assert rebuilt.member == member
        assert not rebuilt.outcomes
        assert shelves.all(program.id) == {"film": Counted(sold=1, codes=1)}


def test_there_are_no_more_writes_than_these(client: Any) -> None:
    _, _, faulty = live(client, read_program(PROGRAM.format(id="film-counted")), 0, "")
    assert faulty.writes == WRITES
