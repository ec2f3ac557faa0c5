"""Everybody, sweeps and cuts in memory. They answer as the tables do: tests/store/ holds both to it."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from zlib import crc32

from membership.board import Cut
from membership.report import Report
from membership.store.ledger import Page
from membership.store.roster import Entry
from membership.store.sweeps import Outrun, Sweep
from tests.fakes.memory import MemoryLedger


class MemoryRoster:
    """The members that a ledger in memory has; `most` a page, as a table's pages end at 1 MB."""

    def __init__(self, ledger: MemoryLedger, most: int = 1000) -> None:
        self._ledger, self._most = ledger, most

    def page(self, segment: int, segments: int, after: str | None, limit: int) -> Page[Entry]:
        limit = min(limit, self._most)
        of_segment = [
            place
            for place in self._ledger.everybody()
            if crc32("#".join(place).encode()) % segments == segment
        ]
        start = bisect_right(of_segment, tuple(after.split("#"))) if after else 0
        page = of_segment[start : start + limit]
        entries = [Entry(program, self._ledger.load(program, member)) for program, member in page]
        return Page(entries, "#".join(page[-1]) if start + limit < len(of_segment) else None)


class MemorySweeps:
    def __init__(self) -> None:
        self._sweeps: dict[str, Sweep] = {}
        self._notes: dict[tuple[str, datetime, str], list[bytes]] = {}

    def get(self, name: str) -> Sweep | None:
        return self._sweeps.get(name)

    def begin(self, sweep: Sweep) -> bool:
        return self._sweeps.setdefault(sweep.name, sweep) is sweep

    def save(self, sweep: Sweep, now: datetime, noted: Mapping[str, Sequence[bytes]]) -> Sweep:
        self._unless_outrun(sweep)
        saved = sweep._replace(saved_at=now, revision=sweep.revision + 1)
        for topic, parts in noted.items():
            self._notes.setdefault((sweep.name, sweep.begun, topic), []).extend(parts)
        self._sweeps[sweep.name] = saved
        return saved

    def notes(self, sweep: Sweep, topic: str) -> Iterator[bytes]:
        return iter(self._notes.get((sweep.name, sweep.begun, topic), []))

    def end(self, sweep: Sweep) -> None:
        self._unless_outrun(sweep)
        del self._sweeps[sweep.name]

    def _unless_outrun(self, sweep: Sweep) -> None:
        known = self._sweeps.get(sweep.name)
        if known is None or (known.begun, known.revision) != (sweep.begun, sweep.revision):
            raise Outrun(f"the sweep {sweep.name!r} went on from revision {sweep.revision}")


class MemoryCuts:
    def __init__(self) -> None:
        self._cuts: dict[tuple[str, date, str], str] = {}

    def put(self, cut: Cut) -> None:
        self._cuts[cut.program, cut.day, cut.metric] = cut.model_dump_json()

    def get(self, program: str, metric: str, day: date) -> Cut | None:
        body = self._cuts.get((program, day, metric))
        return Cut.model_validate_json(body) if body else None

    def latest(self, program: str, limit: int) -> list[Cut]:
        newest = sorted((place for place in self._cuts if place[0] == program), reverse=True)[:limit]
        return [Cut.model_validate_json(self._cuts[place]) for place in newest]


class MemoryReports:
    def __init__(self) -> None:
        self._reports: dict[tuple[str, str], str] = {}

    def put(self, report: Report) -> None:
        self._reports[report.program, report.day.isoformat()] = report.model_dump_json()

    def page(self, program: str, limit: int, before: str | None = None) -> Page[Report]:
        days = sorted((day for one, day in self._reports if one == program), reverse=True)
        left = [day for day in days if before is None or day < before]
        found = [Report.model_validate_json(self._reports[program, day]) for day in left[:limit]]
        return Page(found, left[limit - 1] if len(left) > limit else None)
