"""Outcomes into standing. What was once decided stays decided: a rebuild applies these, it doesn't argue."""

from collections.abc import Mapping
from datetime import datetime

from membership.member.posting import posted
from membership.member.standing import Held, Layer, Notice, Override, Standing
from membership.member.state import Approval, Member, Referred
from membership.outcomes import (
    ApproachEnded,
    ApprovalDecided,
    ApprovalRequested,
    ApprovalWithdrawn,
    BadgeAwarded,
    DowngradeAnnounced,
    DowngradeAverted,
    FactIgnored,
    MemberAbsorbed,
    MemberActivated,
    MemberBlocked,
    MemberEnrolled,
    MemberLeft,
    MemberMerged,
    MemberReturned,
    MemberUnblocked,
    MessageDue,
    Outcome,
    OverrideEnded,
    OverrideEnding,
    PointsAdjusted,
    PointsDebtPaid,
    PointsExpired,
    PointsExpiring,
    PointsTakenBack,
    RedemptionCancelled,
    RedemptionRefused,
    ReferralTold,
    RewardGranted,
    RewardRedeemed,
    TierDowngraded,
    TierOverridden,
    TierRenewed,
    TierReplaced,
    TierUndermined,
    TierUpgraded,
    TriggerFired,
)


def evolve(member: Member, outcome: Outcome) -> None:
    """Apply the outcome to the member in place."""
    match outcome:
        case MemberEnrolled():
            member.status = outcome.status
        case MemberActivated():
            member.status = "active"
        case MemberBlocked():
            member.status = "blocked"
        case MemberLeft():
            member.status = "left"
        case MemberUnblocked() | MemberReturned():
            # On trial until the membership had begun.
            member.status = "active" if member.standings else "trial"
        case MemberMerged():
            member.status, member.merged_into = "merged", outcome.into
            member.forget_sums(outcome.at)
        case MemberAbsorbed():
            _absorb(member, outcome)
        case ReferralTold():
            member.referred[outcome.stage] = Referred(
                referrer=outcome.referrer, day=outcome.day, times=outcome.times, undone=outcome.undone
            )
        case RewardGranted():
            if outcome.tier is not None and outcome.cycle is not None:
                member.granted[f"{outcome.tier}/{outcome.reward.id}"] = outcome.cycle
            member.points = posted(member.points, outcome)
        case RewardRedeemed():
            _count(member.redeemed, outcome.reward, 1)
            member.points = posted(member.points, outcome)
        case RedemptionCancelled():
            _count(member.redeemed, outcome.reward, -1)
            member.points = posted(member.points, outcome)
        case PointsTakenBack() | PointsDebtPaid() | PointsExpired() | PointsExpiring() | PointsAdjusted():
            member.points = posted(member.points, outcome)
        case TriggerFired():
            day = outcome.occasion.toordinal()
            member.fired[outcome.key] = max(day, member.fired.get(outcome.key, day))
            if outcome.kind == "nearing" and outcome.tier:
                member.approaches[outcome.key] = outcome.tier
        case ApproachEnded():
            member.approaches.pop(f"{outcome.trigger}/{outcome.ladder}", None)
        case BadgeAwarded():
            member.badges.setdefault(outcome.badge, outcome.evidence.day)
        case ApprovalRequested():
            member.approvals[outcome.approval] = Approval(
                kind=outcome.kind,
                ladder=outcome.ladder,
                tier=outcome.tier,
                earned_on=outcome.earned_on,
                condition=outcome.condition,
            )
            if outcome.condition and outcome.quarter is not None:
                member.listed[outcome.condition] = outcome.quarter
        case ApprovalWithdrawn():
            member.approvals.pop(outcome.approval, None)
        case ApprovalDecided():
            asked = member.approvals.pop(outcome.approval, None)
            if outcome.cycle is not None:
                member.standings[outcome.ladder].declined[outcome.tier] = outcome.cycle
            if asked and asked.condition and outcome.quarter is not None:
                member.listed[asked.condition] = outcome.quarter
        case MessageDue():
            _tell(member, outcome)
        case RedemptionRefused() | FactIgnored():
            pass
        case _:
            _evolve_standing(member, outcome)


def _evolve_standing(
    member: Member,
    outcome: TierUpgraded
    | TierRenewed
    | TierUndermined
    | DowngradeAnnounced
    | DowngradeAverted
    | TierDowngraded
    | TierReplaced
    | TierOverridden
    | OverrideEnding
    | OverrideEnded,
) -> None:
    standing = member.standings.get(outcome.ladder)
    if standing is None:
        assert isinstance(outcome, TierUpgraded)
        standing = member.standings[outcome.ladder] = Standing(
            tier=outcome.to_tier, since=outcome.at, earned_on=outcome.earned_on
        )
    before = tuple(standing.layers())
    _change(member, standing, outcome)
    _remember(member, outcome.ladder, before, outcome.at)


