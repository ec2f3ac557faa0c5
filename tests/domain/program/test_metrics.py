"""What each kind of metric makes of a fact, and of a refund."""

from datetime import UTC, datetime
from typing import Any

import pytest

from membership.facts import Activity, Fact, Order
from membership.program.metrics import Tallied
from tests.domain.program.documents import SMALL, small

AT = datetime(2026, 3, 1, tzinfo=UTC)


def order(amount: int = 10_000) -> Order:
    return Order(id="f", member_id="m", occurred_at=AT, recorded_at=AT, order_id="o", amount=amount)


def done(kind: str, quality: int | None = None, value: int | None = None) -> Activity:
    return Activity(
        id="f", member_id="m", occurred_at=AT, recorded_at=AT, kind=kind, quality=quality, value=value
    )


def metric(definition: dict[str, Any]) -> Tallied:
    found = small(metrics={**SMALL["metrics"], "it": definition}).metrics["it"]
    assert isinstance(found, Tallied)
    return found


SPEND = {"sum": "order.amount"}
ORDERS = {"count": "order"}
LARGE = {"where": {"amount": {"gte": 100}}}
SMALL_ORDERS = {"where": {"amount": {"lte": "99.99"}}}
GOOD = {"count": "feedback", "where": {"quality": {"gte": 4}}}


@pytest.mark.parametrize(
    ("definition", "fact", "gain"),
    [
        (SPEND, order(), 10_000),
        (SPEND, order(0), 0),
        (SPEND, done("review", value=5), 0),
        (SPEND | LARGE, order(9_999), 0),
        (SPEND | LARGE, order(10_000), 10_000),
        (SPEND | SMALL_ORDERS, order(9_999), 9_999),
        (SPEND | SMALL_ORDERS, order(10_000), 0),
        (ORDERS, order(), 1),
        (ORDERS, order(0), 1),
        (ORDERS | LARGE, order(9_999), 0),
        (ORDERS | LARGE, order(10_000), 1),
        (ORDERS, done("order"), 0),
        ({"count": "activity"}, done("anything"), 1),
        ({"count": "activity"}, done("order"), 1),
        ({"count": "activity"}, order(), 0),
        ({"count": "activity", "excluding": "feedback"}, done("feedback"), 0),
        ({"count": "activity", "excluding": ["feedback", "review"]}, done("review"), 0),
        ({"count": "activity", "excluding": "feedback"}, done("review"), 1),
        ({"count": ["review", "share"]}, done("share"), 1),
        ({"count": ["review", "share"]}, done("check_in"), 0),
        ({"count": ["order", "review"]}, order(), 1),
        (GOOD, done("feedback", quality=3), 0),
        (GOOD, done("feedback", quality=4), 1),
        (GOOD, done("feedback", quality=5), 1),
        (GOOD, done("feedback"), 0),  # nobody rated it
        ({"count": "quiz", "where": {"value": {"gte": 1, "lte": 3}}}, done("quiz", value=0), 0),
        ({"count": "quiz", "where": {"value": {"gte": 1, "lte": 3}}}, done("quiz", value=1), 1),
        ({"count": "quiz", "where": {"value": {"gte": 1, "lte": 3}}}, done("quiz", value=3), 1),
        ({"count": "quiz", "where": {"value": {"gte": 1, "lte": 3}}}, done("quiz", value=4), 0),
        ({"points": {"referral": 200, "campaign": 100}}, done("referral"), 200),
        ({"points": {"referral": 200, "campaign": 100}}, done("campaign"), 100),
        ({"points": {"referral": 200, "campaign": 100}}, done("review"), 0),
        ({"points": {"referral": 200}}, order(), 0),
        ({"points": {"review": 5}, "where": {"quality": {"gte": 4}}}, done("review", quality=3), 0),
        ({"points": {"review": 5}, "where": {"quality": {"gte": 4}}}, done("review", quality=4), 5),
    ],
)
def test_gain(definition: dict[str, Any], fact: Fact, gain: int) -> None:
    assert metric(definition).gain(fact) == gain


@pytest.mark.parametrize(
    ("definition", "paid", "refunded_before", "refund", "loss"),
    [
        (SPEND, 10_000, 0, 2_500, 2_500),
        (SPEND, 10_000, 2_500, 7_500, 7_500),
        (SPEND | LARGE, 9_999, 0, 5_000, 0),  # never counted
        (SPEND | LARGE, 10_000, 0, 5_000, 5_000),
        (ORDERS, 10_000, 0, 9_999, 0),  # something of it was kept
        (ORDERS, 10_000, 0, 10_000, 1),
        (ORDERS, 10_000, 9_999, 1, 1),
        (ORDERS, 10_000, 10_000, 0, 0),  # taken back before
        (ORDERS, 0, 0, 0, 0),
        (ORDERS | LARGE, 9_999, 0, 9_999, 0),
        ({"points": {"referral": 200}}, 10_000, 0, 10_000, 0),
    ],
)
def test_loss(definition: dict[str, Any], paid: int, refunded_before: int, refund: int, loss: int) -> None:
    assert metric(definition).loss(order(paid), refunded_before, refund) == loss


@pytest.mark.parametrize("steps", [[10_000], [1, 9_999], [5_000, 5_000], [9_999, 1], [1] * 7 + [9_993]])
def test_refunds_in_any_parts_take_back_what_the_order_gave(steps: list[int]) -> None:
    for definition in (SPEND, ORDERS, SPEND | LARGE, ORDERS | LARGE):
        it, refunded, lost = metric(definition), 0, 0
        for step in steps:
            lost += it.loss(order(), refunded, step)
            refunded += step
        assert lost == it.gain(order())


@pytest.mark.parametrize(
    ("definition", "measure"),
    [
        (SPEND, "money"),
        (ORDERS, "orders"),
        ({"count": ["order"]}, "orders"),
        ({"count": ["order", "review"]}, "times"),
        ({"count": "activity"}, "times"),
        ({"points": {"referral": 200}}, "points"),
        ({"since": "joined", "unit": "year"}, "years"),
        ({"since": "joined", "unit": "month"}, "months"),
        ({"since": "joined", "unit": "day"}, "days"),
    ],
)
def test_measure(definition: dict[str, Any], measure: str) -> None:
    assert small(metrics={**SMALL["metrics"], "it": definition}).metrics["it"].measure == measure


def test_money_bounds_follow_the_currency() -> None:
    yen = small(currency="JPY", metrics={**SMALL["metrics"], "spend": SPEND | LARGE}).metrics["spend"]
    assert isinstance(yen, Tallied)
    assert yen.gain(order(100)) == 100
    assert yen.gain(order(99)) == 0
