"""How far a member is: every way, what keeps the tier, and what happens if nothing happens."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from membership.facts import Activity, Enrolment, Fact, Order, Refund, Review
from membership.facts import Attributes as Told
from membership.member.figures import figures
from membership.member.progress import LadderProgress, goal, progress
from membership.member.state import Member
from membership.program import presets
from membership.program.criteria import MOST_WAYS, Criterion
from membership.program.reading import read_program
from membership.program.schema import Program, Versions
from membership.settle import newcomer, settle

P1, P2 = (read_program(presets.text(name)) for name in ("p1-ecommerce", "p2-customer-policy"))


def at(day: str) -> datetime:
    """Noon of the day in Shanghai."""
    return datetime.fromisoformat(f"{day}T04:00:00+00:00")


def order(n: int, day: str, yuan: int = 100) -> Order:
    told = {"id": f"e{n}", "member_id": "ann", "occurred_at": at(day), "recorded_at": at(day)}
    return Order(**told, order_id=f"o{n}", amount=yuan * 100)


def activity(n: int, day: str, kind: str) -> Activity:
    return Activity(id=f"a{n}", member_id="ann", occurred_at=at(day), recorded_at=at(day), kind=kind)


def review(day: str) -> Review:
    moment = datetime.fromisoformat(f"{day}T00:00:00+08:00").astimezone(UTC)
    return Review(
        id=f"r{day}", member_id="ann", occurred_at=moment, recorded_at=moment, day=date.fromisoformat(day)
    )


def member(program: Program, *facts: Fact) -> Member:
    versions = Versions({1: program})
    return settle(versions, newcomer(versions, "ann", facts), facts, {}).member


def seen(program: Program, day: str, *facts: Fact) -> LadderProgress:
    [ladder] = progress(program, member(program, *facts), at(day)).ladders
    return ladder


def test_all_parts_count_alike_and_a_hundred_is_kept_for_the_end() -> None:
    activities = [activity(n, "2026-05-01", "check_in") for n in range(5)]
    almost = seen(P1, "2026-06-01", order(1, "2026-05-01", 999), *activities)
    assert almost.goal
    assert (almost.goal.percent, almost.goal.met) == (99, False)
    [way] = almost.goal.ways
    assert [(one.metric, one.remaining) for one in way.missing] == [("spend", 100)]
    assert way.percent == 99
    there = seen(P1, "2026-06-01", order(1, "2026-05-01", 1000), *activities)
    assert there.standing
    assert there.standing.tier == "silver"
    assert there.next
    assert there.next.id == "gold"


def test_the_nearest_way_comes_first() -> None:
    ladder = seen(P2, "2026-06-01", *(order(n, "2026-05-01") for n in range(7)))
    assert ladder.next
    assert ladder.next.id == "gold"
    assert ladder.goal
    assert [[one.metric for one in way.requirements] for way in ladder.goal.ways] == [
        ["orders"],
        ["spend"],
        ["contribution"],
    ]
    assert ladder.goal.percent == ladder.goal.ways[0].percent == 7 * 100 // 12


def test_two_of_three_are_three_ways_with_the_spend_that_each_needs() -> None:
    ladder = seen(P2, "2026-06-01", *(order(n, "2026-05-01", 4000) for n in range(20)))
    assert ladder.standing
    assert ladder.standing.tier == "platinum"
    assert ladder.goal
    assert [{one.metric for one in way.requirements} for way in ladder.goal.ways] == [
        {"spend", "orders", "tenure_years"},
        {"spend", "orders", "contribution"},
        {"spend", "tenure_years", "contribution"},
    ]
    root = ladder.goal.rule
    assert [part.kind for part in root.parts] == ["metric", "at_least"]
    assert root.parts[1].needed == 2
    # 80,000 of 100,000 is 80 %; 20 of 24 orders and nothing else are 41 % of two.
    assert (root.parts[0].percent, root.parts[1].percent, root.percent) == (80, 41, 60)


def test_more_ways_than_anybody_reads_are_cut() -> None:
    """No program may have so many; nothing here depends on that."""
    of = [{"metric": f"m{n}", "gte": 2} for n in range(10)]
    rule: Criterion = TypeAdapter(Criterion).validate_python({"at_least": {"count": 3, "of": of}})
    for comparison in rule.comparisons():
        comparison.bind(2)
    assert len(goal(rule, {f"m{n}": n for n in range(10)}).ways) == MOST_WAYS


def test_the_highest_tier_has_nothing_above() -> None:
    facts = [order(n, "2026-05-01", 5000) for n in range(24)]
    joined = Enrolment(
        id="j", member_id="ann", occurred_at=at("2026-04-01"), recorded_at=at("2026-04-01"),
        attributes=Told(joined=date(2020, 1, 1)),
    )  # fmt: skip
    ladder = seen(P2, "2026-06-01", joined, *facts)
    assert ladder.standing
    assert ladder.standing.tier == "diamond"
    assert (ladder.next, ladder.goal) == (None, None)
    assert ladder.keep


def test_what_keeps_a_tier_counts_from_the_year_that_decides() -> None:
    """Gold earned in 2026 stands through 2027: what is done in 2027 renews it."""
    earned = order(1, "2026-03-01", 20_000)
    ladder = seen(P2, "2026-06-01", earned)
    assert (ladder.valid_through, ladder.falls_on) == (date(2027, 12, 31), date(2028, 1, 1))
    assert ladder.keep
    assert (ladder.keep.counts_from, ladder.keep.until) == (date(2027, 1, 1), date(2027, 12, 31))
    assert not ladder.keep.goal.met
    spend = next(way for way in ladder.keep.goal.ways if way.requirements[0].metric == "spend")
    assert spend.requirements[0].have == 0

    later = seen(P2, "2027-06-01", earned, order(2, "2027-05-01", 500))
    assert later.keep
    assert later.keep.counts_from == date(2027, 6, 1)
    spend = next(way for way in later.keep.goal.ways if way.requirements[0].metric == "spend")
    assert spend.requirements[0].have == 500_00


def test_a_renewed_tier_does_not_fall() -> None:
    ladder = seen(P2, "2027-06-01", order(1, "2026-03-01", 20_000), order(2, "2027-05-01", 20_000))
    assert ladder.valid_through == date(2028, 12, 31)
    assert ladder.falls_on == date(2029, 1, 1)


def test_a_notice_is_shown_with_what_prevents_it() -> None:
    earned = order(1, "2026-03-01", 20_000)
    ladder = seen(P2, "2027-12-05", earned, review("2027-12-02"), order(2, "2027-12-03", 1_500))
    assert ladder.notice
    assert ladder.notice.to_tier == "silver"
    assert ladder.falls_on == ladder.notice.falls_on == date(2028, 1, 1)
    assert ladder.keep
    assert ladder.keep.until == date(2027, 12, 31)
    assert ladder.keep.goal.ways[0].requirements[0].remaining == 11


def test_nobody_is_told_of_a_fall_sooner_than_a_notice_allows() -> None:
    """On 20 December nobody has been told yet: a notice of 30 days can't end on 1 January."""
    ladder = seen(P2, "2027-12-20", order(1, "2026-03-01", 20_000))
    assert ladder.notice is None
    assert ladder.falls_on == date(2028, 1, 20)


