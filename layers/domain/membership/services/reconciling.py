"""Reconciling: members are made again from their ledgers, in memory, and held against what is stored.

Nothing is written: what to do about a difference is a person's decision, and the remedy is a rebuild.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from membership.errors import NoSuchMember, Unsettleable, faults_of_ours
from membership.member.applied import Verdict
from membership.pseudonyms import pseudonym
from membership.services.gathering import gather, told_of
from membership.services.sweeping import PAGE, Pages, read, take
from membership.settle import Settled, rebuild
from membership.store.ledger import Ledger, Stored
from membership.store.programs import Programs
from membership.store.roster import Entry
from membership.store.sweeps import Sweep, Sweeps

NAME = "reconciliation"
"""Of the sweep over everybody."""
UNDER_WAY = timedelta(minutes=30)
"""So long a fact may be on its way to its member: the alarm of a stream that is behind comes first."""
ATTEMPTS = 3
MOST_TOLD = 100
"""Differences that a sweep over everybody carries along; more are counted."""


class Difference(NamedTuple):
    """A member that isn't what its ledger makes."""

    program: str
    member_id: str
    parts: tuple[str, ...]
    """What differs: fields of the state, facts that were never settled, outcomes that are missing."""

    @property
    def member_digest(self) -> str:
        """For logs, which hold no member's data."""
        return pseudonym(self.program, self.member_id)


class Report(NamedTuple):
    checked: int = 0
    different: int = 0
    differences: tuple[Difference, ...] = ()

    def joined(self, other: "Report") -> "Report":
        return Report(
            self.checked + other.checked,
            self.different + other.different,
            (self.differences + other.differences)[:MOST_TOLD],
        )


class Reconciling:
    def __init__(self, ledger: Ledger, programs: Programs, roster: Pages, sweeps: Sweeps) -> None:
        self._ledger, self._programs = ledger, programs
        self._roster, self._sweeps = roster, sweeps

    def one(self, program: str, member_id: str, now: datetime) -> Report:
        """Raises NoSuchMember."""
        stored = self._ledger.load(program, member_id, consistent=True)
        if stored.member is None:
            raise NoSuchMember
        return self._look(program, stored, now)

    def sample(self, after: str | None, now: datetime) -> Report:
        """The members of one page of the table, from a place that the caller chose by chance."""
        # Behind the last member there is none: then the first ones.
        entries = self._roster.page(0, 1, after, PAGE).data or self._roster.page(0, 1, None, PAGE).data
        return self._page(entries, now)

    def take(self, program: str | None, now: datetime, going_on: bool) -> Sweep | None:
        """The sweep over everybody, or one that begins now for a program's; None: somebody is at it."""

        def about() -> str | None:
            return json.dumps({"program": program, "checked": 0, "different": 0}) if program else None

        return take(self._sweeps, NAME, now, going_on, about)

    def run(self, sweep: Sweep, now: datetime, may_go_on: Callable[[], bool]) -> tuple[Report, bool]:
        """What this run has found, with the counts of the whole sweep; and whether the sweep is done.

        Raises Outrun where somebody else went on meanwhile.
        """
        about = json.loads(sweep.about)

        def look(entries: Sequence[Entry]) -> Report:
            return self._page([one for one in entries if one.program == about["program"]], now)

        found, left = Report(about["checked"], about["different"]), sweep.left
        for reports, after in read(self._roster, sweep.left, look, may_go_on):
            left = after
            for report in reports:
                found = found.joined(report)
        about |= {"checked": found.checked, "different": found.different}
        sweep = self._sweeps.save(sweep._replace(left=left, about=json.dumps(about)), now, {})
        if not left:
            self._sweeps.end(sweep)
        return found, not left

    def _page(self, entries: Sequence[Entry], now: datetime) -> Report:
        report = Report()
        for entry in entries:
            report = report.joined(self._look(entry.program, entry.stored, now))
        return report

    def _look(self, program: str, stored: Stored, now: datetime) -> Report:
        member = stored.member
        if member is None:
            return Report()
        if member.status == "erased":
            return self._look_at_what_is_left(program, member.id, now)
        for _ in range(ATTEMPTS):
            assert stored.member
            parts = tuple(self._differences(program, stored, now))
            again = self._ledger.load(program, member.id, consistent=True) if parts else stored
            if again.version == stored.version or again.member is None:
                break
            stored = again  # it was settled while we read its ledger
        else:
            return Report()
        return Report(1, int(bool(parts)), (Difference(program, member.id, parts),) if parts else ())

    def _look_at_what_is_left(self, program: str, member_id: str, now: datetime) -> Report:
        """Of who was erased. What is told of it later goes within minutes, unless the eraser failed then."""
        if all(now - fact.recorded_at <= UNDER_WAY for fact in self._ledger.facts(program, member_id)):
            return Report()
        return Report(1, 1, (Difference(program, member_id, ("facts of who was erased",)),))

    def _differences(self, program: str, stored: Stored, now: datetime) -> Iterator[str]:
        member = stored.member
        assert member
        facts, members = gather(self._ledger, program, member.id)
        if not facts:
            yield "no facts"
            return
        # Who went away absorbs nobody any more: what came after, its own ledger handed on.
        own = [fact for fact in facts if not member.merged_into or fact.member_id == member.id]
        unsettled = [fact for fact in own if member.applied.judge(fact) is Verdict.NEW]
        if unsettled:
            if any(now - fact.recorded_at > UNDER_WAY for fact in unsettled):
                yield "facts that were not settled"
            return
        known, versions = self._ledger.refunded_orders(program, members), self._programs.versions(program)
        try:
            theirs = told_of(self._ledger, program, members)
            told = theirs.pop(member.id)
            with faults_of_ours(program):
                # As of its own facts: whom a version that has begun concerns is found by the review.
                again = rebuild(versions, member.id, facts, told, known, theirs=theirs)
        except Unsettleable:
            yield "it can't be rebuilt"
            return
        yield from _held_against(stored, again)


def _held_against(stored: Stored, again: Settled) -> Iterator[str]:
    member = stored.member
    assert member
    for name in type(member).model_fields:
        if getattr(member, name) != getattr(again.member, name):
            yield name
    if not member.merged_into and member.applied != again.member.applied:
        yield "applied"
    if again.outcomes:
        yield "outcomes that are missing"
    if again.accounts:
        yield "refunds"
    if _later(stored.due, again.due):
        yield "due"


def _later(stored: date | None, exact: date | None) -> bool:
    """Too early does no harm."""
    return exact is not None and (stored is None or stored > exact)
