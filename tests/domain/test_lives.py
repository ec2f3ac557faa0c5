"""Members' lives over simulated time: what the nights in between decide."""

from datetime import date, datetime
from typing import Any

from membership.acts import Decide, Lift, Merge
from membership.facts import Act, Fact, Order
from membership.member.progress import progress
from membership.outcomes import MemberAbsorbed, MessageDue, OverrideEnded, TierDowngraded
from membership.program.reading import program_from
from membership.program.schema import Program
from membership.simulation import Life

POLICY: dict[str, Any] = {
    "id": "policy",
    "window": "calendar_year",
    "metrics": {"spend": {"sum": "order.amount"}},
    "tiers": [
        {"id": "bronze"},
        {"id": "silver", "qualify": {"spend": 1000}},
        {"id": "gold", "qualify": {"spend": 5000}},
    ],
    "validity": "through_end_of_next_year",
}


def at(program: Program, when: str) -> datetime:
    return datetime.fromisoformat(f"{when} 12:00").replace(tzinfo=program.zone)


def buys(life: Life, when: str, amount: int) -> None:
    moment = at(life.program, when)
    order: Fact = Order(
        id=f"{when} {amount}",
        order_id=f"{when} {amount}",
        member_id=life.member_id,
        occurred_at=moment,
        recorded_at=moment,
        amount=amount * 100,
    )
    life.tell([order])


def act(life: Life, when: str, action: Any) -> Act:
    moment = at(life.program, when)
    return Act(
        id=when,
        member_id=life.member_id,
        occurred_at=moment,
        recorded_at=moment,
        by="ann",
        reason="ten years",
        action=action,
    )


def texts(life: Life, about: type) -> list[str | None]:
    kind = about.model_fields["type"].default  # type: ignore[attr-defined]
    return [one.text.en for one in life.outcomes if isinstance(one, MessageDue) and one.about == kind]


def test_a_lift_that_ends_by_itself_needs_no_reason() -> None:
    program = program_from(POLICY)
    life = Life(program, "ann")
    buys(life, "2026-03-01", 10)
    until = at(program, "2026-09-01").date()
    life.tell([act(life, "2026-03-02", Lift(ladder="main", tier="gold", until=until))])
    life.pass_to(at(program, "2026-09-01"))
    assert texts(life, OverrideEnded) == ["Your tier is now bronze."]


def test_what_is_told_twice_keeps_nobody_from_being_reviewed() -> None:
    program = program_from(POLICY)
    life = Life(program, "ann")
    buys(life, "2026-03-01", 2000)
    buys(life, "2026-03-01", 2000)
    life.pass_to(at(program, "2028-02-01"))
    assert [one.to_tier for one in life.outcomes if isinstance(one, TierDowngraded)] == ["bronze"]


def test_nobody_is_promised_the_first_tier_nor_reviewed_for_it() -> None:
    program = program_from(POLICY)
    life = Life(program, "ann")
    buys(life, "2026-03-01", 10)
    seen = len(life.facts)
    life.pass_to(at(program, "2040-01-01"))
    assert len(life.facts) == seen


def test_two_that_are_one_are_joined_once() -> None:
    program = program_from(POLICY)
    one, other = Life(program, "ann"), Life(program, "anna")
    buys(one, "2026-03-01", 600)
    buys(other, "2026-03-02", 700)
    settled = other.tell([act(other, "2026-03-03", Merge(into="ann"))])
    one.absorb(other)
    for fact in settled.onward:
        one.tell([fact])
    assert sum(isinstance(outcome, MemberAbsorbed) for outcome in one.outcomes) == 1
    assert one.member
    assert one.member.standings["main"].tier == "silver"


def test_a_life_goes_through_every_night_that_matters() -> None:
    life = Life(program_from(POLICY), "ann")
    buys(life, "2026-03-01", 5000)
    life.pass_to(at(life.program, "2031-01-01"))
    falls = [(one.to_tier, str(one.evidence.day)) for one in life.outcomes if isinstance(one, TierDowngraded)]
    assert falls == [("silver", "2027-12-31"), ("bronze", "2028-12-31")]


