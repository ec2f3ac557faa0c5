"""Badges: awarded once for ever, by the figures of today or of a period that has just closed."""

from collections.abc import Iterator

from membership.member.deciding.case import Case
from membership.member.deciding.rising import days_to_judge
from membership.member.figures import figures
from membership.outcomes import BadgeAwarded


def award(case: Case) -> Iterator[BadgeAwarded]:
    """Those that the member hasn't got yet."""
    if all(badge.id in case.member.badges for badge in case.program.badges):
        return
    for day in days_to_judge(case):
        then = case.as_of(day)
        if then is None:
            continue
        seen = figures(then.program, case.member, day)
        for badge in then.program.badges:
            if badge.id not in case.member.badges and badge.when.met(seen):
                yield BadgeAwarded(at=case.at, badge=badge.id, evidence=then.evidence(badge.when, seen, day))
