"""Promotions that somebody confirms, members whom the rules don't reach: asked when, how often, for what."""

from datetime import date
from typing import Any

import pytest

from membership.acts import Decide, Hold, Lift
from tests.domain.playing import Played

SPEND: dict[str, Any] = {"spend": {"sum": "order.amount"}}
GIFTS = {"rewards": [{"id": "box", "gift": "box"}]}
BRONZE, SILVER = {"id": "bronze"}, {"id": "silver", "qualify": {"spend": 1000}} | GIFTS
GOLD = {"id": "gold", "qualify": {"spend": 5000}, "promotion": "reviewed"} | GIFTS
POLICY: dict[str, Any] = {
    "window": "calendar_year",
    "validity": "through_end_of_next_year",
    "metrics": SPEND,
    "tiers": [BRONZE, SILVER, GOLD],
}


def approve(ann: Played, when: str, **lift: Any) -> None:
    ann.act(when, Decide(approval=ann.question(), verdict="approve", **lift))


def decline(ann: Played, when: str) -> None:
    ann.act(when, Decide(approval=ann.question(), verdict="decline"), reason="too many returns")


# ── Promotions ────────────────────────────────────────────────────────────────────────────────────


def test_who_reaches_it_waits_and_rises_as_far_as_needs_nobodys_word() -> None:
    ann = Played(**POLICY)
    ann.order("2026-03-01", 5_000)
    assert (ann.earned, ann.asked) == ("silver", [("promotion", "gold")])
    [asked] = ann.outcomes("approval.requested")
    assert asked.evidence.figures == {"spend": 5_000_00}
    ann.order("2026-03-02", 1_000)
    assert len(ann.outcomes("approval.requested")) == 1


def test_it_is_entered_by_the_figures_that_had_reached_it() -> None:
    ann = Played(**POLICY)
    ann.order("2026-12-30", 5_000)
    approve(ann, "2027-01-10")
    assert ann.earned == "gold"
    rise = ann.outcomes("tier.upgraded")[-1]
    assert (str(rise.earned_on), str(rise.expires_on)) == ("2026-12-30", "2028-01-01"), "of that year"
    assert (rise.by, rise.reason) == ("Li Wei", "ten years with us")
    assert [one.tier for one in ann.outcomes("reward.granted")] == ["silver", "gold"]
    assert ann.asked == []


def test_declined_for_a_year_is_declined_for_all_that_is_done_in_it() -> None:
    ann = Played(**POLICY)
    ann.order("2026-03-01", 5_000)
    decline(ann, "2026-03-02")
    ann.order("2026-03-03", 5_000)
    ann.pass_to("2026-12-31")
    assert ann.asked == []
    ann.order("2027-01-02", 4_999)
    assert ann.asked == [], "last year's 10,000 were declined"
    ann.order("2027-05-01", 1)
    assert ann.asked == [("promotion", "gold")]


def test_where_nothing_counts_anew_declined_is_declined() -> None:
    ann = Played(**POLICY | {"window": "lifetime", "validity": "lifetime"})
    ann.order("2026-03-01", 5_000)
    decline(ann, "2026-03-02")
    ann.order("2030-03-02", 5_000)
    assert ann.asked == []


def test_who_fell_from_it_is_asked_for_again() -> None:
    ann = Played(**POLICY)
    ann.order("2026-03-01", 5_000)
    approve(ann, "2026-03-02")
    ann.pass_to("2028-01-02")
    assert ann.falls() == [("2028-01-01", "silver")]
    ann.order("2028-03-01", 5_000)
    assert ann.asked == [("promotion", "gold")]


def test_a_question_outlives_the_year_and_goes_with_the_order() -> None:
    ann = Played(**POLICY)
    order = ann.order("2026-12-30", 5_000)
    ann.pass_to("2027-06-01")
    assert ann.asked == [("promotion", "gold")]
    ann.refund("2027-06-02", order, 1)
    assert ann.asked == []
    assert [one.kind for one in ann.outcomes("approval.withdrawn")] == ["promotion"]


# ── Special reviews ───────────────────────────────────────────────────────────────────────────────

