"""Capacity units per event. They depend on nothing but the design, so end-to-end tests hold the limits."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from membership.facts import Refund, Review
from membership.program.reading import read_program
from membership.services.redeeming import Redeeming
from membership.store.items import fact_item
from tools import cdnow
from tools.bench.meter import item_bytes
from tools.bench.stand import BEGIN, Stand, orders, regular, take
from tools.demo.shop import in_time

BATCHES = (2, 4, 10, 100)
CAFE = read_program(
    """
id: cafe
metrics: {spend: {sum: order.amount}}
tiers: [{id: regular}, {id: gold, qualify: {spend: 1000}}]
points: {earn: {order: {points: 1, per: 1}}}
catalogue:
  - {id: mug, points: 100, gift: MUG}
  - {id: cake, points: 100, gift: CAKE, stock: 1}
  - {id: film, points: 100, coupon: FILM, codes: uploaded, stock: 100}
"""
)
"""Has a reward of each kind, and points to buy them with."""


@dataclass(frozen=True)
class Units:
    """What something costs for each of its facts."""

    what: str
    writes: float
    reads: float
    calls: float


def usual(stand: Stand) -> list[Units]:
    """An order of a member with a tier, that decides nothing: most events by far."""
    regular(stand, member := _member())
    [order] = orders(member, 1)
    return [
        _measure(stand, "usual event, ingest", 1, lambda: stand.ingest.take(stand.program, [order])),
        _measure(
            stand, "usual event, settle", 1, lambda: stand.settling.settle(stand.program.id, member, [order])
        ),
    ]


def longest(stand: Stand) -> Units:
    """The same with event and order ids as long as they may be: still below 1 KB in the ledger."""
    regular(stand, member := _member())
    [order] = orders(member, 1)
    order = order.model_copy(update={"id": "e" * 128, "order_id": "o" * 128})
    size = item_bytes(fact_item(stand.program.id, order))
    return _measure(stand, f"with the longest ids ({size} bytes)", 1, lambda: take(stand, [order]))


def earning(stand: Stand) -> Units:
    """An order of a member who has bought something each month of the last year, and has points of each."""
    member, past = _member(), datetime.now(UTC) - timedelta(days=2)
    months = [BEGIN - timedelta(days=30 * n) for n in range(12, 0, -1)]
    for order, month in zip(orders(member, 12, recorded=past), months, strict=True):
        take(stand, [order.model_copy(update={"occurred_at": month})])
    stored = stand.ledger.load(stand.program.id, member).member
    assert stored
    assert len(stored.points.lots) > 10
    [order] = orders(member, 1)
    return _measure(
        stand, "an order that earns points, of a member with a year of them", 1, lambda: take(stand, [order])
    )


def batch(stand: Stand, size: int) -> Units:
    """Several facts of one member that a batch from the stream brings together."""
    regular(stand, member := _member())
    facts = orders(member, size, cents=1_00)
    return _measure(stand, f"a batch with {size} facts of one member", size, lambda: take(stand, facts))


def others(stand: Stand) -> list[Units]:
    """What is less usual, for comparison."""
    regular(stand, member := _member())
    [order] = orders(member, 1)
    take(stand, [order])
    refund = Refund(
        id=str(uuid4()),
        member_id=member,
        occurred_at=order.occurred_at,
        recorded_at=datetime.now(UTC),
        order_id=order.order_id,
        amount=100,
    )
    day = order.occurred_at.date()
    review = Review(
        id=f"review-{day}",
        member_id=member,
        occurred_at=order.occurred_at,
        recorded_at=datetime.now(UTC),
        day=day,
    )
    [large] = orders(member, 1, cents=60_000_00)
    take(stand, orders(member, 5, cents=1_00))
    return [
        _measure(stand, "the first order of a new member", 1, lambda: take(stand, orders(_member(), 1))),
        _measure(stand, "an order that brings a promotion", 1, lambda: take(stand, [large])),
        _measure(stand, "a refund", 1, lambda: take(stand, [refund])),
        _measure(stand, "an event told twice", 1, lambda: stand.ingest.take(stand.program, [order])),
        _measure(stand, "the review of a member who is due", 1, lambda: take(stand, [review])),
    ]


def redemptions(stand: Stand) -> list[Units]:
    """What the API does for who redeems; the stand has the program above in force."""
    member, codes = _member(), [str(uuid4()) for _ in range(98)]
    take(stand, orders(member, 2, cents=900_00, recorded=datetime.now(UTC) - timedelta(days=2)))
    at, shelves = datetime.now(UTC), stand.ledger.shelves
    redeeming = Redeeming(stand.ledger, stand.programs, shelves, stand.settling)

    def redeem(reward: str, id_: str = "") -> Callable[[], object]:
        return lambda: redeeming.redeem("cafe", member, id_ or reward, reward, "token", at)

    def cancel() -> None:
        redeeming.cancel("cafe", member, "cake", "c", "bench", "measured", at)

    return [
        _measure(stand, "an uploaded code", len(codes), lambda: shelves.upload("cafe", "film", codes)),
        _measure(stand, "a redemption", 1, redeem("mug")),
        _measure(stand, "a redemption, of a stock", 1, redeem("cake")),
        _measure(stand, "a redemption, of a stock and with an uploaded code", 1, redeem("film")),
        _measure(stand, "a redemption that is refused: sold out", 1, redeem("cake", "late")),
        _measure(stand, "a redemption told twice", 1, redeem("mug")),
        _measure(stand, "a redemption of a stock that is cancelled", 1, cancel),
    ]


def real(stand: Stand, customers: int = 100) -> Units:
    """Each settled by itself: first orders, promotions and usual events as a real shop has them."""
    log = cdnow.sample()
    chosen = set(sorted({purchase.customer for purchase in log})[:customers])
    facts = [
        order.model_copy(update={"occurred_at": stand.program.midnight(purchase.day)})
        for purchase in in_time(log)
        if purchase.customer in chosen
        for order in orders(purchase.customer, 1, cents=purchase.cents)
    ]
    what = f"{len(facts)} real orders, as the demo posts them"

    def all_of_them() -> None:
        for fact in facts:
            take(stand, [fact])

    return _measure(stand, what, len(facts), all_of_them)


def _measure(stand: Stand, what: str, facts: int, do: Callable[[], object]) -> Units:
    stand.meter.reset()
    do()
    meter = stand.meter
    return Units(what, meter.writes / facts, meter.reads / facts, meter.calls / facts)


def _member() -> str:
    return str(uuid4())
