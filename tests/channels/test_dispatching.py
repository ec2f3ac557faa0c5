"""Dispatching a message: once in effect, however often it comes; every attempt ends in a record."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership.channels import Answer, Delivery, Settings, delivery_id
from membership.services.dispatching import NO_CHANNEL, UNDER_WAY, Backoff, Dispatcher
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
        "log": [{"at": "2026-11-24T08:00:00Z", "status": 204, "detail": ""}],
        "next_at": None,
        "cancelled": None,
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
    assert world.record.next_at == NOW + timedelta(seconds=21600)
    assert world.dispatch(receives=6) == 0  # so that the queue puts it among the dead letters at once
    assert (world.record.status, world.record.attempts, world.record.next_at) == ("failed", 6, None)
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
        1,
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
    """Whoever was refused after the other was taken must not undo it; and both are attempts."""
    world = World(NO)

    def other_copy() -> None:
        world.shop.meanwhile = lambda: None
        world.shop.answers.insert(0, YES)
        world.dispatch()

    world.shop.meanwhile = other_copy
    assert world.dispatch() is None
    assert (world.record.status, world.record.attempts) == ("delivered", 2)
    assert [attempt.status for attempt in world.record.log] == [204, 500]


def test_every_attempt_is_counted_and_the_last_ones_are_kept() -> None:
    world = World(*[Answer(delivered=False, status=n) for n in range(400, 430)])
    for _ in range(10):  # and three receives each, as after a redrive
        for receives in (1, 2, 3):
            world.dispatch(receives=receives)
    assert world.record.attempts == 30
    assert [attempt.status for attempt in world.record.log] == [*range(410, 430)]


# ── Cancelled in flight ───────────────────────────────────────────────────────────────────────────


@pytest.mark.proves("B9")
def test_what_was_cancelled_is_never_sent_again() -> None:
    world = World(NO)
    assert world.dispatch() == 30
    cancelled = world.store.cancel("demo", ID, "key_1", NOW)
    assert cancelled
    assert (cancelled.status, cancelled.next_at) == ("cancelled", None)
    assert cancelled.cancelled
    assert cancelled.cancelled.by == "key_1"
    assert world.store.cancel("demo", ID, "key_2", NOW) == cancelled, "once is enough"
    assert world.dispatch(receives=2) is None
    assert world.store.reopen("demo", ID, NOW) == cancelled
    assert [world.dispatch(RESEND), world.dispatch()] == [None, None], "nor after a redrive"
    assert len(world.shop.sent) == 1


def test_a_dead_letter_can_be_cancelled_too() -> None:
    world = World(NO)
    world.dispatch(receives=6)
    world.store.cancel("demo", ID, "key_1", NOW)
    assert world.dispatch() is None
    assert (len(world.shop.sent), world.record.status) == (1, "cancelled")


def test_it_is_too_late_once_it_was_delivered() -> None:
    world = World()
    world.dispatch()
    answered = world.store.cancel("demo", ID, "key_1", NOW)
    assert answered == world.record
    assert answered.status == "delivered"


def test_an_attempt_that_is_under_way_cannot_be_called_back() -> None:
    """Whoever is told that it is cancelled can rely on it: so nobody is told while it is being sent."""
    world, told = World(NO, NO), list[str]()
    world.dispatch()

    def operator() -> None:
        answered = world.store.cancel("demo", ID, "key_1", NOW)
        told.append(answered.status if answered else "none")

    world.shop.meanwhile = operator
    world.dispatch(receives=2)
    assert (told, len(world.shop.sent)) == (["pending"], 2)
    world.shop.meanwhile = lambda: None
    operator()
    assert told == ["pending", "cancelled"]
    assert world.dispatch(receives=3) is None
    assert len(world.shop.sent) == 2


def test_of_two_copies_one_at_a_time_is_sent() -> None:
    world, waits = World(NO, NO), list[int | None]()
    world.dispatch()
    world.shop.meanwhile = lambda: waits.append(world.dispatch(receives=3))
    assert world.dispatch(receives=2) == 180
    assert (waits, len(world.shop.sent)) == ([90], 2)
    world.shop.meanwhile = lambda: None
    assert world.dispatch(receives=4) is None
    assert (world.record.status, world.record.attempts) == ("delivered", 3)


def test_an_attempt_that_died_holds_up_no_cancelling_for_long() -> None:
    world = World(NO)
    world.dispatch()
    assert world.store.begin(world.record, NOW, NOW + UNDER_WAY)
    for at, status in ((NOW, "pending"), (NOW + UNDER_WAY + timedelta(seconds=1), "cancelled")):
        answered = world.store.cancel("demo", ID, "key_1", at)
        assert answered
        assert answered.status == status


# ── Providers ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.proves("B9")
def test_each_kind_goes_to_its_provider_and_the_rest_to_the_webhook() -> None:
    store, went = MemoryDeliveries(), list[tuple[str, str]]()
    for name in ("webhook", "coupons", "messages"):
        assert store.configure("demo", name, {"url": name}, None)
    assert store.configure("demo", "points", {"channel": "topic"}, None)

    def by(channel: str) -> Any:
        def send(delivery: Delivery, settings: Settings, now: datetime) -> Answer:
            went.append((channel, settings.get("url", "")))
            return YES

        return send

    dispatcher = Dispatcher(store, {"webhook": by("webhook"), "topic": by("topic")}, lambda: NOW)
    datas = [
        ("message.due", {"about": "tier.kept"}),
        ("reward.granted", {"reward": {"id": "a", "coupon": "C-10"}}),
        ("reward.granted", {"reward": {"id": "b", "gift": "cup"}}),
        ("reward.granted", {"reward": {"id": "c", "points": 100}}),
        ("else", {}),
    ]
    for n, (kind, data) in enumerate(datas):
        outcome = {**OUTCOME, "id": f"out_{n}", "type": kind, "data": data}
        assert dispatcher.dispatch(json.dumps({"detail": outcome}), 1) is None
    assert went == [
        ("webhook", "messages"),
        ("webhook", "coupons"),
        ("webhook", "webhook"),
        ("topic", ""),
        ("webhook", "webhook"),
    ]
    records, _ = store.page("demo", ["delivered"], 10)
    assert len(records) == len({record.id for record in records}) == 5


def test_what_only_an_operator_can_mend_waits_for_one() -> None:
    world = World(Answer(delivered=False, detail="the member has no e-mail address", final=True))
    assert world.dispatch() is None, "no dead letter, no alarm"
    assert (world.record.status, world.record.attempts) == ("failed", 1)
    world.store.reopen("demo", ID, NOW)
    assert world.dispatch(RESEND) is None
    assert world.record.status == "delivered"


def test_settings_are_read_once_a_batch() -> None:
    world = World()
    reads: list[str] = []

    class Counting(MemoryDeliveries):
        def channels(self, program: str) -> dict[str, Settings]:
            reads.append(program)
            return {"webhook": {"url": "https://shop.example/"}}

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
