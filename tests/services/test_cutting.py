"""Boards are cut exactly, by the figures of the eve, once, wherever it stops and whoever else is at it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, cast

import pytest

from membership.acts import Block
from membership.board import Cut
from membership.errors import NotFound
from membership.facts import Act, Fact, Order, Profile, Ranking, Review
from membership.program.reading import read_program
from membership.program.schema import Program
from membership.services.cutting import Cutting
from membership.services.eve import uncut
from membership.services.reviewing import NotYet
from membership.services.settling import Settling
from membership.store.sweeps import Outrun
from tests.fakes.memory import MemoryLedger, MemoryPrograms
from tests.fakes.sweeps import MemoryCuts, MemoryRoster, MemorySweeps

CLUB = read_program(
    """
    id: club
    timezone: Asia/Shanghai
    window: {kind: calendar_year}
    metrics:
      spend: {sum: order.amount}
      place: {rank: spend}
    tiers:
      - id: member
      - {id: star, qualify: {place: top 10%}}
    """
)
ZONE = CLUB.zone
CUT = datetime(2026, 2, 1, 3, 15, tzinfo=ZONE)
"""When the board of January is cut."""
EVE = date(2026, 1, 31)


def at(when: str) -> datetime:
    return datetime.fromisoformat(when).replace(tzinfo=ZONE)


@dataclass
class Club:
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    programs: MemoryPrograms = field(default_factory=MemoryPrograms)
    sweeps: MemorySweeps = field(default_factory=MemorySweeps)
    cuts: MemoryCuts = field(default_factory=MemoryCuts)
    pairs: int = 200
    """Counted between two saves."""

    def __post_init__(self) -> None:
        self.programs.put(CLUB, 1)
        self.settling = Settling(self.ledger, self.programs, lambda _: None)
        roster = MemoryRoster(self.ledger, most=2)
        self.cutting = Cutting(self.ledger, self.programs, roster, self.sweeps, self.cuts, pairs=self.pairs)
        self._ids = count()

    def tell(self, fact: Fact, program: str = "club") -> None:
        self.ledger.append(program, fact)
        self.settling.settle(program, fact.member_id, [fact])

    def buys(
        self,
        member: str,
        cents: int,
        when: str = "2026-01-10 12:00",
        told: str | None = None,
        of: str = "club",
    ) -> None:
        n = next(self._ids)
        order = Order(
            id=f"e{n}",
            member_id=member,
            order_id=f"o{n}",
            amount=cents,
            occurred_at=at(when),
            recorded_at=at(told or when),
        )
        self.tell(order, of)

    def ten(self) -> None:
        """m1 has bought for one cent, m10 for ten."""
        for n in range(1, 11):
            self.buys(f"m{n}", n)

    def cut(self, now: datetime = CUT, may_go_on: Callable[[], bool] = lambda: True) -> list[Cut] | None:
        sweep = self.cutting.take(now, going_on=True)
        return self.cutting.run(sweep, now, may_go_on) if sweep else []

    def settle(self, program: str = "club") -> None:
        """What the ledger's stream brings to evaluate."""
        for of, member in self.ledger.everybody():
            if of == program:
                facts = [fact for fact in self.ledger.facts(of, member) if isinstance(fact, Ranking)]
                self.settling.settle(of, member, facts)

    def places(self, day: date = EVE, of: str = "club") -> dict[str, tuple[int, int, int]]:
        """Who was told: place, members, figure."""
        return {
            member: (fact.place, fact.members, fact.figure)
            for program, member in self.ledger.everybody()
            for fact in self.ledger.facts(program, member)
            if program == of and isinstance(fact, Ranking) and fact.day == day
        }

    def tier(self, member: str) -> str:
        found = self.ledger.load("club", member).member
        assert found
        return found.standings["main"].tier


@pytest.fixture
def club() -> Club:
    return Club()


def test_those_are_told_whom_a_rule_asks_about(club: Club) -> None:
    club.ten()
    [cut] = club.cut()
    assert club.places() == {"m10": (1, 10, 10)}
    assert (cut.members, cut.least, cut.told) == (10, {"top 10%": 10}, 1)
    assert club.cuts.get("club", "place", EVE) == cut
    club.settle()
    assert [club.tier("m10"), club.tier("m9")] == ["star", "member"]


