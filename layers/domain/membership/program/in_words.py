"""A whole program in words, English and Chinese: what members and operators read of it."""

from datetime import datetime

from pydantic import Field

from membership.program.benefits import BenefitKind
from membership.program.catalogue_in_words import redeemable
from membership.program.kinds import listed
from membership.program.metrics import Label, Rank, Tallied
from membership.program.metrics.exchange import Exchange
from membership.program.money import to_smallest
from membership.program.parts import Reward
from membership.program.points_in_words import campaign_in_words, points_in_words
from membership.program.schema import Ladder, Program, Tier
from membership.program.text import Language, Text, run_on
from membership.program.triggers import InARow, Nearing, Trigger
from membership.program.validity import ForLife
from membership.program.wording import (
    Words,
    amount,
    benefit_in_words,
    metric_name,
    nothing_more,
    remaining,
    rule,
)


class MetricInWords(Words):
    id: str
    name: str
    counts: str = Field(description="What counts towards it.")


class BenefitInWords(Words):
    id: str | None = Field(description="By which a use of it is told; none for words alone.")
    kind: str = Field(description="As in the program: discount_percent, service, …; or words.")
    text: str


class RewardInWords(Words):
    id: str
    name: str
    gives: str


class RedeemableInWords(Words):
    id: str
    name: str
    text: str = Field(description="For whom, for how much, when and how many.")


class LadderInWords(Words):
    id: str
    name: str
    tiers: tuple["TierInWords", ...] = Field(description="From the lowest to the highest.")
    downgrades: str = Field(description="How a tier is lost.")


class TierInWords(Words):
    id: str
    rank: int = Field(description="0 for the first tier.")
    name: str
    enter: str = Field(description="What it takes to enter.")
    stay: str = Field(description="What it takes to stay.")
    valid: str = Field(description="How long it stands.")
    benefits: tuple[BenefitInWords, ...]
    rewards: tuple[RewardInWords, ...]


class TriggerInWords(Words):
    id: str
    name: str
    when: str = Field(description="On which occasion, and for whom.")
    gives: tuple[RewardInWords, ...] = Field(description="Nothing where the member is told something only.")


class BadgeInWords(Words):
    id: str
    name: str
    title: str = Field(description="What who has it may be called; often nothing.")
    rule: str = Field(description="What it takes.")


class ProgramInWords(Words):
    """Made from the same definition that decides."""

    id: str
    version: int
    effective_from: datetime | None
    language: Language
    name: str
    currency: str
    timezone: str
    joining: str = Field(description="Who takes part.")
    window: str = Field(description="The time in which things count.")
    metrics: tuple[MetricInWords, ...]
    refunds: str = Field(description="What a refund does to a tier.")
    ladders: tuple[LadderInWords, ...]
    points: tuple[str, ...] = Field(description="How points are earned, and how long they last.")
    campaigns: tuple[str, ...] = Field(description="Days on which something is worth more.")
    special_reviews: tuple[str, ...] = Field(description="Whom operators look at each quarter.")
    catalogue: tuple[RedeemableInWords, ...] = Field(description="Rewards that are bought with points.")
    triggers: tuple[TriggerInWords, ...] = Field(description="What members are given or told on occasions.")
    badges: tuple[BadgeInWords, ...] = Field(description="Honours, awarded once for ever.")
    messages: tuple[str, ...] = Field(description="How often, and when, members are sent messages.")


