"""The dispatch function with moto's table and queue, and a real receiver on this machine."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.ses.models import ses_backends

from functions.dispatch import app
from membership import runtime
from membership.channels import DELIVERED, delivery_id, open_channels
from membership.channels.outgoing import ANY, Poster
from membership.channels.webhook import WebhookSettings, new_secret
from membership.services.dispatching import Backoff, Dispatcher
from membership.store import keys
from membership.store.deliveries import Deliveries
from membership.store.tables import Tables
from tests.functions.conftest import lent, role
from tests.functions.rights import calls
from tests.store.conftest import created
from tests.template import resources
from tools.demo import program as demo
from tools.receiver import Receiver

EVENTS = Path(__file__).parents[2] / "events" / "dispatch"
SECRET = new_secret()
TABLES = Tables(ledger="ledger", state="state")


@dataclass(frozen=True)
class LambdaContext:
    """What Powertools reads of it."""

    function_name: str = "dispatch"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:dispatch"
    aws_request_id: str = "1"


class Cloud:
    """A table, a queue that hides a message for ten minutes, and the environment that names them."""

    def __init__(self) -> None:
        client = boto3.client("dynamodb", region_name="us-east-1")
        self.deliveries = Deliveries(client, created(client, TABLES).state)
        self.sqs = boto3.client("sqs", region_name="us-east-1")
        queue = self.sqs.create_queue(QueueName="deliveries", Attributes={"VisibilityTimeout": "600"})
        self.queue = queue["QueueUrl"]
        self.env = {
            "STATE_TABLE": TABLES.state,
            "DELIVERY_QUEUE_URL": self.queue,
            "WEBHOOK_TARGETS": "any",
            "MAX_RECEIVES": "6",
            "RETRY_BASE_SECONDS": "0",
            "RETRY_CAP_SECONDS": "0",
        }

        self.rights = [*role("dispatch")]

    def guard(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        """Refuses what the function's role would be refused."""
        for call in calls(model.name, params):
            if not any(right.covers(call) for right in self.rights):
                raise PermissionError(f"dispatch may not {call}")

    def configure(self, url: str, program: str = "demo") -> None:
        settings = WebhookSettings.new(url, SECRET, now()).model_dump(mode="json")
        self.deliveries.configure(program, "webhook", settings, None)

    def send(self, *numbers: int) -> None:
        for number in numbers:
            self.sqs.send_message(QueueUrl=self.queue, MessageBody=message(number))

    def drain(self, wiring: app.Wiring, rounds: int = 10) -> int:
        """What Lambda's poller does, until the queue shows nothing; answers how many messages were taken."""
        taken = 0
        for _ in range(rounds):
            received = self.sqs.receive_message(
                QueueUrl=self.queue,
                MaxNumberOfMessages=10,
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            )
            batch = received.get("Messages", [])
            if not batch:
                break
            taken += len(batch)
            answer = app.dispatch({"Records": [record(one) for one in batch]}, wiring)
            kept = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
            for one in batch:
                if one["MessageId"] not in kept:
                    self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=one["ReceiptHandle"])
        return taken


def message(number: int) -> str:
    outcome = {
        "id": f"out_{number}",
        "type": "message.due",
        "program": "demo",
        "member_id": f"m{number}",
        "at": "2026-11-24T08:00:00Z",
        "data": {"about": "tier.upgraded", "text": {"en": "Welcome", "zh": "恭喜"}},
    }
    return json.dumps({"source": "tierwise", "detail-type": "message.due", "detail": outcome})


def record(received: Any) -> dict[str, Any]:
    return {
        "messageId": received["MessageId"],
        "receiptHandle": received["ReceiptHandle"],
        "body": received["Body"],
        "attributes": received["Attributes"],
    }


def direct(*bodies: str, receives: int = 1) -> dict[str, Any]:
    """An event with messages that no queue holds."""
    attributes = {"ApproximateReceiveCount": str(receives)}
    records = [
        {"messageId": str(index), "receiptHandle": f"receipt {index}", "body": body, "attributes": attributes}
        for index, body in enumerate(bodies)
    ]
    return {"Records": records}


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with mock_aws():
        runtime.forget()
        cloud = Cloud()
        runtime.dynamodb().meta.events.register("provide-client-params.dynamodb", cloud.guard)
        yield cloud
        runtime.forget()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(lambda: [SECRET]) as receiver:
        yield receiver


