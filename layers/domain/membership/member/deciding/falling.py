"""Losing a tier: announced, averted, and only then carried out."""

from collections.abc import Iterator, Mapping
from datetime import date

from membership.member.deciding.case import ONE_DAY, LadderCase
from membership.member.deciding.rising import Judged
from membership.member.forecast import earliest_fall, falls_on, promised_until, tell_on
from membership.outcomes import DowngradeAnnounced, DowngradeAverted, Outcome, TierDowngraded
from membership.program.criteria import Criterion
from membership.program.schema import Tier


def avert(case: LadderCase) -> Iterator[Outcome]:
    """A notice whose ground is gone."""
    ladder, standing = case.ladder, case.standing
    if standing.notice is None:
        return
    keep, day, ripened_by = ladder.keep(case.tier), case.today, case.ripened_by
    if ripened_by and keep and keep.met(case.after_deduction(case.seen(ripened_by))):
        day = ripened_by
    elif fall_day := falls_on(case.case.program, case.case.member, ladder, standing, day):
        # Any grace runs from when it was told: nothing else knows since when a rule isn't met.
        unmet = case.stands_while_met and keep and not keep.met(case.seen(day))
        if unmet or fall_day <= standing.notice.falls_on:
            return
    evidence = case.case.evidence(keep, case.seen(day), day) if keep else None
    yield DowngradeAverted(at=case.case.at, ladder=ladder.id, tier=standing.tier, evidence=evidence)


def fall(case: LadderCase, judged: Judged) -> Iterator[Outcome]:
    """Carry out a notice whose day has come."""
    ladder, notice, tier, day = case.ladder, case.standing.notice, case.tier, case.ripened_by
    if notice is None or day is None:
        return
    keep = ladder.keep(tier)
    assert keep is not None
    last = notice.falls_on - ONE_DAY
    seen = case.after_deduction(case.seen(day))
    lower, earned = _landing(case, judged, day, notice.falls_on)
    criterion = ladder.keep(lower)
    # A promise of so many months begins with the fall; one of years is that of the year that was judged.
    begins = notice.falls_on if ladder.at_expiry(lower) else last
    yield TierDowngraded(
        at=case.case.at,
        ladder=ladder.id,
        from_tier=tier.id,
        to_tier=lower.id,
        announced_at=notice.announced_at,
        expires_on=case.until(lower, earned or begins) if criterion else None,
        qualified=earned is not None or criterion is None or criterion.met(seen),
        deducted=case.case.program.deductions(tier),
        evidence=case.case.evidence(keep, seen, day),
    )


def _landing(case: LadderCase, judged: Judged, day: date, falls_on: date) -> tuple[Tier, date | None]:
    """The lower tier; and where it was earned by a period that is over, the last day of that.

    A tier that can only be bought is no step: nobody falls onto it.
    """
    lower = [tier for tier in case.ladder.below(case.standing.tier) if case.ladder.is_earned(tier)]
    if case.ladder.steps == "one":
        return lower[-1], None
    seen = case.after_deduction(case.seen(day))
    for candidate in reversed(lower):
        keep = case.ladder.keep(candidate)
        if keep is None or keep.met(seen):
            return candidate, None
        for then, closed in judged:
            earned = closed < case.today and keep.met(case.after_deduction(then.seen(closed)))
            if earned and _is_promised(case, candidate, closed, falls_on):
                return candidate, closed
    raise AssertionError("the first tier asks for nothing")


def _is_promised(case: LadderCase, tier: Tier, earned: date, day: date) -> bool:
    """Whether a tier that was earned on a day is still promised on another one."""
    if case.ladder.stands_while_met(tier):
        return False
    end = case.until(tier, earned)
    return end is None or end > day


def announce(case: LadderCase, judged: Judged) -> Iterator[Outcome]:
    """Tell of a fall as soon as its notice has to run."""
    ladder, standing, program = case.ladder, case.standing, case.case.program
    if standing.notice is not None:
        return
    promised = promised_until(program, case.case.member, ladder, standing)
    if promised and case.today < tell_on(program, ladder, standing, promised):
        return  # no fall is earlier, and to look further ahead is dear
    fall_day = falls_on(program, case.case.member, ladder, standing, case.today)
    if fall_day is None or case.today < tell_on(program, ladder, standing, fall_day):
        return
    tier = case.tier
    keep = ladder.keep(tier)
    assert keep is not None
    told = case.case.told
    lost = max(fall_day, earliest_fall(program, ladder, told))
    # A promise is renewed by what counts now; where it is judged at its end, or there is none, by what is
    # left then.
    day = max(lost - ONE_DAY, case.today) if ladder.at_expiry(tier) else case.today
    day = max(fall_day, case.today) if case.stands_while_met else day
    seen = case.after_deduction(case.seen(day))
    if ladder.at_expiry(tier) and keep.met(seen):
        return  # nobody looked when the promise ended; what renews it comes before it could be lost
    lost_already = not keep.met(case.seen(case.today))
    yield DowngradeAnnounced(
        at=case.case.at,
        ladder=ladder.id,
        from_tier=tier.id,
        to_tier=_landing(case, judged, lost if case.stands_while_met else day, lost)[0].id,
        announced_at=told,
        falls_on=lost,
        reason="criterion_lost" if case.stands_while_met and lost_already else "promise_ends",
        prevented_by=_ways_to_keep(case, keep, seen, lost),
        evidence=case.case.evidence(keep, seen, day),
    )


def _ways_to_keep(
    case: LadderCase, keep: Criterion, seen: Mapping[str, int], lost: date
) -> tuple[dict[str, int], ...]:
    """What each way still lacks, the way with the least to go first; without those that only time would walk,
    and not in time."""

    def in_time(way: Mapping[str, int]) -> bool:
        program = case.case.program
        return all(
            program.elapsing[metric].reaches(case.case.joined, need) < lost
            for metric, need in way.items()
            if metric in program.elapsing and need > seen[metric]
        )

    ways = sorted(
        keep.ways(),
        key=lambda way: -sum(min(1, seen[metric] / need) for metric, need in way.items()) / len(way),
    )
    ways = [way for way in ways if in_time(way)] or ways
    return tuple(
        {metric: need - seen[metric] for metric, need in way.items() if need > seen[metric]} for way in ways
    )
