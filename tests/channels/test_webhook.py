"""Webhooks as the Standard Webhooks specification has them; its own library is the judge."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from membership.channels import webhook
from membership.channels.base import Delivery
from membership.channels.outgoing import NoAnswer, Reply
from membership.channels.webhook import WebhookSettings, new_secret

NOW = datetime.now(UTC)
OUTCOME: dict[str, Any] = {
    "id": "out_1",
    "type": "message.due",
    "program": "demo",
    "member_id": "m1",
    "at": "1998-06-30T12:00:00Z",
    "data": {"text": {"zh": "您已升级"}, "about": "tier.upgraded"},
}
TAKEN = Reply(204, {}, "")
DELIVERY = Delivery.of(OUTCOME, NOW)


@dataclass
class Wire:
    """Answers as told, and keeps what was posted."""

    reply: Reply | NoAnswer = TAKEN
    posted: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        self.posted.append((url, headers, body))
        if isinstance(self.reply, NoAnswer):
            raise self.reply
        return self.reply


def settings(secret: str) -> WebhookSettings:
    return WebhookSettings.new("https://shop.example/hooks", secret, NOW - timedelta(days=9))


def test_the_specifications_own_library_accepts_it() -> None:
    secret, wire = new_secret(), Wire()
    # The library looks at its own clock: the time of the import may be long past in a long run.
    answer = webhook.send(wire, DELIVERY, settings(secret).model_dump(mode="json"), datetime.now(UTC))
    assert answer.delivered
    [(url, headers, body)] = wire.posted
    assert url == "https://shop.example/hooks"
    assert Webhook(secret).verify(body, dict(headers)) == {
        "type": "message.due",
        "timestamp": "1998-06-30T12:00:00Z",
        "data": {
            "text": {"zh": "您已升级"},
            "about": "tier.upgraded",
            "id": "out_1",
            "program": "demo",
            "member_id": "m1",
        },
    }
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(body + b" ", dict(headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(body, dict(headers))


def test_the_id_stays_and_the_time_is_the_attempts() -> None:
    wire, later = Wire(), (NOW + timedelta(hours=3)).astimezone(timezone(timedelta(hours=8)))
    for at in (NOW, later):
        webhook.send(wire, DELIVERY, settings(new_secret()).model_dump(mode="json"), at)
    first, second = (headers for _, headers, _ in wire.posted)
    assert first["webhook-id"] == second["webhook-id"] == DELIVERY.id
    assert "." not in DELIVERY.id
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 3 * 3600


def test_two_secrets_sign_for_a_day() -> None:
    old, new, rotated_at = new_secret(), new_secret(), NOW
    rotated = settings(old).rotated(new, rotated_at)
    assert settings(old).signing(NOW) == (old,)
    assert rotated.signing(rotated_at) == (new, old)
    assert rotated.signing(rotated_at + timedelta(hours=24)) == (new,)

    wire = Wire()
    webhook.send(wire, DELIVERY, rotated.model_dump(mode="json"), datetime.now(UTC))
    [(_, headers, body)] = wire.posted
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (old, new):
        Webhook(secret).verify(body, dict(headers))


def test_rotating_twice_ends_a_leaked_secret_now() -> None:
    leaked, second, third = new_secret(), new_secret(), new_secret()
    assert settings(leaked).rotated(second, NOW).rotated(third, NOW).signing(NOW) == (third, second)


def test_secrets_are_never_shown_again() -> None:
    old, new = new_secret(), new_secret()
    shown = json.dumps(settings(old).rotated(new, NOW).shown())
    assert old not in shown
    assert new not in shown
    assert "expires_at" in shown
    assert settings(old).moved("https://other.example/").signing(NOW) == (old,)


def test_a_secret_is_32_random_bytes_as_the_specification_writes_them() -> None:
    assert new_secret(lambda count: b"\0" * count) == "whsec_" + "A" * 43 + "="
    assert new_secret() != new_secret()


def test_data_cant_say_whose_it_is() -> None:
    forged = {**OUTCOME, "data": {"program": "other", "member_id": "m2", "id": "x"}}
    data = json.loads(webhook.body_of(Delivery.of(forged, NOW)))["data"]
    assert data == {"id": "out_1", "program": "demo", "member_id": "m1"}


@pytest.mark.parametrize("status", [300, 302, 400, 404, 410, 429, 500, 503])
def test_anything_but_2xx_is_a_failure(status: int) -> None:
    wire = Wire(Reply(status, {}, "why"))
    answer = webhook.send(wire, DELIVERY, settings(new_secret()).model_dump(mode="json"), NOW)
    assert (answer.delivered, answer.status, answer.detail) == (False, status, "why")


def test_no_answer_is_a_failure_with_a_reason() -> None:
    wire = Wire(NoAnswer("connection refused"))
    answer = webhook.send(wire, DELIVERY, settings(new_secret()).model_dump(mode="json"), NOW)
    assert (answer.delivered, answer.status, answer.detail) == (False, None, "connection refused")


def retry_after(status: int, text: str) -> int | None:
    wire = Wire(Reply(status, {"retry-after": text}, ""))
    return webhook.send(wire, DELIVERY, settings(new_secret()).model_dump(mode="json"), NOW).retry_after


@pytest.mark.parametrize(
    ("status", "text", "seconds"),
    [
        (429, "120", 120),
        (503, " 7 ", 7),
        # An id of its own: tests that run side by side must be called the same in each process.
        pytest.param(503, f"{NOW + timedelta(minutes=5):%a, %d %b %Y %H:%M:%S GMT}", 300, id="a moment"),
        (503, "Fri, 31 Dec 1999 23:59:59 GMT", 0),
        (500, "120", None),  # not a status that asks to wait
        (429, "", None),
        (429, "-5", None),
        (429, "1e400", None),
        (429, "soon", None),
        (429, "²", None),
    ],
)
def test_retry_after(status: int, text: str, seconds: int | None) -> None:
    assert retry_after(status, text) == (seconds and pytest.approx(seconds, abs=1))


@given(st.text())
def test_no_retry_after_breaks_anything(text: str) -> None:
    assert (retry_after(429, text) or 0) >= 0
