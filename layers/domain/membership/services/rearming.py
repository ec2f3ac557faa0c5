"""Members whom a new version concerns: once it has begun, all are looked at, and those are reviewed.

A member's due day is worked out when it is settled, by the version of that time. Where a later version makes
it due earlier, adds up otherwise, or has put another tier in the place of its own, nobody would come to know.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from membership.errors import Unsettleable, faults_of_ours
from membership.facts import Review
from membership.member.deciding.replacing import successors
from membership.member.figures import joined
from membership.program.schema import Versions
from membership.services.sweeping import Pages, read, take
from membership.settle import next_due
from membership.store.ledger import Ledger, Stored
from membership.store.programs import Programs
from membership.store.roster import Entry
from membership.store.sweeps import Sweep, Sweeps

NAME = "versions"
"""Of the sweep."""


def concerns(versions: Versions, stored: Stored, at: datetime) -> bool:
    """Whether the version that begins at the moment leaves the member something that no review would meet."""
    member = stored.member
    if member is None or member.status not in ("trial", "active"):
        return False
    _, program = versions.in_force(at)
    _, program = versions.in_force(at, joined(program, member))
    if member.fingerprint != program.fingerprint or any(successors(versions, program, member)):
        return True
    due = next_due(versions, member.model_copy(update={"clock": max(at, member.clock or at)}))
    return due is not None and (stored.due is None or due < stored.due)


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
        number = begun[entry.program]
        program = versions.numbered(number)
        at = program.effective_from or now
        try:
            with faults_of_ours(entry.program):
                concerned = concerns(versions, entry.stored, at)
        except Unsettleable:
            concerned = True  # settling meets the same fault, and parks the member where it is seen
        if concerned and entry.stored.member:
            fact = Review(
                id=f"review#v{number}",  # with a `#`, as no sender's id has
                member_id=entry.stored.member.id,
                occurred_at=at,
                recorded_at=now,
                day=program.day(at),
                version=number,
            )
            self._ledger.append(entry.program, fact)
