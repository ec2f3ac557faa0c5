"""Outcomes into standing. What was once decided stays decided: a rebuild applies these, it doesn't argue."""

from membership.member.state import Member, Notice, Standing
from membership.outcomes import (
    DowngradeAnnounced,
    DowngradeAverted,
    FactIgnored,
    MemberActivated,
    MemberEnrolled,
    MessageDue,
    Outcome,
    RewardGranted,
    TierDowngraded,
    TierRenewed,
    TierUndermined,
    TierUpgraded,
)


def evolve(member: Member, outcome: Outcome) -> None:
    """Apply the outcome to the member in place."""
    match outcome:
        case MemberEnrolled():
            member.status = outcome.status
        case MemberActivated():
            member.status = "active"
        case TierUpgraded():
            member.standings[outcome.ladder] = Standing(
                tier=outcome.to_tier,
                since=outcome.at,
                earned_on=outcome.earned_on,
                expires_on=outcome.expires_on,
            )
        case TierRenewed():
            standing = member.standings[outcome.ladder]
            standing.earned_on, standing.qualified = outcome.evidence.day, True
            standing.expires_on = outcome.expires_on
        case TierUndermined():
            member.standings[outcome.ladder].expires_on = outcome.expires_on
        case DowngradeAnnounced():
            member.standings[outcome.ladder].notice = Notice(
                to_tier=outcome.to_tier, falls_on=outcome.falls_on, announced_at=outcome.announced_at
            )
        case DowngradeAverted():
            member.standings[outcome.ladder].notice = None
        case TierDowngraded():
            member.standings[outcome.ladder] = Standing(
                tier=outcome.to_tier,
                since=outcome.at,
                earned_on=outcome.evidence.day,
                qualified=outcome.qualified,
                expires_on=outcome.expires_on,
            )
        case RewardGranted():
            member.granted[f"{outcome.tier}/{outcome.reward.id}"] = outcome.cycle
        case MessageDue() | FactIgnored():
            pass
