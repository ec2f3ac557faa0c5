"""Points and campaigns in words: what earns how many, from when to when they can be spent."""

from collections.abc import Iterator
from datetime import date

from membership.program.calendar import day_of_year
from membership.program.campaigns import Campaign
from membership.program.kinds import kind_in_words, listed
from membership.program.metrics.base import limits_in_words
from membership.program.money import in_words, to_minor
from membership.program.points import After, ForDoing, Inactive, Never, PointsRules
from membership.program.rates import hundredths, times
from membership.program.schema import Program
from membership.program.text import Language, Text, run_on


def points_in_words(program: Program, language: Language) -> tuple[str, ...]:
    """A sentence for each rule."""
    return tuple(_sentences(program, program.points, language)) if program.points else ()


def _sentences(program: Program, rules: PointsRules, language: Language) -> Iterator[str]:
    name, currency = rules.name.get(language), program.currency
    if order := rules.earn.order:
        per = in_words(to_minor(order.per, currency), currency)
        yield _FOR_MONEY.get(language).format(points=f"{order.points:,}", name=name, per=per)
        yield (_HALF_UP if rules.rounding == "half_up" else _DOWN).get(language)
        if order.plans:
            yield _PLANS.get(language)
    for kind, doing in rules.earn.activities.items():
        yield _for_doing(kind, doing, name, currency, language)
    if rules.birthday_month:
        yield _BIRTHDAY.get(language).format(rate=times(rules.birthday_rate))
    if rules.birthday_month or program.campaigns_of_points or program.rates_differ:
        yield _COMBINED[rules.combine].get(language)
    if rules.pending_days and rules.earn.order:
        yield _PENDING.get(language).format(days=rules.pending_days)
    match rules.expire:
        case After(after_months=months, at=at):
            yield _AFTER[at].get(language).format(months=months)
        case Inactive(inactive_months=months):
            yield _INACTIVE.get(language).format(months=months)
        case _:
            yield _STAY.get(language)
    if not isinstance(rules.expire, Never):
        yield _REMINDED.get(language).format(days=rules.remind_days)
    yield _REFUNDS[rules.refunds].get(language)


def _for_doing(kind: str, doing: ForDoing, name: str, currency: str, language: Language) -> str:
    what, points = kind_in_words(kind, language), f"{doing.points:,}"
    limits = limits_in_words(doing.where, language, currency)
    if language == "zh":
        capped = f"，每日最多 {doing.per_day} 次" if doing.per_day else ""
        return f"{run_on('每次', what)}{limits}，{points} {name}{capped}。"
    capped = f", at most {doing.per_day} a day" if doing.per_day else ""
    return f"{points} for each {what}{limits}{capped}."


def rate_in_words(rate: int, rules: PointsRules, language: Language) -> str:
    """'1.5× points', '1.5 倍积分'."""
    name = rules.name.get(language)
    return f"{times(rate)[:-1]} 倍{name}" if language == "zh" else f"{times(rate)} {name}"


def campaign_in_words(campaign: Campaign, program: Program, language: Language, brings: list[str]) -> str:
    """'Singles' day, from 2026-11-11 to 2026-11-12: 3× points on orders, 5% off, for members labelled vip.'

    `brings`: its benefits, each in words.
    """
    title, days = campaign.label().get(language), _days(campaign, language)
    gives, whom = [], []
    if campaign.points and program.points:
        rate = rate_in_words(hundredths(campaign.points), program.points, language)
        what = listed([_kind(kind, language) for kind in campaign.for_], language)
        gives.append(run_on(what, rate) if language == "zh" else f"{rate} on {what}")
    gives += brings
    if campaign.tiers:
        tiers = [program.tier(tier).label().get(language) for tier in campaign.tiers]
        whom.append(_IN_TIERS.get(language).format(tiers=listed(tiers, language)))
    if campaign.segment:
        whom.append(_LABELLED.get(language).format(label=campaign.segment))
    if language == "zh":
        return f"{title}（{days}）：{'，'.join([*gives, *whom])}。"
    return f"{title}, {days}: {', '.join([*gives, *whom])}."


