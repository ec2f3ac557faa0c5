"""How a membership begins, and whom that is told."""

from collections.abc import Iterator

from membership.facts import Act, Ranking, Referral
from membership.member.deciding.case import Case
from membership.member.deciding.rewarding import reward
from membership.outcomes import MemberActivated, MemberEnrolled, Outcome, ReferralTold, TierUpgraded


def enrol(case: Case) -> Iterator[Outcome]:
    """A member that the program didn't know; or one on trial that did something that counts."""
    member = case.member
    counts = member.enrolled or member.counted
    if member.status is None:
        # What others tell of somebody makes nobody a member.
        if not isinstance(case.fact, Referral | Ranking | Act):
            yield MemberEnrolled(at=case.at, status="active" if counts else "trial")
    elif member.status == "trial" and counts:
        yield MemberActivated(at=case.at)


def begin(case: Case) -> Iterator[Outcome]:
    """An active member has the first tier of each ladder."""
    for ladder in case.program.ladders_by_id.values():
        if ladder.id not in case.member.standings:
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
            yield from reward(case, ladder, (first,))


def tell_referrer(case: Case) -> Iterator[Outcome]:
    """A friend counts when it registers and when it first buys; what was wholly returned, no more."""
    member = case.member
    referrer = member.attributes.referrer
    for stage, done in (("registered", True), ("bought", member.purchases > 0)):
        told = member.referred.get(stage)
        counts = told is not None and not told.undone
        if done == counts or (told is None and (referrer is None or referrer == member.id)):
            continue
        yield ReferralTold(
            at=case.at,
            referrer=told.referrer if told else referrer or "",
            stage="bought" if stage == "bought" else "registered",
            day=told.day if told else case.today,
            times=told.times + 1 if told else 1,
            undone=not done,
        )
