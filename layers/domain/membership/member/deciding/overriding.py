"""Tiers that are not earned: held, paid for, lifted. What lies beneath goes on by itself, and comes back."""

from collections.abc import Iterator
from datetime import date, timedelta

from membership.facts import Act
from membership.member.deciding.case import LadderCase
from membership.member.deciding.rewarding import reward
from membership.member.forecast import announce_on
from membership.member.standing import Source
from membership.outcomes import Outcome, OverrideEnded, OverrideEnding, TierOverridden
from membership.program.metrics import Paid


def override(
    case: LadderCase, source: Source, tier: str, until: date, by: str | None = None, reason: str | None = None
) -> Iterator[Outcome]:
    """Put a tier over the earned one, or prolong it; who is lifted or pays is given what the tier gives."""
    ladder, before = case.ladder, case.shown()
    yield TierOverridden(
        at=case.case.at,
        ladder=ladder.id,
        source=source,
        from_tier=before,
        tier=tier,
        until=until,
        by=by,
        reason=reason,
    )
    if source != "hold" and ladder.rank(tier) > ladder.rank(before):
        yield from reward(case.case, ladder, [ladder.tier(tier)])


def pay(case: LadderCase) -> Iterator[Outcome]:
    """What runs of paid terms, in the highest tier that one buys; a fee given back ends its term at once."""
    program, today = case.case.program, case.today
    running = None
    for tier in case.ladder.tiers:
        metric = program.metrics[tier.buy] if tier.buy else None
        if not isinstance(metric, Paid):
            continue
        if term := metric.running(case.case.member.tallies.get(tier.buy or "", {}), today):
            running = tier.id, term.last + timedelta(days=1)
    now = case.standing.overrides.get("paid")
    if running and (now is None or (now.tier, now.until) != running):
        yield from override(case, "paid", *running)
    elif running is None and now is not None:
        yield from end_override(case, "paid")


def end_overrides(case: LadderCase) -> Iterator[Outcome]:
    """Those whose day has come; and a word of those whose day comes soon."""
    for source, one in list(case.standing.overrides.items()):
        if case.today >= one.until:
            yield from end_override(case, source)
        elif not one.reminded and case.today >= announce_on(case.case.program, case.ladder, one.until):
            yield OverrideEnding(
                at=case.case.at,
                ladder=case.ladder.id,
                source=source,
                tier=one.tier,
                to_tier=_without(case, source),
                until=one.until,
            )


def end_override(case: LadderCase, source: Source, act: Act | None = None) -> Iterator[Outcome]:
    """What lies beneath comes back."""
    yield OverrideEnded(
        at=case.case.at,
        ladder=case.ladder.id,
        source=source,
        from_tier=case.shown(),
        to_tier=_without(case, source),
        by=act.by if act else None,
        reason=act.reason if act else None,
    )


def _without(case: LadderCase, source: Source) -> str:
    """The tier that would be shown without one of the overrides."""
    beneath = case.standing.twin()
    beneath.overrides.pop(source)
    return case.ladder.shown(beneath)[1]
