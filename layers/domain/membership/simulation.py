"""Simulated time: a member's facts as they come, and each night's review where it has something to decide.

Pure: who plays a life says when everything occurs, and nothing is stored.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from membership.errors import RebuildNeeded
from membership.facts import Fact, Review
from membership.joining import joining
from membership.member.state import Member, OrderAccount
from membership.outcomes import Outcome
from membership.program.schema import Program, Versions
from membership.settle import Settled, newcomer, rebuild, settle

_ONE_DAY = timedelta(days=1)


class Life:
    """One member's, under one program."""

    def __init__(self, program: Program, member_id: str) -> None:
        self.program, self.member_id = program, member_id
        self.member: Member | None = None
        self.outcomes: list[Outcome] = []
        """All that was decided, in order."""
        self.facts: list[Fact] = []
        self._versions = Versions({1: program})
        self._accounts: dict[str, OrderAccount] = {}
        self._theirs: dict[str, Sequence[Outcome]] = {}
        """What was decided of members that proved to be this one."""
        self._due: date | None = None

    def tell(self, facts: Sequence[Fact]) -> Settled:
        """Facts of one moment, after the nights that lie before it."""
        self.pass_to(facts[0].occurred_at)
        return self._settle(facts)

    def pass_to(self, moment: datetime) -> None:
        """The review of each night through that moment in which the member is due."""
        while (night := self._next_night()) and self.program.midnight(night) <= moment:
            midnight = self.program.midnight(night)
            review = Review(
                id=f"review#{night}",
                member_id=self.member_id,
                occurred_at=midnight,
                recorded_at=midnight,
                day=night,
            )
            self._settle([review])

    def absorb(self, other: "Life") -> None:
        """Have what the other did at hand, too: a merge adds up both."""
        self.facts = joining(self.facts, other.facts)
        self._theirs |= {other.member_id: other.outcomes, **other._theirs}
        self._accounts |= other._accounts

    def _next_night(self) -> date | None:
        """A day that was due before anybody knew of it is reviewed with the next one."""
        if self.member is None or self.member.clock is None or self._due is None:
            return None
        return max(self._due, self.program.day(self.member.clock) + _ONE_DAY)

    def _settle(self, facts: Sequence[Fact]) -> Settled:
        self.facts += facts
        for fact in facts:
            if fact.type == "order":
                self._accounts[fact.order_id] = OrderAccount(fact)
        wanted = {fact.order_id for fact in facts if fact.type == "refund"}
        known = {id_: account for id_, account in self._accounts.items() if id_ in wanted}
        member = self.member or newcomer(self._versions, self.member_id, facts)
        try:
            settled = settle(self._versions, member, facts, known)
        except RebuildNeeded:
            refunded = {id_: account.refunded for id_, account in self._accounts.items()}
            settled = rebuild(
                self._versions, self.member_id, self.facts, self.outcomes, refunded, theirs=self._theirs
            )
        if settled.changed:
            self.member, self._due = settled.member, settled.due
        self._accounts |= settled.accounts
        self.outcomes += settled.outcomes
        return settled
