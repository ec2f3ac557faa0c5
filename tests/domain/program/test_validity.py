"""Every kind of validity to the day: how long a tier is promised that is earned on a day."""

from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter

from membership.program.validity import Validity
from membership.program.windows import Window
from tests.domain.playing import Played

NEXT_YEAR = "through_end_of_next_year"
MARCH = {"kind": "year_from", "month": 3}
JOINED = "2024-02-29"

ROWS = [
    # validity, window, earned on, the first day without the promise
    (NEXT_YEAR, "calendar_year", "2026-01-01", "2028-01-01"),
    (NEXT_YEAR, "calendar_year", "2026-12-31", "2028-01-01"),
    (NEXT_YEAR, MARCH, "2026-02-28", "2027-03-01"),
    (NEXT_YEAR, MARCH, "2026-03-01", "2028-03-01"),
    (NEXT_YEAR, MARCH, "2028-02-29", "2029-03-01"),
    (NEXT_YEAR, "anniversary_year", "2024-05-01", "2026-02-28"),
    (NEXT_YEAR, "anniversary_year", "2027-02-27", "2028-02-29"),  # the fourth year has the day itself
    (NEXT_YEAR, "anniversary_year", "2027-02-28", "2029-02-28"),
    # Where the window has no years of its own, those of the calendar are meant.
    (NEXT_YEAR, {"kind": "rolling", "months": 12}, "2026-05-05", "2028-01-01"),
    (NEXT_YEAR, "lifetime", "2026-05-05", "2028-01-01"),
    (NEXT_YEAR, {"kind": "dates", "from": "2026-05-01", "to": "2026-06-01"}, "2026-05-05", "2028-01-01"),
    ({"kind": "for_months", "months": 12}, "lifetime", "2026-03-15", "2027-03-15"),
    ({"kind": "for_months", "months": 12}, "lifetime", "2028-02-29", "2029-02-28"),
    ({"kind": "for_months", "months": 48}, "lifetime", "2028-02-29", "2032-02-29"),
    ({"kind": "for_months", "months": 3}, "lifetime", "2026-01-31", "2026-04-30"),
    ({"kind": "for_months", "months": 2}, "calendar_year", "2026-12-31", "2027-02-28"),
    # Through a month of the year after next, or of the next one.
    ({"kind": "through_month", "month": 3}, "calendar_year", "2026-01-01", "2028-04-01"),
    ({"kind": "through_month", "month": 3}, "calendar_year", "2026-12-31", "2028-04-01"),
    ({"kind": "through_month", "month": 2}, "lifetime", "2026-05-05", "2028-03-01"),
    ({"kind": "through_month", "month": 12, "years_after": 1}, "lifetime", "2026-05-05", "2028-01-01"),
    ({"kind": "through_month", "month": 3, "years_after": 1}, "lifetime", "2026-12-31", "2027-04-01"),
    ("lifetime", "calendar_year", "2026-05-05", None),
    ("while_qualified", "calendar_year", "2026-05-05", None),
]


@pytest.mark.parametrize(("kind", "window", "earned", "until"), ROWS)
def test_how_long_it_is_promised(kind: Any, window: Any, earned: str, until: str | None) -> None:
    validity = TypeAdapter(Validity).validate_python(kind)
    years = TypeAdapter(Window).validate_python(window)
    found = validity.until(date.fromisoformat(earned), years, date.fromisoformat(JOINED))
    assert found == (until and date.fromisoformat(until))


