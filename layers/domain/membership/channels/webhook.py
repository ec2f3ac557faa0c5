"""Webhooks after the Standard Webhooks specification, signed so that a shop can tell they are ours."""

import base64
import json
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from standardwebhooks import Webhook

from membership.channels.base import Answer, Delivery, Settings
from membership.channels.outgoing import NoAnswer, Post, Reply

OVERLAP = timedelta(hours=24)
"""How long the old secret still signs after a rotation: time for a shop to take the new one."""


class Secret(BaseModel):
    """A signing secret; the newest has no end."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    secret: str
    created_at: datetime
    expires_at: datetime | None = None


class WebhookSettings(BaseModel):
    """Where a program's webhooks go, and what signs them (newest secret first)."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    url: str
    secrets: tuple[Secret, ...]

    @classmethod
    def new(cls, url: str, secret: str, now: datetime) -> "WebhookSettings":
        """Settings of a program that had none."""
        return cls(url=url, secrets=(Secret(secret=secret, created_at=now),))

    def moved(self, url: str) -> "WebhookSettings":
        """With another address; the secrets stay."""
        return self.model_copy(update={"url": url})

    def rotated(self, secret: str, now: datetime) -> "WebhookSettings":
        """With a new secret; the last one signs along for a day. Rotating twice ends a leaked one now."""
        newest = self.secrets[0].model_copy(update={"expires_at": now + OVERLAP})
        return self.model_copy(update={"secrets": (Secret(secret=secret, created_at=now), newest)})

    def signing(self, now: datetime) -> tuple[str, ...]:
        """The secrets that sign now."""
        return tuple(s.secret for s in self.secrets if s.expires_at is None or now < s.expires_at)

    def shown(self) -> dict[str, Any]:
        """What an operator may read again: everything but the secrets."""
        return self.model_dump(mode="json", exclude={"secrets": {"__all__": {"secret"}}})


def new_secret(random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """A signing secret as the specification wants it: 32 random bytes."""
    return "whsec_" + base64.b64encode(random_bytes(32)).decode()


def send(post: Post, delivery: Delivery, settings: Settings, now: datetime) -> Answer:
    """Post one delivery, signed with every secret in force. Anything but a 2xx is a failure."""
    webhook = WebhookSettings.model_validate(settings)
    body = body_of(delivery)
    try:
        reply = post(webhook.url, signed_headers(delivery.id, body, webhook.signing(now), now), body.encode())
    except NoAnswer as reason:
        return Answer(delivered=False, detail=str(reason))
    if 200 <= reply.status < 300:
        return Answer(delivered=True, status=reply.status)
    wait = _retry_after(reply, now)
    return Answer(delivered=False, status=reply.status, detail=reply.excerpt, retry_after=wait)


def body_of(delivery: Delivery) -> str:
    """The outcome in the specification's form; what says whose it is can't be overridden by its data."""
    outcome = delivery.payload
    data = outcome.get("data")
    whose = {"id": delivery.outcome_id, "program": delivery.program, "member_id": delivery.member_id}
    message = {
        "type": delivery.type,
        "timestamp": outcome.get("at"),
        "data": {**(data if isinstance(data, dict) else {}), **whose},
    }
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def signed_headers(message_id: str, body: str, secrets: tuple[str, ...], now: datetime) -> dict[str, str]:
    """The specification's headers. The time is the attempt's, so that an old capture can't be replayed."""
    at = now.astimezone(UTC)
    return {
        "Content-Type": "application/json",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message_id, at, body) for secret in secrets),
    }


def _retry_after(reply: Reply, now: datetime) -> int | None:
    """Seconds that an overloaded receiver asks for, in either form that HTTP knows."""
    text = reply.headers.get("retry-after", "").strip()
    if reply.status not in (429, 503) or not text:
        return None
    if text.isascii() and text.isdigit():
        return int(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0, round((at - now).total_seconds()))
