"""Dispatching a message: once in effect, however often it comes; every attempt ends in a record."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership.channels import Answer, Delivery, Settings, delivery_id
from membership.dispatching import NO_CHANNEL, Backoff, Dispatcher
from tests.fakes.deliveries import MemoryDeliveries

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
OUTCOME = {
    "id": "out_1",
    "type": "reward.granted",
    "program": "demo",
    "member_id": "m1",
    "at": "2026-11-24T08:00:00Z",
    "data": {"reward": "coupon"},
}
ID = delivery_id("demo", "out_1")
MESSAGE = json.dumps({"source": "tierwise", "detail-type": "reward.granted", "detail": OUTCOME})
RESEND = json.dumps({"resend": {"program": "demo", "delivery_id": ID}})
YES = Answer(delivered=True, status=204)
NO = Answer(delivered=False, status=500, detail="down")


@dataclass
class Shop:
    """A channel that answers as told, and yes after that."""

    answers: list[Answer] = field(default_factory=list)
    sent: list[Delivery] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None

    def __call__(self, delivery: Delivery, settings: Settings, now: datetime) -> Answer:
        self.sent.append(delivery)
        self.meanwhile()
        return self.answers.pop(0) if self.answers else YES


class World:
    """A store with a configured channel, a shop, and a dispatcher between them."""

    def __init__(self, *answers: Answer, configured: bool = True) -> None:
        self.store, self.shop = MemoryDeliveries(), Shop(list(answers))
        if configured:
            self.configure()

    def configure(self) -> None:
        self.store.configure("demo", "webhook", {"url": "https://shop.example/"}, None)

    def dispatch(self, message: str = MESSAGE, receives: int = 1) -> int | None:
        dispatcher = Dispatcher(self.store, {"webhook": self.shop}, lambda: NOW, Backoff(chance=lambda: 0))
        return dispatcher.dispatch(message, receives)

    @property
    def record(self) -> Delivery:
        record = self.store.get("demo", ID)
        assert record
        return record


def test_delivered() -> None:
    world = World()
    assert world.dispatch() is None
    assert world.record.model_dump(mode="json") == {
        "id": ID,
        "program": "demo",
        "member_id": "m1",
        "outcome_id": "out_1",
        "type": "reward.granted",
        "channel": "webhook",
        "created_at": "2026-11-24T08:00:00Z",
        "payload": OUTCOME,
        "status": "delivered",
        "attempts": 1,
        "last": {"at": "2026-11-24T08:00:00Z", "status": 204, "detail": ""},
    }


def test_what_was_delivered_is_not_sent_again() -> None:
    world = World()
    assert [world.dispatch(receives=n) for n in (1, 1, 2)] == [None, None, None]
    assert len(world.shop.sent) == 1


def test_failures_wait_longer_and_longer_until_the_last() -> None:
    world = World(*[NO] * 6)
    waits = [world.dispatch(receives=n) for n in range(1, 6)]
    assert waits == [30, 180, 1080, 6480, 21600]
    assert (world.record.status, world.record.attempts) == ("pending", 5)
    assert world.dispatch(receives=6) == 0  # so that the queue puts it among the dead letters at once
    assert (world.record.status, world.record.attempts) == ("failed", 6)
    assert world.record.last
    assert (world.record.last.status, world.record.last.detail) == (500, "down")


def test_it_comes_right_in_the_end() -> None:
    world = World(NO)
    assert world.dispatch() == 30
    assert world.dispatch(receives=2) is None
    assert (world.record.status, world.record.attempts) == ("delivered", 2)
    assert len({delivery.id for delivery in world.shop.sent}) == 1


def test_a_dead_letter_that_is_redriven_is_tried_again() -> None:
    world = World(NO, NO)
    world.dispatch(receives=6)
    statuses = []
    for receives, wait in ((1, 30), (2, None)):
        assert world.dispatch(receives=receives) == wait
        statuses.append(world.record.status)
    assert statuses == ["pending", "delivered"]


def test_without_a_channel_it_fails_at_once_and_can_be_resent() -> None:
    world = World(configured=False)
    assert world.dispatch() is None
    assert (world.record.status, world.record.attempts, world.record.last and world.record.last.detail) == (
        "failed",
        0,
        NO_CHANNEL,
    )
    world.configure()
    world.store.reopen("demo", ID, NOW)
    assert world.dispatch(RESEND) is None
    assert world.record.status == "delivered"
    assert world.shop.sent[0].payload == OUTCOME


def test_an_operator_resends_what_was_delivered_once() -> None:
    world = World()
    world.dispatch()
    world.store.reopen("demo", ID, NOW)
    assert [world.dispatch(RESEND), world.dispatch(RESEND)] == [None, None]  # the queue may bring it twice
    assert [delivery.id for delivery in world.shop.sent] == [ID, ID]
    assert (world.record.status, world.record.attempts) == ("delivered", 2)


def test_a_resend_of_what_is_long_gone_ends() -> None:
    world = World()
    assert world.dispatch(RESEND) is None
    assert world.shop.sent == []


def test_a_crash_after_sending_sends_again_under_the_same_id() -> None:
    world = World()

    def crash() -> None:
        world.shop.meanwhile = lambda: None
        raise MemoryError

    world.shop.meanwhile = crash
    with pytest.raises(MemoryError):
        world.dispatch()
    assert world.store.get("demo", ID) is None  # marked after, never before
    assert world.dispatch(receives=2) is None
    assert [delivery.id for delivery in world.shop.sent] == [ID, ID]


def test_an_attempt_that_dies_again_is_seen() -> None:
    world = World()

    def crash() -> None:
        raise MemoryError

    world.shop.meanwhile = crash
    for receives in (1, 2):
        with pytest.raises(MemoryError):
            world.dispatch(receives=receives)
    assert (world.record.status, world.record.attempts) == ("pending", 0)


def test_two_copies_at_once_and_the_slower_one_fails() -> None:
    """Whoever was refused after the other was taken must not undo it."""
    world = World(NO)

    def other_copy() -> None:
        world.shop.meanwhile = lambda: None
        world.shop.answers.insert(0, YES)
        world.dispatch()

    world.shop.meanwhile = other_copy
    assert world.dispatch() is None
    assert (world.record.status, world.record.attempts) == ("delivered", 1)


def test_settings_are_read_once_a_batch() -> None:
    world = World()
    reads: list[str] = []

    class Counting(MemoryDeliveries):
        def channel(self, program: str, channel: Any) -> Settings | None:
            reads.append(program)
            return {"url": "https://shop.example/"}

    dispatcher = Dispatcher(Counting(), {"webhook": world.shop}, lambda: NOW)
    for number in range(3):
        dispatcher.dispatch(json.dumps({"detail": {**OUTCOME, "id": f"out_{number}"}}), 1)
    assert (len(world.shop.sent), reads) == (3, ["demo"])


def test_programs_and_outcomes_have_deliveries_of_their_own() -> None:
    assert len({delivery_id(p, o) for p in ("demo", "other") for o in ("out_1", "out_2")}) == 4


@pytest.mark.parametrize(
    "message",
    ["", "null", "[]", "{}", '{"resend": {}}', '{"detail": {"id": "x"}}', '{"detail": null}', "\ud800"],
)
def test_what_is_neither_is_left_to_the_dead_letters(message: str) -> None:
    with pytest.raises(ValueError, match=r"neither an outcome nor a resend|Expecting value"):
        World().dispatch(message)


@given(
    receives=st.integers(1, 10**6),
    chance=st.floats(0, 1),
    asked=st.none() | st.integers(0, 10**12),
)
def test_a_wait_is_one_that_sqs_takes(receives: int, chance: float, asked: int | None) -> None:
    wait = Backoff(chance=lambda: chance)(receives, asked)
    assert 15 <= wait <= 21600
    assert wait >= min(asked or 0, 21600)


def waiting(not_before: str | None) -> str:
    told = {"not_before": not_before} if not_before else {}
    return json.dumps({"detail": {**OUTCOME, "data": told}})


@pytest.mark.parametrize(
    ("not_before", "seconds"),
    [
        (None, None),
        ("2026-11-24T07:59:59Z", None),
        ("2026-11-24T08:00:00Z", None),
        ("2026-11-24T08:00:00.250000Z", 1),
        ("2026-11-24T16:14:00+08:00", 840),
        ("2026-11-24T08:15:00Z", 900),
        ("2026-11-25T07:00:00Z", 900),  # again and again: SQS holds nothing back for longer
    ],
)
def test_what_is_too_early_is_held_back(not_before: str | None, seconds: int | None) -> None:
    dispatcher = Dispatcher(MemoryDeliveries(), {}, lambda: NOW)
    assert dispatcher.too_early(waiting(not_before)) == seconds


def test_a_resend_is_never_too_early() -> None:
    assert Dispatcher(MemoryDeliveries(), {}, lambda: NOW).too_early(RESEND) is None
