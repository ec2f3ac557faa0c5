"""Dispatching: bring a message of the delivery queue through its channel, and write down what came of it."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Protocol

from membership.channels import DEFAULT, Channel, Delivery, Send, Settings

NO_CHANNEL = "no channel configured"
LONGEST_DELAY = 900
"""Seconds for which SQS holds a new message back at most."""


class DeliveryStore(Protocol):
    """What dispatching needs of a store: the table's in `store/deliveries.py`, or a test's."""

    def get(self, program: str, delivery_id: str) -> Delivery | None: ...
    def save(self, delivery: Delivery) -> bool: ...
    def channel(self, program: str, channel: Channel) -> Settings | None: ...


@dataclass(frozen=True)
class Backoff:
    """How long to wait for the next attempt: 30 s, 3 min, 18 min, 1.8 h, 6 h, by chance up to half less."""

    base: float = 30
    cap: float = 6 * 3600  # SQS hides a message for 12 hours at most
    factor: float = 6
    chance: Callable[[], float] = random.random

    def __call__(self, receives: int, retry_after: int | None = None) -> int:
        """Seconds to wait after the n-th attempt; never less than the receiver asked for, up to the cap."""
        step = min(self.cap, self.base * self.factor ** min(receives - 1, 20))
        wait = step * (1 - self.chance() / 2)  # what failed together must not come back together
        return ceil(min(self.cap, max(wait, retry_after or 0)))


@dataclass
class Dispatcher:
    """Dispatches the messages of one batch, and reads the settings of a channel once for all of them."""

    deliveries: DeliveryStore
    channels: Mapping[Channel, Send]
    now: Callable[[], datetime]
    backoff: Backoff = Backoff()
    max_receives: int = 6
    _settings: dict[tuple[str, Channel], Settings | None] = field(default_factory=dict)

    def too_early(self, message: str) -> int | None:
        """Seconds for which a new copy of the message is to be held back, where its time hasn't come.

        A copy, because each time that a queue shows a message counts as an attempt, and because it hides
        no more than 120,000 at once: as many may wait for one morning. What is held back is neither.
        """
        outcome = json.loads(message).get("detail") or {}
        begins = (outcome.get("data") or {}).get("not_before")
        left = (datetime.fromisoformat(begins) - self.now()).total_seconds() if begins else 0
        return min(LONGEST_DELAY, ceil(left)) if left > 0 else None

    def dispatch(self, message: str, receives: int) -> int | None:
        """Handle one message: None when it is done with, else the seconds to wait before the next attempt.

        A delivery is marked after it was sent, never before: a crash in between sends it again, same id.
        """
        delivery = self._delivery(message, receives)
        if delivery is None or delivery.status == "delivered":
            return None
        settings = self._channel(delivery.program, delivery.channel)
        if settings is None:  # trying again won't configure it; an operator will, and resends
            self.deliveries.save(delivery.given_up(NO_CHANNEL, self.now()))
            return None
        answer = self.channels[delivery.channel](delivery, settings, self.now())
        last_chance = receives >= self.max_receives
        still_open = self.deliveries.save(delivery.after(answer, self.now(), last_chance=last_chance))
        if answer.delivered or not still_open:
            return None
        return 0 if last_chance else self.backoff(receives, answer.retry_after)

    def _delivery(self, message: str, receives: int) -> Delivery | None:
        match json.loads(message):
            case {"resend": {"program": str(program), "delivery_id": str(delivery_id)}}:
                return self.deliveries.get(program, delivery_id)  # None: too old, nothing is left to send
            case {"detail": {"id": _, "program": _, "member_id": _, "type": _} as outcome}:
                fresh = Delivery.of(outcome, DEFAULT, self.now())
                known = self.deliveries.get(fresh.program, fresh.id)
                if known is None and receives > 1:  # an attempt died unrecorded: let operators see it
                    self.deliveries.save(fresh)
                return known or fresh
            case _:  # the queue takes it to its dead letters, where somebody can look at it
                raise ValueError("neither an outcome nor a resend")

    def _channel(self, program: str, channel: Channel) -> Settings | None:
        key = (program, channel)
        if key not in self._settings:
            self._settings[key] = self.deliveries.channel(program, channel)
        return self._settings[key]