BOUGHT_ONCE = [
    # validity, window, the day of the fall of who bought enough on 15 March 2026 and nothing since
    (NEXT_YEAR, "calendar_year", "2028-01-01"),
    (NEXT_YEAR, MARCH, "2028-03-01"),
    (NEXT_YEAR, "anniversary_year", "2028-03-15"),  # it joined with that order
    (NEXT_YEAR, {"kind": "rolling", "months": 6}, "2028-01-01"),
    (NEXT_YEAR, {"kind": "rolling", "months": 12}, "2029-01-01"),  # it still counts as the next year begins
    ({"kind": "through_month", "month": 3}, "anniversary_year", "2029-04-01"),
    ({"kind": "for_months", "months": 2}, "calendar_year", "2027-02-28"),  # by the year that closed
    ({"kind": "for_months", "months": 12}, {"kind": "rolling", "months": 3}, "2027-03-15"),
    ({"kind": "for_months", "months": 2}, {"kind": "rolling", "days": 30}, "2026-05-15"),
    ({"kind": "through_month", "month": 3}, "calendar_year", "2028-04-01"),
    ({"kind": "through_month", "month": 3, "years_after": 1}, "calendar_year", "2027-04-01"),
    ("while_qualified", "calendar_year", "2027-01-01"),
    ("while_qualified", MARCH, "2027-03-01"),
    ("while_qualified", "anniversary_year", "2027-03-15"),
    ("while_qualified", {"kind": "rolling", "months": 12}, "2027-03-15"),
    ("while_qualified", {"kind": "rolling", "days": 60}, "2026-05-14"),
]


@pytest.mark.parametrize(("validity", "window", "falls"), BOUGHT_ONCE)
def test_the_tier_is_lost_on_that_day_and_announced_a_month_before(
    validity: Any, window: Any, falls: str
) -> None:
    ann = shopper(validity, window)
    ann.order("2026-03-15", 1_000)
    assert ann.earned == "silver"
    ann.pass_to("2031-01-01")
    assert ann.falls() == [(falls, "bronze")]
    [(told, announced)] = ann.notices()
    assert announced == falls
    assert (date.fromisoformat(falls) - date.fromisoformat(told)).days == 31, "thirty days, and the review's"


@pytest.mark.parametrize(
    ("validity", "window"), [("lifetime", "calendar_year"), ("while_qualified", "lifetime")]
)
def test_some_are_never_lost(validity: Any, window: Any) -> None:
    ann = shopper(validity, window)
    ann.order("2026-03-15", 1_000)
    ann.pass_to("2040-01-01")
    assert (ann.earned, ann.notices()) == ("silver", [])


def test_a_promise_of_months_is_judged_where_it_ends_and_not_before() -> None:
    """Bought again in the ninth month, which the last three months of the year still see."""
    ann = shopper({"kind": "for_months", "months": 12}, {"kind": "rolling", "months": 6})
    ann.order("2026-03-15", 1_000)
    ann.order("2026-12-01", 1_000)
    assert str(ann.standing.expires_on) == "2027-03-15", "as it was promised"
    ann.pass_to("2027-03-16")
    assert str(ann.standing.expires_on) == "2028-03-15"
    assert ann.falls() == []


def test_a_promise_of_years_grows_with_what_is_done_meanwhile() -> None:
    ann = shopper(NEXT_YEAR, "calendar_year")
    ann.order("2026-03-15", 1_000)
    ann.order("2027-12-31 23:59", 1_000)
    assert str(ann.standing.expires_on) == "2029-01-01"
    ann.pass_to("2029-01-01")
    assert ann.falls() == [("2029-01-01", "bronze")]


def test_a_tier_has_its_own_validity() -> None:
    ann = Played(
        window="calendar_year",
        metrics={"spend": {"sum": "order.amount"}},
        validity=NEXT_YEAR,
        tiers=[
            {"id": "bronze"},
            {"id": "silver", "qualify": {"spend": 1000}},
            {"id": "gold", "qualify": {"spend": 5000}, "validity": "lifetime"},
        ],
    )
    ann.order("2026-03-15", 5_000)
    ann.pass_to("2040-01-01")
    assert (ann.earned, ann.falls()) == ("gold", [])


def shopper(validity: Any, window: Any) -> Played:
    return Played(
        window=window,
        metrics={"spend": {"sum": "order.amount"}},
        validity=validity,
        tiers=[{"id": "bronze"}, {"id": "silver", "qualify": {"spend": 1000}}],
    )
