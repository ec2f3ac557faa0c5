"""What a reward of the catalogue costs a member, and what stands in the way of having it."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple, Self

from pydantic import BaseModel, ConfigDict

from membership.member.state import Member, Status
from membership.outcomes import Outcome, RedemptionCancelled, Refusal, RewardRedeemed
from membership.program.catalogue import Redeemable
from membership.program.schema import Ladder, Program

SERVED: frozenset[Status | None] = frozenset({"trial", "active"})
"""Who may redeem."""


class Shelf(NamedTuple):
    """What there is of a reward, as it was looked up."""

    sold: int = 0
    """Of those that are counted."""
    codes: tuple[str, ...] = ()
    """Uploaded ones to give next: as many as are asked for, where there are so many."""


class Redeemed(NamedTuple):
    """A redemption that was made, as far as the ledger tells."""

    outcome: RewardRedeemed
    cancelled: bool = False


@dataclass
class Desk:
    """What redeeming has to know beside the member. It is kept up to what is decided, fact by fact."""

    shelves: dict[str, Shelf] = field(default_factory=dict)
    """Reward → what there is of it, of those that are asked for and can be sold out."""
    redemptions: dict[str, Redeemed] = field(default_factory=dict)
    """Id → redemption, of those that are to be cancelled."""

    def twin(self) -> Self:
        return replace(self, shelves=dict(self.shelves), redemptions=dict(self.redemptions))

    def shelf(self, reward: str) -> Shelf:
        return self.shelves.get(reward, Shelf())

    def note(self, outcome: Outcome) -> None:
        """What comes next in the same batch finds one less, or one more."""
        match outcome:
            case RewardRedeemed():
                shelf = self.shelf(outcome.reward)
                codes = shelf.codes[1:] if outcome.uploaded else shelf.codes
                self.shelves[outcome.reward] = Shelf(shelf.sold + (outcome.stock is not None), codes)
                self.redemptions[outcome.redemption] = Redeemed(outcome)
            case RedemptionCancelled():
                shelf = self.shelf(outcome.reward)
                self.shelves[outcome.reward] = shelf._replace(sold=shelf.sold - outcome.stocked)
                known = self.redemptions[outcome.redemption]
                self.redemptions[outcome.redemption] = known._replace(cancelled=True)


class Hindrance(BaseModel):
    """Why a reward can't be had, and what would have to be otherwise."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    reason: Refusal
    points: int | None = None
    spendable: int | None = None
    pending: int | None = None
    tier: str | None = None
    opens: datetime | None = None
    closed: datetime | None = None
    limit: int | None = None


def price(program: Program, member: Member, reward: Redeemable) -> int:
    """The lowest of those that hold for the member's tiers: each holds from its tier on."""
    prices = [
        reward.by_tier[tier.id]
        for ladder, shown in _shown(program, member)
        for tier in ladder.tiers[: ladder.rank(shown) + 1]
        if tier.id in reward.by_tier
    ]
    return min([reward.points, *prices])


def hindrance(
    program: Program, member: Member, reward: Redeemable, at: datetime, shelf: Shelf
) -> Hindrance | None:
    """The first thing in the way, what nobody can change before what the member can; None: it may be had."""
    opens, closes = reward.opens(program), reward.closes(program)
    if member.status not in SERVED:
        return Hindrance(reason="not_a_member")
    if opens and at < opens:
        return Hindrance(reason="not_yet", opens=opens)
    if closes and at >= closes:
        return Hindrance(reason="over", closed=closes)
    if reward.tier and not _reaches(program, member, reward.tier):
        return Hindrance(reason="tier_too_low", tier=reward.tier)
    if reward.per_member is not None and member.redeemed.get(reward.id, 0) >= reward.per_member:
        return Hindrance(reason="limit_reached", limit=reward.per_member)
    if is_sold_out(reward, shelf):
        return Hindrance(reason="sold_out")
    today = program.day(max(at, member.clock or at))
    cost, spendable = price(program, member, reward), member.points.spendable(today)
    if cost > spendable:
        pending = member.points.pending(today)
        return Hindrance(reason="too_few_points", points=cost, spendable=spendable, pending=pending)
    return None


def is_sold_out(reward: Redeemable, shelf: Shelf) -> bool:
    """Whether the last one is gone, of all that there are or of those with a code."""
    gone = reward.stock is not None and shelf.sold >= reward.stock
    return gone or (reward.codes == "uploaded" and not shelf.codes)


def _reaches(program: Program, member: Member, tier: str) -> bool:
    return any(
        tier in ladder and ladder.rank(shown) >= ladder.rank(tier)
        for ladder, shown in _shown(program, member)
    )


def _shown(program: Program, member: Member) -> list[tuple[Ladder, str]]:
    """Each ladder in which the member stands, with the tier that counts."""
    return [
        (ladder, ladder.shown(member.standings[id_])[1])
        for id_, ladder in program.ladders_by_id.items()
        if id_ in member.standings
    ]
