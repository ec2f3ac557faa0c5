"""A delivery queue with its dead letters, which promises what SQS does and not a bit more.

At least once: now and then a message that was received is received by somebody else as well, and now and
then a deletion is lost. A message that was received too often goes to the dead letters. The clock is its own,
and stands still until everybody has nothing to do.
"""

import random
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count
from threading import Condition
from typing import Any

VISIBILITY, MAX_RECEIVES = 540, 6
"""Seconds, and times: as in template.yaml."""


@dataclass
class Message:
    id: str
    body: str
    receives: int = 0
    visible_at: float = 0


class Queues:
    """The queue `live` and its dead letters `dead`, behind the calls of a client of SQS."""

    def __init__(self, seed: int, twice: float, lost: float) -> None:
        """`twice`: how many of the receptions leave the message visible; `lost`: how many deletions are."""
        self.now = 0.0
        self._twice, self._lost = twice, lost
        self._random, self._ids = random.Random(seed), count(1)
        self._live: dict[str, Message] = {}
        self._dead: dict[str, Message] = {}
        self._order: list[tuple[float, int, str]] = []
        self._busy = 0
        self._changed = Condition()

    # ── As a client of SQS, for whoever redrives ──────────────────────────────────────────────────

    def send_message(self, QueueUrl: str, MessageBody: str) -> None:  # noqa: N803 (AWS's own words)
        assert QueueUrl == "live"
        with self._changed:
            message = Message(f"message-{next(self._ids)}", MessageBody)
            self._live[message.id] = message
            self._show(message, self.now)

    def receive_message(self, QueueUrl: str, MaxNumberOfMessages: int, **_: Any) -> Any:  # noqa: N803
        assert QueueUrl == "dead"
        found = list(self._dead.values())[:MaxNumberOfMessages]
        return {"Messages": [{"MessageId": m.id, "ReceiptHandle": m.id, "Body": m.body} for m in found]}

    def delete_message(self, QueueUrl: str, ReceiptHandle: str) -> None:  # noqa: N803
        assert QueueUrl == "dead"
        del self._dead[ReceiptHandle]

    def describe_stacks(self, StackName: str) -> Any:  # noqa: N803
        names = {"DeliveryQueueUrl": "live", "DeliveryDeadLettersUrl": "dead"}
        outputs = [{"OutputKey": key, "OutputValue": value} for key, value in names.items()]
        return {"Stacks": [{"Outputs": outputs}]}

    def put_back(self, body: str, seconds: int) -> None:
        """A new copy, held back for so long."""
        with self._changed:
            message = Message(f"message-{next(self._ids)}", body)
            self._live[message.id] = message
            self._show(message, self.now + seconds)

    # ── As Lambda's poller ────────────────────────────────────────────────────────────────────────

    def take(self, most: int = 10) -> list[dict[str, Any]]:
        """A batch as a function gets it; an empty one when there is nothing any more and nobody at work."""
        with self._changed:
            while True:
                if batch := self._visible(most):
                    self._busy += 1
                    return batch
                if not self._busy:
                    if not self._order:
                        self._changed.notify_all()
                        return []
                    self.now = max(self.now, self._order[0][0])
                else:
                    self._changed.wait()

    def give_back(self, batch: list[dict[str, Any]], kept: set[str]) -> None:
        """What was not kept is deleted, as far as the deletions arrive."""
        with self._changed:
            for record in batch:
                if record["messageId"] not in kept and self._random.random() >= self._lost:
                    self._live.pop(record["messageId"], None)
            self._busy -= 1
            self._changed.notify_all()

    def postpone(self, receipt: str, seconds: int) -> None:
        with self._changed:
            if message := self._live.get(receipt):
                self._show(message, self.now + seconds)

    @property
    def dead(self) -> int:
        return len(self._dead)

    def _visible(self, most: int) -> list[dict[str, Any]]:
        batch: list[dict[str, Any]] = []
        while self._order and self._order[0][0] <= self.now and len(batch) < most:
            at, _, message_id = heappop(self._order)
            message = self._live.get(message_id)
            if message is None or message.visible_at != at:
                continue
            message.receives += 1
            if message.receives > MAX_RECEIVES:
                self._dead[message_id] = self._live.pop(message_id)
                continue
            twice = self._random.random() < self._twice
            self._show(message, self.now if twice else self.now + VISIBILITY)
            batch.append(
                {
                    "messageId": message.id,
                    "receiptHandle": message.id,
                    "body": message.body,
                    "attributes": {"ApproximateReceiveCount": str(message.receives)},
                }
            )
            if twice:  # for somebody else: no batch has a message twice
                break
        return batch

    def _show(self, message: Message, at: float) -> None:
        message.visible_at = at
        heappush(self._order, (at, next(self._ids), message.id))
