"""How a tier is kept and lost: steps, grace, falls far enough apart, what is carried over and what is taken
off."""

from typing import Any

import pytest

from tests.domain.playing import Played

BRONZE, SILVER, GOLD, TOP = (
    {"id": "bronze"},
    {"id": "silver", "qualify": {"spend": 1000}},
    {"id": "gold", "qualify": {"spend": 5000}},
    {"id": "top", "qualify": {"spend": 9000}},
)
SPEND: dict[str, Any] = {"spend": {"sum": "order.amount"}}
WHILE: dict[str, Any] = {"window": {"kind": "rolling", "months": 12}, "validity": "while_qualified"}


def shopper(*tiers: dict[str, Any], **rules: Any) -> Played:
    standard = {"window": "calendar_year", "validity": "through_end_of_next_year", "metrics": SPEND}
    return Played(tiers=list(tiers or (BRONZE, SILVER, GOLD, TOP)), **standard | rules)


@pytest.mark.parametrize(
    ("steps", "falls"),
    [
        ("one", [("2028-01-01", "gold"), ("2029-01-01", "silver"), ("2030-01-01", "bronze")]),
        ("to_qualified", [("2028-01-01", "bronze")]),
        ("never", []),
    ],
)
def test_steps(steps: str, falls: list[tuple[str, str]]) -> None:
    ann = shopper(downgrade={"steps": steps})
    ann.order("2026-03-01", 9_000)
    ann.pass_to("2032-01-01")
    assert ann.falls() == falls


def test_a_fall_to_what_is_met_passes_what_is_not() -> None:
    ann = shopper(downgrade={"steps": "to_qualified"})
    ann.order("2026-03-01", 9_000)
    ann.order("2027-03-01", 1_500)
    ann.pass_to("2028-01-02")
    assert ann.falls() == [("2028-01-01", "silver")]


KEPT_FOR_LESS = [BRONZE, SILVER, GOLD | {"keep": {"spend": 3000}}]


@pytest.mark.parametrize(("spent", "falls"), [(2_999, [("2028-01-01", "silver")]), (3_000, [])])
def test_to_stay_may_take_less_than_to_enter(spent: int, falls: list[tuple[str, str]]) -> None:
    ann = shopper(*KEPT_FOR_LESS)
    ann.order("2026-03-01", 5_000)
    ann.order("2027-03-01", spent)
    ann.pass_to("2028-01-02")
    assert ann.falls() == falls


@pytest.mark.parametrize(("spent", "tier"), [(3_000, "silver"), (4_999, "silver"), (5_000, "gold")])
def test_what_is_enough_to_stay_is_not_enough_to_enter(spent: int, tier: str) -> None:
    ann = shopper(*KEPT_FOR_LESS)
    ann.order("2026-03-01", spent)
    assert ann.earned == tier


@pytest.mark.parametrize("days", [0, 14, 60])
def test_grace_puts_the_fall_off_and_the_notice_too(days: int) -> None:
    ann = shopper(BRONZE, SILVER, downgrade={"grace_days": days})
    ann.order("2026-03-01", 1_000)
    ann.pass_to("2028-06-01")
    falls = {0: "2028-01-01", 14: "2028-01-15", 60: "2028-03-01"}[days]
    told = {0: "2027-12-01", 14: "2027-12-15", 60: "2028-01-30"}[days]
    assert (ann.falls(), ann.notices()) == ([(falls, "bronze")], [(told, falls)])


def test_nobody_falls_who_would_enter_again_at_once_by_the_year_that_closed() -> None:
    """Two months at a time, of what is counted by years: the last year goes on giving for two months."""
    ann = shopper(BRONZE, SILVER, validity={"kind": "for_months", "months": 2})
    ann.order("2026-11-05", 1_000)
    for day in ("2027-01-05", "2027-01-06", "2027-02-01"):
        ann.do(day, "whatever")
    ann.pass_to("2027-06-01")
    assert ann.days("tier.renewed") == ["2027-01-05"]
    assert ann.falls() == [("2027-02-28", "bronze")]
    assert len(ann.outcomes("tier.upgraded")) == 2


