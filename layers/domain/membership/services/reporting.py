"""Making the day's reports: one sweep over all members serves every program."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from membership.errors import Unsettleable
from membership.program.schema import Program
from membership.report import Report, Sums
from membership.services.sweeping import Pages, read, take
from membership.store.programs import Programs
from membership.store.reports import Reports
from membership.store.roster import Entry
from membership.store.sweeps import Left, Sweep, Sweeps

NAME = "reports"
"""Of the sweep."""
EVERY = 200
"""So many pages are counted until what they came to is saved."""


class Reporting:
    """Told to run, it makes the reports of the day; told twice at once, one of the two does nothing."""

    def __init__(
        self, programs: Programs, roster: Pages, sweeps: Sweeps, reports: Reports, every: int = EVERY
    ) -> None:
        self._programs, self._roster, self._sweeps = programs, roster, sweeps
        self._reports, self._every = reports, every

    def take(self, now: datetime, going_on: bool) -> Sweep | None:
        """The sweep that is under way, or a new one; None: somebody is at it."""
        return take(self._sweeps, NAME, now, going_on, lambda: "")

    def run(self, sweep: Sweep, now: datetime, may_go_on: Callable[[], bool]) -> list[Report] | None:
        """Go on until everybody is counted, and answer the reports; None where `may_go_on` ended it before.
        Raises Outrun where somebody else went on meanwhile."""
        programs = dict(self._in_force(sweep.begun))
        left: Left = sweep.left
        pages = 0

        def look(entries: Sequence[Entry]) -> dict[str, Sums]:
            found: dict[str, Sums] = defaultdict(Sums)
            for entry in entries:
                member, program = entry.stored.member, programs.get(entry.program)
                if member and program and member.goes_on:
                    today = program.day(max(sweep.begun, member.clock or sweep.begun))
                    found[entry.program].add(program, member, today)
            return found

        counted: dict[str, list[bytes]] = defaultdict(list)
        for made, left in read(self._roster, sweep.left, look, may_go_on):
            for sums in made:
                for program, one in sums.items():
                    counted[program].append(one.model_dump_json(exclude_defaults=True).encode())
            pages += len(made)
            if pages >= self._every:
                sweep, pages = self._note(sweep, left, now, counted), 0
                counted.clear()
        sweep = self._note(sweep, left, now, counted)
        if sweep.left:
            return None
        reports = [
            Report(
                program=id_,
                day=program.day(sweep.begun),
                at=sweep.begun,
                sums=Sums.of_all(self._sweeps.notes(sweep, id_)),
            )
            for id_, program in programs.items()
        ]
        for report in reports:
            self._reports.put(report)
        self._sweeps.end(sweep)
        return reports

    def _in_force(self, at: datetime) -> Iterator[tuple[str, Program]]:
        for one in self._programs.reviewed():
            try:
                yield one, self._programs.versions(one).in_force(at)[1]
            except Unsettleable:  # one that can't be read holds up no other
                continue

    def _note(self, sweep: Sweep, left: Left, now: datetime, counted: Mapping[str, Sequence[bytes]]) -> Sweep:
        noted = {
            program: [Sums.of_all(parts).model_dump_json(exclude_defaults=True).encode()]
            for program, parts in counted.items()
        }
        return self._sweeps.save(sweep._replace(left=left), now, noted)
