"""How a promise is renewed if nothing more happens: by what still counts as it ends, or as a year turns."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from membership.member.figures import closed_days, figures, joined, less, until
from membership.member.state import Member
from membership.program.schema import Ladder, Program, Tier

_ONE_DAY = timedelta(days=1)


class Renewal(NamedTuple):
    """`seen_on` is the day on which somebody has to look for it."""

    until: date | None
    seen_on: date


def renewal(
    program: Program,
    member: Member,
    ladder: Ladder,
    tier: Tier,
    today: date,
    end: date,
    taken: Mapping[str, int],
) -> Renewal | None:
    """How a promise that ends then is renewed; None where it isn't. `taken` is what was deducted by then."""
    keep, start = ladder.keep(tier), joined(program, member) or end
    at_expiry, eve = ladder.at_expiry(tier), end - _ONE_DAY
    # Judged day → the day on which it is. The end can see for itself; earlier days are over by then.
    seen_on = {eve: end, end: end} | dict.fromkeys(closed_days(program, end, start), end)
    if not at_expiry:
        for day, judged in _turns(program, tier, ladder, start, today, end):
            seen_on.setdefault(judged, day)
    for judged in sorted(seen_on, reverse=True):
        begins = end if at_expiry and judged == eve else judged
        renewed = until(program, member, ladder, tier, begins)
        if keep is None or (renewed is not None and renewed <= end):
            continue
        if keep.met(less(program, figures(program, member, judged, taken), tier)):
            return Renewal(renewed, seen_on[judged])
    return None


def _turns(
    program: Program, tier: Tier, ladder: Ladder, start: date, today: date, end: date
) -> Iterator[tuple[date, date]]:
    """Days before the end on which a later promise may begin, and the days that are judged on them: where a
    year turns, and where time alone completes what a rule asks for."""
    turns = {date(year, 1, 1) for year in range(today.year + 1, end.year + 1)}
    for window in {window for _, window in program.tallied.values()} | {program.window}:
        turn: date | None = today
        while window.closed_before(today, start) and turn and turn <= end:
            turns.add(turn)
            turn = window.leaves(turn, start)
    keep = ladder.keep(tier)
    for comparison in keep.comparisons() if keep else ():
        if metric := program.elapsing.get(comparison.metric):
            turns.add(metric.reaches(start, comparison.threshold))
    for turn in sorted(turns):
        if today < turn < end:
            yield turn, turn
            yield from ((turn, closed) for closed in closed_days(program, turn, start) if closed >= today)