def _kind(kind: str, language: Language) -> str:
    if kind == "order":
        return "订单" if language == "zh" else "orders"
    return kind_in_words(kind, language)


def _days(campaign: Campaign, language: Language) -> str:
    begin, end = (_day(day, language) for day in (campaign.from_, campaign.to))
    if language == "zh":
        each = "每年 " if campaign.is_yearly else ""
        return each + (begin if begin == end else f"{begin}至 {end}")
    each = " each year" if campaign.is_yearly else ""
    return (f"on {begin}" if begin == end else f"from {begin} to {end}") + each


def _day(day: str, language: Language) -> str:
    if len(day) == 5:
        first, second = day_of_year(date.fromisoformat(f"2000-{day}"))
        return second if language == "zh" else first
    return day


_FOR_MONEY = Text.ours(
    en="Orders earn {points} for each {per}.",
    zh="订单每消费 {per} 得 {points} {name}。",
)
_DOWN = Text.ours(en="Each order's are rounded down.", zh="每笔订单所得向下取整。")
_HALF_UP = Text.ours(en="Each order's are rounded to the nearest.", zh="每笔订单所得四舍五入。")
_PLANS = Text.ours(en="A membership fee earns them, too.", zh="会费同样计入。")
_BIRTHDAY = Text.ours(
    en="Orders in the month of the member's birthday earn {rate} as many.",
    zh="生日当月订单按 {rate} 计。",
)
_COMBINED = {
    "multiply": Text.ours(
        en="What makes them worth more at the same time is multiplied: 2× and 3× are 6×.",
        zh="多项倍率同时生效时相乘：2× 与 3× 为 6×。",
    ),
    "add": Text.ours(
        en="What makes them worth more at the same time is added: 2× and 3× are 4×.",
        zh="多项倍率同时生效时，各自超出 1× 的部分相加：2× 与 3× 为 4×。",
    ),
    "highest": Text.ours(
        en="Of what makes them worth more at the same time the highest counts: 2× and 3× are 3×.",
        zh="多项倍率同时生效时取最高：2× 与 3× 为 3×。",
    ),
}
_PENDING = Text.ours(
    en="Those of an order can be spent from {days} days after it.",
    zh="订单所得在下单 {days} 天后可用。",
)
_AFTER = {
    "day": Text.ours(
        en="They expire {months} months after they were earned.",
        zh="自获得之日起 {months} 个月到期。",
    ),
    "end_of_month": Text.ours(
        en="They expire at the end of the month, {months} months after they were earned.",
        zh="自获得之日起满 {months} 个月的当月月底到期。",
    ),
    "end_of_year": Text.ours(
        en="They expire at the end of the year, {months} months after they were earned.",
        zh="自获得之日起满 {months} 个月的当年年底到期。",
    ),
}
_INACTIVE = Text.ours(
    en="All of them expire when nothing was bought or done for {months} months.",
    zh="连续 {months} 个月无任何消费或互动，则全部到期。",
)
_STAY = Text.ours(en="They don't expire.", zh="长期有效。")
_REMINDED = Text.ours(en="A reminder comes {days} days before.", zh="到期前 {days} 天提醒。")
_REFUNDS = {
    "clamp": Text.ours(
        en="A refund takes back what its order earned, and no more than is there.",
        zh="退款将扣回该订单所得，以现有余额为限。",
    ),
    "negative": Text.ours(
        en="A refund takes back what its order earned; what is spent already is taken from what comes next.",
        zh="退款将扣回该订单所得；已使用的部分从此后所得中扣除。",
    ),
    "pending_only": Text.ours(
        en="A refund takes back what its order earned as long as that can't be spent yet.",
        zh="退款将扣回该订单所得中尚未可用的部分。",
    ),
}
_IN_TIERS = Text.ours(en="for {tiers}", zh="限{tiers}")
_LABELLED = Text.ours(en="for members labelled {label}", zh="限“{label}”会员")