def test_equals_are_told_the_same_place(club: Club) -> None:
    club.ten()
    club.buys("m9", 1)
    club.cut()
    assert club.places() == {"m9": (1, 10, 10), "m10": (1, 10, 10)}


def test_of_nine_nobody_is_among_the_top_tenth(club: Club) -> None:
    for n in range(1, 10):
        club.buys(f"m{n}", n)
    [cut] = club.cut()
    assert (cut.members, cut.least, cut.told, club.places()) == (9, {"top 10%": None}, 0, {})


def test_a_board_of_nobody_is_cut_all_the_same(club: Club) -> None:
    [cut] = club.cut()
    assert (cut.members, cut.least, cut.told) == (0, {"top 10%": None}, 0)
    assert club.cut() == [], "once"


def test_only_active_members_who_have_something_are_on_it(club: Club) -> None:
    club.ten()
    club.buys("blocked", 50)
    act = Act(
        id="act",
        member_id="blocked",
        by="office",
        reason="fraud",
        action=Block(),
        occurred_at=at("2026-01-20 12:00"),
        recorded_at=at("2026-01-20 12:00"),
    )
    club.tell(act)
    told = at("2026-01-20 12:00")
    club.tell(Profile(id="p", member_id="trial", attributes={}, occurred_at=told, recorded_at=told))
    club.buys("last-year", 50, "2025-12-31 23:59")
    [cut] = club.cut()
    assert (cut.members, club.places()) == (10, {"m10": (1, 10, 10)})


@pytest.mark.parametrize(
    ("when", "told", "counts"),
    [
        ("2026-01-31 23:59", "2026-01-31 23:59", True),
        ("2026-01-31 23:59", "2026-02-01 03:04", True),
        ("2026-01-31 23:59", "2026-02-01 03:05", False),
        ("2026-02-01 00:00", "2026-02-01 00:00", False),
        ("2026-02-01 03:01", "2026-02-01 03:01", False),
    ],
)
def test_what_happened_by_midnight_counts_if_it_was_told_ten_minutes_ago(
    club: Club, when: str, told: str, counts: bool
) -> None:
    club.ten()
    club.buys("m9", 5, when, told)
    club.cut()
    assert list(club.places()) == (["m9"] if counts else ["m10"])


def test_what_happened_since_makes_no_difference_however_late_it_is_cut(club: Club) -> None:
    club.ten()
    club.buys("m1", 70, "2026-02-03 12:00")
    club.buys("m2", 12, "2026-01-31 12:00", told="2026-02-05 12:00")
    club.buys("m3", 70, "2026-02-27 11:55")
    club.cut(at("2026-02-27 12:00"))
    assert club.places() == {"m2": (1, 10, 14)}


def test_who_goes_on_between_counting_and_telling_keeps_the_place_of_the_eve(club: Club) -> None:
    club.ten()
    steps = iter([True, False])
    assert club.cut(may_go_on=lambda: next(steps)) is None
    club.buys("m1", 70, "2026-02-01 03:20")
    club.buys("m1", 70, "2026-01-31 12:00", told="2026-02-01 03:20")
    assert club.cut() is not None
    assert club.places() == {"m10": (1, 10, 10)}


def test_members_of_other_metrics_are_added_up_from_their_ledger(club: Club) -> None:
    """A version has begun, and nobody has been settled since."""
    club.ten()
    club.buys("ann", 1)
    club.buys("bob", 1)
    document = CLUB.model_dump(exclude_unset=True)
    document["metrics"]["spend"] |= {"where": {"amount": {"lte": "0.09"}}}
    club.programs.put(Program.model_validate(document | {"effective_from": at("2026-01-31 00:00")}), 2)
    club.cut()
    assert club.places() == {"m9": (1, 11, 9)}


class Closable(MemoryLedger):
    closed = False

    def facts(self, program: str, member_id: str) -> Iterator[Fact]:
        assert not self.closed, f"the ledger of {member_id} is read"
        return super().facts(program, member_id)


