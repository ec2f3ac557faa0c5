"""From a member's figures to what happens to its tier. Yields outcomes; who calls applies each at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property

from membership.facts import Fact
from membership.member.figures import figures
from membership.member.forecast import announce_on, earliest_fall, falls_on
from membership.member.state import Member, Standing
from membership.outcomes import (
    DowngradeAnnounced,
    DowngradeAverted,
    Evidence,
    MemberActivated,
    MemberEnrolled,
    Outcome,
    RewardGranted,
    TierDowngraded,
    TierRenewed,
    TierUndermined,
    TierUpgraded,
)
from membership.program.criteria import Criterion
from membership.program.schema import Program, Tier
from membership.program.validity import WhileQualified


@dataclass
class Case:
    """One member at one moment of its own time, looked at because of one fact."""

    program: Program
    version: int
    member: Member
    fact: Fact
    refunded: bool
    """Whether the fact took back something of an order."""
    moments: tuple[datetime, ...] = ()
    """When the new facts occurred, and the member's present before them."""

    @cached_property
    def at(self) -> datetime:
        return self.member.clock or self.fact.occurred_at

    @cached_property
    def today(self) -> date:
        return self.program.day(self.at)

    def evidence(self, rule: Criterion, seen: dict[str, int], day: date) -> Evidence:
        named = {comparison.metric for comparison in rule.comparisons()}
        return Evidence(
            version=self.version,
            day=day,
            rule=rule,
            figures={metric: amount for metric, amount in seen.items() if metric in named},
        )


def decide(case: Case) -> Iterator[Outcome]:
    """Every outcome that the member's figures call for now. A second call yields nothing."""
    yield from _enrol(case)
    if case.member.status != "active":
        return
    for day in _days_to_judge(case):
        yield from _promote(case, day)
        yield from _renew(case, day)
    yield from _undermine(case)
    yield from _avert(case)
    yield from _fall(case)
    # The lower tier may be earned by what is known already, for longer than who falls into it is promised.
    yield from _renew(case, case.today)
    yield from _announce(case)


def _enrol(case: Case) -> Iterator[Outcome]:
    member = case.member
    counts = member.enrolled or member.counted
    if member.status is None:
        yield MemberEnrolled(at=case.at, status="active" if counts else "trial")
    elif member.status == "trial" and counts:
        yield MemberActivated(at=case.at)
    ladder = case.program.ladder
    if member.status == "active" and ladder.id not in member.standings:
        first = ladder.tiers[0]
        yield TierUpgraded(
            at=case.at,
            ladder=ladder.id,
            from_tier=None,
            to_tier=first.id,
            earned_on=case.today,
            expires_on=None,
            evidence=None,
        )
        yield from _reward(case, (first,))


def _days_to_judge(case: Case) -> list[date]:
    """Today; the last day of the period that a late fact belongs to; and that of the period which the
    member's time has just left: tenure may have reached something there when nobody looked."""
    days = {case.today}
    for day in {case.program.day(moment) for moment in case.moments}:
        windows = {window for _, window in case.program.tallied.values()}
        known = (window for window in windows if not window.outlived(window.bucket(day), case.today))
        days |= {last for last in (window.last_day(day) for window in known) if last and last < case.today}
    return sorted(days)


def _standing(case: Case) -> Standing:
    return case.member.standings[case.program.ladder.id]


def _promote(case: Case, day: date) -> Iterator[Outcome]:
    ladder, standing = case.program.ladder, _standing(case)
    higher = ladder.above(standing.tier)
    if not higher:
        return
    seen = figures(case.program, case.member, day)
    for n in range(len(higher) - 1, -1, -1):
        tier = higher[n]
        assert tier.qualify is not None
        if tier.qualify.met(seen) and _stands_today(case, tier, day):
            yield TierUpgraded(
                at=case.at,
                ladder=ladder.id,
                from_tier=standing.tier,
                to_tier=tier.id,
                earned_on=day,
                expires_on=ladder.validity(tier).until(day),
                evidence=case.evidence(tier.qualify, seen, day),
            )
            # One big order brings what several small ones would have: the gifts of every step passed.
            yield from _reward(case, higher[: n + 1])
            return


def _stands_today(case: Case, tier: Tier, earned: date) -> bool:
    """Whether a tier earned on a day, perhaps in a closed period, still stands today."""
    ladder = case.program.ladder
    validity, keep = ladder.validity(tier), ladder.keep(tier)
    if isinstance(validity, WhileQualified):
        return (
            earned == case.today or keep is None or keep.met(figures(case.program, case.member, case.today))
        )
    end = validity.until(earned)
    return end is None or end > case.today


def _reward(case: Case, entered: tuple[Tier, ...]) -> Iterator[Outcome]:
    cycle = case.program.window.bucket(case.today)
    for tier in entered:
        for reward in tier.rewards:
            if case.member.granted.get(f"{tier.id}/{reward.id}") != cycle:
                yield RewardGranted(
                    at=case.at, ladder=case.program.ladder.id, tier=tier.id, cycle=cycle, reward=reward
                )


