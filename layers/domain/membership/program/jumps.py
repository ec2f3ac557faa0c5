"""What members see from one tier to the next: tiers that hardly differ give nobody a reason to rise."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from membership.program.benefits import BenefitKind, Spoken

if TYPE_CHECKING:
    from membership.program.schema import Tier


def hardly_seen(tiers: "Sequence[Tier]", where: str) -> Iterator[str]:
    """Warnings about neighbours, where the ladder speaks of benefits or rewards at all."""
    if not any(tier.benefits or tier.rewards for tier in tiers):
        return
    for n, tier in enumerate(tiers[1:], start=1):
        lower, place = tiers[n - 1], f"{where}[{n}].benefits"
        if not _new(lower, tier):
            higher = _hardly_higher(lower, tier)
            why = "; ".join(higher) if higher else f"{tier.id!r} gives nothing that {lower.id!r} doesn't"
            yield f"{place}: {tier.id!r} and {lower.id!r} hardly differ: {why}"
        for lost in _lost(lower, tier):
            yield f"{place}: {tier.id!r} {lost}, which {lower.id!r} has; nothing comes from lower tiers"


def _new(lower: "Tier", tier: "Tier") -> bool:
    """Whether there is something that nobody overlooks: a new thing, or clearly more of an old one."""
    for benefit in filter(lambda one: one.is_for_all, tier.benefits):
        before = _most(lower.benefits, benefit)
        if before is None or benefit.is_clearly_more(before):
            return True
    gifts = {(one.coupon, one.gift) for one in tier.rewards} - {(None, None)}
    if gifts - {(one.coupon, one.gift) for one in lower.rewards}:
        return True
    return _points(tier) > 0 and _points(tier) * 2 >= _points(lower) * 3


def _most(benefits: Sequence[BenefitKind], like: BenefitKind) -> int | None:
    """What everybody has of the same thing, or has anyway; None for nothing of it."""
    same = [one.worth for one in benefits if one.is_for_all and one.subject == like.subject]
    return max(same, default=like.usual or None)


def _points(tier: "Tier") -> int:
    return sum(reward.points or 0 for reward in tier.rewards)


def _hardly_higher(lower: "Tier", tier: "Tier") -> list[str]:
    """Figures that are higher, but not so that anybody would notice; what is new for some members only."""
    found = []
    for benefit in tier.benefits:
        before = next((one for one in lower.benefits if one.subject == benefit.subject), None)
        if not benefit.is_for_all and before is None:
            found.append(f"“{benefit.in_words('en')}” is for a segment only")
        elif benefit.worth > (before.worth if before else benefit.usual):
            was = f" after “{before.in_words('en')}”" if before else ""
            found.append(f"“{benefit.in_words('en')}”{was} is not clearly more")
    if _points(tier) > _points(lower):
        found.append(f"{_points(tier):,} points on entering after {_points(lower):,} are not clearly more")
    return found


def _lost(lower: "Tier", tier: "Tier") -> Iterator[str]:
    """What a list that was meant to go on has left out."""
    kinds = {one.kind for one in tier.benefits}
    for benefit in lower.benefits:
        if isinstance(benefit, Spoken):
            continue  # another sentence may say the same, or more
        better = [one.worth for one in tier.benefits if one.subject == benefit.subject]
        if benefit.kind not in kinds:
            yield f"lacks “{benefit.in_words('en')}”"
        elif better and max(better) < benefit.worth:
            yield f"has less than “{benefit.in_words('en')}”"
