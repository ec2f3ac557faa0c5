"""Throttling, lost races and lost acknowledgements at every write: facts count once, and none is lost."""

from collections.abc import Callable
from itertools import count
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from membership.errors import Contended
from membership.facts import Fact, Refund
from membership.services.evaluating import BatchUnfinished, evaluate
from membership.services.ingesting import Ingest
from membership.services.settling import Settling
from tests.fakes.faults import FaultyLedger
from tests.services.conftest import NOW, Services

PASSING = (Contended, ClientError, BotoCoreError)
FATES = st.lists(st.sampled_from(["ok", "throttled", "overtaken", "lost"]), max_size=40)


def until_it_works(call: Callable[[], Any]) -> Any:
    """What a client or the stream does: the very same again."""
    for _ in range(60):
        try:
            return call()
        except (*PASSING, BatchUnfinished):
            continue
    raise AssertionError("sixty failures in a row")


def some_facts(services: Services) -> list[Fact]:
    orders: list[Fact] = [
        services.order(member, f"{member}-{n}", 3000_00) for member in "ab" for n in range(5)
    ]
    refunds: list[Fact] = [
        Refund(
            id=f"back-{n}",
            member_id="a",
            occurred_at=NOW,
            recorded_at=NOW,
            order_id=f"a-{n}",
            amount=1000_00,
        )
        for n in (0, 1, 9)
    ]
    return orders + refunds


@given(fates=FATES)
@settings(max_examples=settings().max_examples // 2)
def test_state_is_what_it_would_have_been_without_faults(fates: list[str]) -> None:
    calm, stormy = Services(), Services()
    ledger: Any = FaultyLedger(stormy.ledger, iter(fates))
    ingest = Ingest(ledger, Settling(ledger, stormy.programs, lambda _: None), workers=1)
    settling = Settling(ledger, stormy.programs, lambda _: None)
    facts = some_facts(calm)
    program = calm.program.id
    for fact in facts:
        calm.ledger.append(program, fact)
        until_it_works(lambda fact=fact: ingest.take(stormy.program, [fact]))
    for member in "ab":
        mine = [fact for fact in facts if fact.member_id == member]
        calm.settling.settle(program, member, mine)
        batch = {(program, member): mine}
        until_it_works(
            lambda batch=batch: evaluate(batch, settling, ledger, NOW, PASSING, lambda *_: None, workers=1)
        )
    for member in "ab":
        expected, found = calm.ledger.load(program, member), stormy.ledger.load(program, member)
        assert found.member == expected.member
        assert [o.type for o in stormy.ledger.outcomes(program, member)] == [
            o.type for o in calm.ledger.outcomes(program, member)
        ]
        assert not stormy.ledger.is_parked(program, member), "a fault of the table is nobody's bug"
        again = stormy.settling.rebuild(program, member)
        assert again.member == expected.member
        assert not again.outcomes


def test_a_writer_who_always_loses_gives_up_and_says_so(services: Services) -> None:
    ledger: Any = FaultyLedger(services.ledger, ("overtaken" for _ in count()))
    settling = Settling(ledger, services.programs, lambda _: None)
    services.settle(services.order("ann", "1"))
    try:
        settling.settle(services.program.id, "ann", [services.order("ann", "2")])
    except Contended:
        return
    raise AssertionError("it claims to have settled")
