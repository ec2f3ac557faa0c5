"""A delivery: one outcome on its way to the shop, and what became of the attempts to bring it there."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, JsonValue

Channel = Literal["webhook"]
Status = Literal["pending", "delivered", "failed"]
Settings = Mapping[str, Any]


class Answer(BaseModel):
    """How a channel answered one attempt. Operators read `detail`: short, and no secret in it."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    delivered: bool
    status: int | None = None
    detail: str = ""
    retry_after: int | None = None


class Attempt(BaseModel):
    """The last attempt, as the record keeps it."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    at: datetime
    status: int | None
    detail: str


class Delivery(BaseModel):
    """A record that is enough to send again: it carries the whole outcome."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: str
    program: str
    member_id: str
    outcome_id: str
    type: str
    channel: Channel
    created_at: datetime
    payload: dict[str, JsonValue]
    status: Status = "pending"
    attempts: int = 0
    last: Attempt | None = None

    @classmethod
    def of(cls, outcome: Mapping[str, Any], channel: Channel, now: datetime) -> "Delivery":
        """A new delivery of an outcome; the same outcome always gets the same id."""
        return cls(
            id=delivery_id(outcome["program"], outcome["id"]),
            program=outcome["program"],
            member_id=outcome["member_id"],
            outcome_id=outcome["id"],
            type=outcome["type"],
            channel=channel,
            created_at=now.astimezone(UTC),
            payload=dict(outcome),
        )

    def after(self, answer: Answer, at: datetime, *, last_chance: bool) -> "Delivery":
        """The record once an attempt was answered."""
        status: Status = "delivered" if answer.delivered else "failed" if last_chance else "pending"
        last = Attempt(at=at.astimezone(UTC), status=answer.status, detail=answer.detail)
        return self.model_copy(update={"status": status, "attempts": self.attempts + 1, "last": last})

    def given_up(self, reason: str, at: datetime) -> "Delivery":
        """The record of a delivery that could not even be tried."""
        last = Attempt(at=at.astimezone(UTC), status=None, detail=reason)
        return self.model_copy(update={"status": "failed", "last": last})


def delivery_id(program: str, outcome_id: str) -> str:
    """The id that a receiver sees however often we send; a digest, as a webhook-id must hold no full stop."""
    return "dlv_" + hashlib.sha256(f"{program}#{outcome_id}".encode()).hexdigest()[:32]


Send = Callable[[Delivery, Settings, datetime], Answer]
"""What each channel is: makes one attempt at a time and never raises for what the other side does."""