def _renew(case: Case, day: date) -> Iterator[Outcome]:
    ladder, standing = case.program.ladder, _standing(case)
    tier = ladder.tier(standing.tier)
    keep = ladder.keep(tier)
    if keep is None or standing.expires_on is None:
        return
    end = ladder.validity(tier).until(day)
    if end is not None and end <= standing.expires_on:
        return
    seen = figures(case.program, case.member, day)
    if keep.met(seen):
        yield TierRenewed(
            at=case.at,
            ladder=ladder.id,
            tier=tier.id,
            expires_on=end,
            evidence=case.evidence(keep, seen, day),
        )


def _undermine(case: Case) -> Iterator[Outcome]:
    """A refund that took away what earned the tier ends the promise; the notice still runs its time."""
    ladder, standing = case.program.ladder, _standing(case)
    tier = ladder.tier(standing.tier)
    keep = ladder.keep(tier)
    if (
        not case.refunded
        or keep is None
        or not standing.qualified
        or isinstance(ladder.validity(tier), WhileQualified)
    ):
        return
    if standing.expires_on is not None and standing.expires_on <= case.today:
        return
    window = case.program.window
    if window.outlived(window.bucket(standing.earned_on), case.today):
        return  # the sums of that time are gone, and no refund can be seen in them
    closes = window.last_day(standing.earned_on)
    day = min(case.today, closes) if closes else case.today
    seen = figures(case.program, case.member, day)
    if not keep.met(seen) and not (tier.qualify and tier.qualify.met(seen)):
        yield TierUndermined(
            at=case.at,
            ladder=ladder.id,
            tier=tier.id,
            expires_on=case.today,
            evidence=case.evidence(keep, seen, day),
        )


def _avert(case: Case) -> Iterator[Outcome]:
    ladder, standing = case.program.ladder, _standing(case)
    if standing.notice is None:
        return
    fall = falls_on(case.program, case.member, standing, case.today)
    # A notice that ripened before today is not averted by nobody having looked on its day.
    if fall is None or fall > max(standing.notice.falls_on, case.today):
        keep = ladder.keep(ladder.tier(standing.tier))
        assert keep is not None
        seen = figures(case.program, case.member, case.today)
        yield DowngradeAverted(
            at=case.at,
            ladder=ladder.id,
            tier=standing.tier,
            evidence=case.evidence(keep, seen, case.today),
        )


def _fall(case: Case) -> Iterator[Outcome]:
    ladder, standing = case.program.ladder, _standing(case)
    notice = standing.notice
    if notice is None or case.today < notice.falls_on:
        return
    tier = ladder.tier(standing.tier)
    keep = ladder.keep(tier)
    assert keep is not None
    last = notice.falls_on - timedelta(days=1)
    # A promise was not renewed up to its last day; a tier without one is lost on the first day it is not met.
    day = notice.falls_on if isinstance(ladder.validity(tier), WhileQualified) else last
    seen = figures(case.program, case.member, day)
    lower = _landing(case, standing.tier, day)
    criterion = ladder.keep(lower)
    yield TierDowngraded(
        at=case.at,
        ladder=ladder.id,
        from_tier=tier.id,
        to_tier=lower.id,
        announced_at=notice.announced_at,
        expires_on=ladder.validity(lower).until(last) if criterion else None,
        qualified=criterion is None or criterion.met(seen),
        evidence=case.evidence(keep, seen, day),
    )


def _landing(case: Case, tier: str, last: date) -> Tier:
    lower = case.program.ladder.below(tier)
    if case.program.ladder.steps == "one":
        return lower[-1]
    seen = figures(case.program, case.member, last)
    criteria = [(candidate, case.program.ladder.keep(candidate)) for candidate in reversed(lower)]
    return next(candidate for candidate, keep in criteria if keep is None or keep.met(seen))


def _announce(case: Case) -> Iterator[Outcome]:
    ladder, standing = case.program.ladder, _standing(case)
    if standing.notice is not None:
        return
    fall = falls_on(case.program, case.member, standing, case.today)
    if fall is None or case.today < announce_on(case.program, fall):
        return
    tier = ladder.tier(standing.tier)
    keep = ladder.keep(tier)
    assert keep is not None
    seen = figures(case.program, case.member, case.today)
    lost = isinstance(ladder.validity(tier), WhileQualified) and not keep.met(seen)
    yield DowngradeAnnounced(
        at=case.at,
        ladder=ladder.id,
        from_tier=tier.id,
        to_tier=_landing(case, tier.id, case.today).id,
        falls_on=max(fall, earliest_fall(case.program, case.at)),
        reason="criterion_lost" if lost else "promise_ends",
        prevented_by=_ways_to_keep(keep, seen),
        evidence=case.evidence(keep, seen, case.today),
    )


def _ways_to_keep(keep: Criterion, seen: dict[str, int]) -> tuple[dict[str, int], ...]:
    """What each way still lacks, the way with the least to go first."""
    ways = sorted(
        keep.ways(),
        key=lambda way: -sum(min(1, seen[metric] / need) for metric, need in way.items()) / len(way),
    )
    return tuple(
        {metric: need - seen[metric] for metric, need in way.items() if need > seen[metric]} for way in ways
    )
