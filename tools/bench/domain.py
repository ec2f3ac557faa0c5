"""Settles a second in the pure domain: no store, no network, one processor and its own time."""

import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import median

from membership.facts import Activity, Fact, Order
from membership.member.state import Member
from membership.program import presets
from membership.program.reading import read_program
from membership.program.schema import Versions
from membership.settle import newcomer, settle

ROUNDS = 5
SECONDS = 0.4
BEGIN = datetime(2026, 3, 1, 4, tzinfo=UTC)


@dataclass(frozen=True)
class Settles:
    """How many facts a second one processor settles: the median of all rounds."""

    what: str
    rate: float


def measure() -> list[Settles]:
    rates: dict[str, list[float]] = defaultdict(list)
    for _ in range(ROUNDS):
        for preset in ("p1-ecommerce", "p2-customer-policy"):
            versions = Versions({1: read_program(presets.text(preset))})
            member = _member(versions)
            for size in (1, 100):
                each = "a usual order" if size == 1 else f"{size} usual orders at once"
                rates[f"{preset}: {each}"].append(_rate(versions, member, size))
    return [Settles(what, median(found)) for what, found in rates.items()]


def _member(versions: Versions) -> Member:
    """Of a middle tier in either program, to whom a small order brings nothing."""
    facts: list[Fact] = [_order(n, cents=500_00) for n in range(13)]
    facts += [
        Activity(id=f"a{n}", member_id="m", occurred_at=BEGIN, recorded_at=BEGIN, kind="check_in")
        for n in range(6)
    ]
    member = settle(versions, newcomer(versions, "m", facts), facts, {}).member
    # As long known: its facts are no longer remembered one by one.
    later = _order(13, at=BEGIN + timedelta(days=3))
    return settle(versions, member, [later], {}).member


def _rate(versions: Versions, member: Member, size: int) -> float:
    facts = [_order(1000 + n, at=BEGIN + timedelta(days=4)) for n in range(100)]
    batches = [facts[n : n + size] for n in range(0, len(facts), size)]
    settled, began = 0, time.process_time()
    while (spent := time.process_time() - began) < SECONDS:
        for batch in batches:
            assert not settle(versions, member, batch, {}).outcomes, "a usual order decides nothing"
            settled += size
    return settled / spent


def _order(n: int, cents: int = 1_00, at: datetime = BEGIN) -> Order:
    return Order(id=f"e{n}", member_id="m", occurred_at=at, recorded_at=at, order_id=f"o{n}", amount=cents)
