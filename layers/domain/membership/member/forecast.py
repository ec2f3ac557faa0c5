"""What will happen to a member if nothing more happens: when its tier falls, and when to look again."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from membership.member.figures import figures, joined
from membership.member.state import Member, Standing
from membership.program.schema import Ladder, Program
from membership.program.validity import WhileQualified

_ONE_DAY = timedelta(days=1)


def falls_on(program: Program, member: Member, standing: Standing, today: date) -> date | None:
    """The first day on which the tier is lost if nothing more happens; None: it stays."""
    ladder = program.ladder
    tier = ladder.tier(standing.tier)
    keep = ladder.keep(tier)
    if keep is None or ladder.steps == "never":
        return None
    validity = ladder.validity(tier)
    if isinstance(validity, WhileQualified):
        days = _days_of_change(program, today)
        return next((day for day in days if not keep.met(figures(program, member, day))), None)
    end = standing.expires_on
    # Time alone may renew a promise (tenure); if it did so twice with nothing counted, it always will.
    for _ in range(3):
        if end is None:
            return None
        if end <= today:
            return end
        kept = next((d for d in (end - _ONE_DAY, end) if keep.met(figures(program, member, d))), None)
        renewed = validity.until(kept) if kept else end
        if renewed is not None and renewed <= end:
            return end
        end = renewed
    return None


def _days_of_change(program: Program, today: date) -> Iterator[date]:
    """Today, and the later days on which facts known now leave a window."""
    yield today
    day = today
    while True:
        changes = [window.changes_after(day) for _, window in program.tallied.values()]
        upcoming = min((change for change in changes if change), default=None)
        # Two years on, nothing known today is left in a window that has an end.
        if upcoming is None or upcoming > today + timedelta(days=2 * 366):
            return
        yield (day := upcoming)


def earliest_fall(program: Program, at: datetime) -> date:
    """The first day that begins a whole notice after `at`: days are counted as 86,400 seconds."""
    ripe = at.astimezone(UTC) + program.ladder.notice
    day = program.day(ripe)
    return day if program.midnight(day) >= ripe else day + _ONE_DAY


def announce_on(program: Program, fall: date) -> date:
    """The last day whose beginning is a whole notice before the day of the fall begins."""
    latest = program.midnight(fall).astimezone(UTC) - program.ladder.notice
    return program.day(latest)


def due_on(program: Program, member: Member) -> date | None:
    """The first day on which a review has something to decide, if nothing more happens until then."""
    if member.status != "active" or member.clock is None:
        return None
    today = program.day(member.clock)
    days = [*_milestones(program, member, today)]
    for standing in member.standings.values():
        if standing.notice:
            days.append(standing.notice.falls_on)
            continue
        if fall := falls_on(program, member, standing, today):
            days.append(announce_on(program, fall))
        if standing.expires_on and standing.expires_on > today:
            # By then time alone has renewed the promise, or the notice was due long before.
            days.append(standing.expires_on)
    return min(days, default=None)


def _milestones(program: Program, member: Member, today: date) -> Iterator[date]:
    """Days on which time alone reaches a threshold of a higher tier."""
    start = joined(program, member) if program.elapsing else None
    if start is None:
        return
    ladder: Ladder = program.ladder
    for standing in member.standings.values():
        for tier in ladder.above(standing.tier):
            for comparison in tier.qualify.comparisons() if tier.qualify else ():
                metric = program.elapsing.get(comparison.metric)
                if metric and (day := metric.reaches(start, comparison.threshold)) > today:
                    yield day
