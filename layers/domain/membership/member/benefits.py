"""What a member has now, of all its tiers and of campaigns, put together as a checkout applies it.

Of two that are about the same thing only the better one counts; what is about different things adds up.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from membership.member.state import Member
from membership.program.benefits import BenefitKind, Discount
from membership.program.campaigns import Campaign
from membership.program.rates import ONE
from membership.program.schema import Program, Tier


class Brought(NamedTuple):
    """A benefit, and what brings it: a tier, or a campaign."""

    benefit: BenefitKind
    by: Tier | Campaign


class Benefits(NamedTuple):
    """All that applies."""

    brought: tuple[Brought, ...] = ()
    rate: int = ONE
    """How many times the points, in hundredths: the highest of all its tiers, as orders earn by."""

    @property
    def discount_percent(self) -> Decimal:
        """Off every order: the highest one, never one after the other."""
        general = (one.benefit for one in self.brought)
        found = (one.discount_percent for one in general if isinstance(one, Discount) and one.on is None)
        return max(found, default=Decimal(0))

    def beyond(self, before: "Benefits") -> tuple[Brought, ...]:
        """Those that are new since, or better than they were."""
        had = {one.benefit.subject: one.benefit.worth for one in before.brought}
        return tuple(
            one
            for one in self.brought
            if one.benefit.subject not in had or one.benefit.worth > had[one.benefit.subject]
        )


def benefits(program: Program, member: Member, day: date) -> Benefits:
    """Of a member as it stands; nothing for who has no tier."""
    if member.status != "active":
        return Benefits()
    labels = member.attributes.labels or ()
    tiers = [
        ladder.tier(ladder.shown(member.standings[ladder.id])[1])
        for ladder in program.ladders_by_id.values()
        if ladder.id in member.standings
    ]
    campaigns = [
        campaign
        for campaign in program.campaigns
        if campaign.runs_on(day)
        and (campaign.segment is None or campaign.segment in labels)
        and (not campaign.tiers or any(tier.id in campaign.tiers for tier in tiers))
    ]
    found = [Brought(benefit, tier) for tier in tiers for benefit in tier.benefits]
    found += [Brought(benefit, campaign) for campaign in campaigns for benefit in campaign.benefits]
    brought = _better(one for one in found if one.benefit.is_for(labels))
    return Benefits(brought, max((tier.rate for tier in tiers), default=ONE))


def _better(found: Iterable[Brought]) -> tuple[Brought, ...]:
    """In the order in which they come, without those that are less of the same."""
    best: dict[Sequence[object], Brought] = {}
    for one in found:
        other = best.get(one.benefit.subject)
        if other is None or one.benefit.worth > other.benefit.worth:
            best[one.benefit.subject] = one
    return tuple(best.values())
