"""Dispatching: bring a message of the delivery queue through its channel, and write down what came of it."""

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Protocol

from membership.channels import DEFAULT, Answer, Channel, Delivery, Send, Settings
from membership.errors import Contended

NO_CHANNEL = "no channel configured"
LONGEST_DELAY = 900
"""Seconds for which SQS holds a new message back at most."""
UNDER_WAY = timedelta(seconds=90)
"""How long an attempt can't be called back at most: as long as the function may run."""
COPIES = 8
"""A queue brings a message once, rarely twice, at a time: more changes under one attempt are a fault."""


class DeliveryStore(Protocol):
    """What dispatching needs of a store: the table's in `store/deliveries.py`, or a test's."""

    def get(self, program: str, delivery_id: str) -> Delivery | None: ...
    def save(self, new: Delivery, known: Delivery | None) -> bool: ...
    def begin(self, delivery: Delivery, now: datetime, until: datetime) -> bool: ...
    def channels(self, program: str) -> Mapping[str, Settings]: ...


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
    """Dispatches the messages of one batch, and reads a program's channels once for all of them."""

    deliveries: DeliveryStore
    channels: Mapping[Channel, Send]
    now: Callable[[], datetime]
    backoff: Backoff = Backoff()
    max_receives: int = 6
    _settings: dict[str, Mapping[str, Settings]] = field(default_factory=dict)

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
        found = self._delivery(message, receives)
        if found is None:
            return None
        delivery, known = found
        if delivery.ended:
            return None
        # What has a record can be cancelled: from here until the attempt is noted it can't.
        if known and not self.deliveries.begin(known, self.now(), self.now() + UNDER_WAY):
            there = self._known(delivery)  # it has ended meanwhile, or another copy is at it
            return int(UNDER_WAY.total_seconds()) if there and not there.ended else None
        channel, settings = self._way(delivery)
        if settings is None:  # trying again won't configure it; an operator will, and resends
            answer = Answer(delivered=False, detail=NO_CHANNEL, final=True)
        else:
            answer = self.channels[channel](delivery, settings, self.now())
        tries_left = not answer.final and receives < self.max_receives
        wait = self.backoff(receives, answer.retry_after) if tries_left else None
        noted = self._note(delivery, known, answer, channel, wait)
        return None if noted.ended or answer.final else wait or 0

    def _delivery(self, message: str, receives: int) -> tuple[Delivery, Delivery | None] | None:
        """What the message asks to be sent, and its record if there is one."""
        match json.loads(message):
            case {"resend": {"program": str(program), "delivery_id": str(delivery_id)}}:
                known = self.deliveries.get(program, delivery_id)
                return (known, known) if known else None  # None: too old, nothing is left to send
            case {"detail": {"id": _, "program": _, "member_id": _, "type": _} as outcome}:
                fresh = Delivery.of(outcome, self.now())
                known = self.deliveries.get(fresh.program, fresh.id)
                if known is None and receives > 1:  # an attempt died unrecorded: let operators see it
                    known = fresh if self.deliveries.save(fresh, None) else self._known(fresh)
                return known or fresh, known
            case _:  # the queue takes it to its dead letters, where somebody can look at it
                raise ValueError("neither an outcome nor a resend")

    def _way(self, delivery: Delivery) -> tuple[Channel, Settings | None]:
        """The provider of what the delivery brings, or else the program's own for everything."""
        if delivery.program not in self._settings:
            self._settings[delivery.program] = self.deliveries.channels(delivery.program)
        settings = self._settings[delivery.program]
        chosen = settings.get(delivery.kind or DEFAULT) or settings.get(DEFAULT)
        return chosen.get("channel", DEFAULT) if chosen else DEFAULT, chosen

    def _note(
        self, delivery: Delivery, known: Delivery | None, answer: Answer, channel: Channel, wait: int | None
    ) -> Delivery:
        """Write the attempt down, beside those of other copies of the message."""
        at = self.now()
        next_at = None if wait is None else at + timedelta(seconds=wait)
        for _ in range(COPIES):
            noted = delivery.after(answer, channel, at, next_at)
            if self.deliveries.save(noted, known):
                return noted
            known = self._known(delivery)
            delivery = known or delivery
        raise Contended("a delivery was changed by others again and again")

    def _known(self, delivery: Delivery) -> Delivery | None:
        return self.deliveries.get(delivery.program, delivery.id)