def program_in_words(program: Program, version: int, language: Language) -> ProgramInWords:
    return ProgramInWords(
        id=program.id,
        version=version,
        effective_from=program.effective_from,
        language=language,
        name=program.name.get(language) or program.id,
        currency=program.currency,
        timezone=program.timezone,
        joining=_JOINING[program.unknown_members].get(language),
        window=_window(program, language),
        metrics=tuple(_metric(name, program, language) for name in program.metrics),
        refunds=_REFUNDS[program.refunds].get(language),
        ladders=tuple(_ladder(ladder, program, language) for ladder in program.ladders_by_id.values()),
        points=points_in_words(program, language),
        campaigns=tuple(
            campaign_in_words(
                one, program, language, [_benefit(brings, program, language).text for brings in one.benefits]
            )
            for one in program.campaigns
        ),
        special_reviews=tuple(
            _titled(special.name.get(language), rule(special.when, program, language), language)
            for special in program.special_reviews
        ),
        catalogue=tuple(
            RedeemableInWords(
                id=one.id, name=one.label().get(language), text=redeemable(one, program, language)
            )
            for one in program.catalogue
        ),
        triggers=tuple(_trigger(trigger, program, language) for trigger in program.triggers),
        badges=tuple(
            BadgeInWords(
                id=badge.id,
                name=badge.label().get(language),
                title=badge.title.get(language),
                rule=rule(badge.when, program, language),
            )
            for badge in program.badges
        ),
        messages=tuple(text.get(language) for text in program.messages.in_words()),
    )


def _titled(title: str, words: str, language: Language) -> str:
    if not title:
        return words
    return f"{title}：{words}" if language == "zh" else f"{title}: {words}"


def _ladder(ladder: Ladder, program: Program, language: Language) -> LadderInWords:
    return LadderInWords(
        id=ladder.id,
        name=ladder.name.get(language) or program.name.get(language) or ladder.id,
        tiers=tuple(_tier(rank, tier, ladder, program, language) for rank, tier in enumerate(ladder.tiers)),
        downgrades=_downgrades(ladder, language),
    )


def _window(program: Program, language: Language) -> str:
    window = program.window.in_words.get(language)
    if language == "zh":
        return f"{window}日期以 {program.timezone} 时区为准。"
    return f"{window} Days are those of {program.timezone}."


def _metric(id_: str, program: Program, language: Language) -> MetricInWords:
    metric = program.metrics[id_]
    counts = (
        _exchange(metric, program, language)
        if isinstance(metric, Exchange)
        else metric.in_words(language, program.currency)
    )
    if isinstance(metric, Rank):
        counts = _titled(metric_name(metric.rank, program, language), counts, language)
    more = []
    if isinstance(metric, Tallied) and metric.window not in (None, program.window):
        assert metric.window is not None
        more.append(metric.window.in_words.get(language))
    if isinstance(metric, Tallied) and metric.carry_over:
        most = amount(
            id_, to_smallest(metric.measure, metric.carry_over, program.currency), program, language
        )
        more.append(_CARRIED.get(language).format(most=most))
    counts = ("" if language == "zh" else " ").join([counts, *more])
    return MetricInWords(id=id_, name=metric_name(id_, program, language), counts=counts)


def _exchange(metric: Exchange, program: Program, language: Language) -> str:
    base = metric_name(metric.add_to, program, language)
    gives = amount(metric.add_to, metric.worth, program, language)
    every = amount(metric.of, metric.each, program, language)
    source = metric_name(metric.of, program, language)
    if language == "zh":
        return f"{base}；{run_on(source, '每满', every)}，另计 {gives}。"
    return f"{base}, and {gives} more for every {every} of {source}."


def _tier(rank: int, tier: Tier, ladder: Ladder, program: Program, language: Language) -> TierInWords:
    keep = ladder.keep(tier)
    return TierInWords(
        id=tier.id,
        rank=rank,
        name=tier.label().get(language),
        enter=_enter(rank, tier, program, language),
        stay=rule(keep, program, language)
        if keep and not _is_kept_anyway(tier, ladder)
        else nothing_more(language),
        valid=_valid(rank, tier, ladder, program, language),
        benefits=tuple(_benefit(benefit, program, language) for benefit in tier.benefits),
        rewards=tuple(_reward(reward, language) for reward in tier.rewards),
    )


def _enter(rank: int, tier: Tier, program: Program, language: Language) -> str:
    if rank == 0:
        return _ON_REGISTRATION.get(language)
    ways = [rule(tier.qualify, program, language)] if tier.qualify else []
    if tier.qualify and tier.promotion == "reviewed":
        ways = [ways[0] + _CONFIRMED.get(language)]
    if tier.buy:
        ways.append(_BOUGHT.get(language).format(plan=metric_name(tier.buy, program, language)))
    return ("；或" if language == "zh" else "; or ").join(ways)


