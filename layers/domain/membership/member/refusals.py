"""Why a reward can't be had, and what to do about it, in the business's two languages."""

from datetime import datetime

from membership.member.redemption import Hindrance
from membership.outcomes import RedemptionRefused
from membership.program.schema import Program
from membership.program.text import Language, Text


def why_not(found: Hindrance | RedemptionRefused, program: Program, language: Language) -> str:
    """One or two sentences."""
    name = program.points.name.get(language) if program.points else "points"
    tier = found.tier if found.tier in program.tier_ids else None
    missing = max(0, (found.points or 0) - (found.spendable or 0))
    said = (
        _WORDS[found.reason]
        .get(language)
        .format(
            points=f"{found.points or 0:,}",
            spendable=f"{found.spendable or 0:,}",
            missing=f"{missing:,}",
            name=name,
            tier=program.tier(tier).label().get(language) if tier else found.tier,
            opens=_moment(found.opens, program),
            closed=_moment(found.closed, program),
            limit=found.limit,
        )
    )
    if found.pending:
        said += _PENDING.get(language).format(pending=f"{found.pending:,}", name=name)
    return said


def _moment(at: datetime | None, program: Program) -> str:
    return at.astimezone(program.zone).strftime("%Y-%m-%d %H:%M") if at else ""


_WORDS = {
    "no_such_reward": Text.ours(
        en="The catalogue has no such reward. Choose one that it has.", zh="兑换目录中没有该奖励，请另选。"
    ),
    "not_a_member": Text.ours(
        en="This membership has ended. Rewards can be had again once it is restored.",
        zh="会员资格已失效，恢复后方可兑换。",
    ),
    "not_yet": Text.ours(
        en="It can be had from {opens} on. Come back then.", zh="{opens} 起可兑换，请届时再来。"
    ),
    "over": Text.ours(
        en="It could be had until {closed}. Choose another one.", zh="兑换已于 {closed} 结束，请另选。"
    ),
    "tier_too_low": Text.ours(
        en="It is for {tier} and above. Reach {tier} first.", zh="仅限{tier}及以上会员兑换，请先升级。"
    ),
    "limit_reached": Text.ours(
        en="One member may have {limit}, and has had as many. Choose another one.",
        zh="每位会员限兑 {limit} 份，已达上限，请另选。",
    ),
    "too_few_points": Text.ours(
        en="It costs {points} {name}, and {spendable} can be spent. Earn {missing} more.",
        zh="需要 {points} {name}，当前可用 {spendable}，还差 {missing}。",
    ),
    "sold_out": Text.ours(en="It is sold out. Choose another one.", zh="已兑完，请另选。"),
}
_PENDING = Text.ours(en=" {pending} {name} are on their way.", zh="另有 {pending} {name}待生效。")
