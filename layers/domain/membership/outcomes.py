"""Outcomes: what settling decided. Committed with the state, published from the ledger, never edited."""

from datetime import date, datetime
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from membership.member.standing import Source, Standing
from membership.member.state import Status
from membership.program.criteria import Criterion
from membership.program.parts import Reward
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


class _Acted(_Outcome):
    """Decided by an operator: the member is shown the reason."""

    by: str
    reason: str


class MemberBlocked(_Acted):
    """The membership is lost for good."""

    type: Literal["member.blocked"] = "member.blocked"


class MemberUnblocked(_Acted):
    """And given back, as it was."""

    type: Literal["member.unblocked"] = "member.unblocked"


class MemberLeft(_Acted):
    type: Literal["member.left"] = "member.left"


class MemberReturned(_Acted):
    type: Literal["member.returned"] = "member.returned"


class MemberMerged(_Acted):
    """This member proved to be another one, which goes on for both."""

    type: Literal["member.merged"] = "member.merged"
    into: str


class MemberAbsorbed(_Acted):
    """Another member proved to be this one: what it had joins what this one has."""

    type: Literal["member.absorbed"] = "member.absorbed"
    member: str
    standings: dict[str, Standing]
    """Where this one stands from now on, in each ladder in which the other one stood."""
    granted: dict[str, int]
    absorbed: tuple[str, ...] = ()


class ReferralTold(_Outcome):
    """What the member did counts for who had recommended the program to it."""

    type: Literal["referral.told"] = "referral.told"
    referrer: str
    stage: Literal["registered", "bought"]
    day: date
    times: int
    undone: bool = False


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
    by: str | None = None
    reason: str | None = None
    """Of the operator who confirmed it, where the tier asks for that."""


class TierRenewed(_OfTier):
    """The criterion to keep the tier was met again, for a longer promise."""

    type: Literal["tier.renewed"] = "tier.renewed"
    tier: str
    expires_on: date | None = None
    deducted: dict[str, int] = {}
    """What was taken off the figures where the last promise ended."""
    evidence: Evidence


class TierUndermined(_OfTier):
    """A refund took away what had earned the tier: up for review, with the usual notice."""

    type: Literal["tier.undermined"] = "tier.undermined"
    tier: str
    expires_on: date | None = None
    """The day on which it will be judged again; None: the refund costs nothing but is to be looked at."""
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
    evidence: Evidence | None = None
    """None where the tier asks for nothing any more."""


class TierDowngraded(_OfTier):
    type: Literal["tier.downgraded"] = "tier.downgraded"
    from_tier: str
    to_tier: str
    announced_at: datetime
    expires_on: date | None = None
    qualified: bool
    deducted: dict[str, int] = {}
    evidence: Evidence


class TierReplaced(_OfTier):
    """A new version of the program has another tier in place of the member's."""

    type: Literal["tier.replaced"] = "tier.replaced"
    replaced: dict[str, str]
    """Old tier → new tier, for each that the member has anything to do with."""
    version: int


class TierOverridden(_OfTier):
    """A tier that was not earned: held or lifted by an operator, or paid for; or for longer than before."""

    type: Literal["tier.overridden"] = "tier.overridden"
    source: Source
    from_tier: str
    """What was shown before."""
    tier: str
    until: date
    by: str | None = None
    reason: str | None = None


class OverrideEnding(_OfTier):
    """It ends soon, and what lies beneath comes back."""

    type: Literal["tier.override_ends"] = "tier.override_ends"
    source: Source
    tier: str
    to_tier: str
    until: date


class OverrideEnded(_OfTier):
    type: Literal["tier.override_ended"] = "tier.override_ended"
    source: Source
    from_tier: str
    to_tier: str
    """What is shown from now on."""
    by: str | None = None
    reason: str | None = None


class ApprovalRequested(_OfTier):
    """An operator is asked: to confirm a promotion, to lift a special member, to look at a refunded order."""

    type: Literal["approval.requested"] = "approval.requested"
    approval: str
    kind: Literal["promotion", "special", "refund"]
    tier: str
    earned_on: date
    condition: str | None = None
    quarter: int | None = None
    """Of a special review: for which the member was listed, as year × 4 + quarter."""
    evidence: Evidence


class ApprovalDecided(_OfTier):
    type: Literal["approval.decided"] = "approval.decided"
    approval: str
    kind: Literal["promotion", "special", "refund"]
    verdict: Literal["approve", "decline"]
    tier: str
    cycle: int | None = None
    """In which a declined promotion isn't asked for again."""
    quarter: int | None = None
    """Of a special review: in which the member isn't listed for it again, as year × 4 + quarter."""
    by: str
    reason: str


class ApprovalWithdrawn(_OfTier):
    """What was asked for has no ground any more."""

    type: Literal["approval.withdrawn"] = "approval.withdrawn"
    approval: str
    kind: Literal["promotion", "special", "refund"]
    tier: str


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
    """A fact that changed nothing, and why."""

    type: Literal["fact.ignored"] = "fact.ignored"
    reason: Literal[
        "nothing_to_decide",
        "not_possible_now",
        "merges_in_a_circle",
    ]


Outcome = Annotated[
    MemberEnrolled
    | MemberActivated
    | MemberBlocked
    | MemberUnblocked
    | MemberLeft
    | MemberReturned
    | MemberMerged
    | MemberAbsorbed
    | ReferralTold
    | TierUpgraded
    | TierRenewed
    | TierUndermined
    | DowngradeAnnounced
    | DowngradeAverted
    | TierDowngraded
    | TierReplaced
    | TierOverridden
    | OverrideEnding
    | OverrideEnded
    | ApprovalRequested
    | ApprovalDecided
    | ApprovalWithdrawn
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
