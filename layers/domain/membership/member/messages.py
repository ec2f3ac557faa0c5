"""What a member is told of an outcome, in the business's two languages."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from membership.member.certificates import number_of
from membership.member.state import Member
from membership.outcomes import (
    ApprovalDecided,
    ApprovalRequested,
    Celebration,
    Certificate,
    DowngradeAnnounced,
    DowngradeAverted,
    MemberAbsorbed,
    MemberBlocked,
    MemberLeft,
    MemberReturned,
    MemberUnblocked,
    MessageDue,
    Outcome,
    OverrideEnded,
    OverrideEnding,
    RewardGranted,
    TierDowngraded,
    TierOverridden,
    TierRenewed,
    TierReplaced,
    TierUpgraded,
)
from membership.program.schema import Program
from membership.program.text import Language, Text
from membership.program.wording import lacking

_NOT_TOLD = {"type", "at", "fact", "evidence", "by", "standings", "granted"}
"""What is nothing for the member's eyes, or no news."""
SHOWN_WAYS = 3
"""A message names the nearest ways; the progress page has them all."""


def message_for(
    outcome: Outcome, together: Sequence[Outcome], program: Program, member: Member, recorded_at: datetime
) -> MessageDue | None:
    """The message that an outcome calls for, if any; `together` is all that was decided with it.

    `recorded_at`: of the fact that led to it.
    """
    match outcome:
        case TierUpgraded(from_tier=None):
            return None
        case TierUpgraded():
            text = _filled("Welcome to {tier}!", "恭喜您升级为{tier}！", tier=_name(program, outcome.to_tier))
            return _message(outcome, text, _celebration(outcome, together, program, member, recorded_at))
        case DowngradeAnnounced():
            text = _filled(
                "Your {tier} ends on {day}; from then on you would be {lower}. What keeps it: {ways}.",
                "您的{tier}将于{day}到期，届时将变为{lower}。此前达成以下任一项即可保级：{ways}。",
                tier=_name(program, outcome.from_tier),
                lower=_name(program, outcome.to_tier),
                day=_same(outcome.falls_on.isoformat()),
                ways=_both(lambda language: lacking(outcome.prevented_by, program, language, SHOWN_WAYS)),
            )
        case DowngradeAverted():
            text = _filled(
                "You keep your {tier}.", "您已成功保级：{tier}。", tier=_name(program, outcome.tier)
            )
        case TierRenewed() if not any(
            isinstance(other, DowngradeAverted | TierDowngraded) for other in together
        ):
            text = _filled("Your {tier} is renewed.", "您的{tier}已续期。", tier=_name(program, outcome.tier))
        case TierDowngraded():
            text = _filled(
                "As announced, your tier is now {tier}.",
                "按此前通知，您的会员等级现为{tier}。",
                tier=_name(program, outcome.to_tier),
            )
        case TierOverridden() | OverrideEnding() | OverrideEnded():
            text = _of_override(outcome, program)
        case ApprovalRequested(kind="promotion"):
            text = _filled(
                "You have reached {tier}. It is being confirmed.",
                "您已达到{tier}的条件，正在审核确认。",
                tier=_name(program, outcome.tier),
            )
        case ApprovalDecided(kind="promotion", verdict="decline"):
            text = _filled(
                "{tier} was not confirmed: {reason}",
                "{tier}未通过审核：{reason}",
                tier=_name(program, outcome.tier),
                reason=_same(outcome.reason),
            )
        case TierReplaced():
            tier = _name(program, member.standings[outcome.ladder].tier)
            text = _filled("Your tier is called {tier} now.", "您的会员等级现名为{tier}。", tier=tier)
        case MemberBlocked() | MemberUnblocked() | MemberLeft() | MemberReturned() | MemberAbsorbed():
            en, zh = _OF_MEMBER[type(outcome)]
            text = _filled(en, zh, reason=_same(outcome.reason))
        case _:
            return None
    return _message(outcome, text)


