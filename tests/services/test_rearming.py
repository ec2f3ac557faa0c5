"""Once a version has begun, those are reviewed whom it concerns and no review would have met in time."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from membership.acts import Block
from membership.facts import Act, Enrolment, Profile, Review
from membership.program.schema import Program
from membership.services.rearming import Rearming
from membership.services.reviewing import Place, review
from membership.store.sweeps import Outrun
from tests.fakes.sweeps import MemoryRoster, MemorySweeps
from tests.services.conftest import Services

BOUGHT = datetime.fromisoformat("2025-03-01T12:00:00+08:00")
SINCE = datetime.fromisoformat("2025-06-01T12:00:00+08:00")
NOW = datetime.fromisoformat("2025-06-01T13:00:00+08:00")


class Shop(Services):
    def __init__(self) -> None:
        super().__init__()
        self.sweeps = MemorySweeps()
        roster = MemoryRoster(self.ledger, most=2)
        self.rearming = Rearming(self.ledger, self.programs, roster, self.sweeps)

    def gold(self, *names: str) -> None:
        for name in names:
            self.settle(self.order(name, name, 20_000_00, occurred_at=BOUGHT, recorded_at=BOUGHT))

    def begins(self, number: int = 2, since: datetime = SINCE, **changes: Any) -> None:
        document = self.program.model_dump(exclude_unset=True) | changes
        self.programs.put(Program.model_validate(document | {"effective_from": since}), number)

    def look(self, now: datetime = NOW, may_go_on: Callable[[], bool] = lambda: True) -> Any:
        sweep = self.rearming.take(now, going_on=True)
        return self.rearming.run(sweep, now, may_go_on) if sweep else {}

    def concerned(self, version: int = 2) -> list[str]:
        return sorted(
            member
            for _, member in self.ledger.everybody()
            for fact in self.facts(member)
            if isinstance(fact, Review) and fact.version == version
        )

    def settle_reviews(self) -> None:
        for _, member in self.ledger.everybody():
            reviews = [fact for fact in self.facts(member) if isinstance(fact, Review)]
            self.settling.settle(self.program.id, member, reviews)

    def due(self, member: str) -> date | None:
        return self.ledger.load(self.program.id, member).due

    def tiers(self) -> list[dict[str, Any]]:
        return [*self.program.model_dump(exclude_unset=True)["tiers"]]


@pytest.fixture
def shop() -> Shop:
    return Shop()


EARLIER = {"downgrade": {"notice_days": 90}}
"""A notice of 90 days has to be given sooner."""


def test_who_is_due_earlier_is_reviewed_and_then_due_earlier(shop: Shop) -> None:
    shop.gold("ann")
    shop.settle(Enrolment(id="x", member_id="bob", occurred_at=BOUGHT, recorded_at=BOUGHT))
    before = shop.due("ann")
    shop.begins(**EARLIER)
    assert shop.look() == {shop.program.id: 2}
    assert shop.concerned() == ["ann"]
    shop.settle_reviews()
    after = shop.due("ann")
    assert before
    assert after
    assert before - after == timedelta(days=60)


def test_nobody_is_reviewed_whom_it_does_not_concern(shop: Shop) -> None:
    shop.gold("ann")
    shop.begins(downgrade={"notice_days": 30, "steps": "to_qualified"})
    assert shop.look() == {shop.program.id: 2}
    assert shop.concerned() == []


def test_everybody_is_looked_at_once_for_each_version(shop: Shop) -> None:
    shop.gold("ann")
    assert shop.look() == {}, "the first version concerns nobody"
    shop.begins(**EARLIER)
    assert shop.look(SINCE - timedelta(seconds=1)) == {}, "it has not begun"
    assert shop.look() == {shop.program.id: 2}
    assert shop.look() == {}
    shop.begins(3, SINCE + timedelta(days=1), downgrade={"notice_days": 120})
    assert shop.look(NOW + timedelta(days=1)) == {shop.program.id: 3}
    assert shop.concerned(3) == ["ann"]


def test_other_metrics_concern_everybody_who_has_not_gone(shop: Shop) -> None:
    shop.gold("ann", "gone")
    shop.settle(Profile(id="p", member_id="trial", attributes={}, occurred_at=BOUGHT, recorded_at=BOUGHT))
    act: dict[str, Any] = {"id": "a", "by": "office", "reason": "fraud", "action": Block()}
    shop.settle(Act(**act, member_id="gone", occurred_at=BOUGHT, recorded_at=BOUGHT))
    metrics = shop.program.model_dump(exclude_unset=True)["metrics"]
    metrics["contribution"]["points"]["referral"] = 100
    shop.begins(metrics=metrics)
    shop.look()
    assert shop.concerned() == ["ann", "trial"]
    shop.settle_reviews()
    again = shop.programs.versions(shop.program.id).numbered(2).fingerprint
    member = shop.ledger.load(shop.program.id, "ann").member
    assert member
    assert member.fingerprint == again


def test_a_tier_that_was_replaced_concerns_who_has_it(shop: Shop) -> None:
    shop.gold("ann")
    shop.settle(shop.order("bob", "bob", 5_000_00, occurred_at=BOUGHT, recorded_at=BOUGHT))
    tiers = shop.tiers()
    tiers[2] |= {"id": "golden", "replaces": ["gold"]}
    shop.begins(tiers=tiers)
    shop.look()
    assert shop.concerned() == ["ann"]
    shop.settle_reviews()
    assert [shop.tier("ann"), shop.tier("bob")] == ["golden", "silver"]


def test_who_has_done_already_what_it_asks_rises_as_it_begins(shop: Shop) -> None:
    shop.gold("ann")
    for member, yuan in (("bob", 12_000_00), ("cid", 6_000_00)):
        shop.settle(shop.order(member, member, yuan, occurred_at=BOUGHT, recorded_at=BOUGHT))
    shop.begins(tiers=[*shop.tiers()[:2], shop.tiers()[2] | {"qualify": {"spend": 10_000}}])
    shop.look()
    assert shop.concerned() == ["bob"]
    shop.settle_reviews()
    assert [shop.tier(member) for member in ("ann", "bob", "cid")] == ["gold", "gold", "silver"]
    rise = [one for one in shop.ledger.outcomes(shop.program.id, "bob") if one.type == "tier.upgraded"][-1]
    assert rise.data["evidence"]["version"] == 2


def test_a_review_of_the_same_morning_does_not_stand_in_its_way(shop: Shop) -> None:
    """The version begins at noon; at midnight the member was due, and settled by the version before."""
    shop.gold("ann")
    due = shop.due("ann")
    assert due
    noon = datetime.combine(due, SINCE.timetz())
    midnight = shop.program.midnight(due)
    review(shop.ledger, shop.program, due, midnight, Place(), lambda: True)
    shop.settle_reviews()
    tiers = shop.tiers()
    tiers[2] |= {"id": "golden", "replaces": ["gold"]}
    shop.begins(since=noon, tiers=tiers)
    shop.look(noon + timedelta(hours=1))
    shop.settle_reviews()
    assert shop.tier("ann") == "golden"


def test_a_version_of_the_next_cycle_is_due_when_it_begins_for_the_member(shop: Shop) -> None:
    """A notice of a year has to be given at the turn of the year before: there it is given."""
    shop.gold("ann")
    shop.begins(changes="next_cycle", downgrade={"notice_days": 365})
    shop.look()
    assert shop.concerned() == ["ann"]
    shop.settle_reviews()
    assert shop.due("ann") == date(2026, 1, 1)
    midnight = shop.program.midnight(date(2026, 1, 1))
    review(shop.ledger, shop.program, date(2026, 1, 1), midnight, Place(), lambda: True)
    shop.settle_reviews()
    [notice] = [
        one for one in shop.ledger.outcomes(shop.program.id, "ann") if one.type == "tier.will_downgrade"
    ]
    assert notice.data["evidence"]["version"] == 2
    assert notice.data["announced_at"].startswith("2026-01-01")


def test_it_goes_on_where_it_stopped(shop: Shop) -> None:
    names = [f"m{n}" for n in range(60)]
    shop.gold(*names)
    shop.begins(**EARLIER)
    runs, done = 0, None
    while done is None:
        steps = iter([True, False])
        done, runs = shop.look(may_go_on=lambda: next(steps)), runs + 1  # noqa: B023
    assert runs > 1
    assert shop.concerned() == sorted(names)


def test_of_two_at_once_one_gives_way_and_nobody_is_reviewed_twice(shop: Shop) -> None:
    shop.gold("ann", "bob")
    shop.begins(**EARLIER)
    slow = shop.rearming.take(NOW, going_on=False)
    assert slow
    assert shop.rearming.take(NOW + timedelta(minutes=5), going_on=False) is None
    assert shop.look(NOW + timedelta(hours=1)) == {shop.program.id: 2}
    with pytest.raises(Outrun):
        shop.rearming.run(slow, NOW, lambda: True)
    assert shop.concerned() == ["ann", "bob"]


def test_other_programs_are_left_alone(shop: Shop) -> None:
    other = shop.program.model_copy(update={"id": "other"})
    shop.programs.put(other, 1)
    order = shop.order("ann", "ann", 20_000_00, occurred_at=BOUGHT, recorded_at=BOUGHT)
    shop.ledger.append("other", order)
    shop.settling.settle("other", "ann", [order])
    shop.gold("bob")
    shop.begins(**EARLIER)
    shop.look()
    assert shop.concerned() == ["bob"]


def test_who_comes_late_with_what_was_done_before_is_reviewed_the_next_night(shop: Shop) -> None:
    """Everybody has been looked at by then; and this one was judged by the version of its own time."""
    shop.begins(tiers=[*shop.tiers()[:2], shop.tiers()[2] | {"qualify": {"spend": 10_000}}])
    shop.look()
    late = shop.order("ann", "late", 10_000_00, occurred_at=BOUGHT, recorded_at=NOW)
    shop.ledger.append(shop.program.id, late)
    shop.settling.settle(shop.program.id, "ann", [late], NOW)
    assert shop.tier("ann") == "silver"
    tomorrow = NOW + timedelta(days=1)
    due = shop.ledger.load(shop.program.id, "ann").due
    assert due == shop.program.day(tomorrow), "a review of today would be of before it began"
    review(shop.ledger, shop.program, shop.program.day(tomorrow), tomorrow, Place(), lambda: True)
    shop.settle_reviews()
    assert shop.tier("ann") == "gold"
