"""A version that begins for each member with its own next year, to the day."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from membership.program.schema import Program, Versions
from tests.domain.program.documents import small
from tests.scenarios.policy import BRONZE, policy
from tests.scenarios.world import World

MARCH: dict[str, Any] = {"kind": "year_from", "month": 3}
ZONE = "America/New_York"
INSTANT = timedelta(microseconds=1)


def at(program: Program, day: str) -> datetime:
    """Its first moment."""
    return program.midnight(date.fromisoformat(day))


def versions(window: Any, since: str, changes: str = "next_cycle") -> Versions:
    first = small(window=window, timezone=ZONE)
    begins = datetime.fromisoformat(since).replace(tzinfo=first.zone)
    return Versions(
        {1: first, 2: small(window=window, timezone=ZONE, changes=changes, effective_from=begins.isoformat())}
    )


@pytest.mark.parametrize(
    ("window", "joined", "since", "begins"),
    [
        ("calendar_year", "2020-06-15", "2026-05-01 09:00", "2027-01-01"),
        ("calendar_year", "2020-06-15", "2026-12-31 23:59", "2027-01-01"),
        ("calendar_year", "2020-06-15", "2027-01-01 00:00", "2027-01-01"),  # it is the year's own beginning
        ("calendar_year", "2020-06-15", "2027-01-01 00:01", "2028-01-01"),
        (MARCH, "2020-06-15", "2026-05-01 09:00", "2027-03-01"),
        (MARCH, "2020-06-15", "2028-02-29 09:00", "2028-03-01"),
        (MARCH, "2020-06-15", "2028-03-01 00:00", "2028-03-01"),
        ("anniversary_year", "2025-08-10", "2026-05-01 09:00", "2026-08-10"),
        ("anniversary_year", "2025-04-10", "2026-05-01 09:00", "2027-04-10"),
        ("anniversary_year", "2025-05-01", "2026-05-01 00:00", "2026-05-01"),
        ("anniversary_year", "2025-05-01", "2026-05-01 09:00", "2027-05-01"),
        ("anniversary_year", "2024-02-29", "2026-05-01 09:00", "2027-02-28"),
        ("anniversary_year", "2026-06-01", "2026-05-01 09:00", "2026-06-01"),  # who joins under it, at once
    ],
)
def test_it_begins_with_the_members_next_year(window: Any, joined: str, since: str, begins: str) -> None:
    known, day = versions(window, since), date.fromisoformat(joined)
    turn = at(known.numbered(1), begins)
    assert known.in_force(turn, day)[0] == 2
    assert known.in_force(turn - INSTANT, day)[0] == 1
    assert known.in_force(turn + timedelta(days=3_000), day)[0] == 2


def test_at_once_is_at_once() -> None:
    known = versions("calendar_year", "2026-05-01 09:00", "at_once")
    begins = known.numbered(2).effective_from
    assert begins is not None
    found = [known.in_force(moment, date(2020, 1, 1))[0] for moment in (begins - INSTANT, begins)]
    assert found == [1, 2]


def test_one_that_begins_at_once_passes_one_that_waits() -> None:
    waits = versions("calendar_year", "2026-05-01 09:00")
    third = small(window="calendar_year", timezone=ZONE, effective_from="2026-07-01T00:00:00-04:00")
    known = Versions({**dict(waits), 3: third})
    found = [known.in_force(at(third, day), date(2020, 1, 1))[0] for day in ("2026-06-30", "2026-07-01")]
    assert found == [1, 3]
    assert known.in_force(at(third, "2027-01-01"), date(2020, 1, 1))[0] == 3


def test_two_members_of_one_day_are_judged_each_by_its_own_year() -> None:
    """Gold is dearer from May 2026 on: for Ann, who joined in August, from August; for Bob from April."""
    gold = {"id": "gold", "qualify": {"spend": 5000}}
    dearer = {"id": "gold", "qualify": {"spend": 8000}}
    world = World(policy(BRONZE, gold, window="anniversary_year"))
    later = policy(
        BRONZE,
        dearer,
        window="anniversary_year",
        changes="next_cycle",
        effective_from="2026-05-01T00:00:00+08:00",
    )
    world.programs.put(later, 2)
    world.enrol("ann", "2025-08-10", joined=date(2025, 8, 10))
    world.enrol("bob", "2025-08-10", joined=date(2025, 4, 10))
    for member in ("ann", "bob"):
        world.order(member, "2026-09-01", 5_000)
    assert (world.tier("ann"), world.tier("bob")) == ("bronze", "gold")
    [rise] = [one for one in world.history("bob", "tier.upgraded") if one.data["to_tier"] == "gold"]
    assert rise.data["evidence"]["version"] == 1
    assert world.equals_a_rebuild(["ann", "bob"])
