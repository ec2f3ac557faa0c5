"""What lies between our functions: the simulation's queue and bus do what moto's and the emulator's do."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.simulation.cloud import Bus, Queue
from tests.store.conftest import CLIENTS
from tests.template import resources

_numbers = count()
MOST = int(resources()["DeliveryQueue"]["Properties"]["RedrivePolicy"]["maxReceiveCount"])


class Simulated:
    def __init__(self) -> None:
        self._now = datetime(2026, 11, 24, 8, tzinfo=UTC)
        self.sqs = self._queue = Queue(lambda: self._now)
        self.events, self.bus, self.url = Bus(self._queue), "bus", "live"

    def wait(self, seconds: int) -> None:
        self._now += timedelta(seconds=seconds)

    def receive(self) -> list[dict[str, Any]]:
        """Everything that can be seen, as a function gets it."""
        found, random = [], Random(1)
        while self._queue.visible:
            found += self._queue.receive(random)
        return found

    def delete(self, record: dict[str, Any]) -> None:
        self._queue.delete([record["messageId"]])

    def dead(self) -> list[str]:
        return self._queue.dead


class Served:
    """By a server of AWS's own calls, with the queues, the bus and the rule that the template has."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self.sqs, self.events = client("sqs"), client("events")
        self.bus = f"bus-{next(_numbers)}"
        settings, rule = (resources()[name]["Properties"] for name in ("DeliveryQueue", "DeliveryRule"))
        self._dead, dead = self._queue(f"{self.bus}-dead", {})
        redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": MOST})
        hidden = str(settings["VisibilityTimeout"])
        self.url, live = self._queue(self.bus, {"VisibilityTimeout": hidden, "RedrivePolicy": redrive})
        self.events.create_event_bus(Name=self.bus)
        pattern = json.dumps(rule["EventPattern"])
        self.events.put_rule(Name="delivery", EventBusName=self.bus, EventPattern=pattern)
        self.events.put_targets(Rule="delivery", EventBusName=self.bus, Targets=[{"Id": "q", "Arn": live}])

    def _queue(self, name: str, attributes: dict[str, str]) -> tuple[str, str]:
        url = self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        told = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, told["Attributes"]["QueueArn"]

    def wait(self, seconds: int) -> None:
        time.sleep(seconds + 0.1)

    def receive(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while told := self._read(self.url):
            found += told
        return [
            {
                "messageId": one["MessageId"],
                "receiptHandle": one["ReceiptHandle"],
                "body": one["Body"],
                "attributes": one["Attributes"],
            }
            for one in found
        ]

    def _read(self, url: str) -> list[dict[str, Any]]:
        asked: Any = {"MaxNumberOfMessages": 10, "AttributeNames": ["ApproximateReceiveCount"]}
        found: list[dict[str, Any]] = self.sqs.receive_message(QueueUrl=url, **asked).get("Messages", [])
        return found

    def delete(self, record: dict[str, Any]) -> None:
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=record["receiptHandle"])

    def dead(self) -> list[str]:
        return [one["Body"] for one in self._read(self._dead)]


@contextmanager
def _cloud(which: str, request: pytest.FixtureRequest) -> Iterator[Simulated | Served]:
    if which == "simulated":
        yield Simulated()
    elif which == "ministack":
        yield Served(request.getfixturevalue("emulator").client)
    else:
        with mock_aws():
            keys: Any = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
            yield Served(lambda service: boto3.client(service, "us-east-1", **keys))  # type: ignore[call-overload]


@pytest.fixture(params=CLIENTS)
def cloud(request: pytest.FixtureRequest) -> Iterator[Simulated | Served]:
    with _cloud(request.param, request) as cloud:
        yield cloud


def bodies(records: list[dict[str, Any]]) -> list[str]:
    return sorted(record["body"] for record in records)


def test_what_is_received_is_hidden_until_it_is_deleted_or_shown_again(cloud: Simulated | Served) -> None:
    for body in "abc":
        cloud.sqs.send_message(QueueUrl=cloud.url, MessageBody=body)
    records = cloud.receive()
    assert bodies(records) == ["a", "b", "c"]
    assert {record["attributes"]["ApproximateReceiveCount"] for record in records} == {"1"}
    assert cloud.receive() == []
    first, second, _ = records
    cloud.delete(first)
    handle = second["receiptHandle"]
    cloud.sqs.change_message_visibility(QueueUrl=cloud.url, ReceiptHandle=handle, VisibilityTimeout=0)
    [again] = cloud.receive()
    assert (again["messageId"], again["body"]) == (second["messageId"], second["body"])
    assert again["attributes"]["ApproximateReceiveCount"] == "2"


def test_what_is_delayed_comes_later(cloud: Simulated | Served) -> None:
    cloud.sqs.send_message(QueueUrl=cloud.url, MessageBody="later", DelaySeconds=1)
    assert cloud.receive() == []
    cloud.wait(1)
    assert bodies(cloud.receive()) == ["later"]


def test_what_is_never_deleted_goes_to_the_dead_letters(cloud: Simulated | Served) -> None:
    cloud.sqs.send_message(QueueUrl=cloud.url, MessageBody="poison")
    for n in range(1, MOST + 1):
        [record] = cloud.receive()
        assert record["attributes"]["ApproximateReceiveCount"] == str(n)
        handle = record["receiptHandle"]
        cloud.sqs.change_message_visibility(QueueUrl=cloud.url, ReceiptHandle=handle, VisibilityTimeout=0)
    assert cloud.receive() == []
    assert cloud.dead() == ["poison"]


def test_the_rule_lets_into_the_queue_what_is_delivered(cloud: Simulated | Served) -> None:
    told = [
        ("tierwise", "message.due", {"data": {"text": "x"}}),
        ("tierwise", "message.due", {"data": {"text": "y", "withheld": "too_many"}}),
        ("tierwise", "reward.granted", {"data": {}}),
        ("tierwise", "reward.redeemed", {"data": {"withheld": None}}),
        ("tierwise", "tier.upgraded", {"data": {}}),
        ("another", "message.due", {"data": {}}),
    ]
    entries = [
        {
            "Source": source,
            "DetailType": kind,
            "Detail": json.dumps(detail | {"id": n}),
            "EventBusName": cloud.bus,
        }
        for n, (source, kind, detail) in enumerate(told)
    ]
    answer = cloud.events.put_events(Entries=entries)
    assert answer["FailedEntryCount"] == 0
    assert len(answer["Entries"]) == len(entries)
    cloud.wait(1)
    events = [json.loads(record["body"]) for record in cloud.receive()]
    assert sorted((one["detail-type"], one["detail"]["id"]) for one in events) == [
        ("message.due", 0),
        ("reward.granted", 2),
    ]
    assert {one["source"] for one in events} == {"tierwise"}


def test_the_bus_takes_one_to_ten_entries_a_call(cloud: Simulated | Served) -> None:
    entry = {"Source": "tierwise", "DetailType": "x", "Detail": "{}", "EventBusName": cloud.bus}
    for number in (0, 11):
        with pytest.raises(Exception, match=r"(?i)entries"):
            cloud.events.put_events(Entries=[entry] * number)
