"""How far a member is: what the next tier asks for, every way to it, and what keeps the present one.

Figures only: words are put to them where they are shown, in the reader's language.
"""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import islice
from math import floor
from typing import Literal, NamedTuple

from membership.member.figures import figures, less, until
from membership.member.forecast import earliest_fall, falls_on, promised_until
from membership.member.standing import Notice, Override, Source, Standing
from membership.member.state import Member, Status
from membership.program.criteria import MOST_WAYS, All, Comparison, Criterion, Figures
from membership.program.criteria import Way as Thresholds
from membership.program.metrics import Paid
from membership.program.schema import Ladder, Program, Tier
from membership.program.windows import Span

_ONE_DAY = timedelta(days=1)


class Requirement(NamedTuple):
    """One metric that has to reach a threshold, in its smallest units."""

    metric: str
    have: int
    need: int

    @property
    def remaining(self) -> int:
        return max(0, self.need - self.have)

    @property
    def met(self) -> bool:
        return self.have >= self.need

    @property
    def share(self) -> Fraction:
        return Fraction(max(0, min(self.have, self.need)), self.need)

    @property
    def percent(self) -> int:
        return percent(self.share)


class Node(NamedTuple):
    """A criterion's tree with what is reached of each part."""

    criterion: Criterion
    kind: Literal["all", "any", "at_least", "metric"]
    met: bool
    percent: int
    needed: int = 1
    """How many of the parts are needed."""
    parts: tuple["Node", ...] = ()
    requirement: Requirement | None = None
    """Of a metric."""


class Way(NamedTuple):
    """Requirements that are enough together."""

    requirements: tuple[Requirement, ...]

    @property
    def share(self) -> Fraction:
        return sum((one.share for one in self.requirements), Fraction(0)) / len(self.requirements)

    @property
    def percent(self) -> int:
        return percent(self.share)

    @property
    def missing(self) -> tuple[Requirement, ...]:
        return tuple(one for one in self.requirements if not one.met)


class Goal(NamedTuple):
    """A criterion and how far it is."""

    rule: Node
    ways: tuple[Way, ...]
    """The nearest first."""

    @property
    def met(self) -> bool:
        return self.rule.met

    @property
    def percent(self) -> int:
        return self.rule.percent


class Keep(NamedTuple):
    """What keeps the present tier."""

    goal: Goal
    counts_from: date
    """The day from which meeting it prolongs the promise; the figures are as they are seen on that day."""
    until: date | None
    """The last day on which meeting it still helps; None: no day is set."""


class Value(NamedTuple):
    """What a paid term has brought so far against its fee, in the currency's smallest unit."""

    fee: int
    saved: int
    through: date
    """The last day that is paid for, by this term or the next ones."""


class LadderProgress(NamedTuple):
    ladder: Ladder
    standing: Standing | None
    """None for a member on trial, who has no tier yet."""
    tier: Tier | None
    """The tier that counts."""
    source: Source | Literal["earned"]
    """What gives it."""
    override: Override | None
    """Where it is not earned: until when, and why."""
    next: Tier | None
    """The next one to earn; None in the highest tier."""
    goal: Goal | None
    """What the next tier asks for."""
    keep: Keep | None
    """None where nothing is asked for: in the first tier, or where tiers are never lost."""
    valid_through: date | None
    falls_on: date | None
    """The first day in a lower tier if nothing more happens; None: it stays."""
    notice: Notice | None
    value: Value | None
    """Of a paid tier."""


class Progress(NamedTuple):
    day: date
    """The program's day that it is told for."""
    status: Status
    ladders: tuple[LadderProgress, ...]
    """None for who is blocked or has left: nothing is shown but that."""


def progress(program: Program, member: Member, now: datetime) -> Progress:
    """How far the member is at a moment, by the facts that are settled."""
    moment = max(now, member.clock or now)
    today = program.day(moment)
    away = member.status in ("blocked", "left", "merged")
    ladders = () if away else program.ladders_by_id.values()
    return Progress(
        day=today,
        status=member.status or "trial",
        ladders=tuple(_ladder(program, member, ladder, moment, today) for ladder in ladders),
    )


def percent(share: Fraction) -> int:
    """Rounded down: a hundred is reached when everything is, and not a unit before."""
    return floor(100 * share)


def goal(criterion: Criterion, seen: Figures) -> Goal:
    """How far a criterion is by these figures."""
    return Goal(rule=_node(criterion, seen), ways=_ways(criterion.ways(), seen))


