"""A member's figures on a day: metric → how much."""

from collections.abc import Mapping
from datetime import date

from membership.member.state import Member
from membership.program.criteria import Criterion
from membership.program.schema import Ladder, Program, Tier

NOTHING: Mapping[str, int] = {}


def joined(program: Program, member: Member) -> date | None:
    """The day from which tenure runs: as the shop says, else the first day we heard of the member."""
    if member.attributes.joined:
        return member.attributes.joined
    return program.day(member.first_seen) if member.first_seen else None


def figures(
    program: Program, member: Member, day: date, deducted: Mapping[str, int] = NOTHING
) -> dict[str, int]:
    """Every metric as it stands on `day`, from the facts known now; less what a ladder has deducted."""
    found: dict[str, int] = {}
    start = joined(program, member) or day
    for name, (metric, window) in program.tallied.items():
        tally = member.tallies.get(name)
        found[name] = metric.total(tally, window, day, start) if tally else 0
    for name, elapsed in program.elapsing.items():
        found[name] = elapsed.reached(start, day)
    for name, attributed in program.attributed.items():
        found[name] = attributed.told(member.attributes)
    for name, amount in deducted.items():
        if name in found:
            found[name] -= amount
    for name, derived in program.derived.items():
        found[name] = derived.figure(found)
    return found


def until(program: Program, member: Member, ladder: Ladder, tier: Tier, earned: date) -> date | None:
    """The first day that a tier which is earned on a day is no longer promised for."""
    start = joined(program, member) or earned
    return ladder.validity(tier).until(earned, program.window, start)


def less(program: Program, seen: dict[str, int], tier: Tier) -> dict[str, int]:
    """The figures without what is taken off where the tier's promise ends."""
    if not tier.deduct:
        return seen
    deducted = program.deductions(tier)
    left = {metric: amount - deducted.get(metric, 0) for metric, amount in seen.items()}
    for name, derived in program.derived.items():
        left[name] = derived.figure(left)
    return left


def closed_days(program: Program, day: date, start: date) -> list[date]:
    """The last days of the periods that closed before the one of a day, the latest first."""
    closed = {window.closed_before(day, start) for _, window in program.tallied.values()}
    return sorted((one for one in closed if one), reverse=True)


def asked(program: Program, rule: Criterion) -> set[str]:
    """The metrics that the rule names, and those that these are made of."""
    named = {comparison.metric for comparison in rule.comparisons()}
    return named | {
        source for name in named & program.derived.keys() for source in program.derived[name].sources
    }


def days_of_change(program: Program, member: Member, named: set[str], today: date) -> list[date]:
    """The days after today on which one of the metrics may become less, the next one first."""
    start = joined(program, member) or today
    changes: set[date] = set()
    for name, (metric, window) in program.tallied.items():
        if name in named and (tally := member.tallies.get(name)):
            changes.update(metric.changes(tally, window, today, start))
    return sorted(day for day in changes if day > today)
