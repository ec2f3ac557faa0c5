"""What a member is between two settlings: small, whatever the length of the ledger behind it."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from membership.facts import Attributes, Order
from membership.member.account import Account
from membership.member.applied import AppliedFacts
from membership.member.standing import Held, Standing

HELD_FOR = timedelta(days=730)
"""So long a member knows which tiers it had; what is told later than that is worth reading its ledger."""

Status = Literal["trial", "active", "blocked", "left", "merged", "erased"]


class Absence(NamedTuple):
    """A time in which nothing that the member did counts; without an end as long as it lasts."""

    begin: datetime
    end: datetime | None
    blocked: bool


def outside(absences: Iterable[Absence], at: datetime) -> bool:
    """Whether a moment lies in one of them."""
    return any(begin <= at and (end is None or at < end) for begin, end, _ in absences)


class Approval(BaseModel):
    """A question that waits for an operator."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    kind: Literal["promotion", "special", "refund"]
    ladder: str
    tier: str
    """Promotion: the tier that was reached; else the one that the member stands in."""
    earned_on: date
    condition: str | None = None
    """Of a special review."""


class Referred(BaseModel):
    """What a referrer was told of this member."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    referrer: str
    day: date
    times: int
    """How often: it may be taken back, and told again."""
    undone: bool = False


class Member(BaseModel):
    """State of one member. The first block is the sum of facts, the second of outcomes.

    What may be empty has a factory: pydantic copies other such defaults deeply, which took most of a reading.
    """

    model_config = ConfigDict(extra="forbid", defer_build=True)

    id: str
    fingerprint: str
    """Of the program's metrics that the tallies were added up with."""

    clock: datetime | None = None
    """The latest time that any of its facts occurred: the member's own present."""
    first_seen: datetime | None = None
    attributes: Attributes = Attributes.model_construct()
    attribute_times: dict[str, str] = Field(default_factory=dict)
    """Attribute → when and by which fact it was last set, so that late profiles don't win."""
    enrolled: bool = False
    counted: bool = False
    """Whether any fact has counted towards a metric."""
    tallies: dict[str, dict[int, int]] = Field(default_factory=dict)
    """Metric → bucket of its window → what was added up."""
    waiting: dict[str, int] = Field(default_factory=dict)
    """Order id → refunds that came before their order."""
    purchases: int = 0
    """Orders that were paid and not wholly given back."""
    outside: list[Absence] = Field(default_factory=list)
    """Times in which the member was blocked, or had left."""
    present: list[int] = Field(default_factory=list)
    """Where a trigger asks: the days on which it did something, of the last week, and the last one before."""

    points: Account = Account.model_construct()
    """Earned by facts, spent and taken by outcomes."""
    used: dict[str, int] = Field(default_factory=dict)
    """Benefit/tier → how often the benefit was used by who then had the tier."""

    status: Status | None = None
    standings: dict[str, Standing] = Field(default_factory=dict)
    """Ladder → standing."""
    held: list[Held] = Field(default_factory=list)
    """Tiers of the last two years that are the member's no longer."""
    granted: dict[str, int] = Field(default_factory=dict)
    """Tier/reward → the latest cycle in which it was granted."""
    redeemed: dict[str, int] = Field(default_factory=dict)
    """Reward of the catalogue → how many were redeemed and not cancelled."""
    approvals: dict[str, Approval] = Field(default_factory=dict)
    """Id → question that waits for an operator."""
    listed: dict[str, int] = Field(default_factory=dict)
    """Special condition → the latest quarter in which the member was listed for it."""
    referred: dict[str, Referred] = Field(default_factory=dict)
    """Stage → what the member's referrer was told last."""
    fired: dict[str, int] = Field(default_factory=dict)
    """Trigger, with the tier or the ladder that it was about → the day of its latest occasion."""
    approaches: dict[str, str] = Field(default_factory=dict)
    """Trigger/ladder → the tier that the member was told to be near, and is on the way to."""
    badges: dict[str, date] = Field(default_factory=dict)
    """Badge → the day on which it was awarded."""
    pushes: dict[str, int] = Field(default_factory=dict)
    """Month → messages that count towards the most of a month; the last two months are kept."""
    week_told: date | None = None
    """The first day of the last week of which the member was told its progress."""
    merged_into: str | None = None
    absorbed: tuple[str, ...] = ()
    """Members that proved to be this one: their facts are in ledgers of their own."""

    _applied: AppliedFacts = PrivateAttr(default_factory=AppliedFacts)

    @classmethod
    def new(cls, member_id: str, fingerprint: str) -> Self:
        return cls(id=member_id, fingerprint=fingerprint)

    @property
    def applied(self) -> AppliedFacts:
        return self._applied

    @applied.setter
    def applied(self, applied: AppliedFacts) -> None:
        self._applied = applied

    @property
    def goes_on(self) -> bool:
        """Whether there is still a member of this id, whatever becomes of it."""
        return self.status not in ("merged", "erased")

    def forget_sums(self, at: datetime) -> None:
        """Nothing is added up any more, whatever is still told of it: that is the other one's."""
        self.clock, self.first_seen = at, None
        self.attributes, self.attribute_times = Attributes(), {}
        self.enrolled = self.counted = False
        self.tallies, self.waiting, self.purchases = {}, {}, 0
        self.outside, self.present = [], []
        self.points, self.used = Account(), {}

    def is_outside(self, at: datetime) -> bool:
        """Whether what was done at that moment counts for nothing."""
        return outside(self.outside, at)

    def forget_the_past(self) -> None:
        """Tiers of so long ago that nothing which is still told hangs on them."""
        if self.held and self.clock and self.held[0].until < (since := self.clock - HELD_FOR):
            self.held = [one for one in self.held if one.until >= since]

    def twin(self) -> Self:
        """An independent copy to settle on."""
        twin = self.model_copy(  # by hand: a deep copy costs four times as much as settling
            update={
                "attribute_times": dict(self.attribute_times),
                "tallies": {metric: dict(tally) for metric, tally in self.tallies.items()},
                "waiting": dict(self.waiting),
                "outside": list(self.outside),
                "used": dict(self.used),
                "held": list(self.held),
                "present": list(self.present),
                "standings": {ladder: standing.twin() for ladder, standing in self.standings.items()},
                "granted": dict(self.granted),
                "redeemed": dict(self.redeemed),
                "approvals": dict(self.approvals),
                "listed": dict(self.listed),
                "referred": dict(self.referred),
                "fired": dict(self.fired),
                "approaches": dict(self.approaches),
                "badges": dict(self.badges),
            }
        )
        twin._applied = self._applied.copy()
        return twin


class OrderAccount(NamedTuple):
    """What a refund has to know of its order: the order, if it has come, and what was given back of it."""

    order: Order | None
    refunded: int = 0
