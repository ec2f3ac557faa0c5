"""Every kind of window to the day: on 29 February, at the ends of months and years, in every zone."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from membership.program.windows import Window, WindowKind
from tests.domain.program.documents import counts, outlived, small
from tests.domain.program.test_time import SECOND, ZONES

ONE_DAY = timedelta(days=1)
LONG_BEFORE = "2020-01-01"
MARCH: dict[str, Any] = {"kind": "year_from", "month": 3}
APRIL_15 = {"kind": "year_from", "month": 4, "day": 15}
LAST_YEAR, LAST_MONTH = {"kind": "rolling", "months": 12}, {"kind": "rolling", "months": 1}
LAST_30, LAST_DAY = {"kind": "rolling", "days": 30}, {"kind": "rolling", "days": 1}
CAMPAIGN = {"kind": "dates", "from": "2026-05-01", "to": "2026-06-18"}


def window(definition: Any) -> WindowKind:
    made: WindowKind = TypeAdapter(Window).validate_python(definition)
    return made


def days(first: str, number: int) -> Iterator[date]:
    return (date.fromisoformat(first) + timedelta(days=n) for n in range(number))


ROWS = [
    # kind, joined, done on, seen on, counts
    ("calendar_year", LONG_BEFORE, "2026-01-01", "2026-12-31", True),
    ("calendar_year", LONG_BEFORE, "2026-12-31", "2027-01-01", False),
    ("calendar_year", LONG_BEFORE, "2028-02-29", "2028-12-31", True),
    ("lifetime", LONG_BEFORE, "1999-01-01", "2099-12-31", True),
    # An airline's year, which ends on the last of February, whichever that is.
    (MARCH, LONG_BEFORE, "2026-02-28", "2026-02-28", True),
    (MARCH, LONG_BEFORE, "2026-02-28", "2026-03-01", False),
    (MARCH, LONG_BEFORE, "2027-03-01", "2028-02-29", True),
    (MARCH, LONG_BEFORE, "2028-02-29", "2028-02-29", True),
    (MARCH, LONG_BEFORE, "2028-02-29", "2028-03-01", False),
    (MARCH, LONG_BEFORE, "2027-03-01", "2028-03-01", False),
    (APRIL_15, LONG_BEFORE, "2026-04-14", "2026-04-14", True),
    (APRIL_15, LONG_BEFORE, "2026-04-14", "2026-04-15", False),
    (APRIL_15, LONG_BEFORE, "2026-04-15", "2027-04-14", True),
    # Who joined on 29 February has its day on the 28th in other years, and on the 29th again in the fourth.
    ("anniversary_year", "2024-02-29", "2024-02-29", "2025-02-27", True),
    ("anniversary_year", "2024-02-29", "2025-02-27", "2025-02-28", False),
    ("anniversary_year", "2024-02-29", "2025-02-28", "2026-02-27", True),
    ("anniversary_year", "2024-02-29", "2027-02-28", "2028-02-28", True),
    ("anniversary_year", "2024-02-29", "2028-02-28", "2028-02-29", False),
    ("anniversary_year", "2026-12-31", "2027-12-30", "2027-12-31", False),
    ("anniversary_year", "2026-12-31", "2027-12-31", "2028-12-30", True),
    ("anniversary_year", "2026-06-10", "2026-06-09", "2026-06-10", False),  # before it joined
    # The last twelve months of the 14th are those from the 15th on.
    (LAST_YEAR, LONG_BEFORE, "2025-03-15", "2026-03-14", True),
    (LAST_YEAR, LONG_BEFORE, "2025-03-15", "2026-03-15", False),
    (LAST_YEAR, LONG_BEFORE, "2024-02-29", "2025-02-28", True),
    (LAST_YEAR, LONG_BEFORE, "2024-02-29", "2025-03-01", False),
    (LAST_YEAR, LONG_BEFORE, "2027-02-28", "2028-02-27", True),
    (LAST_YEAR, LONG_BEFORE, "2027-02-28", "2028-02-28", False),
    (LAST_YEAR, LONG_BEFORE, "2027-03-01", "2028-02-29", True),
    (LAST_MONTH, LONG_BEFORE, "2026-01-31", "2026-02-28", True),
    (LAST_MONTH, LONG_BEFORE, "2026-01-31", "2026-03-01", False),
    (LAST_MONTH, LONG_BEFORE, "2026-02-28", "2026-03-27", True),
    (LAST_MONTH, LONG_BEFORE, "2026-02-28", "2026-03-28", False),
    (LAST_MONTH, LONG_BEFORE, "2026-03-01", "2026-03-31", True),  # the 31st, of a month with a 31st
    (LAST_30, LONG_BEFORE, "2026-03-01", "2026-03-30", True),
    (LAST_30, LONG_BEFORE, "2026-03-01", "2026-03-31", False),
    (LAST_30, LONG_BEFORE, "2028-02-01", "2028-03-01", True),  # 29 days in between
    (LAST_30, LONG_BEFORE, "2028-02-01", "2028-03-02", False),
    (LAST_DAY, LONG_BEFORE, "2026-03-01", "2026-03-01", True),
    (LAST_DAY, LONG_BEFORE, "2026-03-01", "2026-03-02", False),
    (CAMPAIGN, LONG_BEFORE, "2026-04-30", "2026-05-01", False),
    (CAMPAIGN, LONG_BEFORE, "2026-05-01", "2026-05-01", True),
    (CAMPAIGN, LONG_BEFORE, "2026-06-18", "2040-01-01", True),
    (CAMPAIGN, LONG_BEFORE, "2026-06-19", "2026-06-19", False),
]


@pytest.mark.parametrize(("kind", "joined", "done", "seen", "counted"), ROWS)
def test_what_counts(kind: Any, joined: str, done: str, seen: str, counted: bool) -> None:
    on, at, since = (date.fromisoformat(day) for day in (done, seen, joined))
    assert counts(window(kind), on, at, since) is counted


KINDS = [
    "calendar_year",
    MARCH,
    APRIL_15,
    "anniversary_year",
    LAST_YEAR,
    LAST_MONTH,
    {"kind": "rolling", "months": 3},
    LAST_30,
    LAST_DAY,
    {"kind": "rolling", "days": 365},
]
EVER = ["lifetime", CAMPAIGN]
JOINED = [date(2024, 2, 29), date(2023, 12, 31), date(2024, 8, 31)]


@pytest.mark.parametrize("joined", JOINED)
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_done_counts_up_to_the_day_it_leaves_and_on_none_after(kind: Any, joined: date) -> None:
    """Through a leap year and the next one, every day looked at: `leaves` has to be the first day without."""
    made = window(kind)
    for done in days("2027-12-20", 90):
        leaves = made.leaves(done, joined)
        assert leaves is not None
        seen = [done + timedelta(days=n) for n in range(400)]
        assert [counts(made, done, day, joined) for day in seen] == [day < leaves for day in seen]


@pytest.mark.parametrize("kind", EVER)
def test_what_counts_for_good_never_leaves(kind: Any) -> None:
    assert window(kind).leaves(date(2026, 5, 5), date(2026, 5, 5)) is None


@pytest.mark.parametrize("joined", JOINED)
@pytest.mark.parametrize("kind", ["calendar_year", MARCH, APRIL_15, "anniversary_year"])
def test_periods_follow_each_other_without_a_gap(kind: Any, joined: date) -> None:
    made = window(kind)
    for day in days("2026-01-01", 1_200):
        first, last = made.span(day, joined)
        assert first <= day <= last
        assert made.closed_before(day, joined) == first - ONE_DAY
        assert made.span(first - ONE_DAY, joined).last == first - ONE_DAY
        assert made.span(last + ONE_DAY, joined).first == last + ONE_DAY
        assert made.cycle(last + ONE_DAY, joined) == made.cycle(day, joined) + 1
        assert made.most_days is not None
        assert (last - first).days < made.most_days


@pytest.mark.parametrize("joined", JOINED)
@pytest.mark.parametrize("kind", [*KINDS, *EVER])
def test_nothing_is_forgotten_that_may_still_be_asked_for(kind: Any, joined: date) -> None:
    """On that day, on any later one, or in the period that closed before it."""
    made = window(kind)
    for today in days("2028-02-20", 20):
        asked = [today, today + ONE_DAY, today + timedelta(days=40), made.closed_before(today, joined)]
        for done in (today - timedelta(days=n) for n in range(0, 1_100, 7)):
            if any(counts(made, done, day, joined) for day in asked if day):
                assert not outlived(made, done, today), done


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "kind", [MARCH, LAST_DAY, {"kind": "dates", "from": "2028-03-01", "to": "2028-03-01"}]
)
def test_a_day_begins_at_the_programs_own_midnight(zone: str, kind: Any) -> None:
    """The last second of 29 February, and the first of 1 March: the one counts no more, the other does."""
    program = small(timezone=zone, window=kind)
    turn = datetime(2028, 3, 1, tzinfo=UTC) - timedelta(hours=ZONES[zone])
    assert program.midnight(date(2028, 3, 1)) == turn
    days_of = [program.day(moment) for moment in (turn - SECOND, turn)]
    assert days_of == [date(2028, 2, 29), date(2028, 3, 1)]
    assert [counts(program.window, day, date(2028, 3, 1)) for day in days_of] == [False, True]


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/New_York", "2026-03-08", 23),
        ("America/New_York", "2026-11-01", 25),
        ("Europe/Berlin", "2026-03-29", 23),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Africa/Cairo", "2023-04-28", 23),  # it begins at one
    ],
)
def test_a_day_on_which_the_clocks_change_is_one_day(zone: str, day: str, hours: float) -> None:
    program = small(timezone=zone, window=LAST_DAY)
    on = date.fromisoformat(day)
    first, after = (program.midnight(one).astimezone(UTC) for one in (on, on + ONE_DAY))
    assert after - first == timedelta(hours=hours)
    seen = [program.day(moment) for moment in (first - SECOND, first, after - SECOND, after)]
    assert [counts(program.window, one, on) for one in seen] == [False, True, True, False]
