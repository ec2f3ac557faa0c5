"""Outcomes: what settling decided. Committed with the state, published from the ledger, never edited."""

from datetime import date, datetime
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from membership.member.standing import Source, Standing
from membership.member.state import Status
from membership.program.criteria import Criterion
from membership.program.messaging import Purpose
from membership.program.parts import Reward
from membership.program.text import NO_WORDS, Language, Text


class Evidence(BaseModel):
    """Why: the rule, the figures that it saw, and the version of the program it stood in."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    version: int
    day: date
    """The day by whose figures it was decided."""
    rule: Criterion
    figures: dict[str, int]
    """Of the rule's metrics, in their smallest units."""


class _Outcome(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

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
    fired: dict[str, int] = {}
    """Trigger → the day of the latest occasion, for which this one gets nothing again."""
    approaches: dict[str, str] = {}
    """Trigger/ladder → the tier that this one is on the way to from now on, and was told so."""
    badges: dict[str, date] = {}
    redeemed: dict[str, int] = {}
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


class TriggerFired(_Outcome):
    """The occasion of a trigger is there: what it gives and tells comes with it."""

    type: Literal["trigger.fired"] = "trigger.fired"
    trigger: str
    kind: str
    """Of the occasion."""
    occasion: date
    """The day that it is on: no other one up to that day counts any more."""
    ladder: str | None = None
    tier: str | None = None
    """That the occasion is about, where it is about one."""
    missing: tuple[dict[str, int], ...] = ()
    """Ways to the tier that is near: metric → how much of it is still missing, in its smallest unit."""
    evidence: Evidence | None = None
    """Of a tier that is near."""

    @property
    def key(self) -> str:
        """What can be an occasion of its own at the same time."""
        about = self.tier if self.kind == "promotion" else self.ladder
        return f"{self.trigger}/{about}" if about else self.trigger


class ApproachEnded(_OfTier):
    """A member who was told to be near a tier has moved away from it: coming near again is news again."""

    type: Literal["approach.ended"] = "approach.ended"
    trigger: str
    tier: str


class BadgeAwarded(_Outcome):
    """Once for ever."""

    type: Literal["badge.awarded"] = "badge.awarded"
    badge: str
    evidence: Evidence


class RewardGranted(_Outcome):
    """By a tier that was entered, once a tier and cycle; or by a trigger, once an occasion."""

    type: Literal["reward.granted"] = "reward.granted"
    ladder: str | None = None
    tier: str | None = None
    """That was entered; None: a trigger gives it."""
    cycle: int | None = None
    trigger: str | None = None
    occasion: date | None = None
    """The day of the trigger's."""
    reward: Reward
    lot: str | None = None
    """In which its points go, where the program keeps them itself."""
    on: date | None = None
    """The day on which they do, where a long silence would take them."""


class PartTaken(BaseModel):
    """What was taken for a part of an order: for what was given back between `before` and `after`."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    order: str
    before: int
    """How much of it had been given back, in the currency's smallest unit."""
    after: int
    points: int
    """What was forgiven is not among them; less than 0 where so much is given again."""
    lot: str
    """The order's own."""


class PointsTakenBack(_Outcome):
    """What orders had earned that were given back: from their own lot first, then from what expires first."""

    type: Literal["points.taken_back"] = "points.taken_back"
    orders: dict[str, int]
    """Order → what it doesn't earn any more; none where earnings turned out to be less than known before.

    Less than 0: the order turned out to be worth less, so much was taken too much, and is given again."""
    points: int
    """Taken out of the account."""
    parts: tuple[PartTaken, ...] = ()
    lots: dict[str, int]
    debt: int = 0
    """To be paid by what is earned next."""
    forgiven: int = 0
    """Spent already, and not asked for."""
    lapsed: dict[str, int] = {}
    """Lot → what had expired of it before."""


class PointsDebtPaid(_Outcome):
    """What was owed is paid by what has come in since."""

    type: Literal["points.debt_paid"] = "points.debt_paid"
    points: int
    lots: dict[str, int]


class PointsExpired(_Outcome):
    type: Literal["points.expired"] = "points.expired"
    points: int
    on: date
    """The first day on which they are gone."""
    lots: dict[str, int]


class PointsExpiring(_Outcome):
    """A reminder: all that expires in one month."""

    type: Literal["points.expiring"] = "points.expiring"
    points: int
    expires_on: date
    """The first day on which some of it is gone."""
    lots: dict[str, int]


class PointsAdjusted(_Acted):
    """Given or taken by an operator."""

    type: Literal["points.adjusted"] = "points.adjusted"
    points: int
    """Less than 0 where they were taken."""
    on: date | None = None
    """The day on which they were given, where a long silence would take them."""
    lots: dict[str, int]
    """Lot → what came in, less than 0 where it went out."""


class _OfRedemption(_Outcome):
    redemption: str
    """Its id, chosen by who asked for it."""
    reward: str
    name: Text = NO_WORDS


class RewardRedeemed(_OfRedemption):
    """A reward of the catalogue was bought with points."""

    type: Literal["reward.redeemed"] = "reward.redeemed"
    points: int
    lots: dict[str, int]
    """Which points: those that expire first."""
    coupon: str | None = None
    gift: str | None = None
    code: str | None = None
    """Its own, where the reward gives each one."""
    uploaded: bool = False
    """Whether the code is one of those that operators uploaded."""
    stock: int | None = None
    """Of how many it is one; None: there is no end of them."""


Refusal = Literal[
    "no_such_reward",
    "not_a_member",
    "not_yet",
    "over",
    "tier_too_low",
    "limit_reached",
    "too_few_points",
    "sold_out",
]


class RedemptionRefused(_OfRedemption):
    """It can't be had, and cost nothing: why, and what would have to be otherwise."""

    type: Literal["redemption.refused"] = "redemption.refused"
    reason: Refusal
    points: int | None = None
    """What it costs this member."""
    spendable: int | None = None
    pending: int | None = None
    tier: str | None = None
    """From which on it can be had."""
    opens: datetime | None = None
    closed: datetime | None = None
    limit: int | None = None


class RedemptionCancelled(_OfRedemption):
    """The points are back where they were; they expire when they would have."""

    type: Literal["redemption.cancelled"] = "redemption.cancelled"
    points: int
    lots: dict[str, int]
    stocked: bool = False
    """Whether another one can be sold in its place."""
    by: str
    reason: str


class Certificate(BaseModel):
    """An electronic membership certificate's contents."""

    model_config = ConfigDict(defer_build=True)

    number: str
    tier: Text
    date: date


class Celebration(BaseModel):
    """What a storefront shows when a member rises."""

    model_config = ConfigDict(defer_build=True)

    popup: Text
    announcement: Text
    gift_pack: tuple[str, ...]
    certificate: Certificate


class MessageDue(_Outcome):
    """The member is to be told; or would have been, had nothing been in the way."""

    type: Literal["message.due"] = "message.due"
    about: str
    """Type of the outcome that it tells of; `trigger.` and the occasion's kind; or what else it is about."""
    purpose: Purpose = "membership"
    text: Text
    language: Language | None = None
    """The member's own, where it is known."""
    not_before: datetime | None = None
    """The end of the quiet hours in which it came up."""
    withheld: Literal["opted_out", "cap"] | None = None
    """Why it is kept here and sent to nobody."""
    month: str | None = None
    """The one in which it counts towards the most of a month, as 2026-11; None: it doesn't count."""
    week: date | None = None
    """Of a weekly message: the day on which its week began."""
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
    | TriggerFired
    | ApproachEnded
    | BadgeAwarded
    | RewardGranted
    | PointsTakenBack
    | PointsDebtPaid
    | PointsExpired
    | PointsExpiring
    | PointsAdjusted
    | RewardRedeemed
    | RedemptionRefused
    | RedemptionCancelled
    | MessageDue
    | FactIgnored,
    Field(discriminator="type"),
]

outcomes: TypeAdapter[Outcome] = TypeAdapter(Outcome, config=ConfigDict(defer_build=True))


class Envelope(BaseModel):
    """An outcome as it is kept in the ledger, put on the bus and shown to members and operators."""

    model_config = ConfigDict(defer_build=True)

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
