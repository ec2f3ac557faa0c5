"""A board on the eve of its cut: which are to be cut, and who had how much when the day ended."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from pydantic import BaseModel, ConfigDict

from membership.errors import Unsettleable, faults_of_ours
from membership.member.applied import digest_of
from membership.member.figures import joined
from membership.member.state import Member
from membership.program.criteria import Criterion
from membership.program.metrics import Rank
from membership.program.schema import Program, Versions
from membership.services.gathering import gather
from membership.settle import rebuild
from membership.store.cuts import Cuts
from membership.store.ledger import Ledger

ONE_DAY = timedelta(days=1)
AHEAD = timedelta(minutes=5)
"""So much a sender's clock may be ahead of ours."""


class Due(BaseModel):
    """A board that is to be cut."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    program: str
    metric: str
    day: date
    """The last day that it sees."""
    midnight: datetime
    """The end of that day."""

    @property
    def topic(self) -> str:
        return f"{self.program}#{self.metric}#{self.day}"


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
    midnight, and were told before the board closed.
    """

    def __init__(self, due: Due, closes: datetime, versions: Versions, ledger: Ledger) -> None:
        self.due, self._closes, self._versions, self._ledger = due, closes, versions, ledger
        self.asked = sorted({*_asked(versions, due.metric)})
        """Every position that a rule asks for, of whichever version: members may live by another one soon."""
        reviews = [f"review#{due.midnight.date()}", *(f"review#v{number}" for number, _ in versions)]
        self._reviews = frozenset(digest_of(key) for key in reviews)

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
        if member.fingerprint == program.fingerprint and self._has_not_gone_on(member):
            return member
        facts, _ = gather(self._ledger, program.id, member.id)
        then = [f for f in facts if f.occurred_at < self.due.midnight and f.recorded_at < self._closes]
        return rebuild(Versions({number: program}), member.id, then, ()).member if then else None

    def _has_not_gone_on(self, member: Member) -> bool:
        """Whether all that it is made of happened before midnight, and was told in time. Reviews take its
        clock to midnight, but change no figure."""
        midnight = self.due.midnight
        if member.clock is None or member.clock > midnight:
            return False
        since = self._closes if member.clock < midnight else midnight - AHEAD
        return member.applied.none_since(since, self._reviews)


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
    yield from (badge.when for badge in program.badges)
