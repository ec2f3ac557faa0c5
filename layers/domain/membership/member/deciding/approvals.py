"""What operators are asked: to confirm a promotion, to look at members whom the rules don't reach."""

from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from typing import Literal

from membership.member.deciding.case import Case, LadderCase
from membership.member.deciding.keeping import undermine as _undermine
from membership.member.deciding.rising import Judged, reached
from membership.member.state import Approval
from membership.outcomes import ApprovalRequested, ApprovalWithdrawn, Outcome, TierUndermined
from membership.program.calendar import quarter
from membership.program.schema import Tier

Kind = Literal["promotion", "special", "refund"]


def approval_id(case: Case, *parts: object) -> str:
    """No two are alike, whatever came at one moment: a question is what a fact has led to."""
    what = (case.program.id, case.member.id, case.at.isoformat(), case.fact.key, *parts)
    text = "#".join(map(str, what))
    return f"apr_{sha256(text.encode()).hexdigest()[:24]}"


def ask(case: LadderCase, judged: Judged) -> Iterator[Outcome]:
    """Whether a tier that an operator confirms was reached, and no such question waits for as much."""
    ladder, found = case.ladder, reached(case, judged, reviewed=True)
    for id_, one in _open(case):
        if not _stands(case, one, found):
            yield _withdrawn(case, id_, one)
    if found is None:
        return
    then, tier, day = found
    waiting = _open(case)
    if any(ladder.rank(one.tier) >= ladder.rank(tier.id) for _, one in waiting):
        return
    for id_, one in waiting:  # a higher one takes its place
        yield _withdrawn(case, id_, one)
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


def _open(case: LadderCase) -> list[tuple[str, Approval]]:
    """Promotions in this ladder that wait for an answer."""
    return [
        (id_, one)
        for id_, one in case.case.member.approvals.items()
        if one.kind == "promotion" and one.ladder == case.ladder.id
    ]


def _stands(case: LadderCase, one: Approval, found: tuple[LadderCase, Tier, date] | None) -> bool:
    """Whether a question still has its ground: only a refund, or having got there otherwise, takes it. The
    year may have turned since the tier was reached."""
    ladder = case.ladder
    if one.tier not in ladder or ladder.rank(one.tier) <= ladder.rank(case.standing.tier):
        return False
    if not case.case.refunded or (found and found[1].id == one.tier):
        return True
    then, qualify = case.as_of(one.earned_on), ladder.tier(one.tier).qualify
    return then is None or qualify is None or qualify.met(then.seen(one.earned_on))


def _withdrawn(case: LadderCase, id_: str, one: Approval) -> ApprovalWithdrawn:
    return ApprovalWithdrawn(
        at=case.case.at, ladder=case.ladder.id, approval=id_, kind="promotion", tier=one.tier
    )


def withdraw_all(case: Case) -> Iterator[Outcome]:
    """Nothing is asked about a member that goes away."""
    for id_, one in list(case.member.approvals.items()):
        yield ApprovalWithdrawn(at=case.at, ladder=one.ladder, approval=id_, kind=one.kind, tier=one.tier)


def undermine(case: LadderCase) -> Iterator[Outcome]:
    """A tier without ground after a refund: acted on as the program says, and shown to operators, unless
    they are looking at it since an earlier one."""
    for outcome in _undermine(case):
        yield outcome
        assert isinstance(outcome, TierUndermined)
        about = ("refund", case.ladder.id, outcome.tier, case.standing.earned_on)
        waiting = case.case.member.approvals.values()
        if any(about == (one.kind, one.ladder, one.tier, one.earned_on) for one in waiting):
            continue
        yield ApprovalRequested(
            at=case.case.at,
            ladder=case.ladder.id,
            approval=approval_id(case.case, *about),
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
