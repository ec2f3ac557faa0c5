"""make bench-scale: what a review, a change of rules, a busy member and a busy program take.

By the real code, over tables in memory that bill as DynamoDB does (`tools/bench/billed.py`). Seconds are of
processor time; what DynamoDB, the network and botocore's parser take is not in them.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, cast

import typer
from rich.console import Console
from rich.table import Table

from membership.channels.base import DEFAULT, Answer
from membership.facts import Order, Review
from membership.program import presets
from membership.program.reading import read_program
from membership.program.schema import Program, Versions
from membership.services.dispatching import Dispatcher
from membership.services.evaluating import evaluate, read_batch
from membership.services.rearming import Rearming
from membership.services.reviewing import Place, review
from membership.services.settling import Settling
from membership.store import keys
from membership.store.deliveries import Deliveries
from membership.store.items import fact_item, read_outcome
from membership.store.ledger import Ledger
from membership.store.roster import Roster
from membership.store.sweeps import Sweep
from tools.bench import shown
from tools.bench.billed import MODEL, TABLES, Billed

RULES = presets.text("p2-customer-policy").partition("\nexamples:\n")[0]
CHANGES = {
    "silver asks for more": ("{spend: 5000}, {orders: 6}", "{spend: 6000}, {orders: 6}"),
    "orders count from ¥10": ("{count: order}", "{count: order, where: {amount: {gte: 10}}}"),
}
"""The first leaves what members have; the second counts it anew, so each is made again from its ledger."""
LAST_YEAR = datetime(2025, 2, 3, 4, tzinfo=UTC)
NOTICES = date(2026, 12, 1)
"""Gold of last year is told, thirty days before it ends."""
DUE = 10_000
BATCH = 100
"""Facts that the stream brings at once."""
BUSY = (0, 1_000, 10_000, 30_000)

Models = Mapping[str, Sequence[Any]]

console = Console(highlight=False, width=140)


class Programs:
    """Those in force, without a read every ten seconds."""

    def __init__(self, *programs: Program) -> None:
        self._versions = Versions(dict(enumerate(programs, 1)))
        self._id, self._looked_through = programs[0].id, 1

    def versions(self, _program: str) -> Versions:
        return self._versions

    def looked_through(self) -> dict[str, int]:
        return {self._id: self._looked_through}

    def mark_looked_through(self, _program: str, number: int) -> None:
        self._looked_through = number


class Sweeps:
    """The one that is under way; it is saved once an invocation, which costs next to nothing."""

    def get(self, _name: str) -> None:
        return None

    def begin(self, _sweep: Sweep) -> bool:
        return True

    def save(self, sweep: Sweep, _now: datetime, _noted: Any) -> Sweep:
        return sweep

    def end(self, _sweep: Sweep) -> None:
        return None


@dataclass
class Stand:
    """The store's own classes over tables in memory."""

    client: Billed
    programs: Programs

    def __post_init__(self) -> None:
        self.ledger = Ledger(cast(Any, self.client), TABLES)
        self.settling = Settling(self.ledger, cast(Any, self.programs), lambda _: None)

    def settle(self, facts: Iterable[Any], now: datetime) -> None:
        """As evaluate does with what the stream brings of them, a hundred at a time."""
        records = [{"dynamodb": {"NewImage": item}} for item in facts]
        for first in range(0, len(records), BATCH):
            batch = read_batch(records[first : first + BATCH])
            evaluate(batch, self.settling, self.ledger, now, (), _sound)

    def taken(self, do: Callable[[], None]) -> "Taken":
        before, began = replace(self.client.bill), time.process_time()
        do()
        seconds, bill = time.process_time() - began, self.client.bill
        return Taken(
            seconds, bill.writes - before.writes, bill.reads - before.reads, bill.calls - before.calls
        )


@dataclass(frozen=True)
class Taken:
    """What something took."""

    seconds: float
    writes: float
    reads: float
    calls: float

    @property
    def words(self) -> tuple[str, str, str]:
        return f"{self.seconds:,.1f}", f"{self.writes:,.0f}", f"{self.reads:,.0f}"


def main(members: int = 1_000_000) -> None:
    """Measures; asserts nothing but that everybody was reached."""
    console.print(
        f"{shown.machine()}, one process, one run; s: seconds of processor time; write, read: units."
    )
    program = read_program(RULES)
    models = _models(program)
    console.print(_reviews(program, models, members))
    console.print(_changes(program, models, members))
    console.print(_busy_member(program, models))
    console.print(_busy_program(program))


# ── A review ──────────────────────────────────────────────────────────────────────────────────────