def _remember(member: Member, ladder: str, before: tuple[Layer, ...], at: datetime) -> None:
    """What is no longer so was so up to that moment, and with it: what else was decided then came after."""
    if before == tuple(member.standings[ladder].layers()):
        return
    if not any(one.ladder == ladder and one.until == at for one in member.held):
        member.held.append(Held(at, ladder, before))


def _change(
    member: Member,
    standing: Standing,
    outcome: TierUpgraded
    | TierRenewed
    | TierUndermined
    | DowngradeAnnounced
    | DowngradeAverted
    | TierDowngraded
    | TierReplaced
    | TierOverridden
    | OverrideEnding
    | OverrideEnded,
) -> None:
    match outcome:
        case TierUpgraded():
            standing.tier, standing.since, standing.earned_on = outcome.to_tier, outcome.at, outcome.earned_on
            standing.expires_on, standing.qualified, standing.undermined = outcome.expires_on, True, False
            standing.notice = None
            _reach(member, outcome.ladder)
        case TierRenewed():
            standing.earned_on, standing.expires_on = outcome.evidence.day, outcome.expires_on
            standing.qualified, standing.undermined = True, False
            _deduct(standing, outcome.deducted)
        case TierUndermined():
            standing.undermined = True
            if outcome.expires_on:
                standing.expires_on = outcome.expires_on
        case DowngradeAnnounced():
            standing.notice = Notice(
                to_tier=outcome.to_tier, falls_on=outcome.falls_on, announced_at=outcome.announced_at
            )
        case DowngradeAverted():
            standing.notice, standing.undermined = None, False
        case TierDowngraded():
            standing.tier, standing.since, standing.earned_on = (
                outcome.to_tier,
                outcome.at,
                outcome.evidence.day,
            )
            standing.expires_on, standing.qualified, standing.undermined = (
                outcome.expires_on,
                outcome.qualified,
                False,
            )
            standing.notice, standing.fell_on = None, outcome.evidence.day
            _deduct(standing, outcome.deducted)
            _reach(member, outcome.ladder)
        case TierReplaced():
            _replace(member, outcome.ladder, outcome.replaced)
        case TierOverridden():
            standing.overrides[outcome.source] = Override(
                tier=outcome.tier, since=outcome.at, until=outcome.until, reason=outcome.reason
            )
        case OverrideEnding():
            standing.overrides[outcome.source].reminded = True
        case OverrideEnded():
            standing.overrides.pop(outcome.source, None)


def _deduct(standing: Standing, deducted: Mapping[str, int]) -> None:
    for metric, amount in deducted.items():
        standing.deducted[metric] = standing.deducted.get(metric, 0) + amount


def _reach(member: Member, ladder: str) -> None:
    """Whoever enters a tier begins anew on the way to the next one."""
    for key in [key for key in member.approaches if key.endswith(f"/{ladder}")]:
        del member.approaches[key]


def _replace(member: Member, ladder: str, replaced: Mapping[str, str]) -> None:
    standing = member.standings[ladder]
    standing.tier = replaced.get(standing.tier, standing.tier)
    for override in standing.overrides.values():
        override.tier = replaced.get(override.tier, override.tier)
    if standing.notice and standing.notice.to_tier in replaced:
        standing.notice.to_tier = replaced[standing.notice.to_tier]
    for approval in member.approvals.values():
        if approval.ladder == ladder:
            approval.tier = replaced.get(approval.tier, approval.tier)


def _count(redeemed: dict[str, int], reward: str, times: int) -> None:
    """A member has no count of nothing: then it equals one that never had any."""
    if left := redeemed.pop(reward, 0) + times:
        redeemed[reward] = left


def _absorb(member: Member, outcome: MemberAbsorbed) -> None:
    """Where it stands now was decided then, by the tiers that there were; and nothing is granted again."""
    member.absorbed = (*member.absorbed, outcome.member, *outcome.absorbed)
    for reward, cycle in outcome.granted.items():
        member.granted[reward] = max(cycle, member.granted.get(reward, cycle))
    for reward, times in outcome.redeemed.items():
        _count(member.redeemed, reward, times)
    before = {ladder: tuple(standing.layers()) for ladder, standing in member.standings.items()}
    for key, day in outcome.fired.items():
        member.fired[key] = max(day, member.fired.get(key, day))
    for badge, since in outcome.badges.items():
        member.badges[badge] = min(since, member.badges.get(badge, since))
    member.approaches = dict(outcome.approaches)
    member.standings |= {ladder: standing.twin() for ladder, standing in outcome.standings.items()}
    for ladder in outcome.standings:
        _remember(member, ladder, before.get(ladder, ()), outcome.at)


_MONTHS_KEPT = 2
"""What waits until morning may count in the next month already."""


def _tell(member: Member, message: MessageDue) -> None:
    if message.month:
        counted = member.pushes | {message.month: member.pushes.get(message.month, 0) + 1}
        member.pushes = dict(sorted(counted.items())[-_MONTHS_KEPT:])
    if message.week:
        member.week_told = message.week
