"""From a member's figures to what happens to its tier. Yields outcomes; who calls applies each at once."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from membership.program.schema import Program, Tier, Versions
from membership.program.validity import WhileQualified

_ONE_DAY = timedelta(days=1)
_AN_INSTANT = timedelta(microseconds=1)


@dataclass
class Case:
    """One member at one moment of its own time, looked at because of one fact."""

    versions: Versions
    program: Program
    version: int
    """In force at the member's present."""
    member: Member
    fact: Fact
    refunded: bool
    """Whether the fact took back something of an order."""
    before: Member | None = None
    """The member before such a fact, where that is known."""

    @cached_property
    def at(self) -> datetime:
        return self.member.clock or self.fact.occurred_at

    @cached_property
    def today(self) -> date:
        return self.program.day(self.at)

    def as_of(self, day: date) -> "Case | None":
        """The case under the rules of that day; None where today's figures or tiers are not theirs."""
        if day == self.today:
            return self
        version, program = self.versions.in_force(self.program.midnight(day + _ONE_DAY) - _AN_INSTANT)
        if version == self.version:
            return self
        same_tiers = [tier.id for tier in program.tiers] == [tier.id for tier in self.program.tiers]
        if program.fingerprint != self.program.fingerprint or not same_tiers:
            return None
        return replace(self, program=program, version=version)

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
    judged = [(then, day) for day in _days_to_judge(case) if (then := case.as_of(day))]
    yield from _promote(case, judged)
    yield from _renew(judged)
    yield from _undermine(case)
    # What earned the tier is gone; another period may have earned it too.
    yield from _renew(judged)
    yield from _avert(case)
    yield from _fall(case)
    # The lower tier may be earned by what is known already, for longer than who falls into it is promised.
    yield from _renew(judged)
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
    """Today, and the last day of the period that closed before today's.

    The closed one again and again: facts of it may come late, and what time alone reached in it may have
    been seen by nobody. It makes no difference which fact led here, so none is judged twice or never.
    """
    closed = {window.closed_before(case.today) for _, window in case.program.tallied.values()}
    return [case.today, *sorted((day for day in closed if day), reverse=True)]


def _standing(case: Case) -> Standing:
    return case.member.standings[case.program.ladder.id]


def _promote(case: Case, judged: Sequence[tuple[Case, date]]) -> Iterator[Outcome]:
    """To the highest tier that was earned on any of the days; by the latest day, which promises the most."""
    rank, best = case.program.ladder.rank(_standing(case).tier), None
    for then, day in judged:
        seen = figures(then.program, then.member, day)
        for n in range(len(then.program.tiers) - 1, rank, -1):
            tier = then.program.tiers[n]
            assert tier.qualify is not None
            if tier.qualify.met(seen) and _stands_today(then, tier, day):
                rank, best = n, (then, day, seen)
                break
    if best is None:
        return
    then, day, seen = best
    ladder, standing = then.program.ladder, _standing(case)
    higher = ladder.tiers[ladder.rank(standing.tier) + 1 : rank + 1]
    tier = higher[-1]
    assert tier.qualify is not None
    yield TierUpgraded(
        at=case.at,
        ladder=ladder.id,
        from_tier=standing.tier,
        to_tier=tier.id,
        earned_on=day,
        expires_on=ladder.validity(tier).until(day),
        evidence=then.evidence(tier.qualify, seen, day),
    )
    # One big order brings what several small ones would have: the gifts of every step passed.
    yield from _reward(case, higher)


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


def _renew(judged: Sequence[tuple[Case, date]]) -> Iterator[Outcome]:
    for case, day in judged:
        ladder, standing = case.program.ladder, _standing(case)
        tier = ladder.tier(standing.tier)
        keep = ladder.keep(tier)
        if keep is None or standing.expires_on is None:
            return
        end = ladder.validity(tier).until(day)
        if end is not None and end <= standing.expires_on:
            continue
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
    standing = _standing(case)
    then = case.as_of(min(standing.earned_on, case.today)) if case.refunded and standing.qualified else None
    if then is None or (standing.expires_on is not None and standing.expires_on <= case.today):
        return
    ladder = then.program.ladder
    tier = ladder.tier(standing.tier)
    keep = ladder.keep(tier)
    if keep is None or ladder.steps == "never" or isinstance(ladder.validity(tier), WhileQualified):
        return
    windows = [window for _, window in then.program.tallied.values()]
    if any(window.outlived(window.bucket(standing.earned_on), case.today) for window in windows):
        return  # the sums of that time are gone, and no refund can be seen in them
    closes = [last for window in windows if (last := window.last_day(standing.earned_on))]
    day = min(case.today, *closes) if closes else case.today
    seen = figures(then.program, then.member, day)

    def earned(by: Mapping[str, int]) -> bool:
        return keep.met(by) or (tier.qualify is not None and tier.qualify.met(by))

    # What was unmet before the refund was not undone by it.
    if not earned(seen) and (case.before is None or earned(figures(then.program, case.before, day))):
        yield TierUndermined(
            at=case.at,
            ladder=ladder.id,
            tier=tier.id,
            expires_on=case.today,
            evidence=then.evidence(keep, seen, day),
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
    last = notice.falls_on - _ONE_DAY
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
    while_qualified = isinstance(ladder.validity(tier), WhileQualified)
    # A promise is renewed by this period; without one, what counts is what is left on the day of the fall.
    day = max(fall, case.today) if while_qualified else case.today
    seen = figures(case.program, case.member, day)
    told = max(case.at, case.fact.told_from)
    lost = max(fall, earliest_fall(case.program, told))
    yield DowngradeAnnounced(
        at=case.at,
        ladder=ladder.id,
        from_tier=tier.id,
        to_tier=_landing(case, tier.id, lost if while_qualified else case.today).id,
        announced_at=told,
        falls_on=lost,
        reason="criterion_lost" if while_qualified and day == case.today else "promise_ends",
        prevented_by=_ways_to_keep(keep, seen),
        evidence=case.evidence(keep, seen, day),
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
