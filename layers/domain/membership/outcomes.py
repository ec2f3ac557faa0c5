"""Outcomes: what settling decided. Committed with the state, published from the ledger, never edited."""

from datetime import date, datetime
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from membership.member.state import Status
from membership.program.criteria import Criterion
from membership.program.schema import Reward
from membership.program.text import Text


class Evidence(BaseModel):
    """Why: the rule, the figures that it saw, and the version of the program it stood in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int
    day: date
    """The day by whose figures it was decided."""
    rule: Criterion
    figures: dict[str, int]
    """Of the rule's metrics, in their smallest units."""


class _Outcome(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    at: datetime
    """In the member's own time: the latest moment that its facts know."""
    fact: str = ""
    """Key of the fact that led to it."""


class MemberEnrolled(_Outcome):
    """A member the program didn't know."""

    type: Literal["member.enrolled"] = "member.enrolled"
    status: Status


class MemberActivated(_Outcome):
    """A trial member did something that counts."""

    type: Literal["member.activated"] = "member.activated"


class _OfTier(_Outcome):
    ladder: str


class TierUpgraded(_OfTier):
    type: Literal["tier.upgraded"] = "tier.upgraded"
    from_tier: str | None = None
    to_tier: str
    earned_on: date
    expires_on: date | None = None
    evidence: Evidence | None = None
    """None for the first tier, which asks for nothing."""


class TierRenewed(_OfTier):
    """The criterion to keep the tier was met again, for a longer promise."""

    type: Literal["tier.renewed"] = "tier.renewed"
    tier: str
    expires_on: date | None = None
    evidence: Evidence


class TierUndermined(_OfTier):
    """A refund took away what had earned the tier: up for review, with the usual notice."""

    type: Literal["tier.undermined"] = "tier.undermined"
    tier: str
    expires_on: date
    evidence: Evidence


class DowngradeAnnounced(_OfTier):
    type: Literal["tier.will_downgrade"] = "tier.will_downgrade"
    from_tier: str
    to_tier: str
    announced_at: datetime
    """When the member could be told of it: a fact that came late starts no notice in the past."""
    falls_on: date
    reason: Literal["promise_ends", "criterion_lost"]
    prevented_by: tuple[dict[str, int], ...]
    """Ways to keep the tier: metric → how much of it is still missing, in its smallest unit."""
    evidence: Evidence


class DowngradeAverted(_OfTier):
    type: Literal["tier.kept"] = "tier.kept"
    tier: str
    evidence: Evidence


class TierDowngraded(_OfTier):
    type: Literal["tier.downgraded"] = "tier.downgraded"
    from_tier: str
    to_tier: str
    announced_at: datetime
    expires_on: date | None = None
    qualified: bool
    evidence: Evidence


class RewardGranted(_OfTier):
    type: Literal["reward.granted"] = "reward.granted"
    tier: str
    cycle: int
    reward: Reward


class Certificate(BaseModel):
    """An electronic membership certificate's contents."""

    number: str
    tier: Text
    date: date


class Celebration(BaseModel):
    """What a storefront shows when a member rises."""

    popup: Text
    announcement: Text
    gift_pack: tuple[str, ...]
    certificate: Certificate


class MessageDue(_Outcome):
    """The member is to be told."""

    type: Literal["message.due"] = "message.due"
    about: str
    """Type of the outcome that the message tells of."""
    text: Text
    details: dict[str, Any]
    """That outcome's own fields, for a storefront's own template."""
    celebration: Celebration | None = None


class FactIgnored(_Outcome):
    """A fact that changed nothing: its id had been used for another one."""

    type: Literal["fact.ignored"] = "fact.ignored"
    reason: Literal["id_used_for_another_fact"]


Outcome = Annotated[
    MemberEnrolled
    | MemberActivated
    | TierUpgraded
    | TierRenewed
    | TierUndermined
    | DowngradeAnnounced
    | DowngradeAverted
    | TierDowngraded
    | RewardGranted
    | MessageDue
    | FactIgnored,
    Field(discriminator="type"),
]

outcomes: TypeAdapter[Outcome] = TypeAdapter(Outcome)


class Envelope(BaseModel):
    """An outcome as it is kept in the ledger, put on the bus and shown to members and operators."""

    id: str
    type: str
    program: str
    member_id: str
    at: datetime
    data: dict[str, Any]

    @classmethod
    def seal(cls, program: str, member_id: str, place: str, outcome: Outcome) -> "Envelope":
        """`place` is the outcome's position in the member's ledger: the id is the same whoever makes it."""
        digest = sha256(f"{program}#{member_id}#{place}".encode()).hexdigest()[:24]
        data = outcome.model_dump(mode="json", exclude={"type", "at"}, exclude_none=True)
        return cls(
            id=f"out_{digest}",
            type=outcome.type,
            program=program,
            member_id=member_id,
            at=outcome.at,
            data=data,
        )

    def open(self) -> Outcome:
        return outcomes.validate_python({"type": self.type, "at": self.at, **self.data})
