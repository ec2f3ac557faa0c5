"""Taking facts: each is answered by itself, and what was answered `accepted` is durable."""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from membership.errors import Contended, NoSuchMember, Unsettleable
from membership.facts import Attributes, Enrolment, Fact
from membership.member.earning import earned_before
from membership.member.state import Member
from membership.program.schema import Program
from membership.services.settling import Committed, Settling
from membership.store.items import content_digest
from membership.store.ledger import Ledger

STREAM_HOLDS = timedelta(hours=24)
LATEST = 50
"""Outcomes to look through for what a request led to: those of one request are the newest."""


class Taken(NamedTuple):
    """What became of a fact."""

    fact: Fact
    status: Literal["accepted", "duplicate", "conflict", "unknown_member"]


class Ingest:
    def __init__(self, ledger: Ledger, settling: Settling, workers: int = 16) -> None:
        self._ledger, self._settling = ledger, settling
        self._workers = workers

    def take(self, program: Program, facts: Sequence[Fact]) -> list[Taken]:
        """Append the facts; the answers are in their order.

        Members side by side, the facts of one member one after the other, as they were sent.
        """
        by_member: dict[str, list[int]] = defaultdict(list)
        for n, fact in enumerate(facts):
            by_member[fact.member_id].append(n)
        if program.unknown_members == "refuse":
            known = self._ledger.known(program.id, list(by_member))
        else:
            known = set(by_member)
        taken: dict[int, Taken] = {}

        def one_member(places: Sequence[int]) -> None:
            digests: dict[str, str] = {}
            for n in places:
                taken[n] = self._append(program, facts[n], digests, known)

        with ThreadPoolExecutor(min(self._workers, len(by_member) or 1)) as pool:
            list(pool.map(one_member, by_member.values()))
        return [taken[n] for n in range(len(facts))]

    def _append(self, program: Program, fact: Fact, digests: dict[str, str], known: set[str]) -> Taken:
        if fact.member_id not in known:
            return Taken(fact, "unknown_member")
        digest = content_digest(fact)
        if digests.setdefault(fact.id, digest) != digest:
            return Taken(fact, "conflict")
        appended = self._ledger.append(program.id, fact)
        return Taken(appended.fact, appended.status)

    def settle(self, program: Program, taken: Sequence[Taken], now: datetime) -> dict[str, Committed | None]:
        """Settle the members at once, for callers who wait. None where a member could not be settled: its
        facts are safe, and the stream settles them a moment later, or parks the member and tells of it; or
        where it was erased a moment ago."""
        by_member: dict[str, list[Fact]] = defaultdict(list)
        for one in taken:
            if one.status in ("accepted", "duplicate"):
                facts = by_member[one.fact.member_id]
                # What a duplicate told long ago was settled long ago.
                if one.status == "accepted" or one.fact.recorded_at > now - STREAM_HOLDS:
                    facts.append(one.fact)

        def one_member(item: tuple[str, list[Fact]]) -> tuple[str, Committed | None]:
            member_id, facts = item
            try:
                committed = self._settling.settle(program.id, member_id, facts, now)
            except (Contended, NoSuchMember, Unsettleable):
                return member_id, None
            # Where the stream was faster, or the request is a second try, the answer is still the same.
            return member_id, self._with_what_was_told(
                program, facts, committed
            ) if committed.repeated else committed

        with ThreadPoolExecutor(min(self._workers, len(by_member) or 1)) as pool:
            return dict(pool.map(one_member, by_member.items()))

    def _with_what_was_told(self, program: Program, facts: Sequence[Fact], committed: Committed) -> Committed:
        keys = {fact.key for fact in facts}
        latest = self._ledger.history(program.id, committed.member.id, None, LATEST)
        told = [envelope for _, envelope in reversed(latest) if envelope.data.get("fact") in keys]
        versions, earned = self._settling.versions(program.id), [*committed.earned]
        if versions.earn_points and committed.member.clock:
            _, in_force = versions.in_force(committed.member.clock)
            news = {one.fact.key for one in earned}
            repeated = [fact for fact in facts if fact.key not in news]
            earned += earned_before(versions, in_force, committed.member, repeated)
        return committed._replace(outcomes=told, earned=earned)


def enrolment(
    member: Member | None,
    member_id: str,
    attributes: Attributes,
    fact_id: str,
    now: datetime,
    key: str | None = None,
) -> Enrolment | None:
    """The fact that enrols the member with these attributes; None where they tell nothing new."""
    if member and member.enrolled:
        known = member.attributes.model_dump()
        if all(known[name] == told for name, told in attributes.model_dump(exclude_unset=True).items()):
            return None
    told = {"id": fact_id, "member_id": member_id, "attributes": attributes, "told_by": key}
    return Enrolment(**told, occurred_at=now, recorded_at=now)
