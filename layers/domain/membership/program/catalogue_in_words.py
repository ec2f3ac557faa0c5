"""The catalogue in words: for whom, for how much, when, and how many. The shop's own codes are for buyers."""

from collections.abc import Iterator
from datetime import date, datetime

from membership.program.catalogue import Redeemable, Time
from membership.program.schema import Program
from membership.program.text import Language, Text


def redeemable(reward: Redeemable, program: Program, language: Language) -> str:
    """Some short sentences."""
    return ("" if language == "zh" else " ").join(_sentences(reward, program, language))


def _sentences(reward: Redeemable, program: Program, language: Language) -> Iterator[str]:
    kind = _COUPON if reward.coupon is not None else _GIFT
    yield kind[reward.codes != "none"].get(language)
    yield _costs(reward, program, language)
    if reward.tier:
        yield _FROM_TIER.get(language).format(tier=program.tier(reward.tier).label().get(language))
    if reward.from_ is not None:
        yield _OPENS.get(language).format(at=_time(reward.from_, program))
    if reward.to is not None:
        words = _CLOSES if isinstance(reward.to, datetime) else _LAST_DAY
        yield words.get(language).format(at=_time(reward.to, program))
    if reward.stock is not None:
        yield _STOCK.get(language).format(stock=f"{reward.stock:,}")
    if reward.per_member is not None:
        yield _EACH.get(language).format(limit=reward.per_member)


def _costs(reward: Redeemable, program: Program, language: Language) -> str:
    name = program.points.name.get(language) if program.points else ""
    said = [_COSTS.get(language).format(points=f"{reward.points:,}", name=name)]
    said += [
        _LESS.get(language).format(
            points=f"{points:,}", name=name, tier=program.tier(tier).label().get(language)
        )
        for tier, points in sorted(reward.by_tier.items(), key=lambda one: -one[1])
    ]
    return "，".join(said) + "。" if language == "zh" else ", ".join(said) + "."


def _time(time: Time, program: Program) -> str:
    if isinstance(time, datetime):
        return time.astimezone(program.zone).strftime("%Y-%m-%d %H:%M")
    assert isinstance(time, date)
    return time.isoformat()


_COUPON = (
    Text.ours(en="A coupon.", zh="优惠券。"),
    Text.ours(en="A coupon with a code of its own.", zh="一人一码优惠券。"),
)
_GIFT = (
    Text.ours(en="A gift.", zh="礼品。"),
    Text.ours(en="A gift with a code of its own.", zh="一人一码礼品。"),
)
_COSTS = Text.ours(en="Costs {points} {name}", zh="{points} {name}")
_LESS = Text.ours(en="{points} from {tier} on", zh="{tier}及以上 {points} {name}")
_FROM_TIER = Text.ours(en="For {tier} and above.", zh="仅限{tier}及以上会员。")
_OPENS = Text.ours(en="From {at} on.", zh="{at} 起可兑换。")
_LAST_DAY = Text.ours(en="Through {at}.", zh="{at} 为最后一天。")
_CLOSES = Text.ours(en="Until {at}.", zh="{at} 截止。")
_STOCK = Text.ours(en="{stock} in all.", zh="共 {stock} 份。")
_EACH = Text.ours(en="At most {limit} for each member.", zh="每位会员限兑 {limit} 份。")
