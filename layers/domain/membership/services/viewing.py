"""Looking at members without changing them: what they are, what they did, what an order would do."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from heapq import merge
from itertools import islice
from typing import NamedTuple

from membership.errors import NoSuchMember, NotFound, RebuildNeeded
from membership.facts import Line, Order
from membership.member.deciding.replacing import successors
from membership.member.earning import Earned
from membership.member.evolve import evolve
from membership.member.figures import joined
from membership.member.state import Member
from membership.member.statement import Entry, page, statement
from membership.outcomes import Envelope, Outcome, TierReplaced
from membership.program.schema import Program, Versions
from membership.services.gathering import gather
from membership.settle import rebuild, settle
from membership.store.ledger import Ledger, Page
from membership.store.programs import Programs

PAGE = 100
"""Decisions that are read at a time."""
_MADE_UP = "preview#"
"""Id of an order that nobody has paid: `#` keeps it apart from every real one."""


class Seen(NamedTuple):
    """A member, with the version of its program that is in force."""

    versions: Versions
    program: Program
    version: int
    member: Member


def see(versions: Versions, member: Member, now: datetime) -> Seen:
    """The member by the version that decides for it, in whose place of an old tier a new one may stand."""
    at = max(now, member.clock or now)
    _, newest = versions.in_force(at)
    version, in_force = versions.in_force(at, joined(newest, member))
    replaced = list(successors(versions, in_force, member))
    member = member.twin() if replaced else member
    for ladder, tiers in replaced:
        evolve(member, TierReplaced(at=at, ladder=ladder, replaced=tiers, version=version))
    return Seen(versions, in_force, version, member)


class Previewed(NamedTuple):
    """The member as an order would leave it, and what would be decided."""

    seen: Seen
    outcomes: Sequence[Outcome]
    before: Seen
    """The member as it is."""
    day: date
    """Of the order."""
    earned: Sequence[Earned] = ()
    """Points that the order would earn, and why."""


class Viewing:
    """Reads only: its function's role could not write if it tried."""

    def __init__(self, ledger: Ledger, programs: Programs) -> None:
        self._ledger, self._programs = ledger, programs

    def program(self, program: str, now: datetime) -> tuple[int, Program]:
        """The version in force. Raises NotFound where none was ever put."""
        return self._programs.versions(program).in_force(now)

    def versions(self, program: str) -> Versions:
        return self._programs.versions(program)

    def member(self, program: str, member_id: str, now: datetime) -> Seen:
        """The member as it is stored. Raises NoSuchMember."""
        # Consistent: who has just been told of a tier must not read the one before.
        member = self._ledger.load(program, member_id, consistent=True).member
        if member is None or member.status in (None, "erased"):
            raise NoSuchMember()
        return see(self._programs.versions(program), member, now)

    def current(self, program: str, member_id: str, now: datetime) -> Seen:
        """The member, or who goes on for it."""
        seen = self.member(program, member_id, now)
        while seen.member.merged_into:
            seen = self.member(program, seen.member.merged_into, now)
        return seen

    def figures(self, program: str, member_id: str, now: datetime) -> Seen:
        """The member, or who goes on for it, with its sums as the program in force adds them up."""
        seen = self.current(program, member_id, now)
        if seen.member.fingerprint == seen.program.fingerprint:
            return seen
        # The metrics have changed since the member was settled: sums anew, standing as it is.
        facts, _ = gather(self._ledger, program, seen.member.id)
        anew = rebuild(Versions({seen.version: seen.program}), seen.member.id, facts, ()).member
        sums = {name: getattr(anew, name) for name in ("fingerprint", "tallies", "counted", "present")}
        return seen._replace(member=seen.member.model_copy(update=sums))

    def preview(
        self,
        program: str,
        member_id: str,
        amount: int,
        occurred_at: datetime,
        now: datetime,
        lines: tuple[Line, ...] = (),
    ) -> Previewed:
        """What an order of that amount would lead to, were it paid."""
        seen = self.figures(program, member_id, now)
        order = Order(
            id=_MADE_UP,
            order_id=_MADE_UP,
            member_id=seen.member.id,
            occurred_at=occurred_at,
            recorded_at=now,
            amount=amount,
            lines=lines,
        )
        try:
            settled = settle(seen.versions, seen.member, [order], {}, now)
        except RebuildNeeded:  # it would have come before what the member is made of now
            alone = seen.program.model_copy(update={"points": None})
            settled = settle(Versions({seen.version: alone}), seen.member, [order], {}, now)
        after, day = seen._replace(member=settled.member), seen.program.day(occurred_at)
        return Previewed(after, settled.outcomes, seen, day, settled.earned)

    def points(self, program: str, member_id: str, now: datetime) -> Seen:
        """The member, or who goes on for it. Raises NotFound where the program has no points."""
        seen = self.current(program, member_id, now)
        if not seen.versions.earn_points:
            raise NotFound("the program has no points")
        return seen

    def statement(
        self, program: str, member_id: str, now: datetime, after: str | None, limit: int
    ) -> Page[Entry]:
        """Everything that moved the member's points, newest first: read from its whole ledger."""
        seen = self.points(program, member_id, now)
        facts, members = gather(self._ledger, program, seen.member.id)
        told = {one: list(self._ledger.outcomes(program, one)) for one in members}
        own, *theirs = ([envelope.open() for envelope in envelopes] for envelopes in told.values())
        decided = dict(zip(members[1:], theirs, strict=True))
        earned = rebuild(seen.versions, seen.member.id, facts, own, theirs=decided).earned
        entries = statement(earned, [envelope for one in told.values() for envelope in one])
        return Page(*page(entries, after, limit))

    def told(self, program: str, members: Sequence[str]) -> Iterator[Envelope]:
        """What was decided about members, of each the newest first."""
        for member_id in members:
            before = None
            while page := self._ledger.history(program, member_id, before, PAGE):
                yield from (envelope for _, envelope in page)
                before = page[-1][0]

    def history(
        self, program: str, member_id: str, now: datetime, after: str | None, limit: int
    ) -> Page[Envelope]:
        """Outcomes, newest first, those of members that it absorbed among its own. Raises NotFound as
        `member` does. A cursor holds the place in each of their ledgers."""
        members = (member_id, *self.member(program, member_id, now).member.absorbed)
        places = after.split(",") if after else []
        places += [""] * (len(members) - len(places))
        ledgers = [
            [
                (envelope, n, place)
                for place, envelope in self._ledger.history(program, one, before, limit + 1)
            ]
            for n, (one, before) in enumerate(zip(members, places, strict=False))
        ]
        found = list(islice(merge(*ledgers, key=lambda one: one[0].at, reverse=True), limit + 1))
        for _, n, place in found[:limit]:
            places[n] = place
        data = [envelope for envelope, _, _ in found[:limit]]
        return Page(data, ",".join(places) if len(found) > limit else None)
