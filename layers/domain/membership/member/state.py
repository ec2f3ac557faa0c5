"""What a member is between two settlings: small, whatever the length of the ledger behind it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from membership.facts import Attributes, Order
from membership.member.applied import AppliedFacts

Status = Literal["trial", "active"]


class Notice(BaseModel):
    """An announced downgrade."""

    model_config = ConfigDict(extra="forbid")

    to_tier: str
    falls_on: date
    """The first day in the lower tier."""
    announced_at: datetime


class Standing(BaseModel):
    """Where a member is in a ladder."""

    model_config = ConfigDict(extra="forbid")

    tier: str
    since: datetime
    earned_on: date
    """The day by whose figures the tier was last earned."""
    qualified: bool = True
    """False after a soft landing: held without having met the tier's criterion."""
    expires_on: date | None = None
    """The first day that the tier is not promised for; None: no end is set."""
    notice: Notice | None = None


class Member(BaseModel):
    """State of one member. The first block is the sum of facts, the second of outcomes."""

    model_config = ConfigDict(extra="forbid")

    id: str
    fingerprint: str
    """Of the program's metrics that the tallies were added up with."""

    clock: datetime | None = None
    """The latest time that any of its facts occurred: the member's own present."""
    first_seen: datetime | None = None
    attributes: Attributes = Attributes()
    attribute_times: dict[str, str] = {}
    """Attribute → when and by which fact it was last set, so that late profiles don't win."""
    enrolled: bool = False
    counted: bool = False
    """Whether any fact has counted towards a metric."""
    tallies: dict[str, dict[int, int]] = {}
    """Metric → bucket of its window → what was added up."""
    waiting: dict[str, int] = {}
    """Order id → refunds that came before their order."""

    status: Status | None = None
    standings: dict[str, Standing] = {}
    """Ladder → standing."""
    granted: dict[str, int] = {}
    """Tier/reward → the latest cycle in which it was granted."""

    _applied: AppliedFacts = AppliedFacts()

    @classmethod
    def new(cls, member_id: str, fingerprint: str) -> Self:
        return cls(id=member_id, fingerprint=fingerprint)

    @property
    def applied(self) -> AppliedFacts:
        return self._applied

    @applied.setter
    def applied(self, applied: AppliedFacts) -> None:
        self._applied = applied

    def twin(self) -> Self:
        """An independent copy to settle on."""
        twin = self.model_copy(  # by hand: a deep copy costs four times as much as settling
            update={
                "attribute_times": dict(self.attribute_times),
                "tallies": {metric: dict(tally) for metric, tally in self.tallies.items()},
                "waiting": dict(self.waiting),
                "standings": {ladder: standing.model_copy() for ladder, standing in self.standings.items()},
                "granted": dict(self.granted),
            }
        )
        twin._applied = self._applied.copy()
        return twin


@dataclass(frozen=True)
class OrderAccount:
    """What a refund has to know of its order: the order, if it has come, and what was given back of it."""

    order: Order | None
    refunded: int = 0
