"""What lies between our functions: streams, the bus and its rule, queues, invocations, a shop's receiver.

How often, how many and how long are taken from the template.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from random import Random
from typing import Any

from membership.channels.outgoing import NoAnswer, Reply
from tests.template import resources

STREAM_HOLDS = timedelta(hours=24)


def _property(resource: str, *path: str) -> Any:
    found = resources()[resource]["Properties"]
    for name in path:
        found = found[name]
    return found


# ── Streams ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(eq=False)
class Record:
    """A new item of the ledger, on its way to one function."""

    partition: str
    at: datetime
    item: Mapping[str, Any]
    tries: int = 0

    def __post_init__(self) -> None:
        self.event = {"eventName": "INSERT", "dynamodb": {"NewImage": self.item}}


class Stream:
    """The records for one function. Those of one partition keep their order; all others come as they like."""

    def __init__(self, function: str, event: str) -> None:
        settings = _property(f"{function.capitalize()}Function", "Events", event, "Properties")
        self.batch, self._tries = int(settings["BatchSize"]), int(settings["MaximumRetryAttempts"]) + 1
        pattern = json.loads(settings["FilterCriteria"]["Filters"][0]["Pattern"])
        self.prefix = pattern["dynamodb"]["Keys"]["sk"]["S"][0]["prefix"]
        self.function = function
        self.waiting: dict[str, list[Record]] = {}
        self.done: list[Record] = []
        """Brought already; for a day some may come again."""
        self.failed: list[Record] = []
        """Given up: noted in the failure queue."""
        self._busy: set[str] = set()

    def add(self, item: Mapping[str, Any], at: datetime) -> None:
        if item["sk"]["S"].startswith(self.prefix):
            partition = item["pk"]["S"]
            self.waiting.setdefault(partition, []).append(Record(partition, at, item))

    @property
    def ready(self) -> list[str]:
        return [partition for partition in self.waiting if partition not in self._busy]

    def bring(self, invoke: Callable[[str, Any], bool], random: Random, now: datetime) -> None:
        """One batch of some partitions. `invoke` says whether it was taken."""
        chosen = random.sample(self.ready, min(len(self.ready), random.choice([1, 2, 4, 9])))
        batch: list[Record] = []
        for partition in chosen:
            records = self.waiting[partition]
            batch += records[: random.choice([1, 3, len(records)])]
        batch = batch[: self.batch]
        if not batch:
            return
        self._busy.update(chosen)
        taken = invoke(self.function, {"Records": [record.event for record in batch]})
        self._busy.difference_update(chosen)
        for record in batch:
            record.tries += 1
            record.at = max(record.at, now)
        if taken:
            self.done = [one for one in (*self.done, *batch) if now - one.at < STREAM_HOLDS][-40:]
        else:
            self.failed += [record for record in batch if record.tries >= self._tries]
        for record in batch:
            if taken or record.tries >= self._tries:
                self.waiting[record.partition].remove(record)
        self.waiting = {partition: records for partition, records in self.waiting.items() if records}

    def bring_again(self, invoke: Callable[[str, Any], bool], random: Random, now: datetime) -> None:
        """Some of what was brought before: in their order within a partition."""
        fresh = [one for one in self.done if now - one.at < STREAM_HOLDS]
        if fresh:
            start = random.randrange(len(fresh))
            batch = fresh[start : start + random.choice([1, 3, 20])]
            invoke(self.function, {"Records": [record.event for record in batch]})


# ── Queues ────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Message:
    id: str
    body: str
    visible_at: datetime
    receives: int = 0


class Queue:
    """The delivery queue and its dead letters. Nothing is in order, and everything may come twice."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        settings = _property("DeliveryQueue")
        self._hidden = timedelta(seconds=int(settings["VisibilityTimeout"]))
        self._most = int(settings["RedrivePolicy"]["maxReceiveCount"])
        self._now, self._numbers = now, count(1)
        self.messages: dict[str, Message] = {}
        self.dead: list[str] = []
        self.batch = int(_property("DispatchFunction", "Events", "Deliveries", "Properties", "BatchSize"))

    def send(self, body: str, delay: int = 0) -> None:
        id_ = f"msg-{next(self._numbers)}"
        self.messages[id_] = Message(id_, body, self._now() + timedelta(seconds=delay))

    def send_message(self, *, QueueUrl: str, MessageBody: str, DelaySeconds: int = 0) -> Any:  # noqa: N803
        if not 0 <= DelaySeconds <= 900:
            raise AssertionError("15 minutes at most")
        self.send(MessageBody, DelaySeconds)
        return {}

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> Any:  # noqa: N803
        if message := self.messages.get(ReceiptHandle):
            message.visible_at = self._now() + timedelta(seconds=VisibilityTimeout)
        return {}

    @property
    def visible(self) -> list[Message]:
        return [one for one in self.messages.values() if one.visible_at <= self._now()]

    @property
    def next_visible(self) -> datetime | None:
        return min((one.visible_at for one in self.messages.values()), default=None)

    def receive(self, random: Random) -> list[dict[str, Any]]:
        found = self.visible
        batch = random.sample(found, min(len(found), random.choice([1, 3, self.batch])))
        records = []
        for message in batch:
            message.receives += 1
            if message.receives > self._most:
                self.dead.append(self.messages.pop(message.id).body)
                continue
            message.visible_at = self._now() + self._hidden
            records.append(
                {
                    "messageId": message.id,
                    "receiptHandle": message.id,
                    "body": message.body,
                    "attributes": {"ApproximateReceiveCount": str(message.receives)},
                }
            )
        return records

    def delete(self, ids: Iterable[str]) -> None:
        for id_ in ids:
            self.messages.pop(id_, None)


