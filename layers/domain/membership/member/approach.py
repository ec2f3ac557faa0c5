"""How near a member is to the next tier, and when time alone will change that."""

from bisect import bisect_left
from collections.abc import Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Literal

from membership.member.figures import asked, days_of_change, figures, joined
from membership.member.standing import Standing
from membership.member.state import Member
from membership.program.calendar import plus_months
from membership.program.criteria import Criterion
from membership.program.schema import Ladder, Program, Tier
from membership.program.triggers import Nearing

_ONE_DAY = timedelta(days=1)
_FOREVER = 12 * 150
"""Months: nobody lives to see more."""

Distance = Literal["away", "near", "there"]


def target(ladder: Ladder, standing: Standing) -> Tier | None:
    """The tier that the member is on the way to."""
    return ladder.next_to_earn(ladder.shown(standing)[1])


def distance(program: Program, when: Nearing, rule: Criterion, seen: Mapping[str, int]) -> Distance:
    """By these figures."""
    if rule.met(seen):
        return "there"
    if when.least is not None and rule.share(seen) >= when.least:
        return "near"
    if when.metric is None:
        return "away"
    # So much more of the one metric would do.
    more = {**seen, when.metric: seen[when.metric] + when.within}
    for name, derived in program.derived.items():
        if name != when.metric:
            more[name] = max(seen[name], derived.figure(more))
    return "near" if rule.met(more) else "away"


def changes_on(
    program: Program, member: Member, standing: Standing, when: Nearing, rule: Criterion, today: date
) -> date | None:
    """The first day after today on which the distance is another one, if nothing more happens."""
    named = asked(program, rule)
    ages, days = named & program.elapsing.keys(), days_of_change(program, member, named, today)
    if not ages and not days:
        return None
    seen = figures(program, member, today, standing.deducted)
    now = distance(program, when, rule, seen)
    if now == "away" and not (ages and _may_come_near(program, when, rule, seen, ages)):
        return None  # time only takes

    def differs(day: date) -> bool:
        then = figures(program, member, day, standing.deducted)
        return distance(program, when, rule, then) != now

    if not ages:
        place = bisect_left(days, True, key=differs)
        return days[place] if place < len(days) else None
    # From one day on which something is lost to the next one, time only adds.
    start = joined(program, member) or today
    end = max([plus_months(today, 1), *(_complete(program, rule, age, start, today) for age in ages)])
    for begins, loses in pairwise([today, *days, max(end, *days, today) + _ONE_DAY]):
        if begins > today and differs(begins):
            return begins
        if differs(loses - _ONE_DAY):
            stretch = range((loses - begins).days)
            place = bisect_left(stretch, True, key=lambda n: differs(begins + timedelta(days=n)))
            return begins + timedelta(days=place)
    return None


def _may_come_near(
    program: Program, when: Nearing, rule: Criterion, seen: Mapping[str, int], ages: set[str]
) -> bool:
    """Whether time could do it, if it went on and nothing were lost."""
    old = {**seen, **{age: max(seen[age], program.elapsing[age].longest) for age in ages}}
    for name, derived in program.derived.items():
        old[name] = max(seen[name], derived.figure(old))
    return distance(program, when, rule, old) != "away"


def _complete(program: Program, rule: Criterion, age: str, start: date, today: date) -> date:
    """The day from which on time adds nothing more that the rule asks for."""
    thresholds = [one.threshold for one in rule.comparisons() if one.metric == age]
    if not thresholds:  # of a metric that is made of it
        return plus_months(today, _FOREVER)
    return program.elapsing[age].reaches(start, max(thresholds))
