"""A board on the eve of its cut: which are to be cut, and who had how much when the day ended."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from pydantic import BaseModel, ConfigDict

from membership.errors import Unsettleable, faults_of_ours
from membership.gathering import gather
from membership.member.figures import joined
from membership.member.state import Member
from membership.program.criteria import Criterion
from membership.program.metrics import Rank
from membership.program.schema import Program, Versions
from membership.settle import rebuild
from membership.store.cuts import Cuts
from membership.store.ledger import Ledger

LATE = timedelta(hours=3)
"""What happened by midnight counts if it is told so soon after: some tills tell of their day at night."""
ONE_DAY = timedelta(days=1)


class Due(BaseModel):
    """A board that is to be cut."""

    model_config = ConfigDict(frozen=True)

    program: str
    metric: str
    day: date
    """The last day that it sees."""
    midnight: datetime
    """The end of that day."""

    @property
    def topic(self) -> str:
        return f"{self.program}#{self.metric}#{self.day}"

    @property
    def closes(self) -> datetime:
        """Until then it can be told of."""
        return self.midnight.astimezone(UTC) + LATE


def uncut(cuts: Cuts, versions: Versions, moment: datetime) -> Iterator[Due]:
    """Boards of which the places should hold at the moment, and that were not cut yet. One that a version has
    brought since the last day of cutting waits for the next."""
    _, program = versions.in_force(moment)
    for name, metric in program.metrics.items():
        if not isinstance(metric, Rank):
            continue
        cut_on = metric.cut_on(program.day(moment))
        midnight = program.midnight(cut_on)
        known = versions.in_force(midnight)[1].metrics.get(name)
        day = cut_on - ONE_DAY
        if isinstance(known, Rank) and cuts.get(program.id, name, day) is None:
            yield Due(program=program.id, metric=name, day=day, midnight=midnight)


class Eve:
    """A board as its last day left it: whoever looks at a member, and whenever, sees the same figure.

    A member as stored may have gone on since. Then its ledger has what it was: the facts that occurred by
    midnight, and were told before the board was closed.
    """

    def __init__(self, due: Due, versions: Versions, ledger: Ledger) -> None:
        self.due, self._versions, self._ledger = due, versions, ledger
        self.asked = sorted({*_asked(versions, due.metric)})
        """Every position that a rule asks for, of whichever version: members may live by another one soon."""

    def figure(self, member: Member) -> int:
        """More than nothing for who is on the board."""
        number, program = self._version(member)
        rank = program.metrics.get(self.due.metric)
        if member.status != "active" or not isinstance(rank, Rank):
            return 0
        try:
            with faults_of_ours(program.id):
                return self._figure(number, program, member, rank.rank)
        except Unsettleable:  # one member's trouble is not the others': it comes onto the board when mended
            return 0

    def had_a_place(self, member: Member) -> bool:
        """Whether the cut before this one told the member of a place that a rule asks for."""
        rank = self._version(member)[1].metrics.get(self.due.metric)
        if member.status != "active" or not isinstance(rank, Rank) or not self.asked:
            return False
        last = rank.cut_on(self.due.day).toordinal()
        return member.tallies.get(self.due.metric, {}).get(last, 0) >= self.asked[0]

    def _version(self, member: Member) -> tuple[int, Program]:
        """What the member lived by when the day ended."""
        _, program = self._versions.in_force(self.due.midnight)
        return self._versions.in_force(self.due.midnight, joined(program, member))

    def _figure(self, number: int, program: Program, member: Member, name: str) -> int:
        then = self._then(number, program, member)
        metric, window = program.tallied[name]
        tally = then.tallies.get(name) if then else None
        if not then or not tally:
            return 0
        return metric.total(tally, window, self.due.day, joined(program, then) or self.due.day)

    def _then(self, number: int, program: Program, member: Member) -> Member | None:
        """The member as it was; None where there was nothing of it."""
        before = member.clock is not None and member.clock < self.due.midnight
        told_since = member.applied.latest >= self.due.closes.timestamp()
        if before and not told_since and member.fingerprint == program.fingerprint:
            return member
        facts, _ = gather(self._ledger, program.id, member.id)
        then = [f for f in facts if f.occurred_at < self.due.midnight and f.recorded_at < self.due.closes]
        return rebuild(Versions({number: program}), member.id, then, ()).member if then else None


def _asked(versions: Versions, metric: str) -> Iterator[int]:
    for _, program in versions:
        if isinstance(program.metrics.get(metric), Rank):
            for rule in _rules(program):
                yield from (one.threshold for one in rule.comparisons() if one.metric == metric)


def _rules(program: Program) -> Iterator[Criterion]:
    for ladder in program.ladders_by_id.values():
        for tier in ladder.tiers:
            yield from (rule for rule in (tier.qualify, tier.keep) if rule)
    yield from (special.when for special in program.special_reviews)