def test_what_is_carried_over_ends_with_the_next_period() -> None:
    metrics = {"spend": {"sum": "order.amount", "carry_over": 500}}
    life = Life(program_from(POLICY | {"metrics": metrics, "validity": "while_qualified"}), "ann")
    buys(life, "2026-03-01", 1500)
    life.pass_to(at(life.program, "2030-01-01"))
    falls = [(one.to_tier, str(one.evidence.day)) for one in life.outcomes if isinstance(one, TierDowngraded)]
    assert falls == [("bronze", "2027-01-01")], "500 of 1,000 are no silver"


def test_the_announced_day_is_the_first_on_which_too_little_is_left() -> None:
    rolling = {"window": {"kind": "rolling", "months": 12}, "validity": "while_qualified"}
    life = Life(program_from(POLICY | rolling), "ann")
    for when in ("2026-01-10", "2026-02-10", "2026-03-10"):
        buys(life, when, 500)
    life.pass_to(at(life.program, "2028-01-01"))
    falls = [(one.to_tier, str(one.evidence.day)) for one in life.outcomes if isinstance(one, TierDowngraded)]
    assert falls == [("bronze", "2027-02-10")]


def test_while_a_notice_runs_the_progress_says_what_will_be_missing_on_its_day() -> None:
    rolling = {"window": {"kind": "rolling", "months": 12}, "validity": "while_qualified"}
    life = Life(program_from(POLICY | rolling), "ann")
    buys(life, "2026-01-10", 400)
    buys(life, "2026-06-10", 600)
    moment = at(life.program, "2027-01-01")
    life.pass_to(moment)
    assert life.member
    [ladder] = progress(life.program, life.member, moment).ladders
    assert ladder.keep
    assert ladder.keep.counts_from == date(2027, 1, 10)
    assert [one.remaining for one in ladder.keep.goal.ways[0].requirements] == [400_00]


def test_a_promotion_that_was_declined_is_not_asked_for_again_as_the_year_turns() -> None:
    reviewed = {"id": "gold", "qualify": {"spend": 5000}, "promotion": "reviewed"}
    life = Life(program_from(POLICY | {"tiers": [*POLICY["tiers"][:2], reviewed]}), "ann")
    buys(life, "2026-03-01", 5000)
    assert life.member
    [approval] = life.member.approvals
    life.tell([act(life, "2026-03-02", Decide(approval=approval, verdict="decline"))])
    buys(life, "2027-01-10", 10)
    assert not life.member.approvals
    buys(life, "2027-06-01", 5000)
    assert [one.kind for one in life.member.approvals.values()] == ["promotion"]


def test_the_last_day_of_a_promise_is_judged_by_all_that_it_could_see() -> None:
    """The review comes on the next day, when the oldest part of that day's window is over."""
    year = {"window": {"kind": "rolling", "months": 12}, "validity": {"kind": "for_months", "months": 12}}
    life = Life(program_from(POLICY | year), "ann")
    buys(life, "2026-03-01", 999)
    buys(life, "2026-03-02", 1)
    buys(life, "2027-02-20", 999)
    life.pass_to(at(life.program, "2027-04-30"))
    assert life.member
    assert life.member.standings["main"].tier == "silver"
    assert life.member.standings["main"].expires_on == date(2028, 3, 2)


def test_who_falls_is_promised_the_lower_tier_for_all_of_its_months() -> None:
    year = {"window": {"kind": "rolling", "months": 12}, "validity": {"kind": "for_months", "months": 12}}
    life = Life(program_from(POLICY | year), "ann")
    buys(life, "2026-03-02", 5000)
    buys(life, "2026-12-01", 1000)
    life.pass_to(at(life.program, "2028-03-02"))
    fall = next(one for one in life.outcomes if isinstance(one, TierDowngraded))
    assert (fall.to_tier, fall.expires_on) == ("silver", date(2029, 3, 2))


def test_who_falls_to_what_is_met_keeps_what_the_last_year_has_earned() -> None:
    hotel = {"validity": {"kind": "through_month", "month": 3}, "downgrade": {"steps": "to_qualified"}}
    life = Life(program_from(POLICY | hotel), "ann")
    buys(life, "2026-03-02", 5000)
    buys(life, "2027-12-01", 1000)
    life.pass_to(at(life.program, "2028-03-15"))
    assert life.member
    notice = life.member.standings["main"].notice
    assert notice
    assert notice.to_tier == "silver"
    life.pass_to(at(life.program, "2028-05-01"))
    fall = next(one for one in life.outcomes if isinstance(one, TierDowngraded))
    assert (fall.to_tier, fall.qualified, fall.expires_on) == ("silver", True, date(2029, 4, 1))
