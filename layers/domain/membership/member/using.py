"""How often benefits are used, by the tier that the member had then: what nobody uses can be dropped."""

from collections.abc import Iterable

from membership.facts import Activity, Fact
from membership.member.earning import Earning
from membership.member.state import Member, outside
from membership.program.benefits import BenefitKind


def is_use(fact: Fact) -> bool:
    """Whether a benefit was used."""
    return isinstance(fact, Activity) and fact.benefit is not None


def count_use(member: Member, fact: Fact, life: Earning) -> None:
    """Add it to the member. `life` knows what who did it was at any moment, so how often something was used
    is the same in whatever order it is told."""
    if used := _used(fact, life):
        member.used[used] = member.used.get(used, 0) + 1


def _used(fact: Fact, life: Earning) -> str | None:
    """Benefit and tier; None for what is no use, was done outside the membership, or of no known benefit."""
    if not isinstance(fact, Activity) or fact.benefit is None or outside(life.past.outside, fact.occurred_at):
        return None
    _, program = life.versions.in_force(fact.occurred_at)
    if fact.benefit not in program.benefit_ids:
        return None
    tiers = list(life.tiers(program, program.day(fact.occurred_at), fact.occurred_at))
    # A campaign may have brought it, or nothing did: then the tier of the first ladder says who it was.
    brings = (tier for tier in tiers if _has(program.tier(tier).benefits, fact.benefit))
    return f"{fact.benefit}/{next(brings, tiers[0])}"


def _has(benefits: Iterable[BenefitKind], id_: str) -> bool:
    return any(benefit.known_as == id_ for benefit in benefits)