def _valid(rank: int, tier: Tier, ladder: Ladder, program: Program, language: Language) -> str:
    if rank == 0:
        return _ALWAYS.get(language)
    if tier.qualify is None:
        return _WHILE_PAID.get(language)
    said = ladder.validity(tier).in_words(program.window).get(language)
    if not tier.deduct:
        return said
    taken = [amount(metric, less, program, language) for metric, less in program.deductions(tier).items()]
    words = _DEDUCTED.get(language).format(what=listed(taken, language))
    return said + words if language == "zh" else f"{said} {words}"


def _benefit(benefit: BenefitKind, program: Program, language: Language) -> BenefitInWords:
    """For everybody: with the members who have it, where it is not for all."""
    text = benefit_in_words(benefit, program, language)
    if benefit.segment is not None:
        whom = _segment(benefit.segment, program, language)
        text += f"（{run_on('限', whom)}）" if language == "zh" else f" (only {whom})"
    if benefit.unless is not None:
        whom = _segment(benefit.unless, program, language)
        text += f"（{run_on(whom, '除外')}）" if language == "zh" else f" (except {whom})"
    return BenefitInWords(id=benefit.known_as, kind=benefit.kind, text=text)


def _segment(label: str, program: Program, language: Language) -> str:
    """As the metric of the label is called, where there is one."""
    metrics = (metric for metric in program.metrics.values() if isinstance(metric, Label))
    names = [metric.name.get(language) for metric in metrics if metric.label == label]
    return next(filter(None, names), label)


def _is_kept_anyway(tier: Tier, ladder: Ladder) -> bool:
    return ladder.steps == "never" or isinstance(ladder.validity(tier), ForLife)


def _reward(reward: Reward, language: Language) -> RewardInWords:
    gives = _gives(reward, language)
    return RewardInWords(id=reward.id, name=reward.name.get(language) or gives, gives=gives)


def _gives(reward: Reward, language: Language) -> str:
    if reward.points is not None:
        one = "point" if reward.points == 1 else "points"
        return f"{reward.points:,} 积分" if language == "zh" else f"{reward.points:,} {one}"
    if reward.coupon is not None:
        return run_on("优惠券", reward.coupon) if language == "zh" else f"coupon {reward.coupon}"
    assert reward.gift is not None
    return f"礼品：{reward.gift}" if language == "zh" else f"gift: {reward.gift}"


def _trigger(trigger: Trigger, program: Program, language: Language) -> TriggerInWords:
    return TriggerInWords(
        id=trigger.id,
        name=trigger.label().get(language),
        when=occasion(trigger, program, language),
        gives=tuple(_reward(reward, language) for reward in trigger.grant),
    )


def occasion(trigger: Trigger, program: Program, language: Language) -> str:
    """'On your birthday, for members of Gold.'"""
    said = [trigger.when.in_words.get(language)]
    if isinstance(trigger.when, Nearing):
        said = [_titled(said[0], _near(trigger.when, program, language), language)]
    if isinstance(trigger.when, InARow):
        said = [_titled(metric_name(trigger.when.metric, program, language), said[0], language)]
    if trigger.tier is not None:
        tier = program.tier(trigger.tier).label().get(language)
        words = _OF_THE_TIER if trigger.when.about != "member" else _WHO_HAVE_THE_TIER
        said.append(words.get(language).format(tier=tier))
    if trigger.segment is not None:
        said.append(_OF_THE_SEGMENT.get(language).format(segment=trigger.segment))
    whole = ("，" if language == "zh" else ", ").join(said) + ("。" if language == "zh" else ".")
    if not trigger.pause:
        return whole
    rests = _RESTS.get(language).format(days=trigger.pause)
    return whole + rests if language == "zh" else f"{whole} {rests}"


def _near(when: Nearing, program: Program, language: Language) -> str:
    ways = []
    if when.percent is not None:
        ways.append(_SHARE_LEFT.get(language).format(percent=when.percent))
    if when.metric is not None:
        more = remaining(when.metric, when.within, program, language)
        ways.append(run_on(more, "即可达到") if language == "zh" else f"{more} would be enough")
    return ("，或" if language == "zh" else ", or ").join(ways)


