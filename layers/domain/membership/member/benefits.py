"""What a member has now: the benefits of every tier that counts, put together as a checkout applies them.

Of two that are about the same thing only the better one counts; what is about different things adds up.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from membership.member.state import Member
from membership.program.benefits import USUAL_RATE, BenefitKind, Discount
from membership.program.schema import Program, Tier


@dataclass(frozen=True)
class Brought:
    """A benefit, and what brings it."""

    benefit: BenefitKind
    ladder: str
    tier: Tier


@dataclass(frozen=True)
class Benefits:
    """All that applies."""

    brought: tuple[Brought, ...]

    @property
    def discount_percent(self) -> Decimal:
        """Off every order: the highest one, never one after the other."""
        general = (one.benefit for one in self.brought)
        found = (one.discount_percent for one in general if isinstance(one, Discount) and one.on is None)
        return max(found, default=Decimal(0))

    @property
    def rate(self) -> int:
        """How many times the points, in hundredths."""
        return max((one.tier.rate for one in self.brought), default=USUAL_RATE)

    def beyond(self, before: "Benefits") -> tuple[Brought, ...]:
        """Those that are new since, or better than they were."""
        had = {one.benefit.subject: one.benefit.worth for one in before.brought}
        return tuple(
            one
            for one in self.brought
            if one.benefit.subject not in had or one.benefit.worth > had[one.benefit.subject]
        )


def benefits(program: Program, member: Member) -> Benefits:
    """Of a member as it stands; nothing for who has no tier."""
    if member.status != "active":
        return Benefits(())
    labels = member.attributes.labels or ()
    return Benefits(_better(one for one in _of_tiers(program, member) if one.benefit.is_for(labels)))


def _of_tiers(program: Program, member: Member) -> Iterable[Brought]:
    """All that the tiers shown have, ladder by ladder."""
    for ladder in program.ladders_by_id.values():
        if standing := member.standings.get(ladder.id):
            tier = ladder.tier(ladder.shown(standing)[1])
            yield from (Brought(benefit, ladder.id, tier) for benefit in tier.benefits)


def _better(found: Iterable[Brought]) -> tuple[Brought, ...]:
    """In the order in which they come, without those that are less of the same."""
    best: dict[Sequence[object], Brought] = {}
    for one in found:
        other = best.get(one.benefit.subject)
        if other is None or one.benefit.worth > other.benefit.worth:
            best[one.benefit.subject] = one
    return tuple(best.values())
