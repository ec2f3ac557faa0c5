"""A delivery: one outcome on its way to the shop, and what became of the attempts to bring it there."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, JsonValue

Channel = Literal["webhook", "topic", "mail"]
DEFAULT: Channel = "webhook"

Kind = Literal["messages", "coupons", "gifts", "points"]
"""What a delivery brings: each may have a provider of its own."""

Status = Literal["pending", "delivered", "failed", "cancelled"]
Settings = Mapping[str, Any]

LOGGED = 20
"""Attempts that a record keeps; all of them are counted."""

_OF_REWARD: Mapping[str, Kind] = {"coupon": "coupons", "gift": "gifts", "points": "points"}


class Answer(BaseModel):
    """How a channel answered one attempt. Operators read `detail`: short, and no secret in it."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    delivered: bool
    status: int | None = None
    detail: str = ""
    retry_after: int | None = None
    final: bool = False
    """Trying again by itself is no use: it waits for an operator."""


class Attempt(BaseModel):
    """One attempt, as the record keeps it."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    at: datetime
    status: int | None
    detail: str


class Cancelled(BaseModel):
    """That nobody may send it any more: since when, and by whose key."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    at: datetime
    by: str


class Delivery(BaseModel):
    """A record that is enough to send again: it carries the whole outcome."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: str
    program: str
    member_id: str
    outcome_id: str
    type: str
    channel: Channel = DEFAULT
    """That the last attempt was made by."""
    created_at: datetime
    payload: dict[str, JsonValue]
    status: Status = "pending"
    attempts: int = 0
    log: tuple[Attempt, ...] = ()
    """The last attempts, the oldest of them first."""
    next_at: datetime | None = None
    """When it is tried again, while it is pending."""
    cancelled: Cancelled | None = None

    @classmethod
    def of(cls, outcome: Mapping[str, Any], now: datetime) -> "Delivery":
        """A new delivery of an outcome; the same outcome always gets the same id."""
        return cls(
            id=delivery_id(outcome["program"], outcome["id"]),
            program=outcome["program"],
            member_id=outcome["member_id"],
            outcome_id=outcome["id"],
            type=outcome["type"],
            created_at=now.astimezone(UTC),
            payload=dict(outcome),
        )

    @property
    def kind(self) -> Kind | None:
        """What it brings; None for what has no provider of its own."""
        if self.type == "message.due":
            return "messages"
        data = self.payload.get("data")
        reward = data.get("reward") if isinstance(data, dict) else None
        return next(
            (kind for field, kind in _OF_REWARD.items() if isinstance(reward, dict) and field in reward), None
        )

    @property
    def last(self) -> Attempt | None:
        return self.log[-1] if self.log else None

    @property
    def ended(self) -> bool:
        """Whether it is not to be sent any more, whoever asks."""
        return self.status in ("delivered", "cancelled")

    def after(self, answer: Answer, channel: Channel, at: datetime, next_at: datetime | None) -> "Delivery":
        """The record once an attempt was answered. What was delivered stays so, whatever a copy met later."""
        if answer.delivered or self.status == "delivered":
            status: Status = "delivered"
        elif self.status == "cancelled":
            status = "cancelled"
        else:
            status = "pending" if next_at else "failed"
        attempt = Attempt(at=at.astimezone(UTC), status=answer.status, detail=answer.detail)
        return self.model_copy(
            update={
                "channel": channel,
                "status": status,
                "attempts": self.attempts + 1,
                "log": (*self.log, attempt)[-LOGGED:],
                "next_at": next_at.astimezone(UTC) if next_at and status == "pending" else None,
            }
        )


def delivery_id(program: str, outcome_id: str) -> str:
    """The id that a receiver sees however often we send; a digest, as a webhook-id must hold no full stop."""
    return "dlv_" + hashlib.sha256(f"{program}#{outcome_id}".encode()).hexdigest()[:32]


Send = Callable[[Delivery, Settings, datetime], Answer]
"""What each channel is: makes one attempt at a time and never raises for what the other side does."""
