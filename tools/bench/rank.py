"""make bench-rank: the boards of a million members, cut by the real code; and what reading them would add.

Members are made up as they are read: each is the item that the table would hold, and is read as those are.
Nothing goes over a network: DynamoDB's own time is not in it, nor that of appending what members are told.
"""

import json
import resource
import time
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import typer
from botocore.parsers import create_parser
from botocore.session import get_session
from rich.console import Console

from membership.board import Cut
from membership.facts import Activity, Fact, Order
from membership.member.state import Member
from membership.program.reading import read_program
from membership.program.schema import Program, Versions
from membership.services.cutting import Cutting
from membership.settle import newcomer, settle
from membership.store import items
from membership.store.ledger import Page, Stored
from membership.store.roster import Entry
from membership.store.sweeps import Sweep
from tools.bench import shown

LADDER = """
id: ladder
timezone: Asia/Shanghai
metrics:
  spend: {sum: order.amount}
  interactions: {count: activity}
  board: BOARD
  place: {rank: board}
tiers:
  - {id: beginner}
  - {id: vip, qualify: {all: [{spend: 1000}, {interactions: 5}]}}
  - {id: svip, qualify: {all: [{spend: 5000}, {place: top 10%}]}}
"""
BOARDS = {
    "2,000 different figures": ("{points: {share: 10}, window: {kind: calendar_year}}", 2_000, 10),
    "all figures different": ("{sum: order.amount, window: {kind: calendar_year}}", 1 << 40, 1),
}
EVE = datetime(2026, 1, 31, 4, tzinfo=UTC)
CUT = EVE + timedelta(hours=16)

console = Console(highlight=False)


@dataclass
class MadeUp:
    """A roster of so many members: one member's item, with another id and another figure in each."""

    program: Program
    members: int
    figures: int
    step: int

    def __post_init__(self) -> None:
        member = _member(self.program)
        self.item = cast(dict[str, Any], items.member_item(self.program.id, member, 7, None))
        body = self.item["body"]["S"]
        figure = f'"board":{{"2026":{member.tallies["board"][2026]}}}'
        assert body.count(figure) == 1
        self._before, self._after = body.replace('"id":"m"', '"id":"ID"').split(figure)

    def page(self, segment: int, segments: int, after: str | None, limit: int) -> Page[Entry]:
        start = segment + segments * int(after or 0)
        numbers = range(start, self.members, segments)[:limit]
        entries = [
            Entry(self.program.id, Stored(*items.read_member(self._item(number)))) for number in numbers
        ]
        done = int(after or 0) + len(numbers)
        return Page(entries, str(done) if segment + segments * done < self.members else None)

    def _item(self, number: int) -> Any:
        # A bijection of 40 bits, so that figures are spread and differ where they may.
        figure = (number * 0x9E3779B1 % (1 << 40) % self.figures + 1) * self.step
        body = f'{self._before}"board":{{"2026":{figure}}}{self._after}'.replace('"ID"', f'"m{number}"')
        return {**self.item, "body": {"S": body}}


@dataclass
class Ledger:
    """Takes what it is told, and remembers how much that was."""

    told: int = 0

    def append(self, _program: str, fact: Fact) -> None:
        assert fact.type == "ranking"
        self.told += 1


@dataclass
class Sweeps:
    """One sweep in memory."""

    counted: float = 0
    """Processor time at which everybody was."""
    noted: dict[str, list[bytes]] = field(default_factory=dict)
    current: Sweep | None = None

    def get(self, _name: str) -> Sweep | None:
        return self.current

    def begin(self, sweep: Sweep) -> bool:
        self.current = sweep
        return True

    def save(self, sweep: Sweep, _now: datetime, noted: Mapping[str, Sequence[bytes]]) -> Sweep:
        if not sweep.left and not self.counted:
            self.counted = time.process_time()
        for topic, parts in noted.items():
            self.noted.setdefault(topic, []).extend(parts)
        return sweep

    def notes(self, _sweep: Sweep, topic: str) -> Sequence[bytes]:
        return self.noted.get(topic, ())

    def end(self, _sweep: Sweep) -> None:
        self.current = None


