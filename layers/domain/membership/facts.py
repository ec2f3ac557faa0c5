"""Facts: everything that can change a member, as it is kept in the ledger. Nothing ever edits one."""

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from membership.acts import Action, Decide
from membership.program.messaging import Refusable
from membership.program.text import Language


class _Fact(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    id: str
    """Chosen by who sends it; unique within the member."""
    member_id: str
    occurred_at: datetime
    recorded_at: datetime
    """When the ledger took it; orders a rebuild and bounds the memory of applied facts."""

    circumstances: ClassVar[frozenset[str]] = frozenset({"id", "recorded_at"})
    """What may differ where the same thing is told again."""

    @property
    def told_from(self) -> datetime:
        """From when on a member can be told of what it led to: a notice runs from here, never from before."""
        return self.recorded_at


class Line(BaseModel):
    """A part of an order."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    id: str
    amount: int


class Order(_Fact):
    """Known by its order id, whatever event brought it: the same order never counts twice."""

    type: Literal["order"] = "order"
    order_id: str
    amount: int
    """In the currency's smallest unit."""
    saved: int = 0
    """What the membership saved on it, in the currency's smallest unit."""
    plan: str | None = None
    """The plan that it pays the fee of: such an order buys a term of membership, and nothing else."""
    lines: tuple[Line, ...] = ()
    """What it is made of; all of it, or not told."""

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
    benefit: str | None = None
    """Of the use of a benefit: which one."""

    @property
    def key(self) -> str:
        return f"activity#{self.id}"


class Attributes(BaseModel):
    """What a storefront knows of a person. Absent fields leave what is known as it is."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    joined: date | None = None
    birthday: str | None = Field(default=None, pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")
    """Month and day as MM-DD: the year is nobody's business here."""
    referrer: str | None = Field(default=None, min_length=1, max_length=128)
    labels: tuple[Annotated[str, Field(min_length=1, max_length=50)], ...] | None = Field(
        default=None, max_length=20
    )
    timezone: str | None = None
    """Where the member's nights are, as Asia/Shanghai; None: where the program's are."""
    language: Language | None = None
    opted_out: tuple[Refusable, ...] | None = None
    """The purposes of messages that the member doesn't want."""
    opted_in: tuple[Literal["weekly"], ...] | None = None
    """What a member is sent only where it wants it."""
    email: str | None = None
    """Told only where the stack sends e-mails; an empty one takes it away."""


class _OfPerson(_Fact):
    """What somebody said that the person wants, or is: with whose key, as consent needs a witness."""

    circumstances: ClassVar[frozenset[str]] = frozenset({"id", "recorded_at", "told_by"})

    told_by: str | None = None
    """The key's id."""


class Profile(_OfPerson):
    """New attributes of a member; enrols nobody."""

    type: Literal["profile"] = "profile"
    attributes: Attributes

    @property
    def key(self) -> str:
        return f"profile#{self.id}"


class Enrolment(_OfPerson):
    """The shop registers the member: from here on it is assessed."""

    type: Literal["enrolment"] = "enrolment"
    # Calling the class would build its validator while it is imported; so for other defaults that are models.
    attributes: Attributes = Attributes.model_construct()

    @property
    def key(self) -> str:
        return f"enrolment#{self.id}"


class Referral(_Fact):
    """A friend has registered or bought for the first time. Told by the friend's own settling, not by a
    sender."""

    type: Literal["referral"] = "referral"
    friend: str
    """A pseudonym: who it is stands in its own ledger, and goes with that."""
    stage: Literal["registered", "bought"]
    undone: bool = False
    """Whether it takes an earlier one back: everything that the friend had bought was returned."""
    day: date
    """The program's day in which it is booked, as is what takes it back."""

    @property
    def key(self) -> str:
        return f"referral#{self.id}"


class Ranking(_Fact):
    """A place on a board that was cut: told to those who are near enough to the top for a rule to ask."""

    type: Literal["ranking"] = "ranking"
    metric: str
    day: date
    """The last day that the board saw; the place holds from the next day until the next cut."""
    place: int
    """1 for the best; those who are equal share the best place. Who fell off the board comes after all."""
    members: int
    """How many are on the board."""
    figure: int

    @property
    def position(self) -> int:
        """How much of the board is not above, in hundredths of a per cent: 9,000 is the top tenth."""
        return 0 if self.place > self.members else 10_000 - -(-10_000 * self.place // self.members)

    @property
    def key(self) -> str:
        return f"ranking#{self.metric}#{self.day.isoformat()}"


class _AtTheDoor(_Fact):
    """Asked for by a request that tells no time: it occurs when it is first taken."""

    circumstances: ClassVar[frozenset[str]] = frozenset({"id", "recorded_at", "occurred_at", "token"})


class Redemption(_AtTheDoor):
    """A member asks for a reward of the catalogue."""

    type: Literal["redemption"] = "redemption"
    reward: str
    token: str
    """Made at random when it was asked for: the code, where the reward gives generated ones."""

    @property
    def key(self) -> str:
        return f"redemption#{self.id}"


class Cancellation(_AtTheDoor):
    """A redemption is to be undone."""

    type: Literal["redemption_cancelled"] = "redemption_cancelled"
    redemption: str
    """Its id."""
    by: str
    reason: str

    @property
    def key(self) -> str:
        return f"redemption_cancelled#{self.redemption}#{self.id}"


class Act(_Fact):
    """What an operator did, and why."""

    type: Literal["act"] = "act"
    by: str
    """Who: the key, and the name that the operator gave."""
    reason: str
    action: Action

    @property
    def key(self) -> str:
        # One approval is decided once, whoever is first.
        return f"decision#{self.action.approval}" if isinstance(self.action, Decide) else f"act#{self.id}"


class Review(_Fact):
    """The clock itself: a day begins on which something may be due for this member."""

    type: Literal["review"] = "review"
    day: date
    version: int | None = None
    """Of the program, where that has begun and is why: each member is looked at once for it."""
    dated: datetime | None = None
    """When its notices were given, where that is not when it was recorded."""

    @property
    def told_from(self) -> datetime:
        return self.dated or self.recorded_at

    @property
    def key(self) -> str:
        return f"review#v{self.version}" if self.version else f"review#{self.day.isoformat()}"


Fact = Annotated[
    Order
    | Refund
    | Activity
    | Profile
    | Enrolment
    | Referral
    | Ranking
    | Redemption
    | Cancellation
    | Act
    | Review,
    Field(discriminator="type"),
]

facts: TypeAdapter[Fact] = TypeAdapter(Fact, config=ConfigDict(defer_build=True))
"""Reads and writes any fact."""