def test_the_turn_of_a_year_is_seen_though_nothing_happens_on_it() -> None:
    """A year's promise, earned by the last three months: those of New Year's Day still earn it."""
    months = {"window": {"kind": "rolling", "months": 3}}
    ann = shopper(BRONZE, SILVER, **months)
    ann.order("2026-12-01", 1_000)
    assert str(ann.standing.expires_on) == "2028-01-01"
    ann.pass_to("2027-01-01")
    assert ann.days("tier.renewed") == ["2027-01-01"]
    ann.pass_to("2030-01-01")
    assert (ann.notices(), ann.falls()) == ([("2028-12-01", "2029-01-01")], [("2029-01-01", "bronze")])


def test_what_is_done_within_the_grace_keeps_the_tier() -> None:
    ann = shopper(BRONZE, SILVER, downgrade={"grace_days": 30})
    ann.order("2026-03-01", 1_000)
    ann.order("2028-01-20", 1_000)
    ann.pass_to("2028-06-01")
    assert ann.falls() == []
    assert ann.days("tier.kept") == ["2028-01-20"]


@pytest.mark.parametrize(
    ("days", "told", "falls"),
    [
        (0, "2027-02-12", "2027-03-15"),
        (10, "2027-02-22", "2027-03-25"),
        (31, "2027-03-15", "2027-04-15"),
        (60, "2027-03-15", "2027-05-14"),  # on the day the rule isn't met any more, at the latest
    ],
)
def test_grace_for_a_tier_that_stands_while_its_rule_is_met(days: int, told: str, falls: str) -> None:
    ann = shopper(BRONZE, SILVER, **WHILE, downgrade={"grace_days": days})
    ann.order("2026-03-15", 1_000)
    ann.pass_to("2029-01-01")
    assert (ann.falls(), ann.notices()) == ([(falls, "bronze")], [(told, falls)])
    assert ann.days("tier.kept") == []


def test_grace_runs_from_the_refund_that_ends_what_the_tier_stood_on() -> None:
    ann = shopper(BRONZE, SILVER, **WHILE, downgrade={"grace_days": 60})
    order = ann.order("2026-03-15", 1_000)
    ann.refund("2026-04-01", order, 1_000)
    ann.order("2026-05-20", 999)
    ann.pass_to("2026-05-30")
    assert (ann.falls(), ann.notices()) == ([], [("2026-04-01", "2026-05-31")])
    ann.order("2026-05-30", 1)
    ann.pass_to("2027-01-01")
    assert ann.falls() == [], "in time"
    assert ann.days("tier.kept") == ["2026-05-30"]


def test_falls_are_so_many_months_apart() -> None:
    """Gold falls as its year ends; silver was lost already, and waits its eighteen months."""
    ann = shopper(downgrade={"months_between": 18})
    ann.order("2026-03-01", 5_000)
    ann.pass_to("2031-01-01")
    assert ann.falls() == [("2028-01-01", "silver"), ("2029-06-30", "bronze")]
    assert ann.notices()[1] == ("2029-05-30", "2029-06-30")


def test_without_a_rule_one_fall_may_follow_the_other() -> None:
    month = {"kind": "rolling", "days": 30}
    once = shopper(window=month, validity="while_qualified", downgrade={"steps": "one"})
    once.order("2026-03-01", 5_000)
    once.pass_to("2026-12-01")
    # The notice of the first came with the order itself, at noon: thirty days, and the rest of that one.
    assert once.falls() == [("2026-04-01", "silver"), ("2026-05-01", "bronze")]
    apart = shopper(window=month, validity="while_qualified", downgrade={"months_between": 6})
    apart.order("2026-03-01", 5_000)
    apart.pass_to("2026-12-01")
    assert apart.falls() == [("2026-04-01", "silver"), ("2026-10-01", "bronze")]


# ── Carried over ──────────────────────────────────────────────────────────────────────────────────

