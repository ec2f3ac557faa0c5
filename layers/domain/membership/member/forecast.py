"""What will happen to a member if nothing more happens: when its tier falls, and when to look again."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from membership.member.approach import changes_on, distance, target
from membership.member.expiring import points_due_on
from membership.member.figures import asked, days_of_change, figures, joined, until
from membership.member.occasions import concerns
from membership.member.renewal import renewal
from membership.member.standing import Standing
from membership.member.state import Member
from membership.member.weekly import next_telling
from membership.program.calendar import first_day_of_quarter, plus_months, quarter
from membership.program.criteria import Criterion
from membership.program.schema import Ladder, Program
from membership.program.validity import ForLife

ONE_DAY = timedelta(days=1)
_PROMISES_AHEAD = 40
"""A forecast sees so many renewals; a review looks again at each, so nothing hangs on one that is further."""


def promised_until(program: Program, member: Member, ladder: Ladder, standing: Standing) -> date | None:
    """The first day that the tier is not promised for, by the rules in force; None: no end is set."""
    tier = ladder.tier(standing.tier)
    if ladder.keep(tier) is None or ladder.stands_while_met(tier):
        return None
    if standing.undermined or (standing.expires_on and not isinstance(ladder.validity(tier), ForLife)):
        return standing.expires_on
    # Earned under a version that set no end: the one in force does.
    return until(program, member, ladder, tier, standing.earned_on)


def falls_on(
    program: Program, member: Member, ladder: Ladder, standing: Standing, today: date
) -> date | None:
    """The first day on which the tier is lost if nothing more happens; None: it stays."""
    lost = _lost_on(program, member, ladder, standing, today)
    if lost is None:
        return None
    lost += timedelta(days=ladder.downgrade.grace_days)
    if ladder.downgrade.months_between and standing.fell_on:
        lost = max(lost, plus_months(standing.fell_on, ladder.downgrade.months_between))
    return lost


def _lost_on(
    program: Program, member: Member, ladder: Ladder, standing: Standing, today: date
) -> date | None:
    """The first day that neither a promise nor the rule to stay covers."""
    tier = ladder.tier(standing.tier)
    keep = ladder.keep(tier)
    if keep is None or ladder.steps == "never":
        return None
    if ladder.stands_while_met(tier):
        return _first_unmet(program, member, standing, keep, today)
    end, taken = promised_until(program, member, ladder, standing), Counter(standing.deducted)
    named = asked(program, keep)
    nothing_leaves = max(days_of_change(program, member, named, today), default=today)
    for _ in range(_PROMISES_AHEAD):
        if end is None or end <= today:
            return end
        lasts = end > nothing_leaves and not tier.deduct  # from then on, time can only add
        if lasts and keep.met(figures(program, member, end, taken)):
            return None
        renewed = renewal(program, member, ladder, tier, today, end, taken)
        if renewed is None:
            return end
        end = renewed.until
        taken.update(program.deductions(tier))
    return None


def _first_unmet(
    program: Program, member: Member, standing: Standing, keep: Criterion, today: date
) -> date | None:
    """The first day on which the rule is not met, of those on which something known now leaves a window."""

    def unmet(day: date) -> bool:
        return not keep.met(figures(program, member, day, standing.deducted))

    if unmet(today):
        return today
    named = asked(program, keep)
    days = days_of_change(program, member, named, today)
    if named & program.elapsing.keys():
        return next((day for day in days if unmet(day)), None)
    # Without a metric that grows by itself, what is lost stays lost: half of the days needn't be looked at.
    place = bisect_left(days, True, key=unmet)
    return days[place] if place < len(days) else None


def earliest_fall(program: Program, ladder: Ladder, at: datetime) -> date:
    """The first day that begins a whole notice after `at`: days are counted as 86,400 seconds."""
    return program.first_day_from(at.astimezone(UTC) + ladder.notice)


def announce_on(program: Program, ladder: Ladder, fall: date) -> date:
    """The last day that ends a whole notice before the day of the fall begins: a review may run at any hour
    of it."""
    latest = program.midnight(fall).astimezone(UTC) - ladder.notice
    return program.day(latest) - ONE_DAY


def tell_on(program: Program, ladder: Ladder, standing: Standing, fall: date) -> date:
    """The last day on which a fall can be told of: that a rule isn't met any more, on the day it is so."""
    latest = announce_on(program, ladder, fall)
    if ladder.stands_while_met(ladder.tier(standing.tier)):
        return min(latest, fall - timedelta(days=ladder.downgrade.grace_days))
    return latest


