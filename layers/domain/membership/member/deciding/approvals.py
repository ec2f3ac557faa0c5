"""What operators are asked: to confirm a promotion, to look at members whom the rules don't reach."""

from collections.abc import Iterator
from hashlib import sha256
from typing import Literal

from membership.member.deciding.case import Case, LadderCase
from membership.member.deciding.keeping import undermine as _undermine
from membership.member.deciding.rising import Judged, reached
from membership.outcomes import ApprovalRequested, ApprovalWithdrawn, Outcome, TierUndermined
from membership.program.calendar import quarter

Kind = Literal["promotion", "special", "refund"]


def approval_id(case: Case, *parts: object) -> str:
    """The same whoever asks, and no two alike: the moment is a part of it."""
    text = "#".join(map(str, (case.program.id, case.member.id, case.at.isoformat(), *parts)))
    return f"apr_{sha256(text.encode()).hexdigest()[:24]}"


def ask(case: LadderCase, judged: Judged) -> Iterator[Outcome]:
    """Whether a tier that an operator confirms was reached, and not asked for already."""
    member, ladder = case.case.member, case.ladder
    open_ = {
        id_: one
        for id_, one in member.approvals.items()
        if one.kind == "promotion" and one.ladder == ladder.id
    }
    found = reached(case, judged, reviewed=True)
    for id_, one in open_.items():
        # The year may have turned since it was reached: only a refund, or having got there otherwise, ends
        # it.
        if one.tier in ladder and ladder.rank(one.tier) > ladder.rank(case.standing.tier):
            if found or not case.case.refunded:
                continue
            then = case.as_of(one.earned_on)
            qualify = ladder.tier(one.tier).qualify
            if then is None or qualify is None or qualify.met(then.seen(one.earned_on)):
                continue
        yield ApprovalWithdrawn(
            at=case.case.at, ladder=ladder.id, approval=id_, kind="promotion", tier=one.tier
        )
    if found is None:
        return
    then, tier, day = found
    cycle = case.case.program.window.cycle(day, case.case.joined)  # declined is what was done in that one
    asked = any(one.tier == tier.id for id_, one in open_.items() if id_ in member.approvals)
    if asked or case.standing.declined.get(tier.id) == cycle:
        return
    for id_, one in open_.items():
        if id_ in member.approvals:  # a higher one takes its place
            yield ApprovalWithdrawn(
                at=case.case.at, ladder=ladder.id, approval=id_, kind="promotion", tier=one.tier
            )
    assert tier.qualify is not None
    yield ApprovalRequested(
        at=case.case.at,
        ladder=ladder.id,
        approval=approval_id(case.case, "promotion", tier.id),
        kind="promotion",
        tier=tier.id,
        earned_on=day,
        evidence=then.case.evidence(tier.qualify, then.seen(day), day),
    )


def withdraw_all(case: Case) -> Iterator[Outcome]:
    """Nothing is asked about a member that goes away."""
    for id_, one in list(case.member.approvals.items()):
        yield ApprovalWithdrawn(at=case.at, ladder=one.ladder, approval=id_, kind=one.kind, tier=one.tier)


def undermine(case: LadderCase) -> Iterator[Outcome]:
    """A tier without ground after a refund: acted on as the program says, and shown to operators."""
    for outcome in _undermine(case):
        yield outcome
        assert isinstance(outcome, TierUndermined)
        yield ApprovalRequested(
            at=case.case.at,
            ladder=case.ladder.id,
            approval=approval_id(case.case, "refund", outcome.tier),
            kind="refund",
            tier=outcome.tier,
            earned_on=case.standing.earned_on,
            evidence=outcome.evidence,
        )


def list_for_review(case: Case) -> Iterator[Outcome]:
    """Members who meet a special condition and aren't at the top come onto its list once a quarter."""
    now = quarter(case.today)
    for special in case.program.special_reviews:
        ladder = case.program.ladder_of(special)
        standing = case.member.standings[ladder.id]
        tier = ladder.shown(standing)[1]
        waiting = [id_ for id_, one in case.member.approvals.items() if one.condition == special.id]
        if waiting and not ladder.above(tier):
            yield ApprovalWithdrawn(
                at=case.at, ladder=ladder.id, approval=waiting[0], kind="special", tier=tier
            )
        if waiting or case.member.listed.get(special.id) == now or not ladder.above(tier):
            continue
        seen = LadderCase(case, ladder).seen(case.today)
        if special.when.met(seen):
            yield ApprovalRequested(
                at=case.at,
                ladder=ladder.id,
                approval=approval_id(case, "special", special.id),
                kind="special",
                tier=tier,
                earned_on=case.today,
                condition=special.id,
                quarter=now,
                evidence=case.evidence(special.when, seen, case.today),
            )