LOYAL = {"id": "loyal", "when": {"all": [{"years": 10}, {"spend": 500}]}}
BIG = {"id": "big", "when": {"spend": 3000}}
SPECIAL: dict[str, Any] = POLICY | {
    "metrics": SPEND | {"years": {"since": "joined", "unit": "year"}},
    "special_reviews": [LOYAL, BIG],
    "tiers": [
        BRONZE,
        {"id": "silver", "qualify": {"spend": 4000}},
        {"id": "gold", "qualify": {"spend": 9000}},
    ],
}


def special(ann: Played) -> list[tuple[str, str]]:
    """Day and condition of each time that operators were shown the member."""
    return [
        (str(ann.program.day(one.at)), one.condition)
        for one in ann.outcomes("approval.requested")
        if one.kind == "special"
    ]


def test_who_meets_a_condition_is_listed_once_a_quarter_as_long_as_it_does() -> None:
    ann = Played(**SPECIAL)
    ann.order("2026-02-10", 3_000)
    decline(ann, "2026-02-20")
    ann.order("2026-03-31", 1)
    assert special(ann) == [("2026-02-10", "big")], "once in the quarter"
    ann.pass_to("2026-04-01")
    assert special(ann)[1:] == [("2026-04-01", "big")], "the quarter's first night finds it"
    ann.pass_to("2026-12-31")
    assert len(special(ann)) == 2, "as long as nobody answers, it is asked once"
    decline(ann, "2026-12-31")
    ann.pass_to("2027-07-01")
    assert len(special(ann)) == 2, "answered for this quarter, and in the new year nothing was bought"


def test_the_day_on_which_time_alone_meets_it() -> None:
    ann = Played(**SPECIAL)
    ann.enrol("2026-01-05", joined=date(2016, 5, 20))
    ann.order("2026-02-10", 500)
    ann.pass_to("2026-05-19")
    assert special(ann) == []
    ann.pass_to("2026-05-20")
    assert special(ann) == [("2026-05-20", "loyal")]


def test_lifted_with_a_reason_until_a_day() -> None:
    ann = Played(**SPECIAL)
    ann.order("2026-02-10", 3_000)
    approve(ann, "2026-02-20", tier="gold", until=date(2026, 9, 1))
    assert (ann.shown, ann.earned) == ("gold", "bronze")
    assert ann.standing.overrides["lifted"].reason == "ten years with us", "the member is shown it"
    ann.pass_to("2026-09-01")
    assert (ann.shown, ann.earned) == ("bronze", "bronze")


@pytest.mark.parametrize("action", [Lift, Hold])
def test_nobody_at_the_top_is_listed_nor_stays_so(action: Any) -> None:
    ann = Played(**SPECIAL)
    ann.order("2026-02-10", 3_000)
    assert ann.asked == [("special", "bronze")]
    ann.act("2026-02-20", action(ladder="main", tier="gold", until=date(2026, 9, 1)))
    assert ann.asked == []
    ann.pass_to("2026-08-31")
    assert len(special(ann)) == 1
    ann.pass_to("2026-10-01")
    assert len(special(ann)) == 2, "as soon as it is not at the top any more"


def test_two_conditions_are_two_questions() -> None:
    ann = Played(**SPECIAL)
    ann.enrol("2026-01-05", joined=date(2016, 1, 1))
    ann.order("2026-02-10", 3_000)
    assert sorted(name for _, name in special(ann)) == ["big", "loyal"]


def refunds(ann: Played) -> list[str]:
    return [one.approval for one in ann.outcomes("approval.requested") if one.kind == "refund"]


def test_what_was_answered_may_be_asked_again_within_the_same_moment() -> None:
    """An answer is kept under the id of its question: the second one could never be answered."""
    ann = Played(**POLICY)
    for _ in range(2):
        ann.refund("2026-03-01", ann.order("2026-03-01", 1_000), 1_000)
        decline(ann, "2026-03-01")
    first, second = refunds(ann)
    assert first != second
    assert ann.asked == []


def test_while_operators_look_at_a_refund_they_are_not_asked_about_the_next_one() -> None:
    ann = Played(**POLICY)
    for _ in range(2):
        ann.refund("2026-03-01", ann.order("2026-03-01", 1_000), 1_000)
    assert len(refunds(ann)) == 1
    ann.refund("2026-03-02", ann.order("2026-03-02", 1_000), 1_000)
    assert len(refunds(ann)) == 2, "it had been earned anew"
