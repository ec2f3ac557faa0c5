"""Days, windows and tenure: at year ends, on 29 February, in every zone from -11 to +14."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership.program.metrics import Since
from membership.program.windows import CalendarYear, Lifetime
from tests.domain.program.documents import counts, outlived, small

ZONES = {
    "Pacific/Pago_Pago": -11,
    "Pacific/Honolulu": -10,
    "America/New_York": -5,
    "UTC": 0,
    "Asia/Kolkata": 5.5,
    "Asia/Kathmandu": 5.75,
    "Asia/Shanghai": 8,
    "Pacific/Auckland": 13,
    "Pacific/Apia": 13,
    "Pacific/Kiritimati": 14,
}
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("zone", "hours"), ZONES.items())
def test_a_year_ends_at_the_programs_own_midnight(zone: str, hours: float) -> None:
    program = small(timezone=zone, window="calendar_year")
    turn = datetime(2027, 1, 1, tzinfo=UTC) - timedelta(hours=hours)
    assert program.day(turn - SECOND) == date(2026, 12, 31)
    assert program.day(turn) == date(2027, 1, 1)
    assert program.midnight(date(2027, 1, 1)) == turn
    days = [program.day(moment) for moment in (turn - SECOND, turn)]
    assert [counts(program.window, day, date(2027, 1, 1)) for day in days] == [False, True]


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/New_York", date(2026, 3, 8)),  # 23 hours
        ("America/New_York", date(2026, 11, 1)),  # 25 hours
        ("Europe/London", date(2026, 3, 29)),
        ("America/Santiago", date(2022, 9, 11)),  # 0:00 never was: it begins at 1:00
        ("Africa/Cairo", date(2023, 4, 28)),  # the same
        ("America/Havana", date(2022, 11, 6)),  # 0:00 came twice
        ("Pacific/Apia", date(2011, 12, 31)),  # the day before never was
        *((zone, date(2028, 2, 29)) for zone in ZONES),
    ],
)
def test_midnight_is_the_first_moment_of_a_day(zone: str, day: date) -> None:
    program = small(timezone=zone)
    first = program.midnight(day).astimezone(UTC)
    assert program.day(first) == day
    assert program.day(first - SECOND) < day


@pytest.mark.parametrize(
    ("fact", "seen", "counted", "forgotten"),
    [
        (date(2026, 1, 1), date(2026, 1, 1), True, False),
        (date(2026, 1, 1), date(2026, 12, 31), True, False),
        (date(2026, 12, 31), date(2026, 12, 31), True, False),
        (date(2026, 12, 31), date(2027, 1, 1), False, False),  # a refund may still undo what it earned
        (date(2026, 12, 31), date(2027, 12, 31), False, False),
        (date(2026, 12, 31), date(2028, 1, 1), False, True),
        (date(2027, 1, 1), date(2026, 12, 31), False, False),
    ],
)
def test_calendar_year(fact: date, seen: date, counted: bool, forgotten: bool) -> None:
    assert counts(CalendarYear(), fact, seen) is counted
    assert outlived(CalendarYear(), fact, seen) is forgotten


@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2028, 2, 29), date(2026, 12, 31)])
def test_when_a_year_leaves_its_window(day: date) -> None:
    assert CalendarYear().leaves(day, day) == date(day.year + 1, 1, 1)


def test_a_lifetime_has_no_end() -> None:
    window = Lifetime()
    assert counts(window, date(1997, 1, 1), date(2097, 1, 1))
    assert not outlived(window, date(1997, 1, 1), date(2097, 1, 1))
    assert window.leaves(date(2026, 1, 1), date(2026, 1, 1)) is None


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.dates(date(1990, 1, 1), date(2090, 1, 1)))
def test_a_bucket_counts_until_it_leaves(fact: date, seen: date) -> None:
    leaves = CalendarYear().leaves(fact, fact)
    assert leaves is not None
    if seen >= fact:
        assert counts(CalendarYear(), fact, seen) == (seen < leaves)


@pytest.mark.parametrize(
    ("unit", "joined", "day", "reached"),
    [
        ("year", date(2024, 2, 29), date(2025, 2, 27), 0),
        ("year", date(2024, 2, 29), date(2025, 2, 28), 1),
        ("year", date(2024, 2, 29), date(2028, 2, 28), 3),
        ("year", date(2024, 2, 29), date(2028, 2, 29), 4),
        ("year", date(2025, 12, 31), date(2026, 12, 30), 0),
        ("year", date(2025, 12, 31), date(2026, 12, 31), 1),
        ("year", date(2026, 6, 1), date(2026, 6, 1), 0),
        ("year", date(2026, 6, 1), date(2020, 6, 1), 0),  # not joined yet
        ("month", date(2026, 1, 31), date(2026, 2, 27), 0),
        ("month", date(2026, 1, 31), date(2026, 2, 28), 1),
        ("month", date(2028, 1, 31), date(2028, 2, 28), 0),
        ("month", date(2028, 1, 31), date(2028, 2, 29), 1),
        ("month", date(2026, 1, 31), date(2026, 3, 30), 1),
        ("month", date(2026, 1, 31), date(2026, 3, 31), 2),
        ("day", date(2028, 2, 28), date(2028, 3, 1), 2),
        ("day", date(2026, 2, 28), date(2026, 3, 1), 1),
    ],
)
def test_tenure(unit: str, joined: date, day: date, reached: int) -> None:
    assert Since.model_validate({"since": "joined", "unit": unit}).reached(joined, day) == reached


@pytest.mark.parametrize(
    ("unit", "units"), [("year", 9_999), ("year", 10**15), ("month", 10**6), ("day", 10**15), ("day", 10**7)]
)
def test_tenure_that_outlasts_the_calendar(unit: str, units: int) -> None:
    tenure = Since.model_validate({"since": "joined", "unit": unit})
    assert tenure.reaches(date(2026, 1, 31), units) == date.max
    assert tenure.reached(date(9999, 12, 31), date.max) == 0


@given(
    st.sampled_from(["year", "month", "day"]),
    st.dates(date(1990, 1, 1), date(2060, 1, 1)) | st.sampled_from([date(2024, 2, 29), date(2026, 1, 31)]),
    st.integers(1, 30),
)
def test_tenure_is_reached_on_one_day(unit: str, joined: date, units: int) -> None:
    tenure = Since.model_validate({"since": "joined", "unit": unit})
    on = tenure.reaches(joined, units)
    assert tenure.reached(joined, on) == units
    assert tenure.reached(joined, on - timedelta(days=1)) == units - 1
