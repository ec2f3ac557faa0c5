"""Looking at members without changing them: what they are, what they did, what an order would do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from membership.errors import NotFound
from membership.facts import Order
from membership.member.state import Member
from membership.outcomes import Envelope, Outcome
from membership.program.schema import Program, Versions
from membership.settle import rebuild, settle
from membership.store.ledger import Ledger, Page
from membership.store.programs import Programs

_MADE_UP = "preview#"
"""Id of an order that nobody has paid: `#` keeps it apart from every real one."""


@dataclass(frozen=True)
class Seen:
    """A member, with the version of its program that is in force."""

    program: Program
    version: int
    member: Member


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
        version, in_force = self.program(program, now)
        # Consistent: who has just been told of a tier must not read the one before.
        member = self._ledger.load(program, member_id, consistent=True).member
        if member is None:
            raise NotFound("there is no such member")
        return Seen(in_force, version, member)

    def figures(self, program: str, member_id: str, now: datetime) -> Seen:
        """The member with its sums as the program in force adds them up."""
        seen = self.member(program, member_id, now)
        if seen.member.fingerprint == seen.program.fingerprint:
            return seen
        # The metrics have changed since the member was settled: sums anew, standing as it is.
        facts = self._ledger.facts(program, member_id)
        anew = rebuild(Versions({seen.version: seen.program}), member_id, facts, ()).member
        told = {name: getattr(seen.member, name) for name in ("status", "standings", "granted")}
        return Seen(seen.program, seen.version, anew.model_copy(update=told))

    def preview(
        self, program: str, member_id: str, amount: int, occurred_at: datetime, now: datetime
    ) -> Previewed:
        """What an order of that amount would lead to, were it paid."""
        seen = self.figures(program, member_id, now)
        order = Order(
            id=_MADE_UP,
            order_id=_MADE_UP,
            member_id=member_id,
            occurred_at=occurred_at,
            recorded_at=now,
            amount=amount,
        )
        settled = settle(Versions({seen.version: seen.program}), seen.member, [order], {})
        return Previewed(Seen(seen.program, seen.version, settled.member), settled.outcomes)

    def history(
        self, program: str, member_id: str, now: datetime, after: str | None, limit: int
    ) -> Page[Envelope]:
        """Outcomes, newest first. Raises NotFound as `member` does."""
        self.member(program, member_id, now)
        return self._ledger.history(program, member_id, after, limit)
