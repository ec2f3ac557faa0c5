"""What another version of a program changes, in words, made from the same definitions that decide."""

from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from membership.program.in_words import (
    BenefitInWords,
    LadderInWords,
    ProgramInWords,
    TierInWords,
    program_in_words,
)
from membership.program.kinds import listed
from membership.program.schema import Program
from membership.program.text import Language, Text


class Change(BaseModel):
    """One thing that reads otherwise."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    what: str = Field(description="Where: 'Gold, to enter'.")
    before: str | None = Field(default=None, description="Absent: it is new.")
    after: str | None = Field(default=None, description="Absent: it is gone.")
    text: str = Field(description="All of it in one line.")


def changes(before: Program, after: Program, language: Language) -> tuple[Change, ...]:
    """From one version to another. Empty where both say the same to everybody."""
    told = _between(program_in_words(before, 0, language), program_in_words(after, 0, language), language)
    found = (_change(what, old, new, language) for what, old, new in told if old != new)
    templates = _of_templates(before, after, language)
    return (*found, *templates, *_replaced(before, after, language))


_Told = Iterator[tuple[str, str | None, str | None]]


def _between(old: ProgramInWords, new: ProgramInWords, language: Language) -> _Told:
    for field, title in _PROGRAM.items():
        yield title.get(language), getattr(old, field), getattr(new, field)
    yield from _lists(
        _METRIC,
        {metric.id: f"{metric.name}: {metric.counts}" for metric in old.metrics},
        {metric.id: f"{metric.name}: {metric.counts}" for metric in new.metrics},
        language,
    )
    ladders = {ladder.id: ladder for ladder in old.ladders}
    for ladder in new.ladders:
        yield from _in_ladder(ladders.get(ladder.id), ladder, language)
    yield from _set(_POINTS.get(language), old.points, new.points)
    yield from _set(_CAMPAIGN.get(language), old.campaigns, new.campaigns)
    yield from _set(_SPECIAL.get(language), old.special_reviews, new.special_reviews)
    yield from _lists(
        _CATALOGUE,
        {one.id: f"{one.name}: {one.text}" for one in old.catalogue},
        {one.id: f"{one.name}: {one.text}" for one in new.catalogue},
        language,
    )
    yield from _set(_MESSAGES.get(language), old.messages, new.messages)
    yield from _lists(_TRIGGER, _triggers(old, language), _triggers(new, language), language)
    yield from _lists(_BADGE, _badges(old), _badges(new), language)


def _triggers(words: ProgramInWords, language: Language) -> dict[str, str]:
    return {
        one.id: f"{one.name}: {one.when}"
        + (f" ({listed([gift.gives for gift in one.gives], language)})" if one.gives else "")
        for one in words.triggers
    }


def _badges(words: ProgramInWords) -> dict[str, str]:
    return {one.id: f"{one.name}{f' ({one.title})' if one.title else ''}: {one.rule}" for one in words.badges}


def _in_ladder(old: LadderInWords | None, new: LadderInWords, language: Language) -> _Told:
    if old is None:
        yield _LADDER.get(language), None, new.name
    else:
        yield _titled(new.name, _LOST, language), old.downgrades, new.downgrades
    before = {tier.id: tier for tier in old.tiers} if old else {}
    now = {tier.id: tier for tier in new.tiers}
    for id_ in [*before, *(id_ for id_ in now if id_ not in before)]:
        yield from _in_tier(before.get(id_), now.get(id_), language)
    kept_before = [before[id_].name for id_ in before if id_ in now]
    kept_now = [before[id_].name for id_ in now if id_ in before]
    yield _titled(new.name, _ORDER, language), " < ".join(kept_before), " < ".join(kept_now)


def _in_tier(old: TierInWords | None, new: TierInWords | None, language: Language) -> _Told:
    if old is None or new is None:
        tier = new or old
        assert tier is not None
        words = f"{tier.name}: {tier.enter}"
        yield _TIER.get(language), words if old else None, words if new else None
        return
    for field, title in _OF_TIER.items():
        yield _titled(new.name, title, language), getattr(old, field), getattr(new, field)
    yield from _benefits(_titled(new.name, _BENEFIT, language), old.benefits, new.benefits)
    yield from _set(
        _titled(new.name, _REWARD, language),
        [f"{one.name}: {one.gives}" for one in old.rewards],
        [f"{one.name}: {one.gives}" for one in new.rewards],
    )


def _benefits(title: str, old: Sequence[BenefitInWords], new: Sequence[BenefitInWords]) -> _Told:
    """What has an id is the same benefit before and after; words alone are new, or gone."""
    before, now = ({one.id: one.text for one in benefits if one.id} for benefits in (old, new))
    for id_ in [*before, *(id_ for id_ in now if id_ not in before)]:
        yield title, before.get(id_), now.get(id_)
    spoken = ([one.text for one in benefits if not one.id] for benefits in (old, new))
    yield from _set(title, *spoken)


def _lists(title: Text, old: Mapping[str, str], new: Mapping[str, str], language: Language) -> _Told:
    for id_ in [*old, *(id_ for id_ in new if id_ not in old)]:
        yield title.get(language), old.get(id_), new.get(id_)


def _of_templates(before: Program, after: Program, language: Language) -> Iterator[Change]:
    old, new = (
        {about: words.get(language) for about, words in one.messages.templates.items()}
        for one in (before, after)
    )
    for about in [*old, *(about for about in new if about not in old)]:
        if old.get(about) != new.get(about):
            what = _titled(about, _WORDS, language)
            yield _change(what, old.get(about), new.get(about), language)


def _set(title: str, old: Sequence[str], new: Sequence[str]) -> _Told:
    yield from ((title, one, None) for one in old if one not in new)
    yield from ((title, None, one) for one in new if one not in old)


def _replaced(before: Program, after: Program, language: Language) -> Iterator[Change]:
    for ladder in after.ladders_by_id.values():
        for tier in ladder.tiers:
            for old in tier.replaces:
                if old in before.tier_ids:
                    was, now = (one.label().get(language) for one in (before.tier(old), tier))
                    text = f"Members in {was} go on in {now}."
                    if language == "zh":
                        text = f"持有“{was}”的会员转为“{now}”。"
                    yield Change(what=now, before=was, after=now, text=text)


def _titled(name: str, title: Text, language: Language) -> str:
    return f"{name}·{title.get(language)}" if language == "zh" else f"{name}, {title.get(language)}"


def _change(what: str, old: str | None, new: str | None, language: Language) -> Change:
    if language == "zh":
        text = (
            f"新增：{new}" if old is None else f"取消：{old}" if new is None else f"原为“{old}”，现为“{new}”"
        )
        return Change(what=what, before=old, after=new, text=f"{what}：{text}")
    text = f"new: {new}" if old is None else f"gone: {old}" if new is None else f"was “{old}”, is “{new}”"
    return Change(what=what, before=old, after=new, text=f"{what}: {text}")


_PROGRAM = {
    "name": Text.ours(en="Name", zh="名称"),
    "timezone": Text.ours(en="Time zone", zh="时区"),
    "joining": Text.ours(en="Joining", zh="入会"),
    "window": Text.ours(en="What counts when", zh="统计周期"),
    "refunds": Text.ours(en="Refunds", zh="退款"),
}
_OF_TIER = {
    "name": Text.ours(en="name", zh="名称"),
    "enter": Text.ours(en="to enter", zh="升级条件"),
    "stay": Text.ours(en="to stay", zh="保级条件"),
    "valid": Text.ours(en="how long it stands", zh="有效期"),
}
_METRIC = Text.ours(en="What counts", zh="统计指标")
_LADDER = Text.ours(en="Ladder", zh="等级体系")
_TIER = Text.ours(en="Tier", zh="等级")
_LOST = Text.ours(en="how a tier is lost", zh="降级规则")
_ORDER = Text.ours(en="order", zh="等级顺序")
_BENEFIT = Text.ours(en="benefit", zh="权益")
_REWARD = Text.ours(en="reward", zh="奖励")
_POINTS = Text.ours(en="Points", zh="积分")
_CAMPAIGN = Text.ours(en="Campaign", zh="活动")
_CATALOGUE = Text.ours(en="Catalogue", zh="兑换目录")
_TRIGGER = Text.ours(en="Occasion", zh="触发奖励")
_BADGE = Text.ours(en="Badge", zh="徽章")
_MESSAGES = Text.ours(en="Messages", zh="消息")
_WORDS = Text.ours(en="words of the message", zh="消息文案")
_SPECIAL = Text.ours(en="Special review", zh="特别评审")
