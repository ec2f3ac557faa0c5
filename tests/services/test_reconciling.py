"""What is stored is held against what the ledger makes: each difference is told, and nothing that is none."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from membership.acts import Merge
from membership.errors import NoSuchMember
from membership.facts import Act, Refund
from membership.member.applied import AppliedFacts
from membership.member.state import Member
from membership.program.schema import Program
from membership.services.reconciling import MOST_TOLD, UNDER_WAY, Difference, Reconciling, Report
from membership.store.ledger import Stored
from membership.store.sweeps import Outrun
from tests.fakes.sweeps import MemoryRoster, MemorySweeps
from tests.services.conftest import NOW, Services

LATER = NOW + timedelta(hours=1)
SECOND = timedelta(seconds=1)


class Shop(Services):
    def __init__(self) -> None:
        super().__init__()
        self.sweeps = MemorySweeps()
        roster = MemoryRoster(self.ledger, most=2)
        self.reconciling = Reconciling(self.ledger, self.programs, roster, self.sweeps)

    def look(self, member: str = "ann") -> tuple[str, ...]:
        """What differs."""
        report = self.reconciling.one(self.program.id, member, LATER)
        assert report.different == len(report.differences)
        return next((one.parts for one in report.differences), ())

    def damage(self, change: Callable[[Stored], Stored], member: str = "ann") -> None:
        self.ledger.damage(self.program.id, member, change)

    def run(self, may_go_on: Callable[[], bool] = lambda: True) -> tuple[Report, bool]:
        sweep = self.reconciling.take(self.program.id, LATER, going_on=True)
        assert sweep
        return self.reconciling.run(sweep, LATER, may_go_on)


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.settle(shop.order("ann", "a1", 6_000_00), shop.order("ann", "a2"))
    shop.settle(Refund(id="r", member_id="ann", order_id="a2", amount=1, occurred_at=NOW, recorded_at=NOW))
    return shop


def changed(**changes: Any) -> Callable[[Stored], Stored]:
    def change(stored: Stored) -> Stored:
        assert stored.member
        member: Member = stored.member.model_copy(update=changes)
        return stored._replace(member=member)

    return change


def test_a_sound_member_differs_in_nothing(shop: Shop) -> None:
    assert shop.look() == ()
    assert shop.reconciling.one(shop.program.id, "ann", LATER).checked == 1


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (changed(tallies={}), "tallies"),
        (changed(purchases=7), "purchases"),
        (changed(granted={}), "granted"),
        (changed(counted=False), "counted"),
        (lambda stored: stored._replace(due=None), "due"),
        (lambda stored: stored._replace(due=stored.due + timedelta(days=1)), "due"),
    ],
)
def test_what_was_changed_behind_the_ledgers_back_is_told(
    shop: Shop, change: Callable[[Stored], Stored], part: str
) -> None:
    shop.damage(change)
    assert shop.look() == (part,)


def test_who_went_away_before_it_was_told_whom_it_absorbs_differs_in_nothing(shop: Shop) -> None:
    """That merge goes on to the member that goes on for both."""
    shop.settle(shop.order("bo", "b1"), shop.order("cy", "c1"))
    for who, into in (("bo", "ann"), ("ann", "cy")):  # what the one leads to isn't settled before the other
        told = {"id": f"merge-{who}", "member_id": who, "occurred_at": NOW, "recorded_at": NOW}
        shop.settle(Act(**told, by="Li Wei", reason="one person", action=Merge(into=into)))
    for who in ("ann", "cy"):
        shop.settling.settle(shop.program.id, who, shop.facts(who))
    assert [shop.look(who) for who in ("ann", "bo", "cy")] == [(), (), ()]


def test_a_version_that_has_begun_since_makes_nobody_differ(shop: Shop) -> None:
    """The review looks at everybody for its sake."""
    document = shop.program.model_dump(exclude_unset=True) | {"effective_from": NOW + SECOND}
    shop.programs.put(Program.model_validate(document), 2)
    assert shop.look() == ()


def test_a_due_day_that_is_too_early_does_no_harm(shop: Shop) -> None:
    shop.damage(lambda stored: stored._replace(due=NOW.date()))
    assert shop.look() == ()


def test_a_rise_that_nobody_decided_is_told(shop: Shop) -> None:
    shop.ledger.lose_outcomes(shop.program.id, "ann")
    assert "outcomes that are missing" in shop.look()


def test_a_memory_that_has_lost_a_fact_is_told(shop: Shop) -> None:
    def forget(stored: Stored) -> Stored:
        assert stored.member
        stored.member.applied = AppliedFacts(stored.member.applied.pack()[:-12])
        return stored

    shop.damage(forget)
    assert shop.look() == ("facts that were not settled",)


def test_a_fact_that_never_was_settled_is_told_but_not_while_it_may_be_on_its_way(shop: Shop) -> None:
    on_its_way = shop.order("ann", "a3", recorded_at=LATER - UNDER_WAY)
    shop.ledger.append(shop.program.id, on_its_way)
    assert shop.look() == ()
    shop.ledger.append(shop.program.id, shop.order("ann", "a4", recorded_at=LATER - UNDER_WAY - SECOND))
    assert shop.look() == ("facts that were not settled",)
    shop.settling.rebuild(shop.program.id, "ann", LATER)
    assert shop.look() == ()


def test_a_rebuild_mends_every_difference(shop: Shop) -> None:
    shop.damage(changed(tallies={}, purchases=7, granted={}, counted=False))
    assert shop.look()
    shop.settling.rebuild(shop.program.id, "ann", LATER)
    assert shop.look() == ()


def test_a_member_that_is_settled_while_it_is_looked_at_differs_in_nothing(shop: Shop) -> None:
    ledger = shop.ledger

    class Busy:
        """Settles the member after its facts were read, as a stream would."""

        def __getattr__(self, name: str) -> Any:
            return getattr(ledger, name)

        def facts(self, program: str, member_id: str) -> Any:
            found = list(ledger.facts(program, member_id))
            shop.settle(shop.order("ann", f"b{len(found)}"))
            return iter(found)

    shop.reconciling = Reconciling(Busy(), shop.programs, MemoryRoster(ledger), shop.sweeps)
    assert shop.look() == ()


@pytest.mark.proves("G1")
def test_what_stays_of_who_was_erased_is_told_but_not_while_it_may_be_on_its_way_out(shop: Shop) -> None:
    shop.damage(lambda stored: Stored(Member(id="ann", fingerprint="", status="erased"), stored.version))
    assert shop.look() == ("facts of who was erased",)
    assert shop.reconciling.one(shop.program.id, "ann", NOW + SECOND).checked == 0
    shop.ledger.append(shop.program.id, shop.order("bob", "b1"))
    shop.settle(shop.order("bob", "b2"))
    shop.damage(lambda stored: Stored(Member(id="bob", fingerprint="", status="erased"), 9), "bob")
    assert shop.run()[0].different == 2


def test_nobody_is_asked_about_who_is_no_member(shop: Shop) -> None:
    with pytest.raises(NoSuchMember):
        shop.look("nobody")


def test_everybody_is_looked_at_once_however_often_it_is_interrupted(shop: Shop) -> None:
    names = [f"m{n}" for n in range(40)]
    for name in names:
        shop.settle(shop.order(name, name))
    for name in names[::4]:
        shop.damage(changed(purchases=7), name)
    found: list[str] = []
    turns = 0
    done = False
    while not done:
        goes_on = iter([True, False])
        report, done = shop.run(lambda goes_on=goes_on: next(goes_on))  # type: ignore[misc]
        found += [one.member_id for one in report.differences]
        turns += 1
    assert turns > 1
    assert (report.checked, report.different) == (41, 10)
    assert sorted(found) == sorted(names[::4])
    assert shop.sweeps.get("reconciliation") is None


def test_of_two_sweeps_at_once_one_goes_on(shop: Shop) -> None:
    first = shop.reconciling.take(shop.program.id, LATER, going_on=False)
    assert first
    assert shop.reconciling.take(shop.program.id, LATER, going_on=False) is None
    second = shop.reconciling.take(None, LATER, going_on=True)
    assert second
    with pytest.raises(Outrun):
        shop.reconciling.run(first, LATER, lambda: True)
    assert shop.reconciling.run(second, LATER, lambda: True)[1]


def test_a_sample_begins_anywhere(shop: Shop) -> None:
    for after in (None, "zzz#zzz", "customer-policy#ann"):
        assert shop.reconciling.sample(after, LATER).checked == 1


def test_what_is_told_is_bounded() -> None:
    differences = tuple(Difference("p", f"m{n}", ("due",)) for n in range(MOST_TOLD))
    joined = Report(100, 100, differences).joined(Report(1, 1, differences[:1]))
    assert (joined.checked, joined.different, len(joined.differences)) == (101, 101, MOST_TOLD)
