"""Triggers: what an occasion gives and tells, at most once an occasion.

Whether there is one is read off the member, or off what was decided just now; never off the fact at hand, so
that it makes no difference which fact led here. What has fired is known by the day of its latest occasion.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from membership import outcomes
from membership.member.approach import distance, target
from membership.member.deciding.case import ONE_DAY, Case, LadderCase
from membership.member.deciding.points import credited
from membership.member.occasions import LATE, concerns
from membership.member.progress import goal
from membership.outcomes import (
    ApproachEnded,
    DowngradeAnnounced,
    DowngradeAverted,
    Evidence,
    Outcome,
    RewardGranted,
    TierUpgraded,
    TriggerFired,
)
from membership.program.metrics import Streak
from membership.program.triggers import (
    Birthday,
    Dated,
    InARow,
    Nearing,
    Notice,
    PointsExpiring,
    Promotion,
    Rescue,
    Returns,
    Trigger,
)


class Occasion(NamedTuple):
    day: date
    ladder: str | None = None
    tier: str | None = None
    """That it is about."""
    missing: tuple[dict[str, int], ...] = ()
    evidence: Evidence | None = None


def fire(case: Case, decided: Sequence[Outcome]) -> Iterator[Outcome]:
    """Every trigger whose occasion is there; `decided` is what has just been decided about the member."""
    for trigger in case.program.triggers:
        for occasion in _occasions(case, trigger, decided):
            if isinstance(occasion, ApproachEnded):
                yield occasion
            elif _is_for(case, trigger, occasion):
                yield from _lead_to(case, trigger, occasion)


def _occasions(
    case: Case, trigger: Trigger, decided: Sequence[Outcome]
) -> Iterator[Occasion | ApproachEnded]:
    match trigger.when:
        case Promotion():
            yield from _promotions(case, decided)
        case Nearing() as when:
            for ladder in case.program.ladders_by_id.values():
                yield from _approach(LadderCase(case, ladder), trigger, when)
        case Notice():
            for one in decided:
                if isinstance(one, DowngradeAnnounced):
                    yield Occasion(case.today, one.ladder, one.from_tier)
        case Rescue():
            for one in decided:
                if isinstance(one, DowngradeAverted):
                    yield Occasion(case.today, one.ladder, one.tier)
        case Dated() as when:
            if day := when.last(case.member.attributes, case.today):
                yield Occasion(day)
        case InARow() as when:
            yield from _in_a_row(case, trigger, when)
        case Returns() as when:
            yield from _returns(case, when)
        case PointsExpiring():
            if any(isinstance(one, outcomes.PointsExpiring) for one in decided):
                yield Occasion(case.today)


def _promotions(case: Case, decided: Sequence[Outcome]) -> Iterator[Occasion]:
    """The tiers that were entered and stayed in, once a cycle as their own rewards."""
    entered = {one.ladder: one for one in decided if isinstance(one, TierUpgraded) and one.from_tier}
    for ladder, one in entered.items():
        if case.member.standings[ladder].tier == one.to_tier:
            yield Occasion(case.today, ladder, one.to_tier)


def _approach(case: LadderCase, trigger: Trigger, when: Nearing) -> Iterator[Occasion | ApproachEnded]:
    """Told once, until the tier is reached or the member has moved away from it."""
    ladder, tier = case.ladder, target(case.ladder, case.standing)
    if tier is None or tier.qualify is None:
        return
    told = case.case.member.approaches.get(f"{trigger.id}/{ladder.id}")
    seen = case.seen(case.today)
    found = distance(case.case.program, when, tier.qualify, seen)
    if told is not None and case.case.versions.successor(told, case.case.program) == tier.id:
        if found == "away":
            yield ApproachEnded(at=case.case.at, ladder=ladder.id, trigger=trigger.id, tier=tier.id)
    elif found == "near":
        missing = tuple(
            {one.metric: one.remaining for one in way.missing} for way in goal(tier.qualify, seen).ways
        )
        evidence = case.case.evidence(tier.qualify, seen, case.today)
        yield Occasion(case.today, ladder.id, tier.id, missing, evidence)


def _in_a_row(case: Case, trigger: Trigger, when: InARow) -> Iterator[Occasion]:
    metric, tally = case.program.metrics[when.metric], case.member.tallies.get(when.metric)
    if tally is None or not isinstance(metric, Streak):
        return
    since, fired = case.today - LATE + ONE_DAY, case.member.fired.get(trigger.id)
    last = date.fromordinal(fired) if fired else None
    for day in when.completed(metric.run(tally, since, case.today, last), last):
        yield Occasion(day)


def _returns(case: Case, when: Returns) -> Iterator[Occasion]:
    """Who was blocked meanwhile was not absent."""
    for before, day in pairwise(map(date.fromordinal, case.member.present)):
        blocked = (one for one in case.member.outside if one.blocked)
        if (day - before).days >= when.after_days and not any(
            case.program.day(one.begin) <= day and (one.end is None or case.program.day(one.end) >= before)
            for one in blocked
        ):
            yield Occasion(day)


def _is_for(case: Case, trigger: Trigger, occasion: Occasion) -> bool:
    return (
        concerns(case.program, case.member, trigger, occasion.tier)
        and all(_is_another(case, trigger, occasion, day) for day in _fired(case, trigger, occasion))
        and (occasion.day == case.today or _held(case, trigger, occasion.day))
    )


def _fired(case: Case, trigger: Trigger, occasion: Occasion) -> Iterator[date]:
    """When it last did: of a promotion, to this tier or to one that became it in however many versions."""
    if isinstance(trigger.when, Promotion):
        for key, day in case.member.fired.items():
            id_, _, tier = key.partition("/")
            if id_ == trigger.id and tier and case.versions.successor(tier, case.program) == occasion.tier:
                yield date.fromordinal(day)
    else:
        key = f"{trigger.id}/{occasion.ladder}" if occasion.ladder else trigger.id
        if key in case.member.fired:
            yield date.fromordinal(case.member.fired[key])


def _is_another(case: Case, trigger: Trigger, occasion: Occasion, last: date) -> bool:
    """Whether it is one more than the one that was the last."""
    if occasion.day <= last or (occasion.day - last).days < trigger.pause:
        return False
    if isinstance(trigger.when, Birthday):
        return occasion.day.year > last.year
    if isinstance(trigger.when, Promotion):
        cycle, before = (case.program.window.cycle(day, case.joined) for day in (occasion.day, last))
        return cycle > before
    return True


def _held(case: Case, trigger: Trigger, day: date) -> bool:
    """Whether all that it asks for was so on a day that is over: nobody looked, or a fact came late."""
    member, program = case.member, case.program
    end = program.last_moment(day)
    then = case.versions.in_force(end, case.joined)[1].trigger(trigger.id)
    if case.today - day >= LATE or then is None or then.when.kind != trigger.when.kind:
        return False
    if member.first_seen is None or member.first_seen > end or member.is_outside(end):
        return False
    asked = {"birthday": isinstance(trigger.when, Birthday), "labels": trigger.segment is not None}
    told = [float(member.attribute_times[name].split()[0]) for name, needed in asked.items() if needed]
    if any(moment > end.timestamp() for moment in told):
        return False
    return trigger.tier is None or any(
        shown == trigger.tier
        and (standing.since if source == "earned" else standing.overrides[source].since) <= end
        for ladder, standing in member.standings.items()
        for source, shown in [program.ladders_by_id[ladder].shown(standing)]
    )


def _lead_to(case: Case, trigger: Trigger, occasion: Occasion) -> Iterator[Outcome]:
    yield TriggerFired(
        at=case.at,
        trigger=trigger.id,
        kind=trigger.when.kind,
        occasion=occasion.day,
        ladder=occasion.ladder,
        tier=occasion.tier,
        missing=occasion.missing,
        evidence=occasion.evidence,
    )
    for one in trigger.grant:
        yield RewardGranted(
            at=case.at,
            trigger=trigger.id,
            occasion=occasion.day,
            reward=one,
            lot=credited(case) if one.points else None,
            on=case.today if one.points else None,
        )
