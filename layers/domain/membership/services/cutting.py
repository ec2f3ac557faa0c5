"""Cutting boards: on its day every place on a board is found, and members are told whom a rule asks about.

Two sweeps over all members serve every board that is cut at the time: one counts how many have which figure,
the other tells the places that this makes.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

from pydantic import BaseModel, ConfigDict

from membership.board import Board, Counts, Cut, share
from membership.errors import NotFound, Unsettleable
from membership.facts import Ranking
from membership.member.state import Member
from membership.services.eve import Due, Eve, uncut
from membership.services.reviewing import NotYet
from membership.services.sweeping import EVERYWHERE, Pages, read, take
from membership.store.cuts import Cuts
from membership.store.ledger import Ledger
from membership.store.programs import Programs
from membership.store.roster import Entry
from membership.store.sweeps import Left, Sweep, Sweeps

NAME = "boards"
"""Of the sweep."""
BOARDS = 50
"""So many boards at most in one sweep: what was counted for all of them is saved in one transaction."""
PAIRS = 200_000
"""So many pairs at most are counted until they are saved: 3.2 MB, even where packing gains nothing."""
LATE = timedelta(hours=3)
"""A board stays open so long after its last day: some tills tell of their day at night."""
SETTLED = timedelta(minutes=10)
"""And is cut so long after it was closed: what was told in time has been settled then."""


class Round(BaseModel):
    """What one sweep is about."""

    model_config = ConfigDict(defer_build=True)

    boards: tuple[Due, ...]
    closes: datetime
    """What was told by then counts."""
    telling: bool = False
    """Whether everybody has been counted."""
    told: dict[str, int] = {}
    """Board → members told so far."""


class Cutting:
    """Told to run, it does what is due and left; told twice at once, one of the two does nothing."""

    def __init__(
        self,
        ledger: Ledger,
        programs: Programs,
        roster: Pages,
        sweeps: Sweeps,
        cuts: Cuts,
        pairs: int = PAIRS,
    ) -> None:
        self._ledger, self._programs, self._roster = ledger, programs, roster
        self._sweeps, self._cuts, self._pairs = sweeps, cuts, pairs

    def due(self, now: datetime, program: str | None = None, as_of: date | None = None) -> list[Due]:
        """Boards that can be cut now; of one program, and as of a day of it, where that is asked.

        Raises NotFound for a program that nobody has put, NotYet for a day that has not begun.
        """
        known = self._programs.reviewed()
        if program not in (None, *known):
            raise NotFound(f"there is no program {program!r}")
        found = []
        for one in [program] if program else known:
            try:
                versions = self._programs.versions(one)
            except Unsettleable:  # one that can't be read holds up no other; its review fails, and says so
                continue
            _, in_force = versions.in_force(now)
            if as_of and as_of > in_force.day(now):
                raise NotYet(f"{as_of} has not begun in {in_force.timezone}")
            moment = in_force.midnight(as_of) if as_of else now
            closed = now - SETTLED - LATE
            found += [due for due in uncut(self._cuts, versions, moment) if due.midnight <= closed]
        return found

    def take(
        self, now: datetime, going_on: bool, program: str | None = None, as_of: date | None = None
    ) -> Sweep | None:
        """The sweep that is under way, or one of what is due; None: nothing to do, or somebody is at it."""

        def about() -> str | None:
            boards = self.due(now, program, as_of)[:BOARDS]
            round_ = Round(boards=tuple(boards), closes=now - SETTLED)
            return round_.model_dump_json() if boards else None

        return take(self._sweeps, NAME, now, going_on, about)

    def run(self, sweep: Sweep, now: datetime, may_go_on: Callable[[], bool]) -> list[Cut] | None:
        """Go on until all is told, and answer what was cut; None where `may_go_on` ended it before that.
        Raises Outrun where somebody else went on meanwhile."""
        round_ = Round.model_validate_json(sweep.about)
        eves: dict[str, list[Eve]] = defaultdict(list)
        for due in round_.boards:
            versions = self._programs.versions(due.program)
            eves[due.program].append(Eve(due, round_.closes, versions, self._ledger))
        if not round_.telling:
            sweep = self._count(sweep, now, eves, may_go_on)
            if sweep.left:
                return None
            round_ = round_.model_copy(update={"telling": True})
            about = round_.model_dump_json()
            sweep = self._sweeps.save(sweep._replace(about=about, left=EVERYWHERE), now, {})
        boards = {due: Board(self._sweeps.notes(sweep, due.topic)) for due in round_.boards}
        told: dict[str, int] = defaultdict(int, round_.told)
        left = self._tell(sweep.left, now, eves, boards, told, may_go_on)
        about = round_.model_copy(update={"told": told}).model_dump_json()
        sweep = self._sweeps.save(sweep._replace(about=about, left=left), now, {})
        if left:
            return None
        every = [eve for of_program in eves.values() for eve in of_program]
        made = [
            _record(eve, boards[eve.due], told[eve.due.topic], begun=sweep.begun, ended=now) for eve in every
        ]
        for cut in made:
            self._cuts.put(cut)
        self._sweeps.end(sweep)
        return made

    def _count(
        self,
        sweep: Sweep,
        now: datetime,
        eves: Mapping[str, Sequence[Eve]],
        may_go_on: Callable[[], bool],
    ) -> Sweep:
        def look(entries: Sequence[Entry]) -> list[tuple[str, int]]:
            return [
                (eve.due.topic, eve.figure(entry.stored.member))
                for entry in entries
                for eve in eves.get(entry.program, ())
                if entry.stored.member
            ]

        counts: dict[str, Counts] = defaultdict(Counts)
        left: Left = sweep.left
        for pages, left in read(self._roster, sweep.left, look, may_go_on):
            for topic, figure in (one for page in pages for one in page):
                counts[topic].add(figure)
            if sum(map(len, counts.values())) > self._pairs:
                sweep = self._note(sweep, left, now, counts)
                counts.clear()
        return self._note(sweep, left, now, counts)

    def _note(self, sweep: Sweep, left: Left, now: datetime, counts: Mapping[str, Counts]) -> Sweep:
        noted = {topic: list(counted.pack()) for topic, counted in counts.items()}
        return self._sweeps.save(sweep._replace(left=left), now, noted)

    def _tell(
        self,
        left: Left,
        now: datetime,
        eves: Mapping[str, Sequence[Eve]],
        boards: Mapping[Due, Board],
        told: dict[str, int],
        may_go_on: Callable[[], bool],
    ) -> Left:
        def look(entries: Sequence[Entry]) -> list[str]:
            return [
                eve.due.topic
                for entry in entries
                for eve in eves.get(entry.program, ())
                if entry.stored.member and tell(eve, entry.stored.member)
            ]

        def tell(eve: Eve, member: Member) -> bool:
            figure, board = eve.figure(member), boards[eve.due]
            least = board.least(eve.asked[0]) if eve.asked else None
            if (least is None or figure < least) and not eve.had_a_place(member):
                return False
            fact = Ranking(
                id=f"ranking#{eve.due.metric}#{eve.due.day}",  # with a `#`, as no sender's id has
                member_id=member.id,
                occurred_at=eve.due.midnight,
                recorded_at=now,
                metric=eve.due.metric,
                day=eve.due.day,
                place=board.place(figure),
                members=board.members,
                figure=figure,
            )
            self._ledger.append(eve.due.program, fact)
            return True

        rest = left
        for pages, after in read(self._roster, left, look, may_go_on):
            rest = after
            for topic in (one for page in pages for one in page):
                told[topic] += 1
        return rest


def _record(eve: Eve, board: Board, told: int, begun: datetime, ended: datetime) -> Cut:
    return Cut(
        program=eve.due.program,
        metric=eve.due.metric,
        day=eve.due.day,
        members=board.members,
        least={share(asked): board.least(asked) for asked in eve.asked},
        told=told,
        begun=begun,
        ended=ended,
    )