class Bus:
    """The event bus, with the rule of the template that fills the delivery queue."""

    def __init__(self, queue: Queue) -> None:
        self._pattern = _property("DeliveryRule", "EventPattern")
        self._queue = queue
        self.published: list[Any] = []
        """What came onto the bus, as often as it came."""

    def put_events(self, *, Entries: list[Any]) -> Any:  # noqa: N803
        if not 1 <= len(Entries) <= 10:
            raise AssertionError("1 to 10 entries a call")
        for entry in Entries:
            detail = json.loads(entry["Detail"])
            self.published.append(detail)
            event = {"source": entry["Source"], "detail-type": entry["DetailType"], "detail": detail}
            if self.delivers(event):
                self._queue.send(json.dumps(event))
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "1"} for _ in Entries]}

    def delivers(self, event: Mapping[str, Any]) -> bool:
        """Whether the rule lets it into the queue."""
        return _matches(self._pattern, event)


def _matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """What rules of the bus can say, as far as ours does."""
    for name, wanted in pattern.items():
        if isinstance(wanted, Mapping):
            if not _matches(wanted, event.get(name, {})):
                return False
        elif wanted == [{"exists": False}]:
            if name in event:
                return False
        elif event.get(name) not in wanted:
            return False
    return True


@dataclass(eq=False)
class Invocation:
    function: str
    event: Any
    tries: int = 0


@dataclass
class Invocations:
    """What was handed to Lambda without waiting for an answer."""

    waiting: list[Invocation] = field(default_factory=list)
    failed: list[Invocation] = field(default_factory=list)

    def invoke(self, *, FunctionName: str, InvocationType: str, Payload: str) -> Any:  # noqa: N803
        assert InvocationType == "Event"
        function = FunctionName.rpartition("-")[2]  # behind the stack's name, where another one is called
        self.waiting.append(Invocation(function, json.loads(Payload)))
        return {}

    def done(self, one: Invocation, *, well: bool) -> None:
        one.tries += 1
        retries = _property(
            f"{one.function.capitalize()}Function", "EventInvokeConfig", "MaximumRetryAttempts"
        )
        if not well:
            (self.failed if one.tries > int(retries) else self.waiting).append(one)


# ── The shop's own side ───────────────────────────────────────────────────────────────────────────


class Receiver:
    """Honours the message id: what it has seen before it doesn't do again. Refuses what isn't signed."""

    def __init__(self) -> None:
        self.done: dict[str, Any] = {}
        """Message id → the message, once."""
        self.differing: list[str] = []
        self.too_early: list[str] = []
        """Came in quiet hours, though it was to wait for their end."""
        self.called_back: set[str] = set()
        """What it was promised that it will never get."""
        self.came_all_the_same: list[str] = []
        self.secrets: list[str] = []

    def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        id_, at = headers["webhook-id"], headers["webhook-timestamp"]
        signed = f"{id_}.{at}.".encode() + body
        if not any(_signature(secret, signed) in headers["webhook-signature"] for secret in self.secrets):
            return Reply(401, {}, "not signed by you")
        told = json.loads(body)
        if self.done.setdefault(id_, told) != told:
            self.differing.append(id_)
        begins = told["data"].get("not_before")
        if begins and int(at) < int(datetime.fromisoformat(begins).timestamp()):
            self.too_early.append(id_)
        if id_ in self.called_back:
            self.came_all_the_same.append(id_)
        return Reply(204, {}, "")


def _signature(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def happen_at_the_shop(fault: str | None, post: Callable[[], Reply]) -> Reply:
    """What the other side of a webhook does, by the same names as at any other port."""
    match fault:
        case "refused":
            return Reply(429, {"retry-after": "120"}, "too many")
        case "unreached" | "conflict":
            raise NoAnswer("connection refused")
        case "unanswered":
            post()
            raise NoAnswer("no answer within 5 seconds")
        case "repeated":
            post()
            return Reply(500, {}, "it was done, and something went wrong after")
        case "stale":
            return Reply(302, {"location": "http://169.254.169.254/"}, "")
        case "short":
            return Reply(503, {"retry-after": "Thu, 26 Nov 2026 09:00:00 GMT"}, "later")
    return post()
