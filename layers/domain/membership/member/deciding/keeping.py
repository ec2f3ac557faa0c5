"""Promises: renewed where the rule to stay is met again, shortened where a refund took their ground."""

from collections.abc import Iterator, Mapping
from datetime import date

from membership.member.deciding.case import ONE_DAY, LadderCase
from membership.member.deciding.rising import Judged
from membership.member.forecast import promised_until
from membership.outcomes import Evidence, Outcome, TierRenewed, TierUndermined
from membership.program.calendar import first_day_of_quarter, quarter


def renew(case: LadderCase, judged: Judged) -> Iterator[Outcome]:
    """Each day whose figures meet the rule to stay, where it promises more than is promised."""
    ladder, standing = case.ladder, case.standing
    if ripened_by := case.ripened_by:
        # Where nobody could look on the day of the fall: what came late may have met the rule in time.
        judged = [*judged, (case, ripened_by)]
    if ladder.keep(case.tier) is None:
        return
    if ladder.at_expiry(case.tier):
        yield from _renew_at_expiry(case, judged)
        return
    for then, day in judged:
        promised = promised_until(then.case.program, then.case.member, then.ladder, standing)
        keep = then.ladder.keep(then.ladder.tier(standing.tier))
        if keep is None or promised is None:
            return
        end = then.until(then.ladder.tier(standing.tier), day)
        if end is not None and end <= promised:
            continue
        seen = then.seen(day)
        if keep.met(seen):
            evidence = then.case.evidence(keep, seen, day)
            yield TierRenewed(
                at=case.case.at, ladder=ladder.id, tier=standing.tier, expires_on=end, evidence=evidence
            )


def _renew_at_expiry(case: LadderCase, judged: Judged) -> Iterator[Outcome]:
    """Where the promise has ended: by what it left, by what was done since, until the fall; or, as for who
    enters, by a period that has closed, where that promises more."""
    while (
        end := promised_until(case.case.program, case.case.member, case.ladder, case.standing)
    ) is not None and end <= case.today:
        for then, day, begins in [(case, end - ONE_DAY, end), *((then, day, day) for then, day in judged)]:
            keep, renewed = then.ladder.keep(then.tier), case.until(case.tier, begins)
            seen = case.after_deduction(then.seen(day))
            if keep is not None and keep.met(seen) and (renewed is None or renewed > end):
                break
        else:
            return
        yield TierRenewed(
            at=case.case.at,
            ladder=case.ladder.id,
            tier=case.tier.id,
            expires_on=renewed,
            deducted=case.case.program.deductions(case.tier),
            evidence=then.case.evidence(keep, seen, day),
        )


def undermine(case: LadderCase) -> Iterator[Outcome]:
    """A refund that took away what earned the tier: up for review, with the usual notice."""
    found = lost_ground(case)
    if found is None:
        return
    evidence, when = found, case.case.program.refunds
    if when == "never" or case.stands_while_met:
        judged_on = None
    elif when == "at_once":
        judged_on = case.today
    else:
        judged_on = _next_review(case)
    promised = promised_until(case.case.program, case.case.member, case.ladder, case.standing)
    if judged_on and promised and promised <= judged_on:
        judged_on = None
    yield TierUndermined(
        at=case.case.at, ladder=case.ladder.id, tier=case.tier.id, expires_on=judged_on, evidence=evidence
    )


def _next_review(case: LadderCase) -> date:
    """The first day of the program's next year; of the calendar's next quarter, where it has none."""
    window, today = case.case.program.window, case.today
    if window.closed_before(today, case.case.joined):
        following = window.leaves(today, case.case.joined)
        assert following is not None
        return following
    return first_day_of_quarter(quarter(today) + 1)


def lost_ground(case: LadderCase) -> Evidence | None:
    """What is left of what had earned the tier, where the fact at hand left too little of it."""
    standing, today = case.standing, case.today
    if not case.case.refunded or not standing.qualified or standing.undermined:
        return None
    then = case.as_of(min(standing.earned_on, today))
    if then is None or then.ladder.steps == "never":
        return None
    tier = then.tier
    keep = then.ladder.keep(tier)
    promised = promised_until(then.case.program, then.case.member, then.ladder, standing)
    if keep is None or (promised is not None and promised <= today):
        return None
    start = then.case.joined
    windows = [(metric, window) for metric, window in then.case.program.tallied.values()]
    if any(
        (bucket := window.bucket(standing.earned_on)) is not None
        and window.start(bucket) < metric.horizon(window, today)
        for metric, window in windows
    ):
        return None  # the sums of that time are gone, and no refund can be seen in them
    leaves = [left for _, window in windows if (left := window.leaves(standing.earned_on, start))]
    day = min(today, *(left - ONE_DAY for left in leaves)) if leaves else today
    seen = then.seen(day)

    def earned(by: Mapping[str, int]) -> bool:
        return keep.met(by) or (tier.qualify is not None and tier.qualify.met(by))

    # What was unmet before the refund was not undone by it.
    if earned(seen) or (case.case.before is not None and not earned(then.seen(day, case.case.before))):
        return None
    return then.case.evidence(keep, seen, day)