def now() -> datetime:
    return datetime.now(UTC)


def status(cloud: Cloud, number: int) -> tuple[str, int]:
    found = cloud.deliveries.get("demo", delivery_id("demo", f"out_{number}"))
    assert found
    return found.status, found.attempts


def test_the_rule_puts_into_the_queue_what_an_export_takes_for_delivered() -> None:
    pattern = resources()["DeliveryRule"]["Properties"]["EventPattern"]
    assert {*pattern["detail-type"]} == DELIVERED


def test_a_batch_reaches_the_shop(cloud: Cloud, receiver: Receiver) -> None:
    cloud.configure(receiver.url)
    cloud.send(1, 2, 3)
    assert cloud.drain(app.wire(cloud.env)) == 3
    assert receiver.summary() == {"messages": 3, "duplicates": 0, "rejected": 0, "types": {"message.due": 3}}
    assert [status(cloud, number) for number in (1, 2, 3)] == [("delivered", 1)] * 3


def test_once_in_effect_whatever_the_receiver_does(cloud: Cloud, receiver: Receiver) -> None:
    """Took it but said 500; took it but said so too late; then a duplicate from the queue."""
    cloud.configure(receiver.url)
    receiver.misbehave("took:500", "slow:30", "busy:0", "status:500", "reset")
    channels = open_channels(Poster(ANY, seconds=0.3))
    impatient = partial(Dispatcher, cloud.deliveries, channels, now, Backoff(base=0, cap=0))
    hasty = replace(app.wire(cloud.env), dispatcher=impatient)
    cloud.send(1)
    assert cloud.drain(hasty) == 6
    assert (len(receiver.effects), receiver.duplicates) == (1, 2)
    assert status(cloud, 1) == ("delivered", 6)
    cloud.send(1)
    assert cloud.drain(hasty) == 1
    assert (len(receiver.effects), receiver.duplicates) == (1, 2)


def test_one_bad_message_holds_up_nobody(cloud: Cloud, receiver: Receiver) -> None:
    cloud.configure(receiver.url)
    receiver.misbehave("ok", "status:500")
    postponed: list[tuple[str, int]] = []
    channels = open_channels(Poster(ANY))
    dispatcher = partial(Dispatcher, cloud.deliveries, channels, now, Backoff(chance=lambda: 0))
    wiring = replace(
        app.wire(cloud.env),
        dispatcher=dispatcher,
        postpone=lambda receipt, seconds: postponed.append((receipt, seconds)),
    )
    answer = app.dispatch(direct(message(1), "not JSON", message(2), "{}", message(3)), wiring)
    assert answer == {"batchItemFailures": [{"itemIdentifier": kept} for kept in ("1", "2", "3")]}
    assert postponed == [("receipt 2", 30)]  # the unreadable ones wait as the queue has it
    assert [status(cloud, number)[0] for number in (1, 2, 3)] == ["delivered", "pending", "delivered"]


def test_given_up_and_resent(cloud: Cloud, receiver: Receiver) -> None:
    cloud.configure(receiver.url)
    receiver.misbehave(*["status:500 no stock"] * 6)
    cloud.send(1)
    assert cloud.drain(app.wire(cloud.env), rounds=6) == 6
    assert status(cloud, 1) == ("failed", 6)
    [failed], _ = cloud.deliveries.page("demo", ["failed"], 10)
    assert failed.last
    assert (failed.last.status, failed.last.detail) == (500, "no stock")

    cloud.sqs.purge_queue(QueueUrl=cloud.queue)
    assert cloud.deliveries.reopen("demo", failed.id, now())
    body = json.dumps({"resend": {"program": "demo", "delivery_id": failed.id}})
    cloud.sqs.send_message(QueueUrl=cloud.queue, MessageBody=body)
    assert cloud.drain(app.wire(cloud.env)) == 1
    assert status(cloud, 1) == ("delivered", 7)
    assert list(receiver.effects) == [failed.id]


# ── Channels of the account ───────────────────────────────────────────────────────────────────────