def _reviews(program: Program, models: Models, members: int) -> Table:
    table = shown.table(
        f"{DUE:,} members are due among",
        *("reminded, s", "write", "read", "calls"),
        *("settled, s", "write", "read"),
    )
    for among in (members // 100, members // 10, members):
        table.add_row(f"{among:,}", *_review(program, models, among))
    return table


def _review(program: Program, models: Models, among: int) -> Sequence[str]:
    stand = Stand(Billed(program.id, models, among, _dues(among)), Programs(program))
    now = program.midnight(NOTICES) + timedelta(minutes=5)

    def remind() -> None:
        progress = review(stand.ledger, program, NOTICES, now, Place(), lambda: True)
        assert progress.reviewed == DUE

    reminded = stand.taken(remind)
    facts = stand.client.written(TABLES.ledger, f"{keys.FACTS}review#")
    settled = stand.taken(lambda: stand.settle(facts, now))
    return *reminded.words, f"{reminded.calls:,.0f}", *settled.words


def _dues(members: int) -> list[list[str]]:
    """The index: those who are due, evenly among others whose day comes within the year after."""
    shards: list[list[str]] = [[] for _ in range(keys.SHARDS)]
    for number in range(members):
        later = 0 if number % (members // DUE) == 0 else 1 + number % 365
        name = f"m{number}"
        shards[keys.shard_of(name)].append(keys.due(NOTICES + timedelta(days=later), name))
    return [sorted(shard) for shard in shards]


# ── A change of rules ─────────────────────────────────────────────────────────────────────────────


def _changes(program: Program, models: Models, members: int) -> Table:
    table = shown.table(
        f"A version for {members:,} members",
        *("looked at, s", "write", "read", "concerned"),
        *(f"{DUE:,} of them settled, s", "write", "read"),
    )
    for what in CHANGES:
        table.add_row(what, *_change(program, models, members, *CHANGES[what]))
    return table


def _change(program: Program, models: Models, members: int, was: str, becomes: str) -> Sequence[str]:
    assert was in RULES
    at = program.midnight(date(2026, 6, 1))
    changed = read_program(RULES.replace(was, becomes, 1)).model_copy(update={"effective_from": at})
    stand = Stand(Billed(program.id, models, members), Programs(program, changed))
    roster = Roster(cast(Any, stand.client), TABLES)
    rearming = Rearming(*cast(Any, (stand.ledger, stand.programs, roster, Sweeps())))

    def look() -> None:
        sweep = rearming.take(at, going_on=False)
        assert sweep
        assert rearming.run(sweep, at, lambda: True) == {program.id: 2}

    looked = stand.taken(look)
    facts = stand.client.written(TABLES.ledger, f"{keys.FACTS}review#v2")
    settled = stand.taken(lambda: stand.settle(facts[:DUE], at))
    return *looked.words, f"{len(facts):,}", *settled.words


# ── Hot ones ──────────────────────────────────────────────────────────────────────────────────────


def _busy_member(program: Program, models: Models) -> Table:
    table = shown.table(
        "Facts of one member in 25 hours", "its item, KB", f"{BATCH} more, s", "write", "read"
    )
    stand = Stand(Billed(program.id, models, 1), Programs(program))
    now, done = program.midnight(date(2026, 6, 1)), 0
    for many in BUSY:
        stand.settle(_orders(program, ["m0"] * (many - done), now, done), now)
        size = stand.client.size(TABLES.state, **keys.member(program.id, "m0"))
        more, done = _orders(program, ["m0"] * BATCH, now, many), many + BATCH
        taken = stand.taken(partial(stand.settle, more, now))
        table.add_row(f"{many:,}", f"{size / 1024:,.1f}", *taken.words)
    return table


def _busy_program(program: Program) -> Table:
    """Everybody is new and rises at once: an event brings about no more than that."""
    table = shown.table(
        f"{DUE:,} promotions in one program", "partitions", "write", "of which in the busiest"
    )
    stand = Stand(Billed(program.id), Programs(program))
    now = program.midnight(date(2026, 6, 1))
    stand.settle(_orders(program, [f"n{n}" for n in range(DUE)], now, 0, amount=5_000_00), now)
    _deliver(stand, now)
    units: dict[str, list[int]] = {}
    for (place, _), n in stand.client.bill.partitions.items():
        units.setdefault(place, []).append(n)
    for place in sorted(units):
        table.add_row(place, *(f"{n:,}" for n in (len(units[place]), sum(units[place]), max(units[place]))))
    return table


def _deliver(stand: Stand, now: datetime) -> None:
    """Brings what is to be brought to a shop that takes it at once."""
    client = cast(Any, stand.client)
    channel = keys.channel(stand.client.program, DEFAULT)
    client.put_item(TableName=TABLES.state, Item={**channel, "settings": {"S": "{}"}})
    taken = Answer(delivered=True, status=200)
    dispatcher = Dispatcher(Deliveries(client, TABLES.state), {DEFAULT: lambda *_: taken}, lambda: now)
    for outcome in map(read_outcome, stand.client.written(TABLES.ledger, keys.OUTCOMES)):
        if outcome.type in ("message.due", "reward.granted"):
            dispatcher.dispatch(f'{{"detail": {outcome.model_dump_json()}}}', 1)


# ── Who is in the tables ──────────────────────────────────────────────────────────────────────────


def _models(program: Program) -> Models:
    """The items of a member who became gold last year, and bought nothing since."""
    stand = Stand(Billed(program.id), Programs(program))
    for n in range(12):
        at = LAST_YEAR + timedelta(days=25 * n)
        orders = _orders(program, [MODEL], at, n, amount=1_999_00)
        stand.client.put_item(TableName=TABLES.ledger, Item=orders[0])
        stand.settle(orders, at)
    while (due := stand.ledger.load(program.id, MODEL).due) and due < NOTICES:
        at = program.midnight(due)
        fact = Review(id=f"review#{due}", member_id=MODEL, occurred_at=at, recorded_at=at, day=due)
        stand.ledger.append(program.id, fact)
        stand.settle([fact_item(program.id, fact)], at)
    assert due == NOTICES
    return stand.client.items_of(MODEL)


def _orders(
    program: Program, members: Sequence[str], at: datetime, first: int, amount: int = 1_00
) -> list[Any]:
    """One of each member, as the stream brings it."""
    return [
        fact_item(
            program.id,
            Order(
                id=f"e{n}-{member}",
                member_id=member,
                occurred_at=at,
                recorded_at=at,
                order_id=f"o{n}-{member}",
                amount=amount,
            ),
        )
        for n, member in enumerate(members, first)
    ]


def _sound(verdict: str, trouble: Exception | None) -> None:
    assert verdict == "settled", trouble


if __name__ == "__main__":
    typer.run(main)
