"""Ways out of the deployed stack: providers, cancelling, redriving, a topic, e-mails, certificates."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from membership.program import presets
from tests.e2e.support import Caller
from tests.e2e.support import eventually as soon
from tools import sam
from tools.deploy import STACK_NAME, Stack
from tools.receiver import Receiver

PROGRAM = "channels"


# One thing after the other, each through stream, bus and queue, on a machine that others use, too.
eventually = partial(soon, within=60)


@dataclass(frozen=True)
class Shop:
    stack: Stack
    operator: Caller
    receiver: Receiver

    def rise(self, member: str) -> dict[str, Any]:
        """To silver, with a message; and enrolled, with points. The message's outcome."""
        event = {
            "id": f"event-{member}",
            "type": "order",
            "member_id": member,
            "occurred_at": "2024-03-01T10:00:00+08:00",
            "data": {"order_id": member, "amount": "5000.00", "currency": "CNY"},
        }
        told = self.operator.post("/v1/events?wait=true", event).json["members"][0]["outcomes"]
        [message] = [one for one in told if one["data"].get("about") == "tier.upgraded"]
        return {**message, "program": PROGRAM, "member_id": member}

    def went(self, receiver: Receiver, member: str) -> list[str]:
        return sorted(
            message["type"]
            for message in list(receiver.effects.values())
            if message["data"]["member_id"] == member
        )

    def delivery(self, member: str, kind: str, status: str) -> dict[str, Any] | None:
        listed = self.operator.get(f"/v1/deliveries?status={status}&limit=100").json["data"]
        wanted = (one for one in listed if (one["member_id"], one["kind"]) == (member, kind))
        return next(wanted, None)


@pytest.fixture(scope="module")
def shop(stack: Stack) -> Iterator[Shop]:
    asked = {"issue_key": {"program": PROGRAM, "role": "operator", "label": "first"}}
    operator = Caller(stack.base_url, stack.invoke("OperateFunction", asked)["secret"])
    program = presets.text("p2-customer-policy").replace("id: customer-policy", f"id: {PROGRAM}")
    assert operator.send("PUT", "/v1/program", program.encode()).status == 200
    secrets: list[str] = []
    with Receiver(lambda: secrets) as receiver:
        webhook = operator.put("/v1/channels/webhook", {"url": receiver.url})
        assert webhook.status == 200, webhook.body
        secrets.append(webhook.json["secret"])
        yield Shop(stack, operator, receiver)


def dispatch_role(stack: Stack) -> str:
    asked = stack.emulator.client("lambda").get_function_configuration(
        FunctionName=stack.functions["DispatchFunction"]
    )
    return str(asked["Role"].rsplit("/", 1)[1])


