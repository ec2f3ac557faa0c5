"""What members are told, in whose words, and when: a program's messages, and the fields they can have."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from difflib import get_close_matches
from string import Template
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, get_args
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StrictInt, model_validator

from membership.program.flaws import Fault, Unsound, unsound
from membership.program.parts import Part
from membership.program.text import Language, Sentence, Text

if TYPE_CHECKING:
    from membership.program.schema import Program

Refusable = Literal["membership", "points", "offers", "progress"]
"""What messages are for, as far as a member may do without them."""
Purpose = Literal["notice", "membership", "points", "offers", "progress"]
"""A notice is of something that the member loses: nobody can be left without it."""
Weekly = Literal["off", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_, *WEEKDAYS = get_args(Weekly)


class Message(NamedTuple):
    """A kind of message: what it is for, the fields that its words may name, and our own words for it."""

    purpose: Purpose
    fields: tuple[str, ...]
    words: Text
    must: tuple[str, ...] = ()
    """Fields that whatever words have to name: without them it would not be the message."""


FIELDS: Mapping[str, Text] = {
    "program": Text.ours(en="the program's name", zh="会员计划的名称"),
    "tier": Text.ours(
        en="the tier that it is about: the new one; of what ends, the one that ends",
        zh="相关等级：新的等级；若为终止类消息，则为即将终止的等级",
    ),
    "before": Text.ours(en="the tier before", zh="此前的等级"),
    "lower": Text.ours(en="the tier from then on", zh="此后的等级"),
    "next": Text.ours(en="the next tier", zh="下一等级"),
    "day": Text.ours(
        en="the first day in the lower tier; of points, the day on which they expire",
        zh="进入较低等级的第一天；若为积分，则为到期日",
    ),
    "through": Text.ours(
        en="the last day on which the tier stands; empty where no end is set",
        zh="等级有效的最后一天；未设期限时为空",
    ),
    "ways": Text.ours(
        en="what is still to do, by the nearest ways", zh="仍需完成的条件（列出最接近达成的几种方式）"
    ),
    "keep": Text.ours(en="what is still to do to keep the present tier", zh="保住当前等级仍需完成的条件"),
    "percent": Text.ours(en="how much of the way to the next tier is done", zh="距下一等级的完成百分比"),
    "reason": Text.ours(
        en="the operator's reason; empty where it came by itself", zh="操作人员填写的理由；自动发生时为空"
    ),
    "rewards": Text.ours(
        en="the names of the rewards given with it; empty where none are", zh="随之发放的奖励名称；没有时为空"
    ),
    "badge": Text.ours(en="the badge's name", zh="徽章名称"),
    "reward": Text.ours(en="the reward's name", zh="兑换品名称"),
    "points": Text.ours(en="how many points", zh="积分数量"),
    "unit": Text.ours(en="what the program calls its points", zh="积分的名称"),
    "debt": Text.ours(en="how many points are owed", zh="尚欠的积分数量"),
}
"""Field → what it stands for."""

MESSAGES: Mapping[str, Message] = {
    "tier.upgraded": Message(
        "membership",
        ("tier", "before", "through", "rewards"),
        Text.ours(en="Welcome to $tier!", zh="恭喜您升级为$tier！"),
    ),
    "tier.will_downgrade": Message(
        "notice",
        ("tier", "lower", "day", "ways"),
        Text.ours(
            en="Your $tier ends on $day; from then on you would be $lower. What keeps it: $ways.",
            zh="您的$tier将于$day到期，届时将变为$lower。此前达成以下任一项即可保级：$ways。",
        ),
        must=("day", "ways"),
    ),
    "tier.kept": Message(
        "membership", ("tier",), Text.ours(en="You keep your $tier.", zh="您已成功保级：$tier。")
    ),
    "tier.renewed": Message(
        "membership", ("tier", "through"), Text.ours(en="Your $tier is renewed.", zh="您的$tier已续期。")
    ),
    "tier.downgraded": Message(
        "membership",
        ("tier", "before"),
        Text.ours(en="As announced, your tier is now $tier.", zh="按此前通知，您的会员等级现为$tier。"),
    ),
    "tier.replaced": Message(
        "membership",
        ("tier",),
        Text.ours(en="Your tier is called $tier now.", zh="您的会员等级现名为$tier。"),
    ),
    "tier.overridden": Message(
        "membership",
        ("tier", "through", "reason"),
        Text.ours(
            en="You are $tier through $through: $reason", zh="您已获升为$tier，有效期至 $through：$reason"
        ),
    ),
    "tier.override_ends": Message(
        "notice",
        ("tier", "lower", "through"),
        Text.ours(
            en="Your $tier ends after $through; from then on you are $lower.",
            zh="您的$tier将于 $through 结束，此后为$lower。",
        ),
        must=("through",),
    ),
    "tier.override_ended": Message(
        "membership",
        ("tier", "before", "reason"),
        Text.ours(en="Your tier is now $tier. $reason", zh="您的会员等级现为$tier。$reason"),
    ),
    "approval.requested": Message(
        "membership",
        ("tier",),
        Text.ours(
            en="You have reached $tier. It is being confirmed.", zh="您已达到$tier的条件，正在审核确认。"
        ),
    ),
    "approval.decided": Message(
        "membership",
        ("tier", "reason"),
        Text.ours(en="$tier was not confirmed: $reason", zh="$tier未通过审核：$reason"),
    ),
    "member.blocked": Message(
        "notice",
        ("reason",),
        Text.ours(en="Your membership has ended: $reason", zh="您的会员资格已终止：$reason"),
    ),
    "member.unblocked": Message(
        "membership",
        ("reason",),
        Text.ours(en="Your membership is yours again: $reason", zh="您的会员资格已恢复：$reason"),
    ),
    "member.left": Message(
        "membership",
        ("reason",),
        Text.ours(en="You have left. You can come back at any time.", zh="您已退出会员计划，欢迎随时回来。"),
    ),
    "member.returned": Message("membership", ("reason",), Text.ours(en="Welcome back!", zh="欢迎回来！")),
    "member.absorbed": Message(
        "membership",
        ("reason",),
        Text.ours(en="Your two memberships are one now: $reason", zh="您的两个会员账户已合并：$reason"),
    ),
    "badge.awarded": Message(
        "membership",
        ("badge",),
        Text.ours(en="You have earned the badge $badge.", zh="您获得了徽章：$badge。"),
    ),
    "points.expiring": Message(
        "points",
        ("points", "unit", "day"),
        Text.ours(en="$points of your $unit expire on $day.", zh="您有 $points $unit将于$day到期。"),
    ),
    "points.expired": Message(
        "points",
        ("points", "unit"),
        Text.ours(en="$points of your $unit have expired.", zh="您有 $points $unit已到期。"),
    ),
    "points.adjusted": Message(
        "points",
        ("points", "unit", "reason"),
        Text.ours(en="You have been given $points $unit: $reason", zh="您获得 $points $unit：$reason"),
    ),
    "points.taken_back": Message(
        "points",
        ("points", "unit", "debt"),
        Text.ours(
            en="$points $unit of what you gave back have been taken back.", zh="因退款已扣回 $points $unit。"
        ),
    ),
    "redemption.cancelled": Message(
        "points",
        ("reward", "points", "unit", "reason"),
        Text.ours(
            en="$reward was cancelled, and $points $unit are back: $reason",
            zh="$reward的兑换已取消，$points $unit已退回：$reason",
        ),
    ),
    "progress.weekly": Message(
        "progress",
        ("tier", "next", "percent", "ways", "keep", "through"),
        Text.ours(
            en="You are $percent% of the way to $next. Still to do: $ways.",
            zh="您距$next已完成 $percent%，还需：$ways。",
        ),
    ),
    "progress.top": Message(
        "progress",
        ("tier", "keep", "through"),
        Text.ours(
            en="You are $tier, the highest tier. Still to do to keep it: $keep.",
            zh="您已是最高等级$tier。保级条件：$keep。",
        ),
    ),
}
"""What a message is about → its kind. An outcome that is not here is told to nobody."""

OVERRIDDEN: Mapping[str, Text] = {
    "paid": Text.ours(en="Your $tier is paid for through $through.", zh="您的$tier会费有效期至 $through。"),
    "hold": Text.ours(
        en="Your $tier is kept for you through $through: $reason",
        zh="您的$tier将保留至 $through：$reason",
    ),
}
"""Our own words for a tier that was not earned, where its source makes a difference."""
OF_ADJUSTMENTS = Text.ours(
    en="$points $unit have been taken: $reason", zh="已扣除您的 $points $unit：$reason"
)
OF_DEBTS = Text.ours(
    en="$points $unit of what you gave back have been taken back; $debt are owed.",
    zh="因退款已扣回 $points $unit，另欠 $debt。",
)

TRIGGERED: Mapping[str, Purpose] = {
    "promotion": "membership",
    "notice": "membership",
    "rescue": "membership",
    "nearing": "offers",
    "birthday": "offers",
    "date": "offers",
    "streak": "offers",
    "returns": "offers",
    "points_expiring": "points",
}
"""Occasion of a trigger → what its message is for."""


def filled(words: Text, fields: Mapping[str, Text]) -> Text:
    """The words with what the fields stand for, in both languages. Nothing that is put in is read again."""
    en, zh = (
        Template(words.get(language)).substitute({name: text.get(language) for name, text in fields.items()})
        for language in _LANGUAGES
    )
    return Text(en=en.strip() or None, zh=zh.strip() or None)


_LANGUAGES: tuple[Language, Language] = ("en", "zh")
_NAMES: Mapping[Language, str] = {"en": "English", "zh": "Chinese"}


def _in_both(words: Text) -> Text:
    missing = [
        Fault((language,), "is missing", f"Write it in {name}, too: members read their own language.")
        for language, name in _NAMES.items()
        if getattr(words, language) is None
    ]
    if missing:
        raise Unsound(*missing)
    return words


_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


def _written_time(value: Any) -> Any:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise unsound("is not a time of day", "Write it as 22:00.")
    return value


Words = Annotated[Sentence, AfterValidator(_in_both)]
Time = Annotated[str, BeforeValidator(_written_time), Field(json_schema_extra={"pattern": r"^\d\d:\d\d$"})]


class Quiet(Part):
    """The hours of the night in which nobody is woken: by the member's own clock, where its zone is known."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    from_: Time = Field(alias="from", description="When it begins, as 22:00.")
    to: Time = Field(description="When it ends, as 08:00: of the next day, where that is earlier.")

    @model_validator(mode="after")
    def _ends(self) -> "Quiet":
        if self.from_ == self.to:
            raise Unsound(Fault(("to",), "is when it begins", "Write when it ends; or leave out `quiet`."))
        return self

    def ends(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """When the quiet hours end in which the moment lies; None: it lies in none.

        By what the clock on the wall says: an hour that it says twice is quiet twice, and an end that it
        skips comes as much later as it is put forward.
        """
        local = moment.astimezone(zone)
        if not self._holds(local):
            return None
        end = time.fromisoformat(self.to)
        ends = (
            datetime.combine(local.date() + timedelta(days=later), end.replace(fold=fold), zone)
            for later in range(3)
            for fold in (0, 1)
        )
        coming = sorted(one.astimezone(UTC) for one in ends if one.astimezone(UTC) > moment)
        return next(one for one in coming if not self._holds(one.astimezone(zone)))

    def _holds(self, local: datetime) -> bool:
        begin, end, now = time.fromisoformat(self.from_), time.fromisoformat(self.to), local.time()
        return begin <= now < end if begin < end else now >= begin or now < end


class Messages(Part):
    """What members are told: in whose words, how often, and when."""

    templates: Annotated[dict[str, Words], Field(max_length=100)] = Field(
        default={},
        description="Words of your own in place of ours: what the message is about → the words, with fields "
        "as `$tier`. Which message has which fields is in the reference.",
    )
    quiet: Quiet | None = Field(default=None, description="When messages wait; default: never.")
    most_per_month: Annotated[StrictInt, Field(ge=1, le=1000)] | None = Field(
        default=None,
        description="The most messages to one member in a calendar month; notices count, but always go out. "
        "Default: no such rule.",
    )
    weekly_progress: Weekly = Field(
        default="off", description="On which day members who want it are told how far they are."
    )

    def in_words(self) -> Iterator[Text]:
        """How often, and when: what members may know."""
        if self.most_per_month:
            most = self.most_per_month
            yield Text(
                en=f"Messages in a calendar month: at most {most}; a notice of a downgrade always comes.",
                zh=f"每个自然月最多发送 {most} 条消息；降级预告不受此限。",
            )
        if self.quiet:
            begin, end = self.quiet.from_, self.quiet.to
            yield Text(
                en=f"From {begin} to {end} messages wait, by the member's own clock.",
                zh=f"会员当地时间 {begin} 至 {end} 不发送消息，顺延至结束后发送。",
            )
        if self.weekly_progress != "off":
            day = WEEKDAYS.index(self.weekly_progress)
            yield Text(
                en=f"Who wants it is told its progress each {self.weekly_progress.capitalize()}.",
                zh=f"订阅的会员每周{'一二三四五六日'[day]}收到进度消息。",
            )


def check_messages(program: "Program") -> Iterator[Fault]:
    """Each template is of a message that there is, and names the fields that it has."""
    for about, words in program.messages.templates.items():
        place = ("messages", "templates", about)
        if about not in MESSAGES:
            yield Fault(place, f"there is no message {about!r}", nearest(about, MESSAGES))
            continue
        for fault in faults_in(words, MESSAGES[about]):
            yield Fault((*place, *fault.place), fault.message, fault.remedy)


def faults_in(words: Text, message: Message) -> Iterator[Fault]:
    """What is wrong with words for a message; places are languages."""
    fields = ("program", *message.fields)
    for language in _LANGUAGES:
        template = Template(words.get(language))
        if not template.is_valid():
            yield Fault((language,), "has a $ that begins no name", "Write $$ for the sign itself.")
            continue
        named = template.get_identifiers()
        for name in named:
            if name not in fields:
                yield Fault((language,), f"there is no field ${name}", nearest(name, fields, sign="$"))
        for name in message.must:
            if name not in named:
                yield Fault((language,), f"doesn't say ${name}", f"Add ${name}: a notice has to say it.")


def nearest(name: str, known: Mapping[str, Any] | tuple[str, ...], sign: str = "") -> str:
    """What may have been meant."""
    close = get_close_matches(name, [*known], n=1, cutoff=0.6)
    if close:
        return f"Did you mean {sign}{close[0]}?"
    return f"Known here: {', '.join(sign + one for one in known)}."
