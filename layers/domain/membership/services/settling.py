"""Settling a stored member: load, settle, commit, and again where somebody else was first."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from membership.acts import Merge
from membership.errors import Contended, MetricsChanged, NoSuchMember, RebuildNeeded, faults_of_ours
from membership.facts import Act, Cancellation, Fact, Redemption
from membership.member.applied import Verdict
from membership.member.certificates import certifying
from membership.member.earning import Earned
from membership.member.redemption import Desk
from membership.member.state import Member
from membership.outcomes import Envelope
from membership.program.schema import Versions
from membership.services.gathering import gather, told_of
from membership.services.redeemed import look_up
from membership.settle import Settled, newcomer, rebuild, settle
from membership.store.ledger import Ledger, Outsold, Overtaken, Stored
from membership.store.programs import Programs

ATTEMPTS = 8
MOST_CERTIFICATES = 10
"""That a rebuild brings back where the state was lost: a member has about as many tiers, all told."""
MOST_WRITES = 96
"""A transaction takes 100 items, a few of which are none of these; what is more is committed in several."""
MOST_AT_ONCE = 10
"""Redemptions that a rebuild answers in one commit, where nobody had answered them."""


class Committed(NamedTuple):
    """A member as it now stands, and what this call decided (nothing, where another had been first)."""

    member: Member
    outcomes: Sequence[Envelope] = ()
    repeated: bool = False
    """Whether some of the facts had been applied before: what they led to is in the history."""
    earned: Sequence[Earned] = ()
    """Points that the facts earned, and why."""


class Settling:
    """The one writer of members; everybody who settles goes through here."""

    def __init__(self, ledger: Ledger, programs: Programs, pause: Callable[[int], None]) -> None:
        """`pause(n)` waits before the n-th repetition."""
        self._ledger, self._programs, self._pause = ledger, programs, pause

    def settle(
        self, program: str, member_id: str, facts: Sequence[Fact], now: datetime | None = None
    ) -> Committed:
        """Apply the facts, all of this member. Raises Contended where others kept being first.

        `now` is when, where that is later than the facts say: no notice begins before it.
        """
        versions = self._programs.versions(program)
        last = None
        for attempt in range(ATTEMPTS):
            stored = self._ledger.load(program, member_id, consistent=attempt > 0)
            if attempt > 1 and stored == last:
                # Nobody writes, yet outcomes stand in the way: the state was lost or restored.
                return self.rebuild(program, member_id, now)
            last = stored
            try:
                settled = self._settle(program, versions, stored, member_id, facts, now, attempt)
            except RebuildNeeded as needed:
                if isinstance(needed, MetricsChanged) and len(facts) > 1:
                    # What came before the change is decided by the rules that it came under.
                    return self._in_halves(program, member_id, facts, now)
                return self.rebuild(program, member_id, now)
            if settled.writes > MOST_WRITES and len(facts) > 1:
                return self._in_halves(program, member_id, facts, now)
            if not settled.changed and not attempt:
                continue  # a read that may be old can show who was erased a moment ago, and knew all of it
            if not settled.changed:
                return Committed(settled.member, (), settled.repeated)
            try:
                outcomes = self._ledger.commit(program, stored, settled)
                return Committed(settled.member, outcomes, settled.repeated, settled.earned)
            except Outsold:
                last = None  # it was not the member that stood in the way
            except Overtaken:
                pass
            self._pause(attempt)
        raise Contended(f"{program}: a member was settled by others {ATTEMPTS} times in a row")

    def versions(self, program: str) -> Versions:
        return self._programs.versions(program)

    def rebuild(self, program: str, member_id: str, now: datetime | None = None) -> Committed:
        """Make the member anew from the whole ledger. Raises NoSuchMember where that has nothing of it."""
        versions = self._programs.versions(program)
        for attempt in range(ATTEMPTS):
            stored = self._ledger.load(program, member_id, consistent=True)
            if stored.member and stored.member.status == "erased":
                raise NoSuchMember()
            # Going on from the last version keeps new outcomes from the places of old ones.
            stored = stored._replace(last_outcome=self._ledger.last_version(program, member_id))
            facts, members = gather(self._ledger, program, member_id)
            if not facts:
                raise NoSuchMember()
            theirs = told_of(self._ledger, program, members)
            told = theirs.pop(member_id)
            answered = {outcome.fact for outcome in told}
            open_ones = [fact for fact in facts if fact.key not in answered]
            later = [fact for fact in open_ones if isinstance(fact, Redemption)][MOST_AT_ONCE:]
            facts = [fact for fact in facts if fact not in later]
            desk = self._desk(program, versions, members, open_ones, attempt)
            # Where the state was lost, so were the accounts: what they held is no news.
            known = self._ledger.refunded_orders(program, members) if stored.member else None
            gone = self._gone(program, facts)
            with faults_of_ours(program):
                settled = rebuild(versions, member_id, facts, told, known, now, gone, theirs, desk)
            if stored.member is None:  # as were the certificates; the newest are the ones that matter
                settled.certificates = certifying(told)[-MOST_CERTIFICATES:]
            wrong = [*settled.accounts]
            room = max(0, MOST_WRITES - settled.writes + len(wrong))
            settled.accounts = {id_: settled.accounts[id_] for id_ in wrong[:room]}
            try:
                outcomes = self._ledger.commit(program, stored, settled)
            except Overtaken:
                self._pause(attempt)
                continue
            if len(wrong) > room or later:
                rest = self.rebuild(program, member_id, now)
                return Committed(rest.member, [*outcomes, *rest.outcomes], earned=rest.earned)
            self._ledger.unpark(program, member_id)
            return Committed(settled.member, outcomes, earned=settled.earned)
        raise Contended(f"{program}: a member was settled by others {ATTEMPTS} times in a row")

    def _settle(
        self,
        program: str,
        versions: Versions,
        stored: Stored,
        member_id: str,
        facts: Sequence[Fact],
        now: datetime | None,
        attempt: int,
    ) -> Settled:
        refunded = [fact.order_id for fact in facts if fact.type == "refund"]
        members = (member_id, *(stored.member.absorbed if stored.member else ()))
        accounts = self._ledger.accounts(program, members, refunded) if refunded else {}
        gone = self._gone(program, facts)
        # The stream brings what a caller was answered; the shelves needn't be looked at again for that.
        asked = [
            fact
            for fact in facts
            if isinstance(fact, Redemption | Cancellation)
            and not (stored.member and stored.member.applied.judge(fact) is Verdict.APPLIED)
        ]
        desk = self._desk(program, versions, members, asked, attempt)
        with faults_of_ours(program):
            member = stored.member or newcomer(versions, member_id, facts)
            return settle(versions, member, facts, accounts, now, gone, desk)

    def _desk(
        self,
        program: str,
        versions: Versions,
        members: Sequence[str],
        facts: Sequence[Fact],
        attempt: int,
    ) -> Desk | None:
        """What redemptions and cancellations among the facts have to know; None where there are none."""
        redemptions = [fact for fact in facts if isinstance(fact, Redemption)]
        cancelled = {fact.redemption for fact in facts if isinstance(fact, Cancellation)}
        if not redemptions and not cancelled:
            return None
        limited = {one.id for _, version in versions for one in version.catalogue if one.limited}
        wanted = Counter(fact.reward for fact in redemptions if fact.reward in limited)
        # Each begins to look for a code somewhere else, and after a lost race somewhere else again.
        start = f"{members[0]}#{redemptions[0].key}#{attempt}" if redemptions else ""
        return Desk(
            shelves=self._ledger.shelves.look(program, wanted, start) if wanted else {},
            redemptions={
                id_: found
                for id_ in sorted(cancelled)
                if (found := look_up(self._ledger, program, members, id_))
            },
        )

    def _gone(self, program: str, facts: Sequence[Fact]) -> set[str]:
        """Members that acts among the facts would merge into, and that can't go on for anybody."""
        named = {
            fact.action.into for fact in facts if isinstance(fact, Act) and isinstance(fact.action, Merge)
        }
        stored = {one: self._ledger.load(program, one, consistent=True).member for one in named}
        return {one for one, member in stored.items() if member is None or not member.goes_on}

    def _in_halves(
        self, program: str, member_id: str, facts: Sequence[Fact], now: datetime | None
    ) -> Committed:
        middle = len(facts) // 2
        first = self.settle(program, member_id, facts[:middle], now)
        second = self.settle(program, member_id, facts[middle:], now)
        outcomes = [*first.outcomes, *second.outcomes]
        repeated = first.repeated or second.repeated
        return Committed(second.member, outcomes, repeated, [*first.earned, *second.earned])