def test_a_topic_gets_what_a_webhook_would(cloud: Cloud) -> None:
    sns, env = boto3.client("sns", "us-east-1"), cloud.env
    topic = sns.create_topic(Name="club")["TopicArn"]
    heard = cloud.sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    arn = cloud.sqs.get_queue_attributes(QueueUrl=heard, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    cloud.deliveries.configure("demo", "messages", {"channel": "topic"}, None)
    cloud.send(1)
    assert cloud.drain(app.wire({**env, "MESSAGE_TOPIC": topic})) == 1
    assert status(cloud, 1) == ("delivered", 1)
    [got] = cloud.sqs.receive_message(QueueUrl=heard)["Messages"]
    notice = json.loads(got["Body"])
    assert json.loads(notice["Message"])["data"]["member_id"] == "m1"
    told = {name: one["Value"] for name, one in notice["MessageAttributes"].items()}
    assert told == {
        "id": delivery_id("demo", "out_1"),
        "type": "message.due",
        "program": "demo",
        "kind": "messages",
    }


def test_a_topic_that_is_gone_is_tried_again(cloud: Cloud) -> None:
    cloud.deliveries.configure("demo", "messages", {"channel": "topic"}, None)
    gone = {**cloud.env, "MESSAGE_TOPIC": "arn:aws:sns:us-east-1:123456789012:gone"}
    app.dispatch(direct(message(1)), app.wire({**gone, "RETRY_BASE_SECONDS": "30"}))
    assert status(cloud, 1) == ("pending", 1)
    assert last(cloud, 1) == "the service refused it: NotFound"


@pytest.fixture
def mails(cloud: Cloud) -> app.Wiring:
    boto3.client("sesv2", "us-east-1").create_email_identity(EmailIdentity="shop.example")
    cloud.deliveries.configure("demo", "messages", {"channel": "mail", "language": "zh"}, None)
    cloud.rights += lent("MailPolicy")
    return app.wire({**cloud.env, "EMAIL_SENDER": "club@shop.example"})


def tell_address(cloud: Cloud, member_id: str, **member: Any) -> None:
    body = json.dumps({"id": member_id, "fingerprint": "", **member})
    item = {**keys.member("demo", member_id), "body": {"S": body}}
    boto3.client("dynamodb", "us-east-1").put_item(TableName=TABLES.state, Item=item)


def sent_mails() -> list[Any]:
    return list(ses_backends["123456789012"]["us-east-1"].sent_messages)


def test_a_message_is_an_email_to_the_member(
    cloud: Cloud, mails: app.Wiring, caplog: pytest.LogCaptureFixture
) -> None:
    tell_address(cloud, "m1", status="merged", merged_into="m2", attributes={})
    tell_address(cloud, "m2", attributes={"email": "ann@home.example"})
    cloud.send(1)
    assert cloud.drain(mails) == 1
    [mail] = sent_mails()
    assert (mail.source, mail.destinations["ToAddresses"]) == ("club@shop.example", ["ann@home.example"])
    assert (mail.subject, mail.body) == ("您的会员资格", "恭喜")
    found = cloud.deliveries.get("demo", delivery_id("demo", "out_1"))
    assert found
    assert (found.status, found.channel) == ("delivered", "mail")
    assert "home.example" not in found.model_dump_json() + caplog.text


def test_who_told_no_address_is_no_dead_letter(cloud: Cloud, mails: app.Wiring) -> None:
    tell_address(cloud, "m1", attributes={"email": ""})
    cloud.send(1, 2)
    assert cloud.drain(mails) == 2
    assert [status(cloud, number) for number in (1, 2)] == [("failed", 1)] * 2
    assert last(cloud, 1) == last(cloud, 2) == "the member has no e-mail address"


def test_what_ses_refuses_names_nobody(cloud: Cloud, mails: app.Wiring) -> None:
    tell_address(cloud, "m1", attributes={"email": "ann@home.example"})
    stranger = app.wire({**cloud.env, "EMAIL_SENDER": "club@unverified.example"})
    app.dispatch(direct(message(1)), stranger)
    assert last(cloud, 1) == "the service refused it: MessageRejected"


def test_without_the_right_no_member_is_read(cloud: Cloud, mails: app.Wiring) -> None:
    cloud.rights = [*role("dispatch")]
    tell_address(cloud, "m1", attributes={"email": "ann@home.example"})
    assert app.dispatch(direct(message(1)), mails)["batchItemFailures"]
    assert sent_mails() == []


@pytest.mark.parametrize("channel", ["topic", "mail"])
def test_what_the_stack_has_not_is_off(cloud: Cloud, channel: str) -> None:
    cloud.deliveries.configure("demo", "messages", {"channel": channel}, None)
    cloud.send(1)
    assert cloud.drain(app.wire(cloud.env)) == 1
    assert status(cloud, 1) == ("failed", 1)
    assert last(cloud, 1).startswith("this stack has no ")


def last(cloud: Cloud, number: int) -> str:
    found = cloud.deliveries.get("demo", delivery_id("demo", f"out_{number}"))
    assert found
    assert found.last
    return found.last.detail


def test_a_message_waits_as_long_as_it_was_told(cloud: Cloud, receiver: Receiver) -> None:
    cloud.configure(receiver.url)
    receiver.misbehave("busy:600")
    cloud.send(1)
    patient = app.wire({**cloud.env, "RETRY_CAP_SECONDS": "3600"})
    assert cloud.drain(patient) == 1  # once, as it is hidden after that
    assert status(cloud, 1) == ("pending", 1)
    assert len(receiver.requests) == 1


def test_a_message_waits_for_its_time_and_that_is_no_attempt(
    cloud: Cloud, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A night of quiet hours is 33 times as long as the queue holds a message back, and six tries are all."""
    morning = datetime.now(UTC)
    clock = morning - timedelta(hours=8, minutes=10)
    monkeypatch.setattr(runtime, "now", lambda: clock)
    cloud.configure(receiver.url)
    queued = json.loads(message(1))
    queued["detail"]["data"]["not_before"] = morning.isoformat()
    body, hops = json.dumps(queued), list[tuple[str, int]]()
    wiring = replace(
        app.wire(cloud.env),
        postpone=lambda receipt, seconds: None,
        put_back=lambda copy, seconds: hops.append((copy, seconds)),
    )
    while clock < morning:
        assert app.dispatch(direct(body, receives=1), wiring) == {"batchItemFailures": []}, "it is done with"
        [(body, seconds)] = hops[-1:]
        clock += timedelta(seconds=seconds)
    assert receiver.requests == []
    assert len(hops) == 33
    receiver.misbehave(*["status:500"] * 5)
    for receives in range(1, 7):
        app.dispatch(direct(body, receives=receives), wiring)
    assert status(cloud, 1) == ("delivered", 6), "all six tries were left"


def test_what_is_too_early_goes_back_into_the_queue_by_itself(cloud: Cloud, receiver: Receiver) -> None:
    cloud.configure(receiver.url)
    queued = json.loads(message(1))
    queued["detail"]["data"]["not_before"] = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
    cloud.sqs.send_message(QueueUrl=cloud.queue, MessageBody=json.dumps(queued))
    assert cloud.drain(app.wire(cloud.env)) == 1
    attributes = ["ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesNotVisible"]
    held = cloud.sqs.get_queue_attributes(QueueUrl=cloud.queue, AttributeNames=attributes)["Attributes"]
    assert held == dict(zip(attributes, ("1", "0"), strict=True))
    time.sleep(2.1)
    assert cloud.drain(app.wire(cloud.env)) == 1
    assert status(cloud, 1) == ("delivered", 1)


def test_in_public_nothing_on_this_machine_is_called(cloud: Cloud, receiver: Receiver) -> None:
    cloud.configure(receiver.url)
    wiring = app.wire({**cloud.env, "WEBHOOK_TARGETS": "public"})
    app.dispatch(direct(message(1), receives=6), wiring)
    assert status(cloud, 1) == ("failed", 1)
    assert receiver.requests == []


def test_a_misspelt_setting_opens_nothing(cloud: Cloud) -> None:
    with pytest.raises(KeyError):
        app.wire({**cloud.env, "WEBHOOK_TARGETS": "anything"})


@pytest.mark.parametrize("file", sorted(EVENTS.glob("*.json")), ids=lambda file: file.stem)
def test_sample_events(file: Path, monkeypatch: pytest.MonkeyPatch, cloud: Cloud, receiver: Receiver) -> None:
    """As `sam remote invoke` sends them, through Lambda's own entry."""
    for name, value in cloud.env.items():
        monkeypatch.setenv(name, value)
    cloud.configure(receiver.url, program=demo.program().id)
    assert app.handler(json.loads(file.read_text()), LambdaContext()) == {"batchItemFailures": []}
    rewards = {"reward.granted": 1} if file.stem == "reward_granted" else {}  # nothing is there to be resent
    assert receiver.summary()["types"] == rewards