def test_nobodys_ledger_is_read_for_the_sake_of_a_review() -> None:
    """A review takes the member's clock to midnight; everybody's, where a version begins with the month."""
    ledger = Closable()
    club = Club(ledger)
    club.ten()
    midnight = at("2026-02-01 00:00")
    reviews: list[dict[str, Any]] = [{"id": "r1"}, {"id": "r2", "version": 1}]
    for review in reviews:
        told = midnight + timedelta(minutes=1)
        fact = Review(**review, member_id="m10", occurred_at=midnight, recorded_at=told, day=date(2026, 2, 1))
        club.tell(fact)
    ledger.closed = True
    club.cut()
    ledger.closed = False
    assert club.places() == {"m10": (1, 10, 10)}


def test_an_order_of_midnight_is_none_of_the_eve(club: Club) -> None:
    club.ten()
    club.buys("m9", 5, "2026-02-01 00:00", told="2026-01-31 23:56")
    club.cut()
    assert club.places() == {"m10": (1, 10, 10)}


def test_it_goes_on_where_it_stopped_and_counts_nobody_twice(club: Club) -> None:
    for n in range(1, 101):
        club.buys(f"m{n}", n % 50)
    runs, made = 0, None
    while made is None:
        steps = iter([True, False])
        made, runs = club.cut(may_go_on=lambda: next(steps)), runs + 1  # noqa: B023
    assert runs > 5
    [cut] = made
    assert (cut.members, cut.least, cut.told) == (98, {"top 10%": 45}, 10)
    assert sorted({place for place, _, _ in club.places().values()}) == [1, 3, 5, 7, 9]
    assert len(club.places()) == 10


def test_counts_are_saved_before_there_are_too_many() -> None:
    club = Club(pairs=3)
    for n in range(1, 101):
        club.buys(f"m{n}", n % 50)
    [cut] = club.cut()
    assert (cut.members, cut.least, cut.told) == (98, {"top 10%": 45}, 10)


def test_of_two_at_once_one_does_nothing(club: Club) -> None:
    club.ten()
    slow = club.cutting.take(CUT, going_on=True)
    assert slow
    assert club.cutting.take(CUT, going_on=False) is None, "somebody has just begun"
    quick = club.cutting.take(CUT, going_on=True)
    assert quick
    assert club.cutting.run(quick, CUT, lambda: True)
    with pytest.raises(Outrun):
        club.cutting.run(slow, CUT, lambda: True)
    [cut] = club.cuts.latest("club", 9)
    assert (cut.members, cut.told, club.places()) == (10, 1, {"m10": (1, 10, 10)})


def test_a_sweep_that_nobody_is_at_any_more_is_taken_up(club: Club) -> None:
    club.ten()
    club.cutting.take(CUT, going_on=False)
    later = CUT + timedelta(hours=1)
    assert club.cutting.take(CUT + timedelta(minutes=19), going_on=False) is None
    sweep = club.cutting.take(later, going_on=False)
    assert sweep
    assert club.cutting.run(sweep, later, lambda: True)


class Breaking:
    """Stands before a store: of all writes that go through `writes`, the nth one breaks."""

    def __init__(self, store: Any, writes: Iterator[int], nth: int, fate: str) -> None:
        self._store, self._writes, self._nth, self._fate = store, writes, nth, fate

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._store, name)
        return partial(self._write, call) if name in ("append", "begin", "save", "end", "put") else call

    def _write(self, call: Callable[..., Any], *args: Any) -> Any:
        breaks = next(self._writes) == self._nth
        if breaks and self._fate == "refused":
            raise ConnectionError("refused")
        answer = call(*args)
        if breaks:
            raise ConnectionError("done, but the answer is lost")
        return answer


@pytest.mark.parametrize("fate", ["refused", "unanswered"])
def test_wherever_an_invocation_dies_the_next_one_makes_it_good(fate: str) -> None:
    nth, broken = 0, True
    while broken:
        nth, club, writes = nth + 1, Club(pairs=3), count(1)
        for n in range(1, 21):
            club.buys(f"m{n}", n)
        stores = [Breaking(one, writes, nth, fate) for one in (club.ledger, club.sweeps, club.cuts)]
        ledger, sweeps, cuts = cast(Any, stores)
        roster = MemoryRoster(club.ledger, most=2)
        club.cutting = Cutting(ledger, club.programs, roster, sweeps, cuts, pairs=3)
        try:
            club.cut()
            broken = False
        except ConnectionError:
            club.cut()
        [made] = club.cuts.latest("club", 9)
        assert (made.members, made.least, made.told) == (20, {"top 10%": 19}, 2), nth
        assert club.places() == {"m20": (1, 20, 20), "m19": (2, 20, 19)}, nth
        assert club.sweeps.get("boards") is None, nth
    assert nth > 8


