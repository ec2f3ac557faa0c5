"""Looking at members without changing them: what they are, what they did, what an order would do."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import merge
from itertools import islice

from membership.errors import MetricsChanged, NotFound
from membership.facts import Order
from membership.gathering import gather
from membership.member.deciding.replacing import successors
from membership.member.evolve import evolve
from membership.member.figures import joined
from membership.member.state import Member
from membership.outcomes import Envelope, Outcome, TierReplaced
from membership.program.schema import Program, Versions
from membership.settle import rebuild, settle
from membership.store.ledger import Ledger, Page
from membership.store.programs import Programs

_MADE_UP = "preview#"
"""Id of an order that nobody has paid: `#` keeps it apart from every real one."""


@dataclass(frozen=True)
class Seen:
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


@dataclass(frozen=True)
class Previewed:
    """The member as an order would leave it, and what would be decided."""

    seen: Seen
    outcomes: Sequence[Outcome]


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
        """The member as it is stored. Raises NotFound, with the same words whoever else may have it."""
        # Consistent: who has just been told of a tier must not read the one before.
        member = self._ledger.load(program, member_id, consistent=True).member
        if member is None or member.status in (None, "erased"):
            raise NotFound("there is no such member")
        return see(self._programs.versions(program), member, now)

    def who_goes_on(self, program: str, member_id: str, now: datetime) -> Seen:
        """The member, or the one that it was merged into. Raises NotFound as `member` does."""
        seen = self.member(program, member_id, now)
        while seen.member.merged_into:
            seen = self.member(program, seen.member.merged_into, now)
        return seen

    def figures(self, program: str, member_id: str, now: datetime) -> Seen:
        """The member, or who goes on for it, with its sums as the program in force adds them up."""
        seen = self.who_goes_on(program, member_id, now)
        if seen.member.fingerprint == seen.program.fingerprint:
            return seen
        # The metrics have changed since the member was settled: sums anew, standing as it is.
        facts, _ = gather(self._ledger, program, seen.member.id)
        anew = rebuild(Versions({seen.version: seen.program}), seen.member.id, facts, ()).member
        sums = {name: getattr(anew, name) for name in ("fingerprint", "tallies", "counted")}
        return replace(seen, member=seen.member.model_copy(update=sums))

    def preview(
        self, program: str, member_id: str, amount: int, occurred_at: datetime, now: datetime
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
        )
        try:
            settled = settle(seen.versions, seen.member, [order], {}, now)
        except MetricsChanged:  # it would have come before they did
            settled = settle(Versions({seen.version: seen.program}), seen.member, [order], {}, now)
        return Previewed(replace(seen, member=settled.member), settled.outcomes)

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