_OF_MEMBER: Mapping[type[Outcome], tuple[str, str]] = {
    MemberBlocked: ("Your membership has ended: {reason}", "您的会员资格已终止：{reason}"),
    MemberUnblocked: ("Your membership is yours again: {reason}", "您的会员资格已恢复：{reason}"),
    MemberLeft: ("You have left. You can come back at any time.", "您已退出会员计划，欢迎随时回来。"),
    MemberReturned: ("Welcome back!", "欢迎回来！"),
    MemberAbsorbed: (
        "Your two memberships are one now: {reason}",
        "您的两个会员账户已合并：{reason}",
    ),
}


def _of_override(outcome: TierOverridden | OverrideEnding | OverrideEnded, program: Program) -> Text:
    said = None if isinstance(outcome, OverrideEnding) else outcome.reason
    reason = _same(said) if said else Text()
    match outcome:
        case TierOverridden(source="paid"):
            en, zh = "Your {tier} is paid for through {day}.", "您的{tier}会费有效期至 {day}。"
        case TierOverridden(source="hold"):
            en, zh = (
                "Your {tier} is kept for you through {day}: {reason}",
                "您的{tier}将保留至 {day}：{reason}",
            )
        case TierOverridden():
            en, zh = "You are {tier} through {day}: {reason}", "您已获升为{tier}，有效期至 {day}：{reason}"
        case OverrideEnding():
            en, zh = (
                "Your {tier} ends after {day}; from then on you are {lower}.",
                "您的{tier}将于 {day} 结束，此后为{lower}。",
            )
        case OverrideEnded():
            lower = _name(program, outcome.to_tier)
            return _filled(
                "Your tier is now {tier}. {reason}",
                "您的会员等级现为{tier}。{reason}",
                tier=lower,
                reason=reason,
            )
    day = _same((outcome.until - timedelta(days=1)).isoformat())
    lower = _name(program, outcome.to_tier) if isinstance(outcome, OverrideEnding) else Text()
    return _filled(en, zh, tier=_name(program, outcome.tier), lower=lower, day=day, reason=reason)


def _message(outcome: Outcome, text: Text, celebration: Celebration | None = None) -> MessageDue:
    details = outcome.model_dump(mode="json", exclude=_NOT_TOLD, exclude_none=True)
    return MessageDue(
        at=outcome.at,
        fact=outcome.fact,
        about=outcome.type,
        text=text,
        details=details,
        celebration=celebration,
    )


def _celebration(
    outcome: TierUpgraded,
    together: Sequence[Outcome],
    program: Program,
    member: Member,
    recorded_at: datetime,
) -> Celebration:
    tier = _name(program, outcome.to_tier)
    # Of what can't be guessed of a member, the very moment of recording: our own clock, to the microsecond.
    number = number_of(program.id, member.id, outcome.to_tier, outcome.fact, recorded_at.isoformat())
    return Celebration(
        popup=_filled("Congratulations: you are {tier} now!", "恭喜！您已成为{tier}！", tier=tier),
        announcement=_filled("A member has reached {tier}.", "一位会员晋升为{tier}。", tier=tier),
        gift_pack=tuple(other.reward.id for other in together if isinstance(other, RewardGranted)),
        certificate=Certificate(number=number, tier=tier, date=program.day(outcome.at)),
    )


def _name(program: Program, tier: str) -> Text:
    return program.tier(tier).label()


def _both(words: Callable[[Language], str]) -> Text:
    return Text(en=words("en"), zh=words("zh"))


def _same(words: str) -> Text:
    return Text(en=words, zh=words)


def _filled(en: str, zh: str, **fields: Text) -> Text:
    return Text(
        en=en.format(**{name: text.get("en") for name, text in fields.items()}).strip(),
        zh=zh.format(**{name: text.get("zh") for name, text in fields.items()}).strip(),
    )
