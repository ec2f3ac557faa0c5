"""Members whom a new version concerns: once it has begun, all are looked at, and those are reviewed.

A member's due day is worked out when it is settled, by the version of that time. Where a later version gives
it a tier for what it has done already, makes it due earlier, adds up otherwise, or has put another tier in
the place of its own, nobody would come to know.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from membership.errors import RebuildNeeded, Unsettleable, faults_of_ours
from membership.facts import Review
from membership.member.state import Member
from membership.program.schema import Versions
from membership.services.sweeping import Pages, read, take
from membership.settle import settle
from membership.store.ledger import Ledger
from membership.store.programs import Programs
from membership.store.roster import Entry
from membership.store.sweeps import Sweep, Sweeps

NAME = "versions"
"""Of the sweep."""


def concerns(versions: Versions, member: Member, due: date | None, review: Review) -> bool:
    """Whether a review as the version begins would decide something, or make the member due earlier."""
    if member.status not in ("trial", "active"):
        return False
    try:
        settled = settle(versions, member, [review], {})
    except RebuildNeeded:
        return True
    earlier = settled.due is not None and (due is None or settled.due < due)
    return bool(settled.outcomes) or earlier


class Rearming:
    """Told to run, it does what is due and left; told twice at once, one of the two does nothing."""

    def __init__(self, ledger: Ledger, programs: Programs, roster: Pages, sweeps: Sweeps) -> None:
        self._ledger, self._programs = ledger, programs
        self._roster, self._sweeps = roster, sweeps

    def due(self, now: datetime) -> dict[str, int]:
        """Program → the version in force, where its members were not looked at for that yet."""
        found = {}
        for program, done in self._programs.looked_through().items():
            try:
                versions = self._programs.versions(program)
            except Unsettleable:  # one that can't be read holds up no other; its review fails, and says so
                continue
            number, _ = versions.in_force(now)
            first, _ = next(iter(versions))
            if number != (done or first):
                found[program] = number
        return found

    def take(self, now: datetime, going_on: bool) -> Sweep | None:
        """The sweep that is under way, or one for what is due; None: nothing to do, or somebody is at it."""

        def about() -> str | None:
            due = self.due(now)
            return json.dumps(due) if due else None

        return take(self._sweeps, NAME, now, going_on, about)

    def run(self, sweep: Sweep, now: datetime, may_go_on: Callable[[], bool]) -> dict[str, int] | None:
        """Go on until everybody was looked at, and answer which version of which program that was for; None
        where `may_go_on` ended it before that. Raises Outrun where somebody else went on meanwhile."""
        begun: dict[str, int] = json.loads(sweep.about)
        versions = {program: self._programs.versions(program) for program in begun}

        def look(entries: Sequence[Entry]) -> None:
            for entry in entries:
                if entry.program in begun:
                    self._look(entry, versions[entry.program], begun, now)

        left = sweep.left
        for _, after in read(self._roster, sweep.left, look, may_go_on):
            left = after
        sweep = self._sweeps.save(sweep._replace(left=left), now, {})
        if left:
            return None
        for program, number in begun.items():
            self._programs.mark_looked_through(program, number)
        self._sweeps.end(sweep)
        return begun

    def _look(self, entry: Entry, versions: Versions, begun: Mapping[str, int], now: datetime) -> None:
        number, member = begun[entry.program], entry.stored.member
        if member is None:
            return
        program = versions.numbered(number)
        at = program.effective_from or now
        fact = Review(
            id=f"review#v{number}",  # with a `#`, as no sender's id has
            member_id=member.id,
            occurred_at=at,
            recorded_at=now,
            day=program.day(at),
            version=number,
        )
        try:
            with faults_of_ours(entry.program):
                concerned = concerns(versions, member, entry.stored.due, fact)
        except Unsettleable:
            concerned = True  # settling meets the same fault, and parks the member where it is seen
        if concerned:
            self._ledger.append(entry.program, fact)