def test_a_tier_that_stands_while_qualified_has_no_end() -> None:
    facts: list[Fact] = [
        order(1, "2026-05-01", 1000),
        *(activity(n, "2026-05-01", "share") for n in range(5)),
    ]
    ladder = seen(P1, "2026-06-01", *facts)
    assert (ladder.valid_through, ladder.falls_on, ladder.notice) == (None, None, None)
    assert ladder.keep
    assert (ladder.keep.goal.met, ladder.keep.until) == (True, None)


def test_the_first_tier_and_tiers_that_are_never_lost_ask_for_nothing() -> None:
    assert seen(P2, "2026-06-01", order(1, "2026-05-01")).keep is None
    never = read_program(presets.text("p2-customer-policy").replace("steps: one", "steps: never"))
    ladder = seen(never, "2026-06-01", order(1, "2026-05-01", 20_000))
    assert (ladder.keep, ladder.falls_on) == (None, None)


def test_on_trial_there_is_a_next_tier_but_none_yet() -> None:
    refund = Refund(
        id="f",
        member_id="ann",
        order_id="o",
        amount=1,
        occurred_at=at("2026-05-01"),
        recorded_at=at("2026-05-01"),
    )
    ladder = seen(P2, "2026-06-01", refund)
    assert ladder.standing is None
    assert ladder.next
    assert ladder.next.id == "silver"
    assert ladder.goal
    assert ladder.goal.percent == 0


def test_the_day_is_the_programs_own() -> None:
    one = member(P2, order(1, "2026-05-01"))
    assert progress(P2, one, datetime(2026, 12, 31, 15, 59, tzinfo=UTC)).day == date(2026, 12, 31)
    assert progress(P2, one, datetime(2026, 12, 31, 16, 0, tzinfo=UTC)).day == date(2027, 1, 1)
    early = progress(P2, one, at("2026-04-01"))
    assert early.day == date(2026, 5, 1), "a member's own time never runs back"


amounts = st.lists(st.integers(0, 9_000), max_size=25)


@given(amounts, st.sampled_from((P1, P2)), st.integers(0, 12))
def test_progress_agrees_with_the_rule_that_decides(
    amounts: list[int], program: Program, shares: int
) -> None:
    facts: list[Fact] = [order(n, "2026-05-01", yuan) for n, yuan in enumerate(amounts)]
    facts += [activity(n, "2026-05-02", "feedback" if n % 4 == 3 else "share") for n in range(shares)]
    if not facts:
        return
    one = member(program, *facts)
    [ladder] = progress(program, one, at("2026-06-01")).ladders
    goal = ladder.goal
    if goal is None or ladder.next is None or ladder.next.qualify is None:
        return
    now = figures(program, one, date(2026, 6, 1))
    assert 0 <= goal.percent <= 100
    assert (goal.percent == 100) == goal.met == ladder.next.qualify.met(now)
    assert [way.share for way in goal.ways] == sorted((way.share for way in goal.ways), reverse=True)
    for way in goal.ways:
        there = now | {one.metric: max(now[one.metric], one.need) for one in way.requirements}
        assert ladder.next.qualify.met(there), "doing what remains of any way is enough"
        for one_less in way.missing:
            short = there | {one_less.metric: one_less.need - 1}
            requirements = {(one.metric, one.need) for one in way.requirements}
            others = [
                other
                for other in goal.ways
                if {(o.metric, o.need) for o in other.requirements} != requirements
            ]
            if not any(all(short[o.metric] >= o.need for o in other.requirements) for other in others):
                assert not ladder.next.qualify.met(short), "and one less is not"