CARRIED = {"spend": {"sum": "order.amount", "carry_over": 800}}


@pytest.mark.parametrize(
    ("spent", "carried"),
    [
        (0, 0),
        (999, 0),  # no threshold was reached: nothing is above one
        (1_000, 0),
        (1_300, 300),
        (1_800, 800),
        (4_999, 800),  # no more than so much
        (5_000, 0),  # the next threshold
        (5_001, 1),
        (9_500, 500),
    ],
)
def test_what_stands_above_the_highest_threshold_counts_in_the_next_year(spent: int, carried: int) -> None:
    ann = shopper(metrics=CARRIED)
    ann.enrol("2026-01-01")
    ann.order("2026-03-01", spent)
    assert ann.figure("spend", "2026-12-31") == spent * 100
    assert ann.figure("spend", "2027-01-01") == carried * 100
    assert ann.figure("spend", "2028-01-01") == 0, "it is not carried twice"


def test_what_was_carried_helps_to_enter_and_is_not_carried_on() -> None:
    ann = shopper(metrics=CARRIED)
    ann.order("2026-03-01", 1_700)
    ann.order("2027-03-01", 4_300)
    assert ann.earned == "gold", "700 and 4,300"
    assert ann.figure("spend", "2028-01-01") == 800_00, "4,300 is so much above 1,000, of which 800 count"


def test_a_refund_takes_away_what_would_have_been_carried() -> None:
    ann = shopper(metrics=CARRIED)
    order = ann.order("2026-03-01", 1_700)
    ann.refund("2027-01-10", order, 500)
    assert ann.figure("spend", "2027-01-10") == 200_00


# ── Taken off ─────────────────────────────────────────────────────────────────────────────────────


def test_where_a_promise_ends_its_price_is_taken_off_and_the_rest_decides_again() -> None:
    """Gold costs 5,000 a year of 12,000 in all: it is kept twice, and then there is too little."""
    gold = GOLD | {"deduct": {"spend": 5000}}
    ann = shopper(
        BRONZE, gold, window="lifetime", validity={"kind": "for_months", "months": 12}, metrics=SPEND
    )
    ann.order("2026-03-01", 12_000)
    ann.pass_to("2027-03-02")
    assert ann.days("tier.renewed") == ["2027-03-01"]
    assert ann.standing.deducted == {"spend": 5_000_00}
    assert ann.figure("spend", "2027-03-02") == 12_000_00, "what was spent was spent"
    ann.pass_to("2030-01-01")
    # 7,000 at the second end would leave 2,000, which are not 5,000.
    assert ann.falls() == [("2028-03-01", "bronze")]


def test_the_end_of_a_promise_is_announced_by_what_would_be_left() -> None:
    gold = GOLD | {"deduct": {"spend": 5000}}
    ann = shopper(BRONZE, gold, window="lifetime", validity={"kind": "for_months", "months": 12})
    ann.order("2026-03-01", 6_000)
    ann.pass_to("2027-02-10")
    assert ann.notices() == [("2027-01-29", "2027-03-01")]
    [notice] = ann.outcomes("tier.will_downgrade")
    assert notice.prevented_by == ({"spend": 4_000_00},)
    ann.order("2027-02-15", 4_000)
    ann.pass_to("2027-06-01")
    assert ann.falls() == []
    assert ann.standing.deducted == {"spend": 5_000_00}


def test_who_falls_pays_the_price_too_and_is_ranked_by_the_rest() -> None:
    tiers = (BRONZE, SILVER, GOLD | {"deduct": {"spend": 5000}})
    ann = shopper(
        *tiers,
        window="lifetime",
        validity={"kind": "for_months", "months": 12},
        downgrade={"steps": "to_qualified"},
    )
    ann.order("2026-03-01", 6_500)
    ann.pass_to("2027-03-02")
    assert ann.falls() == [("2027-03-01", "silver")], "1,500 are left"
    assert ann.standing.deducted == {"spend": 5_000_00}
