"""What a member is told of an outcome, in the business's two languages."""

from collections.abc import Callable, Sequence
from hashlib import sha256

from membership.member.state import Member
from membership.outcomes import (
    Celebration,
    Certificate,
    DowngradeAnnounced,
    DowngradeAverted,
    MessageDue,
    Outcome,
    RewardGranted,
    TierDowngraded,
    TierRenewed,
    TierUpgraded,
)
from membership.program.schema import Program
from membership.program.text import Language, Text
from membership.program.wording import lacking

SHOWN_WAYS = 3
"""A message names the nearest ways; the progress page has them all."""


def message_for(
    outcome: Outcome, together: Sequence[Outcome], program: Program, member: Member
) -> MessageDue | None:
    """The message that an outcome calls for, if any; `together` is all that was decided with it."""
    match outcome:
        case TierUpgraded(from_tier=None):
            return None
        case TierUpgraded():
            text = _filled("Welcome to {tier}!", "恭喜您升级为{tier}！", tier=_name(program, outcome.to_tier))
            return _message(outcome, text, _celebration(outcome, together, program, member))
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
        case TierRenewed() if not any(isinstance(other, DowngradeAverted) for other in together):
            text = _filled("Your {tier} is renewed.", "您的{tier}已续期。", tier=_name(program, outcome.tier))
        case TierDowngraded():
            text = _filled(
                "As announced, your tier is now {tier}.",
                "按此前通知，您的会员等级现为{tier}。",
                tier=_name(program, outcome.to_tier),
            )
        case _:
            return None
    return _message(outcome, text)


def _message(outcome: Outcome, text: Text, celebration: Celebration | None = None) -> MessageDue:
    details = outcome.model_dump(mode="json", exclude={"type", "at", "fact", "evidence"}, exclude_none=True)
    return MessageDue(
        at=outcome.at,
        fact=outcome.fact,
        about=outcome.type,
        text=text,
        details=details,
        celebration=celebration,
    )


def _celebration(
    outcome: TierUpgraded, together: Sequence[Outcome], program: Program, member: Member
) -> Celebration:
    tier = _name(program, outcome.to_tier)
    number = sha256(
        f"{program.id}#{member.id}#{outcome.to_tier}#{outcome.at.isoformat()}".encode()
    ).hexdigest()
    return Celebration(
        popup=_filled("Congratulations: you are {tier} now!", "恭喜！您已成为{tier}！", tier=tier),
        announcement=_filled("A member has reached {tier}.", "一位会员晋升为{tier}。", tier=tier),
        gift_pack=tuple(other.reward.id for other in together if isinstance(other, RewardGranted)),
        certificate=Certificate(number=number[:12].upper(), tier=tier, date=program.day(outcome.at)),
    )


def _name(program: Program, tier: str) -> Text:
    return program.tier(tier).label()


def _both(words: Callable[[Language], str]) -> Text:
    return Text(en=words("en"), zh=words("zh"))


def _same(words: str) -> Text:
    return Text(en=words, zh=words)


def _filled(en: str, zh: str, **fields: Text) -> Text:
    return Text(
        en=en.format(**{name: text.get("en") for name, text in fields.items()}),
        zh=zh.format(**{name: text.get("zh") for name, text in fields.items()}),
    )
