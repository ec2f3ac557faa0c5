"""From a member's figures to what happens to it. Yields outcomes; who calls applies each at once."""

from collections.abc import Iterator

from membership.member.deciding.acts import enact
from membership.member.deciding.approvals import ask, list_for_review, undermine
from membership.member.deciding.awarding import award
from membership.member.deciding.case import Case, LadderCase
from membership.member.deciding.enrolment import begin, enrol, tell_referrer
from membership.member.deciding.falling import announce, avert, fall
from membership.member.deciding.keeping import renew
from membership.member.deciding.overriding import end_overrides, pay
from membership.member.deciding.points import expire, settle_up, take_back
from membership.member.deciding.redeeming import redeem
from membership.member.deciding.replacing import replace_tiers
from membership.member.deciding.rising import days_to_judge, promote
from membership.member.deciding.triggering import fire
from membership.outcomes import Outcome

__all__ = ["Case", "decide"]


def decide(case: Case) -> Iterator[Outcome]:
    """Every outcome that the member's figures call for now. A second call yields nothing."""
    decided: list[Outcome] = []
    for outcome in _of_membership(case):
        decided.append(outcome)
        yield outcome
    if case.member.status == "active":
        if case.program.badges:
            yield from award(case)
        if case.program.triggers:
            yield from fire(case, decided)
            # What that has given may pay what is owed.
            yield from settle_up(case)


def _of_membership(case: Case) -> Iterator[Outcome]:
    if case.member.merged_into:
        return  # the other one decides
    yield from replace_tiers(case)
    yield from enrol(case)
    yield from take_back(case)
    yield from expire(case)
    away = case.member.status in ("blocked", "left")
    yield from enact(case)
    # Who comes back may have done meanwhile what ends a trial, and have points whose day has passed.
    yield from enrol(case)
    if away:
        yield from expire(case)
    if case.member.status == "active":
        yield from begin(case)
        for ladder in case.program.ladders_by_id.values():
            yield from _in_ladder(LadderCase(case, ladder))
        yield from list_for_review(case)
        yield from tell_referrer(case)
    yield from redeem(case)
    yield from settle_up(case)


def _in_ladder(case: LadderCase) -> Iterator[Outcome]:
    judged = [(then, day) for day in days_to_judge(case.case) if (then := case.as_of(day))]
    yield from promote(case, judged)
    yield from ask(case, judged)
    yield from renew(case, judged)
    yield from undermine(case)
    # What earned the tier is gone; another period may have earned it too.
    yield from renew(case, judged)
    yield from avert(case)
    yield from fall(case, judged)
    # A step in between may be earned by what is known already; or the lower one, for longer than promised.
    yield from promote(case, judged)
    yield from renew(case, judged)
    yield from announce(case, judged)
    yield from pay(case)
    yield from end_overrides(case)
