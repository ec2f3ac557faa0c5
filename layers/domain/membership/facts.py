"""Facts: everything that can change a member, as it is kept in the ledger. Nothing ever edits one."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter


class _Fact(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    """Chosen by who sends it; unique within the member."""
    member_id: str
    occurred_at: datetime
    recorded_at: datetime
    """When the ledger took it; orders a rebuild and bounds the memory of applied facts."""

    @property
    def told_from(self) -> datetime:
        """From when on a member can be told of what it led to: a notice runs from here, never from before."""
        return self.recorded_at


class Order(_Fact):
    """Known by its order id, whatever event brought it: the same order never counts twice."""

    type: Literal["order"] = "order"
    order_id: str
    amount: int
    """In the currency's smallest unit."""

    @property
    def key(self) -> str:
        return f"order#{self.order_id}"


class Refund(_Fact):
    """Booked where its order was booked; one that comes before its order waits for it."""

    type: Literal["refund"] = "refund"
    order_id: str
    amount: int

    @property
    def key(self) -> str:
        return f"refund#{self.order_id}#{self.id}"


class Activity(_Fact):
    """Anything else a member does: check-in, review, share, feedback, referral, campaign, …"""

    type: Literal["activity"] = "activity"
    kind: str
    quality: int | None = None
    value: int | None = None

    @property
    def key(self) -> str:
        return f"activity#{self.id}"


class Attributes(BaseModel):
    """What a storefront knows of a person. Absent fields leave what is known as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    joined: date | None = None
    birthday: str | None = Field(default=None, pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")
    """Month and day as MM-DD: the year is nobody's business here."""
    referrer: str | None = Field(default=None, min_length=1, max_length=128)
    labels: tuple[Annotated[str, Field(min_length=1, max_length=50)], ...] | None = Field(
        default=None, max_length=20
    )


class Profile(_Fact):
    """New attributes of a member; enrols nobody."""

    type: Literal["profile"] = "profile"
    attributes: Attributes

    @property
    def key(self) -> str:
        return f"profile#{self.id}"


class Enrolment(_Fact):
    """The shop registers the member: from here on it is assessed."""

    type: Literal["enrolment"] = "enrolment"
    attributes: Attributes = Attributes()

    @property
    def key(self) -> str:
        return f"enrolment#{self.id}"


class Review(_Fact):
    """The clock itself: a day begins on which something may be due for this member."""

    type: Literal["review"] = "review"
    day: date
    dated: datetime | None = None
    """When its notices were given, where that is not when it was recorded."""

    @property
    def told_from(self) -> datetime:
        return self.dated or self.recorded_at

    @property
    def key(self) -> str:
        return f"review#{self.day.isoformat()}"


Fact = Annotated[Order | Refund | Activity | Profile | Enrolment | Review, Field(discriminator="type")]

facts: TypeAdapter[Fact] = TypeAdapter(Fact)
"""Reads and writes any fact."""
