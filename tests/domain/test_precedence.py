"""What may lie over an earned tier: blocked > hold > paid > lifted > earned. What lies beneath comes back."""

from datetime import date
from typing import Any

import pytest

from membership.acts import Block, Hold, Leave, Lift, Release, Return, Unblock
from membership.member.progress import progress
from tests.domain.playing import Played

TIERS = ["bronze", "silver", "gold", "top"]
PROGRAM: dict[str, Any] = {
    "window": "calendar_year",
    "validity": "through_end_of_next_year",
    "metrics": {
        "spend": {"sum": "order.amount"},
        **{f"{tier}_fee": {"paid": tier, "days": 200} for tier in TIERS[1:]},
    },
    "tiers": [
        {"id": "bronze"},
        *(
            {"id": tier, "qualify": {"spend": 1000 * n}, "buy": f"{tier}_fee"}
            for n, tier in enumerate(TIERS[1:], 1)
        ),
    ],
}
UNTIL = date(2026, 9, 1)


def member(earned: str, lifted: str = "", paid: str = "", hold: str = "") -> Played:
    ann = Played(**PROGRAM)
    ann.order("2026-03-01", 1000 * TIERS.index(earned))
    if lifted:
        ann.act("2026-03-02", Lift(ladder="main", tier=lifted, until=UNTIL))
    if paid:
        ann.order("2026-03-03", 99, plan=paid)
    if hold:
        ann.act("2026-03-04", Hold(ladder="main", tier=hold, until=UNTIL))
    return ann


def counts(ann: Played, when: str = "2026-03-05") -> tuple[str | None, str]:
    """The tier that counts, and what gives it, as the member is shown it."""
    shown = progress(ann.program, ann.member, ann.at(when))
    if not shown.ladders:
        return None, shown.status
    [one] = shown.ladders
    return one.tier and one.tier.id, one.source


@pytest.mark.parametrize(
    ("earned", "lifted", "paid", "hold", "tier", "by"),
    [
        ("silver", "", "", "", "silver", "earned"),
        ("silver", "gold", "", "", "gold", "lifted"),
        ("silver", "", "gold", "", "gold", "paid"),
        ("silver", "", "", "gold", "gold", "hold"),
        # What is lower takes nothing away …
        ("gold", "silver", "", "", "gold", "earned"),
        ("gold", "", "silver", "", "gold", "earned"),
        ("silver", "top", "gold", "", "top", "lifted"),
        ("silver", "gold", "top", "", "top", "paid"),
        # … but for a hold, which keeps a member where it is, whatever else there is.
        ("gold", "", "", "silver", "silver", "hold"),
        ("gold", "top", "top", "bronze", "bronze", "hold"),
        # Of equal ones the first in this order is named.
        ("silver", "silver", "", "", "silver", "lifted"),
        ("silver", "gold", "gold", "", "gold", "paid"),
        ("gold", "gold", "gold", "gold", "gold", "hold"),
    ],
)
def test_which_tier_counts(earned: str, lifted: str, paid: str, hold: str, tier: str, by: str) -> None:
    ann = member(earned, lifted, paid, hold)
    assert counts(ann) == (tier, by)
    assert ann.earned == earned, "what was earned is what it was"


@pytest.mark.parametrize(
    ("away", "back", "status"), [(Block(), Unblock(), "blocked"), (Leave(), Return(), "left")]
)
def test_whoever_is_blocked_or_away_has_no_tier_and_has_them_all_again_afterwards(
    away: Any, back: Any, status: str
) -> None:
    ann = member("silver", "gold", "top", "bronze")
    ann.act("2026-03-06", away)
    assert counts(ann, "2026-03-07") == (None, status)
    ann.order("2026-03-08", 9_000)
    ann.act("2026-03-10", back)
    assert counts(ann, "2026-03-10") == ("bronze", "hold")
    ann.act("2026-03-11", Release(ladder="main", source="hold"))
    assert counts(ann, "2026-03-11") == ("top", "paid")
    assert ann.earned == "silver", "what was bought meanwhile has no effect"