def _downgrades(ladder: Ladder, language: Language) -> str:
    down = ladder.downgrade
    if down.steps == "never":
        return _NEVER.get(language)
    told = _TOLD.get(language).format(days=down.notice_days)
    said = [told, _STEPS[down.steps].get(language)]
    if down.grace_days:
        said.append(_GRACE.get(language).format(days=down.grace_days))
    if down.months_between:
        said.append(_SELDOM.get(language).format(months=down.months_between))
    return ("" if language == "zh" else " ").join(said)


_JOINING = {
    "enrol": Text.ours(
        en="Everybody may join: the first thing somebody does enrols them, on trial until something counts.",
        zh="人人可加入：首次产生记录即登记为体验会员，产生有效记录后成为正式会员。",
    ),
    "refuse": Text.ours(
        en="Only members whom the shop has registered take part.", zh="仅限商家已登记的会员参与。"
    ),
}


_ON_REGISTRATION = Text.ours(en="registration", zh="注册即可")


_CARRIED = Text.ours(
    en="What exceeds the highest threshold reached counts in the next period too, up to {most}.",
    zh="超出已达最高门槛的部分结转至下一周期，最多 {most}。",
)


_ALWAYS = Text.ours(en="Always.", zh="长期有效。")


_TOLD = Text.ours(
    en="A downgrade is announced at least {days} days before, with what would keep the tier; "
    "whoever does that in time keeps it.",
    zh="降级至少提前 {days} 天通知，并说明保级所需条件；在此期间达到条件即可保级。",
)


_STEPS = {
    "one": Text.ours(en="At most one tier is lost at a time.", zh="每次最多降一级。"),
    "to_qualified": Text.ours(
        en="Who is downgraded goes to the highest tier whose rule is met.",
        zh="降级后进入当时满足条件的最高等级。",
    ),
}


_GRACE = Text.ours(
    en="For {days} days after the end the rule to stay can still be met.",
    zh="到期后另有 {days} 天宽限期，可继续达成保级条件。",
)


_SELDOM = Text.ours(en="At most one downgrade in {months} months.", zh="{months} 个月内最多降级一次。")


_CONFIRMED = Text.ours(en=" (confirmed by us)", zh="（经人工审核确认）")


_BOUGHT = Text.ours(en="the fee for {plan}", zh="支付{plan}会费")


_WHILE_PAID = Text.ours(en="As long as it is paid for.", zh="付费期间有效。")


_DEDUCTED = Text.ours(
    en="Where that ends, {what} is taken off, and the member is ranked again.",
    zh="到期时扣除{what}，并重新评定等级。",
)


_REFUNDS = {
    "at_once": Text.ours(
        en="A refund takes back what its order gave. "
        "Where that had earned a tier, its loss is announced at once.",
        zh="退款将扣回该订单带来的数值；若等级因此失去依据，将立即发出降级通知。",
    ),
    "at_next_review": Text.ours(
        en="A refund takes back what its order gave. "
        "Where that had earned a tier, it is judged again as the next period begins.",
        zh="退款将扣回该订单带来的数值；若等级因此失去依据，将在下一周期开始时重新评定。",
    ),
    "never": Text.ours(
        en="A refund takes back what its order gave, but costs no tier that is promised.",
        zh="退款将扣回该订单带来的数值，但不影响已承诺的等级。",
    ),
}


_SHARE_LEFT = Text.ours(en="{percent}% of the way or less is left", zh="剩余进度不超过 {percent}%")


_OF_THE_TIER = Text.ours(en="where that is {tier}", zh="仅限{tier}")


_WHO_HAVE_THE_TIER = Text.ours(en="for members of {tier}", zh="仅限{tier}")


_OF_THE_SEGMENT = Text.ours(en="for members whom we call {segment!r}", zh="仅限标记为“{segment}”的会员")


_RESTS = Text.ours(en="At most once in {days} days.", zh="{days} 天内最多一次。")


_NEVER = Text.ours(en="A tier once reached is never taken away.", zh="等级一经获得，不会降级。")