@dataclass
class Cuts:
    made: list[Cut] = field(default_factory=list)

    def get(self, *_: Any) -> None:
        return None

    def put(self, cut: Cut) -> None:
        self.made.append(cut)


@dataclass
class Programs:
    program: Program

    def reviewed(self) -> dict[str, None]:
        return {self.program.id: None}

    def versions(self, _program: str) -> Versions:
        return Versions({1: self.program})


def main(members: int = 1_000_000) -> None:
    """Measures; asserts nothing but that everybody was counted and the top tenth told."""
    console.print(f"{shown.machine()}, one process, one run; seconds are of processor time.")
    told = ("counted, s", "told, s", "members told", "noted, KB", "peak memory, MB")
    table = shown.table("board", *told, title=f"A board of {members:,} members")
    for what, (metric, figures, step) in BOARDS.items():
        table.add_row(what, *_cut(members, metric, figures, step))
    console.print(table)
    console.print(
        f"Reading what a scan answers (botocore's parser alone): {_parsed():,.0f} members a second."
    )


def _cut(members: int, metric: str, figures: int, step: int) -> list[str]:
    program = read_program(LADDER.replace("BOARD", metric))
    ledger, sweeps, cuts = Ledger(), Sweeps(), Cuts()
    roster, programs = MadeUp(program, members, figures, step), Programs(program)
    cutting = Cutting(*cast(Any, (ledger, programs, roster, sweeps, cuts)))
    now = CUT + timedelta(hours=3, minutes=15)
    began = time.process_time()
    sweep = cutting.take(now, going_on=False)
    assert sweep
    cutting.run(sweep, now, lambda: True)
    counting, telling = sweeps.counted - began, time.process_time() - sweeps.counted
    [cut] = cuts.made
    assert cut.members == members
    equals = members // figures + 1
    assert abs(cut.told - members // 10) <= equals, "equals are told together"
    assert cut.told == ledger.told
    noted = sum(len(part) for parts in sweeps.noted.values() for part in parts)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        f"{counting:.0f}",
        f"{telling:.0f}",
        f"{cut.told:,}",
        f"{noted / 1024:,.0f}",
        f"{peak:,.0f}",
    ]


def _parsed() -> float:
    """Members a second that botocore makes of the bytes of an answer."""
    program = read_program(LADDER.replace("BOARD", next(iter(BOARDS.values()))[0]))
    item = MadeUp(program, 1, 1, 1).item
    wire = {name: {kind: _text(value)} for name, typed in item.items() for kind, value in typed.items()}
    body = json.dumps({"Items": [wire] * 250, "Count": 250, "ScannedCount": 250}).encode()
    model = get_session().get_service_model("dynamodb")
    parser = create_parser("json")
    shape = model.operation_model("Scan").output_shape
    assert shape
    answer = {"body": body, "headers": {}, "status_code": 200}
    pages, began = 0, time.process_time()
    while (spent := time.process_time() - began) < 3:
        assert len(parser.parse(answer, shape)["Items"]) == 250
        pages += 1
    return 250 * pages / spent


def _text(value: Any) -> Any:
    return b64encode(value).decode() if isinstance(value, bytes) else value


def _member(program: Program) -> Member:
    """Who has bought and shared over some weeks, and was last settled on the eve."""
    versions = Versions({1: program})
    facts: list[Fact] = []
    for n in range(8):
        at = EVE - timedelta(days=8 - n)
        common: dict[str, Any] = {"member_id": "m", "occurred_at": at, "recorded_at": at}
        facts.append(Order(id=f"e{n}", order_id=f"o{n}", amount=123_45, **common))
        facts.append(Activity(id=f"a{n}", kind="share", **common))
    member = newcomer(versions, "m", facts[:1])
    for fact in facts:
        member = settle(versions, member, [fact], {}).member
    return member


if __name__ == "__main__":
    typer.run(main)