def _ladder(
    program: Program, member: Member, ladder: Ladder, moment: datetime, today: date
) -> LadderProgress:
    standing = member.standings.get(ladder.id)
    source, tier = ladder.shown(standing) if standing else ("earned", ladder.tiers[0].id)
    upper = ladder.next_to_earn(tier)
    seen = figures(program, member, today, standing.deducted if standing else {})
    promised = promised_until(program, member, ladder, standing) if standing else None
    if standing and standing.notice:
        promised = standing.notice.falls_on  # whatever ended the promise, the tier is the member's until then
    return LadderProgress(
        ladder=ladder,
        standing=standing,
        tier=ladder.tier(tier) if standing else None,
        source=source,
        override=standing.overrides[source] if standing and source != "earned" else None,
        next=upper,
        goal=goal(upper.qualify, seen) if upper and upper.qualify else None,
        keep=_keep(program, member, ladder, standing, today) if standing else None,
        valid_through=promised - _ONE_DAY if promised else None,
        falls_on=_fall(program, member, ladder, standing, moment) if standing else None,
        notice=standing.notice if standing else None,
        value=_value(program, member, ladder, today) if standing else None,
    )


def _value(program: Program, member: Member, ladder: Ladder, today: date) -> Value | None:
    """The fee of the term that runs, and what was saved since it began."""
    anchor = ladder.value_anchor
    fee = program.metrics[anchor.fee] if anchor else None
    if anchor is None or not isinstance(fee, Paid):
        return None
    tally = member.tallies.get(anchor.fee, {})
    term, paid = next((one for one in fee.terms(tally) if today in one.days), None), fee.running(tally, today)
    if term is None or paid is None:
        return None
    metric, window = program.tallied[anchor.saved]
    saved = metric.within(member.tallies.get(anchor.saved, {}), window, Span(term.days.first, today))
    return Value(fee=term.fee, saved=saved, through=paid.last)


def _fall(
    program: Program, member: Member, ladder: Ladder, standing: Standing, moment: datetime
) -> date | None:
    if standing.notice:
        return standing.notice.falls_on
    fall = falls_on(program, member, ladder, standing, program.day(moment))
    # Nobody falls unannounced, so what isn't announced yet falls a whole notice from now at the earliest.
    return max(fall, earliest_fall(program, ladder, moment)) if fall else None


def _keep(program: Program, member: Member, ladder: Ladder, standing: Standing, today: date) -> Keep | None:
    tier = ladder.tier(standing.tier)
    criterion = ladder.keep(tier)
    if criterion is None or ladder.steps == "never":
        return None
    promised = promised_until(program, member, ladder, standing)
    end = standing.notice.falls_on if standing.notice else promised
    opens = _opens(program, member, ladder, tier, promised, today)
    if standing.notice and ladder.stands_while_met(tier):
        opens = max(today, standing.notice.falls_on)  # what is there today may have left by then
    seen = less(program, figures(program, member, opens, standing.deducted), tier)
    return Keep(goal=goal(criterion, seen), counts_from=opens, until=end - _ONE_DAY if end else None)


def _opens(
    program: Program, member: Member, ladder: Ladder, tier: Tier, end: date | None, today: date
) -> date:
    """The first day, today at the earliest, on which meeting the criterion prolongs the promise."""
    if end is None or end <= today or ladder.stands_while_met(tier):
        return today
    if ladder.at_expiry(tier):
        return end - _ONE_DAY

    def prolongs(day: date) -> bool:
        longer = until(program, member, ladder, tier, day)
        return longer is None or longer > end

    days = [today + timedelta(days=n) for n in range((end - today).days)]
    place = bisect_left(days, True, key=prolongs)
    return days[place] if place < len(days) else today


def _node(criterion: Criterion, seen: Figures) -> Node:
    share = percent(criterion.share(seen))
    if isinstance(criterion, Comparison):
        requirement = Requirement(criterion.metric, seen[criterion.metric], criterion.threshold)
        return Node(criterion, "metric", requirement.met, share, requirement=requirement)
    parts = tuple(_node(part, seen) for part in criterion.of)
    kind: Literal["all", "any", "at_least"] = (
        "all" if isinstance(criterion, All) else "any" if criterion.needed == 1 else "at_least"
    )
    return Node(criterion, kind, criterion.met(seen), share, criterion.needed, parts)


def _ways(ways: Iterable[Thresholds], seen: Figures) -> tuple[Way, ...]:
    known: dict[frozenset[tuple[str, int]], Way] = {}
    for thresholds in islice(ways, MOST_WAYS):
        requirements = (Requirement(metric, seen[metric], need) for metric, need in thresholds.items())
        known.setdefault(frozenset(thresholds.items()), Way(tuple(requirements)))
    return tuple(sorted(known.values(), key=lambda way: (-way.share, len(way.missing))))
