"""One member's trouble never blocks, loses or delays the others."""

from datetime import datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from membership.errors import Contended, NoSuchMember, Unsettleable
from membership.facts import Fact
from membership.member.state import Member
from membership.services.evaluating import BatchUnfinished, Verdict, evaluate, read_batch
from membership.services.settling import Committed, Settling
from membership.store import items
from tests.fakes.faults import throttled
from tests.services.conftest import NOW, Services


class Troubled:
    """Settles as usual, except that some facts or members make it fail."""

    def __init__(self, settling: Settling, poison: str = "", contended: str = "", erased: str = "") -> None:
        self.settling, self.poison, self.contended, self.erased = settling, poison, contended, erased

    def settle(self, program: str, member_id: str, facts: list[Fact], now: datetime) -> Committed:
        if member_id == self.contended:
            raise Contended("others were first")
        if member_id == self.erased:
            raise NoSuchMember()
        if any(fact.key == self.poison for fact in facts):
            # The way a fault of the domain shows: an exception nobody foresaw, from deep inside.
            facts = [fact.model_copy(update={"occurred_at": None}) for fact in facts]
        return self.settling.settle(program, member_id, facts, now)


def run(services: Services, settling: Troubled, *facts: Fact) -> list[Verdict]:
    heard: list[Verdict] = []
    batch: dict[tuple[str, str], list[Fact]] = {}
    for fact in facts:
        services.ledger.append(services.program.id, fact)
        batch.setdefault((services.program.id, fact.member_id), []).append(fact)
    evaluate(batch, settling, services.ledger, NOW, (Contended,), lambda verdict, _: heard.append(verdict))
    return sorted(heard)


def test_records_of_the_stream_become_facts_by_member(services: Services) -> None:
    facts = [services.order("ann", "1"), services.order("bob", "2"), services.order("ann", "3")]
    records = [{"dynamodb": {"NewImage": items.fact_item("shop", fact)}} for fact in facts]
    batch = read_batch(records)
    assert batch == {("shop", "ann"): [facts[0], facts[2]], ("shop", "bob"): [facts[1]]}


def test_a_poisonous_fact_parks_its_member_and_nobody_else(services: Services) -> None:
    settling = Troubled(services.settling, poison="order#2")
    heard = run(
        services,
        settling,
        services.order("ann", "1", 5000_00),
        services.order("bob", "2", 5000_00),
        services.order("bob", "3", 5000_00),
        services.order("cleo", "4", 5000_00),
    )
    assert heard == ["parked", "settled", "settled", "settled"]
    assert services.tier("ann") == services.tier("cleo") == "silver"
    assert services.ledger.is_parked(services.program.id, "bob")
    assert services.tier("bob") == "silver", "the sound fact of the same batch was settled"


def test_a_rebuild_brings_a_parked_member_back_whole(services: Services) -> None:
    run(services, Troubled(services.settling, poison="order#2"), services.order("bob", "2", 20_000_00))
    assert services.tier("bob") is None
    services.settling.rebuild(services.program.id, "bob")
    assert services.tier("bob") == "gold"
    assert not services.ledger.is_parked(services.program.id, "bob")


def test_trouble_that_passes_is_raised_after_the_others_are_settled(services: Services) -> None:
    settling = Troubled(services.settling, contended="ann")
    with pytest.raises(BatchUnfinished):
        run(services, settling, services.order("ann", "1"), services.order("bob", "2", 5000_00))
    assert services.tier("bob") == "silver"
    assert not services.ledger.is_parked(services.program.id, "ann")


def test_a_program_that_is_not_there_parks_nobody(services: Services) -> None:
    """The state table was emptied, or restored from before the program: its members are sound."""
    batch = {
        (program, fact.member_id): [fact]
        for program, fact in (
            ("lost", services.order("ann", "1")),
            ("customer-policy", services.order("bob", "2")),
        )
    }
    heard: list[Verdict] = []
    with pytest.raises(BatchUnfinished):
        evaluate(
            batch,
            services.settling,
            services.ledger,
            NOW,
            (Contended,),
            lambda verdict, _: heard.append(verdict),
        )
    assert sorted(heard) == ["settled", "unfinished"]
    assert services.tier("bob") == "regular"
    assert not services.ledger.is_parked("lost", "ann")


def erase(services: Services, member: str) -> None:
    """The tombstone, as erasing leaves it."""
    gone = Member(id=member, fingerprint="", status="erased")
    services.ledger.damage(services.program.id, member, lambda stored: stored._replace(member=gone))


@pytest.mark.proves("G1")
def test_what_is_told_of_an_erased_member_is_handed_to_the_eraser(services: Services) -> None:
    facts = [services.order(member, "1") for member in ("ann", "bob", "cid")]
    run(services, Troubled(services.settling), *facts)
    erase(services, "ann")
    heard: list[Verdict] = []
    forgotten: list[tuple[str, str]] = []
    evaluate(
        {(services.program.id, fact.member_id): [fact] for fact in facts},
        Troubled(services.settling, erased="bob"),
        services.ledger,
        NOW,
        (Contended,),
        lambda verdict, _: heard.append(verdict),
        forget=lambda *who: forgotten.append(who),
    )
    assert heard == ["settled"] * 3
    assert sorted(forgotten) == [(services.program.id, "ann"), (services.program.id, "bob")]


def test_an_eraser_out_of_reach_has_the_batch_come_again(services: Services) -> None:
    fact = services.order("ann", "1")
    run(services, Troubled(services.settling), fact)
    erase(services, "ann")

    def out_of_reach(program: str, member_id: str) -> None:
        raise ConnectionError

    with pytest.raises(BatchUnfinished):
        evaluate(
            {(services.program.id, "ann"): [fact]},
            services.settling,
            services.ledger,
            NOW,
            (ConnectionError,),
            lambda *_: None,
            forget=out_of_reach,
        )


def test_nothing_is_noted_of_a_member_that_was_erased_meanwhile(services: Services) -> None:
    """Settling failed before it was erased, and wants to say so afterwards."""
    run(services, Troubled(services.settling), services.order("ann", "1"))

    class Meanwhile(Troubled):
        def settle(self, program: str, member_id: str, facts: list[Fact], now: datetime) -> Committed:
            erase(services, member_id)
            raise Unsettleable("a fault of ours")

    assert run(services, Meanwhile(services.settling), services.order("ann", "2")) == ["parked"]
    assert not services.ledger.is_parked(services.program.id, "ann")


def test_a_batch_that_comes_again_changes_nothing(services: Services) -> None:
    facts = [services.order("ann", str(n), 2000_00) for n in range(3)]
    run(services, Troubled(services.settling), *facts)
    before = services.ledger.load(services.program.id, "ann")
    run(services, Troubled(services.settling), *facts)
    assert services.ledger.load(services.program.id, "ann").version == before.version


def test_throttling_in_the_middle_of_a_rebuild_parks_nobody(services: Services) -> None:
    """It is no fault of the member's facts: the stream brings them again."""
    services.settle(services.order("ann", "1", recorded_at=NOW))
    old = services.order("ann", "2", recorded_at=NOW - timedelta(hours=26))
    services.ledger.refunded_orders = throttling  # type: ignore[method-assign]
    with pytest.raises(BatchUnfinished):
        evaluate(
            {(services.program.id, "ann"): [old]},
            services.settling,
            services.ledger,
            NOW,
            (ClientError,),
            lambda verdict, trouble: None,
        )
    assert not services.ledger.is_parked(services.program.id, "ann")


def throttling(*_: object) -> dict[str, int]:
    raise throttled()
