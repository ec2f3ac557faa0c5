"""Benefits with their words."""

from datetime import date, datetime
from decimal import Decimal

from pydantic import Field

from membership.http.view import Absent, TierView, View
from membership.member.benefits import Brought, benefits
from membership.member.state import Status
from membership.program.campaigns import Campaign
from membership.program.schema import Program, Tier
from membership.program.text import Language
from membership.program.wording import benefit_in_words
from membership.services.viewing import Previewed, Seen


class BenefitView(View):
    """Something that a tier brings, or a campaign while it runs."""

    id: str | None = Field(
        default=Absent, description="By which a use of it is told; absent for words that nobody can act on."
    )
    kind: str = Field(description="As in the program: discount_percent, service, …; or words.")
    text: str
    tier: TierView | None = Field(default=Absent, description="Where a tier brings it.")
    campaign: str | None = Field(default=Absent, description="Where a campaign brings it: its name.")

    @classmethod
    def of(cls, one: Brought, program: Program, lang: Language) -> "BenefitView":
        return cls(
            id=one.benefit.known_as,
            kind=one.benefit.kind,
            text=benefit_in_words(one.benefit, program, lang),
            tier=TierView.of(one.by, lang) if isinstance(one.by, Tier) else None,
            campaign=one.by.label().get(lang) if isinstance(one.by, Campaign) else None,
        )


class BenefitsView(View):
    """What applies to a member: of what is about the same thing, the best; of the rest, all of it."""

    id: str
    status: Status
    day: date = Field(description="The program's day that it is told for.")
    discount_percent: str = Field(description="Off every order, as a decimal: the highest one alone.")
    points_rate: str = Field(description="How many times the points, as a decimal: the highest of its tiers.")
    benefits: tuple[BenefitView, ...]

    @classmethod
    def of(cls, seen: Seen, now: datetime, lang: Language) -> "BenefitsView":
        day = seen.program.day(max(now, seen.member.clock or now))
        found = benefits(seen.program, seen.member, day)
        return cls(
            id=seen.member.id,
            status=seen.member.status or "trial",
            day=day,
            discount_percent=f"{found.discount_percent:f}",
            points_rate=f"{Decimal(found.rate) / 100:f}",
            benefits=tuple(BenefitView.of(one, seen.program, lang) for one in found.brought),
        )


def brings(found: Previewed, lang: Language) -> tuple[BenefitView, ...]:
    """What an order would add."""
    after, before = (benefits(seen.program, seen.member, found.day) for seen in (found.seen, found.before))
    return tuple(BenefitView.of(one, found.seen.program, lang) for one in after.beyond(before))