def due_on(program: Program, member: Member) -> date | None:
    """The first day on which a review has something to decide, if nothing more happens until then."""
    if member.status not in ("trial", "active") or member.clock is None:
        return None
    today = program.day(member.clock)
    points = points_due_on(program, member.points, today) if member.points.lots else ()
    if member.status == "trial":
        return min(points, default=None)
    days = [*points, *_milestones(program, member, today), *_lists(program, member, today)]
    if telling := next_telling(program, member, today):
        days.append(telling)
    for ladder_id, standing in member.standings.items():
        days += _due_in(program, member, program.ladders_by_id[ladder_id], standing, today)
    if program.triggers:
        days += [*_dated(program, member, today), *_nearing(program, member, today)]
    return min(days, default=None)


def _due_in(
    program: Program, member: Member, ladder: Ladder, standing: Standing, today: date
) -> Iterator[date]:
    for one in standing.overrides.values():
        yield one.until if one.reminded else max(today + ONE_DAY, announce_on(program, ladder, one.until))
    if standing.notice:
        yield standing.notice.falls_on
        return
    if fall := falls_on(program, member, ladder, standing, today):
        yield tell_on(program, ladder, standing, fall)
    end, tier = promised_until(program, member, ladder, standing), ladder.tier(standing.tier)
    if end and end > today:
        # By then the promise is renewed, if it ever is; or the notice was due long before.
        found = renewal(program, member, ladder, tier, today, end, standing.deducted)
        yield found.seen_on if found else end


def _milestones(program: Program, member: Member, today: date) -> Iterator[date]:
    """Days on which time alone reaches a threshold that is not met yet."""
    start = joined(program, member) if program.elapsing else None
    if start is None:
        return
    rules = [
        tier.qualify
        for ladder_id, standing in member.standings.items()
        for tier in program.ladders_by_id[ladder_id].above(standing.tier)
        if tier.qualify
    ]
    rules += [special.when for special in program.special_reviews]
    rules += [badge.when for badge in program.badges if badge.id not in member.badges]
    for rule in rules:
        for comparison in rule.comparisons():
            metric = program.elapsing.get(comparison.metric)
            if metric and (day := metric.reaches(start, comparison.threshold)) > today:
                yield day


def _lists(program: Program, member: Member, today: date) -> Iterator[date]:
    """The next quarter, for a member who will come onto one of its lists."""
    following = first_day_of_quarter(quarter(today) + 1)
    for special in program.special_reviews:
        ladder = program.ladder_of(special)
        standing = member.standings.get(ladder.id)
        if standing is None or not ladder.above(ladder.shown(standing)[1]):
            continue
        waiting = any(one.condition == special.id for one in member.approvals.values())
        if not waiting and special.when.met(figures(program, member, following, standing.deducted)):
            yield following


def _dated(program: Program, member: Member, today: date) -> Iterator[date]:
    """The next day of the calendar that means something to the member."""
    for trigger, when in program.dated:
        if concerns(program, member, trigger) and (day := when.following(member.attributes, today)):
            yield day


def _nearing(program: Program, member: Member, today: date) -> Iterator[date]:
    """Days on which time alone brings a member near a tier, or away from it; or ends the pause after which
    one who is near may be told."""
    for trigger, when in program.nearing:
        for ladder_id, standing in member.standings.items():
            key, tier = f"{trigger.id}/{ladder_id}", target(program.ladders_by_id[ladder_id], standing)
            told = key in member.approaches
            if tier is None or tier.qualify is None:
                continue
            if not told and not concerns(program, member, trigger, tier.id):
                continue
            if day := changes_on(program, member, standing, when, tier.qualify, today):
                yield day
            rests_until = member.fired.get(key, 0) + max(1, trigger.pause)
            if rests_until > today.toordinal():
                seen = figures(program, member, today, standing.deducted)
                if distance(program, when, tier.qualify, seen) == "near":
                    yield date.fromordinal(rests_until)
