"""What is answered about the catalogue and what was redeemed."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from membership.http.problems import Refused, not_redeemable
from membership.http.view import Absent, View
from membership.member.redemption import Hindrance, Redeemed
from membership.member.refusals import why_not
from membership.outcomes import RedemptionRefused, Refusal
from membership.program.catalogue_in_words import redeemable
from membership.program.schema import Program
from membership.program.text import Language
from membership.services.redeeming import Answered, Offer
from membership.store.shelves import Uploaded


class WhyNotView(View):
    """Why the member can't have it now."""

    reason: Refusal
    text: str = Field(description="In words, and what to do about it.")

    @classmethod
    def of(cls, found: Hindrance, program: Program, lang: Language) -> "WhyNotView":
        return cls(reason=found.reason, text=why_not(found, program, lang))


class OfferView(View):
    """A reward of the catalogue."""

    id: str
    name: str
    points: int = Field(description="What it costs: the member, or anybody.")
    text: str = Field(description="For whom, for how much, when and how many, in words.")
    gives: Literal["coupon", "gift"]
    opens: datetime | None = Field(default=Absent, description="The first moment at which it can be had.")
    closes: datetime | None = Field(default=Absent, description="From this moment on it can't any more.")
    left: int | None = Field(default=Absent, description="How many there are now; absent: no end of them.")
    why_not: WhyNotView | None = Field(
        default=Absent, description="With `member_id`: absent where the member can have it now."
    )

    @classmethod
    def of(cls, offer: Offer, program: Program, lang: Language) -> "OfferView":
        reward = offer.reward
        return cls(
            id=reward.id,
            name=reward.label().get(lang),
            points=offer.points,
            text=redeemable(reward, program, lang),
            gives="coupon" if reward.coupon is not None else "gift",
            opens=reward.opens(program),
            closes=reward.closes(program),
            left=offer.left,
            why_not=WhyNotView.of(offer.hindrance, program, lang) if offer.hindrance else None,
        )


class CatalogueView(View):
    """The rewards of the program in force, in its order."""

    data: tuple[OfferView, ...]


class RedemptionView(View):
    """A reward that was bought with points."""

    id: str
    reward: str
    name: str
    status: Literal["redeemed", "cancelled"]
    points: int = Field(description="What it cost; where it was cancelled, they are back.")
    at: datetime
    coupon: str | None = Field(default=Absent, description="The coupon's code in the shop.")
    gift: str | None = Field(default=Absent, description="The gift's code in the shop.")
    code: str | None = Field(default=Absent, description="Its own, where the reward gives each one.")

    @classmethod
    def of(cls, one: Redeemed, lang: Language) -> "RedemptionView":
        sold = one.outcome
        return cls(
            id=sold.redemption,
            reward=sold.reward,
            name=sold.name.get(lang),
            status="cancelled" if one.cancelled else "redeemed",
            points=sold.points,
            at=sold.at,
            coupon=sold.coupon,
            gift=sold.gift,
            code=sold.code,
        )


class RedeemedView(View):
    """What came of the request."""

    status: Literal["accepted", "duplicate"] = Field(
        description="duplicate: the same was asked for before, and nothing happened now."
    )
    redemption: RedemptionView
    spendable: int = Field(description="Points that the member can spend now.")

    @classmethod
    def of(cls, answered: Answered, now: datetime, lang: Language) -> "RedeemedView":
        """Raises what says why, where the reward was refused."""
        redemption, seen = answered.redemption, answered.seen
        if isinstance(redemption, RedemptionRefused):
            raise _refused(redemption, seen.program, lang)
        today = seen.program.day(max(now, seen.member.clock or now))
        return cls(
            status=answered.status,
            redemption=RedemptionView.of(redemption, lang),
            spendable=seen.member.points.spendable(today),
        )


def _refused(refused: RedemptionRefused, program: Program, lang: Language) -> Refused:
    return not_redeemable(refused.reason, why_not(refused, program, lang))


class RedemptionsView(View):
    """What was redeemed, newest first."""

    data: tuple[RedemptionView, ...]
    next_cursor: str | None = Field(default=Absent, description="Absent on the last page.")


class CodesView(View):
    """What became of the codes that were sent."""

    reward: str
    added: int
    known: int = Field(description="Left out: sent twice, or there before, given since or not.")
    left: int = Field(description="Codes that nobody has yet.")

    @classmethod
    def of(cls, reward: str, uploaded: Uploaded) -> "CodesView":
        return cls(reward=reward, added=uploaded.added, known=uploaded.known, left=uploaded.left)