def redrive(stack: Stack) -> str:
    """What an operator types."""
    command = [sys.executable, "-m", "tools.redrive", "deliveries", "--stack", STACK_NAME]
    environment = stack.emulator.environment | {"PYTHONPATH": f"{sam.ROOT}:{sam.ROOT}/layers/domain"}
    done = subprocess.run(command, cwd=sam.ROOT, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.proves("B9")
def test_points_go_to_their_own_provider(shop: Shop) -> None:
    secrets: list[str] = []
    with Receiver(lambda: secrets) as points:
        put = shop.operator.put("/v1/providers/points", {"channel": "webhook", "url": points.url})
        assert put.status == 200, put.body
        secrets.append(put.json["secret"])
        shop.rise("ann")
        eventually(lambda: shop.went(points, "ann") == ["reward.granted"])
        eventually(lambda: shop.went(shop.receiver, "ann") == ["message.due"])
        assert points.rejected == shop.receiver.rejected == 0, "each with its own secret"
        assert shop.operator.delete("/v1/providers/points").status == 204


@pytest.mark.proves("B9")
def test_cancelled_in_flight_it_is_not_even_sent_by_a_redrive(shop: Shop) -> None:
    shop.receiver.misbehave("busy:60", "busy:60")
    message = shop.rise("bob")
    stuck = eventually(lambda: shop.delivery("bob", "messages", "stuck"))
    assert (stuck["attempts"], stuck["stuck"][:12]) == (1, "answered 429")
    assert stuck["next_attempt_at"] > stuck["last"]["at"]
    cancelled = shop.operator.post(f"/v1/deliveries/{stuck['id']}/cancel")
    assert (cancelled.status, cancelled.json["status"]) == (200, "cancelled")
    assert shop.operator.post(f"/v1/deliveries/{stuck['id']}/resend").status == 409

    # Of two dead letters only one is sent, the other one having been cancelled.
    sqs, dead = shop.stack.emulator.client("sqs"), shop.stack.outputs["DeliveryDeadLettersUrl"]
    other = {**message, "id": "out_given_up", "member_id": "cleo"}
    for outcome in (message, other):
        sqs.send_message(QueueUrl=dead, MessageBody=json.dumps({"detail": outcome}))
    assert redrive(shop.stack).count("back in the queue") == 2
    eventually(lambda: shop.went(shop.receiver, "cleo") == ["message.due"])
    assert shop.receiver.seen[stuck["id"]] == 0
    assert shop.operator.get(f"/v1/deliveries/{stuck['id']}").json["attempts"] == 1
    assert redrive(shop.stack) == "", "nothing is left"


def test_a_topic_of_the_account_has_subscribers(shop: Shop) -> None:
    sns, sqs = shop.stack.emulator.client("sns"), shop.stack.emulator.client("sqs")
    topic = sns.create_topic(Name="tierwise")["TopicArn"]
    queue = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    allowed = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    assert shop.operator.put("/v1/providers/points", {"channel": "topic"}).status == 200
    shop.rise("dan")
    [got] = eventually(lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages"))
    published = json.loads(json.loads(got["Body"])["Message"])
    assert (published["type"], published["data"]["member_id"]) == ("reward.granted", "dan")
    eventually(lambda: shop.delivery("dan", "points", "delivered"))
    assert shop.operator.delete("/v1/providers/points").status == 204


def test_a_message_is_mailed_to_the_address_that_was_told(shop: Shop) -> None:
    shop.stack.emulator.client("sesv2").create_email_identity(EmailIdentity="shop.example")
    # The emulator asks for the right to send by no identity at all, where AWS asks for that of the sender.
    anyhow = {"Effect": "Allow", "Action": "ses:SendEmail", "Resource": "*"}
    shop.stack.emulator.client("iam").put_role_policy(
        RoleName=dispatch_role(shop.stack),
        PolicyName="emulator",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [anyhow]}),
    )
    asked = {"channel": "mail", "language": "zh"}
    assert shop.operator.put("/v1/providers/messages", asked).status == 200
    try:
        enrolled = shop.operator.put("/v1/members/eve", {"email": "eve@home.example"})
        assert enrolled.status == 200
        assert b"eve@home.example" not in enrolled.body
        shop.rise("eve")
        done = eventually(lambda: shop.delivery("eve", "messages", "delivered"))
        assert done["channel"] == "mail"
        shop.rise("fay")
        failed = eventually(lambda: shop.delivery("fay", "messages", "failed"))
        assert "no e-mail address" in failed["stuck"]
    finally:
        assert shop.operator.delete("/v1/providers/messages").status == 204
    assert "eve@home.example" not in json.dumps(shop.operator.get("/v1/members/eve/history").json)


@pytest.mark.proves("U5")
def test_a_certificate_is_printed_and_checked(shop: Shop) -> None:
    number = shop.rise("gus")["data"]["celebration"]["certificate"]["number"]
    printed = shop.operator.get("/v1/members/gus/certificate.svg?lang=zh&name=%E7%8E%8B%E5%B0%8F%E6%98%8E")
    assert (printed.status, printed.content_type) == (200, "image/svg+xml")
    assert "王小明" in printed.body.decode()
    assert re.search(rf"/v1/certificates/{number}", printed.body.decode())
    anybody = Caller(shop.stack.base_url)
    assert anybody.get(f"/v1/certificates/{number}").json["stands"] is True
    page = anybody.send("GET", f"/v1/certificates/{number}", Accept="text/html")
    assert (page.content_type, b"gus" in page.body) == ("text/html", False)
    assert anybody.get("/v1/certificates/00000-00000-00000-00000").status == 404
    assert shop.operator.delete("/v1/members/gus").status == 204
    assert anybody.get(f"/v1/certificates/{number}").status == 404