def test_each_gives_way_to_the_next_beneath_it() -> None:
    ann = member("silver", "gold", "top", "bronze")
    seen = [counts(ann)]
    ann.act("2026-03-10", Release(ladder="main", source="hold"))
    seen.append(counts(ann, "2026-03-10"))
    ann.act("2026-03-11", Lift(ladder="main", tier="gold", until=date(2026, 12, 1)))
    ann.pass_to("2026-09-19")  # two hundred days after the 3rd of March
    seen.append(counts(ann, "2026-09-19"))
    ann.pass_to("2026-12-01")
    seen.append(counts(ann, "2026-12-01"))
    assert seen == [("bronze", "hold"), ("top", "paid"), ("gold", "lifted"), ("silver", "earned")]
    told = [(one.source, one.from_tier, one.to_tier) for one in ann.outcomes("tier.override_ended")]
    assert told == [("hold", "bronze", "top"), ("paid", "top", "gold"), ("lifted", "gold", "silver")]


@pytest.mark.parametrize(("source", "action"), [("hold", Hold), ("lifted", Lift)])
def test_it_ends_on_its_day_and_a_month_before_the_member_is_told(source: str, action: Any) -> None:
    ann = member("silver")
    ann.act("2026-03-02", action(ladder="main", tier="gold", until=UNTIL))
    ann.pass_to("2026-08-31")
    assert counts(ann, "2026-08-31") == ("gold", source)
    ann.pass_to("2026-09-01")
    assert counts(ann, "2026-09-01") == ("silver", "earned")
    assert ann.days("tier.override_ends") == ["2026-08-01"]
    assert ann.days("tier.override_ended") == ["2026-09-01"]
    assert ann.falls() == [], "nothing that was earned is lost"


def test_what_is_earned_beneath_goes_on_by_itself() -> None:
    """Silver is lost while the member is held in gold, with a notice as ever; then bronze comes back."""
    ann = member("silver")
    ann.act("2027-10-01", Hold(ladder="main", tier="gold", until=date(2028, 6, 1)))
    ann.pass_to("2028-05-31")
    assert (ann.falls(), ann.notices()) == ([("2028-01-01", "bronze")], [("2027-12-01", "2028-01-01")])
    assert ann.shown == "gold"
    ann.pass_to("2028-06-01")
    assert ann.shown == "bronze"


def test_what_is_earned_beneath_a_hold_is_there_when_it_ends() -> None:
    ann = member("silver", hold="silver")
    ann.order("2026-04-01", 2_000)
    assert (ann.shown, ann.earned) == ("silver", "top")
    ann.pass_to("2026-09-01")
    assert ann.shown == "top"


def test_prolonged_is_told_anew() -> None:
    ann = member("silver", lifted="gold")
    ann.pass_to("2026-08-10")
    ann.act("2026-08-11", Lift(ladder="main", tier="gold", until=date(2026, 12, 1)))
    ann.pass_to("2026-12-01")
    assert ann.days("tier.override_ends") == ["2026-08-01", "2026-10-31"]
    assert ann.days("tier.override_ended") == ["2026-12-01"]


def test_a_paid_term_is_renewed_lapses_and_is_bought_again() -> None:
    ann = member("bronze")
    first = ann.order("2026-03-01", 99, plan="gold")
    ann.order("2026-03-02", 99, plan="gold")
    ann.pass_to("2027-04-04")
    assert ann.shown == "gold"
    ann.pass_to("2027-04-05")  # four hundred days
    assert ann.shown == "bronze"
    assert ann.days("tier.override_ended") == ["2027-04-05"]
    second = ann.order("2027-05-01", 99, plan="gold")
    ann.refund("2027-05-02", second, 99)
    assert ann.shown == "bronze", "a fee that was given back ends its term at once"
    ann.refund("2027-05-03", first, 99)
    assert ann.shown == "bronze"


def test_of_two_plans_the_higher_one_counts_and_the_lower_one_comes_back() -> None:
    ann = member("bronze", paid="top")
    ann.order("2026-05-01", 49, plan="silver")
    assert ann.shown == "top"
    ann.pass_to("2026-09-19")
    assert counts(ann, "2026-09-19") == ("silver", "paid")
