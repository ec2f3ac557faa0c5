"""A refund that takes away what had earned a tier: when it is acted on, as the program says."""

from typing import Any

import pytest

from tests.domain.playing import Played

NEXT_YEAR = "through_end_of_next_year"
TWO_YEARS = {"kind": "for_months", "months": 24}


def shopper(refunds: str, window: Any = "calendar_year", validity: Any = NEXT_YEAR) -> Played:
    return Played(
        window=window,
        validity=validity,
        refunds=refunds,
        metrics={"spend": {"sum": "order.amount"}},
        tiers=[
            {"id": "bronze"},
            {"id": "silver", "qualify": {"spend": 1000}},
            {"id": "gold", "qualify": {"spend": 5000}},
        ],
    )


@pytest.mark.parametrize(
    ("refunds", "window", "validity", "returned", "notice", "falls"),
    [
        # At noon: thirty days are over at noon, so the fall is on the next day.
        ("at_once", "calendar_year", NEXT_YEAR, "2026-04-10", "2026-04-10", "2026-05-11"),
        ("at_once", "lifetime", TWO_YEARS, "2026-04-10", "2026-04-10", "2026-05-11"),
        ("at_once", "calendar_year", "lifetime", "2026-04-10", "2026-04-10", "2026-05-11"),
        # Where the year ends; where there is none, the quarter.
        ("at_next_review", "calendar_year", NEXT_YEAR, "2026-04-10", "2026-12-01", "2027-01-01"),
        ("at_next_review", "calendar_year", "lifetime", "2026-04-10", "2026-12-01", "2027-01-01"),
        ("at_next_review", "anniversary_year", NEXT_YEAR, "2026-04-10", "2027-01-29", "2027-03-01"),
        ("at_next_review", "lifetime", TWO_YEARS, "2026-04-10", "2026-05-31", "2026-07-01"),
        ("at_next_review", "lifetime", TWO_YEARS, "2026-06-20", "2026-06-20", "2026-07-21"),
        ("at_next_review", "lifetime", TWO_YEARS, "2026-12-31", "2026-12-31", "2027-01-31"),
        # Not at all: as it was promised.
        ("never", "calendar_year", NEXT_YEAR, "2026-04-10", "2027-12-01", "2028-01-01"),
        ("never", "lifetime", TWO_YEARS, "2026-04-10", "2028-01-30", "2028-03-01"),
    ],
)
def test_when_the_tier_is_lost(
    refunds: str, window: Any, validity: Any, returned: str, notice: str, falls: str
) -> None:
    ann = shopper(refunds, window, validity)
    order = ann.order("2026-03-01", 1_000)
    ann.refund(returned, order, 1)
    assert ann.earned == "silver", "a refund lowers nobody by itself"
    assert ann.figure("spend", returned) == 999_00, "figures go down in any case"
    assert ann.asked == [("refund", "silver")], "operators are shown it in any case"
    ann.pass_to("2029-01-01")
    assert (ann.notices(), ann.falls()) == ([(notice, falls)], [(falls, "bronze")])


@pytest.mark.parametrize("refunds", ["at_once", "at_next_review"])
def test_buying_again_mends_it(refunds: str) -> None:
    ann = shopper(refunds)
    ann.refund("2026-04-10", ann.order("2026-03-01", 1_000), 1)
    ann.order("2026-04-20", 1)
    assert str(ann.standing.expires_on) == "2028-01-01"
    ann.pass_to("2027-12-30")
    assert ann.falls() == []


@pytest.mark.parametrize("refunds", ["at_once", "at_next_review", "never"])
def test_a_refund_that_leaves_enough_is_no_matter(refunds: str) -> None:
    ann = shopper(refunds)
    ann.refund("2026-04-10", ann.order("2026-03-01", 1_500), 500)
    assert ann.outcomes("tier.undermined", "approval.requested") == []


def test_a_second_refund_is_not_shown_again() -> None:
    ann = shopper("never")
    order = ann.order("2026-03-01", 1_000)
    for day in ("2026-04-10", "2026-04-11"):
        ann.refund(day, order, 100)
    assert len(ann.outcomes("tier.undermined")) == 1


def test_what_earned_the_tier_again_may_be_returned_again() -> None:
    ann = shopper("at_once")
    for month in ("03", "06"):
        order = ann.order(f"2026-{month}-01", 1_000)
        ann.refund(f"2026-{month}-10", order, 1_000)
    assert ann.days("tier.undermined") == ["2026-03-10", "2026-06-10"]


def test_in_a_tier_that_stands_while_its_rule_is_met_operators_are_shown_each_refund_that_ends_it() -> None:
    ann = shopper("at_once", "lifetime", "while_qualified")
    first = ann.order("2026-03-01", 1_000)
    ann.refund("2026-03-10", first, 1_000)
    second = ann.order("2026-03-20", 1_000)
    assert ann.days("tier.kept") == ["2026-03-20"]
    ann.refund("2026-03-30", second, 1_000)
    assert ann.days("tier.undermined") == ["2026-03-10", "2026-03-30"]
    ann.pass_to("2026-06-01")
    assert ann.falls() == [("2026-04-30", "bronze")]


def test_the_year_that_earned_it_is_looked_at_not_the_year_of_the_refund() -> None:
    ann = shopper("at_once")
    ann.order("2026-03-01", 500)
    order = ann.order("2026-12-31", 500)
    ann.refund("2027-01-10", order, 500)
    assert ann.figure("spend", "2026-12-31") == 500_00
    assert ann.notices() == [("2027-01-10", "2027-02-10")]
