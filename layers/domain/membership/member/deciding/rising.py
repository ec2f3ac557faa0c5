"""Entering higher tiers."""

from collections.abc import Iterator, Sequence
from datetime import date

from membership.member.deciding.case import Case, LadderCase
from membership.member.deciding.rewarding import reward
from membership.member.figures import closed_days
from membership.member.forecast import promised_until
from membership.outcomes import Outcome, TierUpgraded
from membership.program.schema import Tier

Judged = Sequence[tuple[LadderCase, date]]
"""Days by whose figures it is decided, each with the case under the rules of that day."""


def days_to_judge(case: Case) -> list[date]:
    """Today, and the last day of the period that closed before today's.

    The closed one again and again: facts of it may come late, and what time alone reached in it may have
    been seen by nobody. It makes no difference which fact led here, so none is judged twice or never.
    """
    return [case.today, *closed_days(case.program, case.today, case.joined)]


def reached(case: LadderCase, judged: Judged, *, reviewed: bool) -> tuple[LadderCase, Tier, date] | None:
    """The highest tier above the member's that was met on any of the days, those to be confirmed apart.

    Of equal ones by the latest day, which promises the most. One that an operator declined for what was done
    in its year doesn't stand in the way of the next lower one.
    """
    rank, best = case.ladder.rank(case.standing.tier), None
    for then, day in judged:
        seen, cycle = then.seen(day), case.case.program.window.cycle(day, case.case.joined)
        for n in range(len(then.ladder.tiers) - 1, rank, -1):
            tier = then.ladder.tiers[n]
            if (tier.promotion == "reviewed") != reviewed or _declined(case, tier, cycle):
                continue
            if tier.qualify and tier.qualify.met(seen) and stands_today(case, then, tier, day):
                rank, best = n, (then, tier, day)
                break
    return best


def _declined(case: LadderCase, tier: Tier, cycle: int) -> bool:
    """By the name that it has, or had in an earlier version."""
    versions, program = case.case.versions, case.case.program
    declined = (old for old, when in case.standing.declined.items() if when == cycle)
    return any(versions.successor(old, program) == tier.id for old in declined)


def promote(case: LadderCase, judged: Judged) -> Iterator[Outcome]:
    """To the highest tier that needs nobody's word."""
    if found := reached(case, judged, reviewed=False):
        then, tier, day = found
        yield from enter(then, tier, day)


def enter(
    case: LadderCase, tier: Tier, day: date, by: str | None = None, reason: str | None = None
) -> Iterator[Outcome]:
    """The tier, earned by the figures of a day; with the gifts of every step passed on the way."""
    ladder, standing = case.ladder, case.standing
    before, passed = ladder.rank(standing.tier), ladder.rank(tier.id)
    assert tier.qualify is not None
    yield TierUpgraded(
        at=case.case.at,
        ladder=ladder.id,
        from_tier=standing.tier,
        to_tier=tier.id,
        earned_on=day,
        expires_on=case.until(tier, day),
        evidence=case.case.evidence(tier.qualify, case.seen(day), day),
        by=by,
        reason=reason,
    )
    # One big order brings what several small ones would have. A bought tier is none that is passed.
    yield from reward(
        case.case, ladder, [one for one in ladder.tiers[before + 1 : passed + 1] if one.qualify]
    )


def stands_today(case: LadderCase, then: LadderCase, tier: Tier, earned: date) -> bool:
    """Whether a tier earned on a day, perhaps in a closed period, would still be held today: the rules of
    that day give it, those of today take it."""
    held = case.ladder.tier(tier.id)
    if case.ladder.stands_while_met(held):
        keep = case.ladder.keep(held)
        return earned == case.today or keep is None or keep.met(case.seen(case.today))
    promised = {"earned_on": earned, "expires_on": then.until(tier, earned), "undermined": False}
    entered = case.standing.model_copy(update={"tier": tier.id, **promised})
    end = promised_until(case.case.program, case.case.member, case.ladder, entered)
    return end is None or end > case.today