def test_who_had_a_place_is_told_that_it_has_none(club: Club) -> None:
    club.ten()
    club.cut()
    club.settle()
    club.buys("m9", 5, "2026-02-10 12:00")
    [cut] = club.cut(at("2026-03-01 03:15"))
    assert cut.told == 2
    assert club.places(date(2026, 2, 28)) == {"m9": (1, 10, 14), "m10": (2, 10, 10)}
    club.settle()
    assert club.tier("m9") == "star"
    club.buys("m9", 1, "2026-03-10 12:00")
    [cut] = club.cut(at("2026-04-01 03:15"))
    assert list(club.places(date(2026, 3, 31))) == ["m9"], "m10 was told already"


def test_who_fell_off_the_board_comes_after_everybody(club: Club) -> None:
    club.buys("bob", 1, "2026-12-10 12:00")
    for n in range(1, 11):
        club.buys(f"m{n}", n, "2026-12-10 12:00")
    club.cut(at("2027-01-01 03:15"))
    club.settle()
    assert club.tier("m10") == "star"
    [cut] = club.cut(at("2027-02-01 03:15"))
    assert cut.members == 0
    assert club.places(date(2027, 1, 31)) == {"m10": (1, 0, 0)}
    club.settle()


def test_one_sweep_serves_every_program_and_none_sees_another(club: Club) -> None:
    club.programs.put(CLUB.model_copy(update={"id": "other"}), 1)
    club.ten()
    for n in range(1, 21):
        club.buys(f"m{n}", 21 - n, of="other")
    made = club.cut()
    assert made
    assert {(cut.program, cut.members, cut.told) for cut in made} == {("club", 10, 1), ("other", 20, 2)}
    assert club.places() == {"m10": (1, 10, 10)}
    assert club.places(of="other") == {"m1": (1, 20, 20), "m2": (2, 20, 19)}


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-02-01 00:15", []),
        ("2026-02-01 03:09", []),
        ("2026-02-01 03:10", [EVE]),
        ("2026-02-27 12:00", [EVE]),
        ("2026-03-01 02:00", []),
        ("2026-03-01 03:15", [date(2026, 2, 28)]),
    ],
)
def test_a_board_is_due_when_its_day_is_over_until_it_is_cut(club: Club, now: str, due: list[date]) -> None:
    assert [one.day for one in club.cutting.due(at(now))] == due


def test_a_board_that_a_version_brings_waits_for_its_first_day(club: Club) -> None:
    document = CLUB.model_dump(exclude_unset=True)
    document["metrics"]["by_quarter"] = {"rank": "spend", "cut": "quarterly"}
    club.programs.put(Program.model_validate(document | {"effective_from": at("2026-02-10 00:00")}), 2)
    assert {one.metric for one in club.cutting.due(at("2026-03-01 12:00"))} == {"place"}
    assert {one.metric for one in club.cutting.due(at("2026-04-01 12:00"))} == {"place", "by_quarter"}


def test_a_missed_board_is_cut_as_of_its_day(club: Club) -> None:
    club.ten()
    now = at("2026-03-10 12:00")
    sweep = club.cutting.take(now, False, "club", date(2026, 2, 14))
    assert sweep
    [cut] = club.cutting.run(sweep, now, lambda: True) or []
    assert (cut.day, list(club.places())) == (EVE, ["m10"])
    with pytest.raises(NotYet):
        club.cutting.due(now, "club", date(2026, 3, 11))
    with pytest.raises(NotFound):
        club.cutting.due(now, "nobody")


def test_the_review_knows_what_it_has_to_wait_for(club: Club) -> None:
    versions = club.programs.versions("club")
    midnight = at("2026-02-01 00:00")
    assert [due.metric for due in uncut(club.cuts, versions, midnight)] == ["place"]
    club.cut()
    assert not list(uncut(club.cuts, versions, midnight))
