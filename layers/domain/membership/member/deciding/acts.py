"""What an operator's act comes to: always something, if only a word that it changes nothing."""

from collections.abc import Iterator

from membership.acts import (
    Absorb,
    AdjustPoints,
    Block,
    Decide,
    Hold,
    Leave,
    Lift,
    Merge,
    Release,
    Return,
    Unblock,
)
from membership.facts import Act
from membership.member.deciding.approvals import withdraw_all
from membership.member.deciding.case import Case, LadderCase
from membership.member.deciding.merging import absorb
from membership.member.deciding.overriding import end_override, override
from membership.member.deciding.points import adjust
from membership.member.deciding.rising import enter
from membership.member.standing import Source
from membership.member.state import Approval
from membership.outcomes import (
    ApprovalDecided,
    FactIgnored,
    MemberBlocked,
    MemberLeft,
    MemberMerged,
    MemberReturned,
    MemberUnblocked,
    Outcome,
)
from membership.program.calendar import quarter


def enact(case: Case) -> Iterator[Outcome]:
    """The outcomes of the act that the case is about, if it is about one."""
    act, member = case.act, case.member
    if act is None:
        return
    at, by, reason = case.at, act.by, act.reason
    if isinstance(act.action, Merge) and act.action.into in (*case.gone, member.id):
        yield FactIgnored(at=at, reason="merges_in_a_circle")
        return
    if isinstance(act.action, Block | Leave | Merge) and member.status in ("trial", "active"):
        yield from withdraw_all(case)
    match act.action, member.status:
        case Block(), "trial" | "active" | "left":
            yield MemberBlocked(at=at, by=by, reason=reason)
        case Unblock(), "blocked":
            yield MemberUnblocked(at=at, by=by, reason=reason)
        case Leave(), "trial" | "active":
            yield MemberLeft(at=at, by=by, reason=reason)
        case Return(), "left":
            yield MemberReturned(at=at, by=by, reason=reason)
        case Merge(into=into), "trial" | "active" | "left":
            yield MemberMerged(at=at, by=by, reason=reason, into=into)
        case Absorb() as told, "trial" | "active" | "blocked" | "left":
            yield from absorb(case, act, told)
        case AdjustPoints(points=points), "trial" | "active":
            yield from adjust(case, act, points)
        case (Hold() | Lift()) as given, "active" if given.ladder in case.program.ladders_by_id:
            yield from _override(LadderCase(case, case.program.ladders_by_id[given.ladder]), act, given)
        case Release(ladder=ladder, source=source), "active" if ladder in member.standings:
            if source in member.standings[ladder].overrides:
                yield from end_override(LadderCase(case, case.program.ladders_by_id[ladder]), source, act)
            else:
                yield FactIgnored(at=at, reason="nothing_to_decide")
        case Decide() as decision, "active" if decision.approval in member.approvals:
            yield from _decide(case, act, decision, member.approvals[decision.approval])
        case Decide(), _:
            yield FactIgnored(at=at, reason="nothing_to_decide")
        case _:
            yield FactIgnored(at=at, reason="not_possible_now")


def _override(case: LadderCase, act: Act, given: Hold | Lift) -> Iterator[Outcome]:
    if given.tier not in case.ladder or given.until <= case.today:
        yield FactIgnored(at=case.case.at, reason="not_possible_now")
        return
    source: Source = "hold" if isinstance(given, Hold) else "lifted"
    yield from override(case, source, given.tier, given.until, act.by, act.reason)


def _decide(case: Case, act: Act, decision: Decide, asked: Approval) -> Iterator[Outcome]:
    ladder = LadderCase(case, case.program.ladders_by_id[asked.ladder])
    declined = decision.verdict == "decline"
    yield ApprovalDecided(
        at=case.at,
        ladder=asked.ladder,
        approval=decision.approval,
        kind=asked.kind,
        verdict=decision.verdict,
        tier=decision.tier or asked.tier,
        cycle=case.program.window.cycle(asked.earned_on, case.joined)
        if declined and asked.kind == "promotion"
        else None,
        quarter=quarter(case.today) if asked.kind == "special" else None,
        by=act.by,
        reason=act.reason,
    )
    if declined:
        return
    if asked.kind == "promotion":
        tier = ladder.ladder.tier(asked.tier)
        then = ladder.as_of(asked.earned_on) or ladder
        if ladder.ladder.rank(tier.id) > ladder.ladder.rank(ladder.standing.tier) and tier.qualify:
            yield from enter(then, tier, asked.earned_on, act.by, act.reason)
    elif asked.kind == "special" and decision.tier and decision.until:
        yield from override(ladder, "lifted", decision.tier, decision.until, act.by, act.reason)
