"""Each fact is answered by itself, and who waits sees what it led to."""

from datetime import date, datetime

import pytest

from membership.errors import MembershipError, NoSuchMember, Unsettleable
from membership.facts import Activity, Attributes, Fact
from membership.services.ingesting import Ingest, enrolment
from membership.services.settling import Committed
from tests.services.conftest import NOW, Services, days


def test_answers_are_in_the_order_of_the_facts(services: Services) -> None:
    one, other = services.order("ann", "1"), services.order("bob", "2")
    changed = one.model_copy(update={"amount": 1})
    under_another_id = one.model_copy(update={"id": "another"})
    taken = services.ingest.take(services.program, [other, one, one, changed, under_another_id])
    assert [answer.status for answer in taken] == [
        "accepted",
        "accepted",
        "duplicate",
        "conflict",
        "duplicate",
    ]
    assert services.facts("ann") == [one]


def test_an_id_used_for_two_facts_of_one_request_is_a_conflict(services: Services) -> None:
    order = services.order("ann", "1")
    other = services.order("ann", "2", id=order.id)
    activity = Activity(id=order.id, member_id="ann", occurred_at=NOW, recorded_at=NOW, kind="review")
    taken = services.ingest.take(services.program, [order, other, activity])
    assert [answer.status for answer in taken] == ["accepted", "conflict", "conflict"]
    assert services.facts("ann") == [order]


def test_a_program_may_refuse_members_that_it_does_not_know(services: Services) -> None:
    strict = services.program.model_copy(update={"unknown_members": "refuse"})
    [answer] = services.ingest.take(strict, [services.order("ann", "1")])
    assert answer.status == "unknown_member"
    assert services.facts("ann") == []


def test_who_waits_is_told_what_was_decided_once(services: Services) -> None:
    taken = services.ingest.take(services.program, [services.order("ann", "1", 5000_00)])
    first = services.ingest.settle(services.program, taken, NOW)["ann"]
    again = services.ingest.settle(services.program, taken, NOW)["ann"]
    assert first is not None
    assert again is not None
    assert "tier.upgraded" in [outcome.type for outcome in first.outcomes]
    assert again.outcomes == first.outcomes, "the stream may have been faster: the answer is the same"
    assert again.member == first.member


def test_a_duplicate_of_long_ago_does_not_read_the_whole_ledger(services: Services) -> None:
    old = services.order("ann", "1", recorded_at=NOW - days(400))
    services.settle(old, services.order("ann", "2"))
    taken = services.ingest.take(services.program, [old.model_copy(update={"recorded_at": NOW})])
    assert [answer.status for answer in taken] == ["duplicate"]
    settled = services.ingest.settle(services.program, taken, NOW)["ann"]
    assert settled is not None
    assert settled.member.tallies["orders"] == {2026: 2}


def test_enrolling_again_with_nothing_new_is_no_fact(services: Services) -> None:
    told = Attributes(joined=date(2020, 2, 29))
    first = enrolment(None, "ann", told, "one", NOW)
    assert first is not None
    services.settle(first)
    member = services.ledger.load(services.program.id, "ann").member
    assert enrolment(member, "ann", told, "two", NOW) is None
    assert enrolment(member, "ann", Attributes(), "three", NOW) is None
    assert enrolment(member, "ann", Attributes(joined=date(2021, 1, 1)), "four", NOW) is not None


@pytest.mark.parametrize("fault", [Unsettleable("a fault of ours"), NoSuchMember()], ids=type)
def test_a_member_whom_nobody_can_settle_does_not_spoil_the_others_answer(
    services: Services, fault: MembershipError
) -> None:
    """Be it at fault, or erased a moment ago, by a reading that was older."""

    class Poisoned:
        def settle(self, program: str, member_id: str, facts: list[Fact], now: datetime) -> Committed:
            if member_id == "bob":
                raise fault
            return services.settling.settle(program, member_id, facts, now)

    ingest = Ingest(services.ledger, Poisoned())
    taken = ingest.take(services.program, [services.order("bob", "1"), services.order("ann", "2")])
    settled = ingest.settle(services.program, taken, NOW)
    assert settled["bob"] is None
    assert settled["ann"] is not None
