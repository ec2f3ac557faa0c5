"""Events a second: all of one member against spread over many, on one emulator in one run.

The figures are the emulator's. What they tell is the ratio: whether a member to whom much happens at once
is a slow one.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count, islice
from statistics import median
from typing import Any
from uuid import uuid4

from membership.errors import Contended
from membership.facts import Order
from membership.services.evaluating import evaluate
from membership.services.settling import Settling
from tools.bench.stand import Stand, orders, regular
from tools.demo.shop import Shop
from tools.demo.watch import Watch

THREADS = 8
EVENTS = 640
MANY = 64
ROUNDS = 3
BATCH = 100
LOOK_AGAIN = 0.1
PATIENCE = 180.0


@dataclass
class Speed:
    """Rounds of one way to do it, with one member and with many by turns."""

    how: str
    rates: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    retries: dict[int, float] = field(default_factory=lambda: defaultdict(float))
    """For each event."""

    def add(self, members: int, events: int, seconds: float, retries: int = 0) -> None:
        self.rates[members].append(events / seconds)
        self.retries[members] += retries / events / ROUNDS

    def rate(self, members: int) -> float:
        return median(self.rates[members])


def store(stand: Stand) -> list[Speed]:
    """Through the store's own classes, in the two ways that a fact can be settled."""
    stream = Speed("appended, then settled in batches of 100 as the stream does")
    waited = Speed("appended and settled one by one as ?wait=true does")
    crowd = _known(stand, MANY)
    for _ in range(ROUNDS):
        for members in (1, MANY):
            events = _events(crowd if members == MANY else _known(stand, 1), EVENTS)
            began = time.monotonic()
            _in_batches(stand, events)
            stream.add(members, EVENTS, time.monotonic() - began)
            events = _events(crowd if members == MANY else _known(stand, 1), EVENTS)
            began = time.monotonic()
            retries = _one_by_one(stand, events)
            waited.add(members, EVENTS, time.monotonic() - began, retries)
    return [stream, waited]


def deployed(shop: Shop) -> Speed:
    """Through the deployed API, until the stream's last event is settled."""
    speed = Speed("deployed: POST /v1/events, a hundred a call, until settled")
    sent: Counter[str] = Counter()
    _post(shop, _events(crowd := _fresh(MANY), MANY), sent)
    for _ in range(ROUNDS):
        for members in (1, MANY):
            chosen = crowd if members == MANY else _fresh(1)
            _post(shop, _events(chosen, members), sent)
            events = _events(chosen, EVENTS)
            began = time.monotonic()
            _post(shop, events, sent)
            speed.add(members, EVENTS, time.monotonic() - began)
    return speed


def _in_batches(stand: Stand, events: Sequence[Order]) -> None:
    program = stand.program.id
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda event: stand.ledger.append(program, event), events))
    for batch in _batches(events):
        by_member: dict[tuple[str, str], list[Order]] = defaultdict(list)
        for event in batch:
            by_member[program, event.member_id].append(event)
        evaluate(by_member, stand.settling, stand.ledger, datetime.now(UTC), (), lambda *_: None, THREADS)


def _one_by_one(stand: Stand, events: Sequence[Order]) -> int:
    """Returns how often one settling overtook another, which then had to begin again."""
    program, overtaken = stand.program.id, count()

    def pause(attempt: int) -> None:
        next(overtaken)
        time.sleep(0.002 * 2**attempt)

    settling = Settling(stand.ledger, stand.programs, pause)

    def one(event: Order) -> None:
        stand.ledger.append(program, event)
        with suppress(Contended):  # the fact is safe, and the stream would settle it
            settling.settle(program, event.member_id, [event])

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(one, events))
    return next(overtaken)


def _post(shop: Shop, events: Sequence[Order], sent: Counter[str]) -> None:
    """Returns when all are settled; `sent` counts what was ever sent of each member."""
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda batch: shop.storefront.post("/v1/events", batch), _batches(_told(events))))
    members = {event.member_id for event in events}
    sent.update(event.member_id for event in events)
    expected = {member: sent[member] for member in members}
    look, deadline = Watch(shop.stack, shop.program), time.monotonic() + PATIENCE
    while look.settled(list(expected)) != expected:
        if time.monotonic() > deadline:
            raise TimeoutError(f"not all of {len(events)} events were settled within {PATIENCE:.0f} s")
        time.sleep(LOOK_AGAIN)


def _told(events: Sequence[Order]) -> list[dict[str, Any]]:
    return [
        {
            "id": event.id,
            "type": "order",
            "member_id": event.member_id,
            "occurred_at": event.occurred_at.isoformat(),
            "data": {"order_id": event.order_id, "amount": event.amount, "currency": "USD"},
        }
        for event in events
    ]


def _known(stand: Stand, members: int) -> list[str]:
    """Members to whom usual events happen: a first order costs more than what follows."""
    found = _fresh(members)
    for member in found:
        regular(stand, member)
    return found


def _fresh(members: int) -> list[str]:
    return [str(uuid4()) for _ in range(members)]


def _events(members: Sequence[str], events: int) -> list[Order]:
    """Small orders of the members, by turns."""
    each = [orders(member, events // len(members), cents=1_00) for member in members]
    return [event for turn in zip(*each, strict=True) for event in turn]


def _batches(of: Sequence[Any]) -> Iterator[list[Any]]:
    rest = iter(of)
    while batch := list(islice(rest, BATCH)):
        yield batch
