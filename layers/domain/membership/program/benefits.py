"""What a tier brings as long as it stands: sentences, or entries that a checkout can act on.

A new kind is one class here and one line in `_Kinds`.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, StrictInt, Tag, model_validator
from typing_extensions import override

from membership.program.flaws import Fault, Unsound, unsound
from membership.program.numbers import Number, more_than_nothing
from membership.program.parts import Part, Slug
from membership.program.rates import ONE, Rate, hundredths
from membership.program.shorthand import first_key, tagged
from membership.program.text import NO_WORDS, Language, Name, Text, at_most, not_empty, one_line, run_on

Segment = Annotated[str, Field(min_length=1, max_length=50), AfterValidator(one_line)]
"""A label that the shop gives to members."""

_Phrase = Annotated[Text, AfterValidator(not_empty), at_most(120)]
POINTS = Text.ours(en="points", zh="积分")
_ALWAYS = 10**9
"""How often something is given that is given without a limit."""


class BenefitKind(Part, ABC):
    """Something that members of a tier have, or members while a campaign runs."""

    segment: Segment | None = Field(default=None, description="Only for members with this label.")
    unless: Segment | None = Field(default=None, description="Only for members without this label.")

    @model_validator(mode="after")
    def _for_somebody(self) -> Self:
        if self.segment is not None and self.segment == self.unless:
            raise Unsound(Fault(("unless",), "leaves nobody of the segment", "Remove one of them."))
        return self

    @property
    @abstractmethod
    def kind(self) -> str:
        """The key that tells it."""

    @property
    def known_as(self) -> str | None:
        """Its id, by which a use of it is told; None for words alone."""
        return None

    @property
    def is_for_all(self) -> bool:
        """Whether every member of the tier has it, whatever its labels."""
        return self.segment is None and self.unless is None

    def is_for(self, labels: Collection[str]) -> bool:
        """Whether a member with these labels has it."""
        return (self.segment is None or self.segment in labels) and self.unless not in labels

    @property
    def subject(self) -> tuple[object, ...]:
        """What it is about: of two that are about the same, only the better one counts."""
        return (self.kind,)

    @property
    def worth(self) -> int:
        """How much of that it gives; 0 where there is no more and less."""
        return 0

    @property
    def usual(self) -> int:
        """What it is worth where nothing is said of it."""
        return 0

    def is_clearly_more(self, than: int) -> bool:
        """Whether members notice that it is worth more."""
        return self.worth > than

    @abstractmethod
    def in_words(self, language: Language, points: Text = POINTS) -> str:
        """What members read, without a full stop; `points` is what the program calls them."""


class Spoken(BenefitKind, Text):
    """In words only: people read it, no checkout can act on it."""

    @property
    @override
    def kind(self) -> Literal["words"]:
        return "words"

    @property
    @override
    def subject(self) -> tuple[object, ...]:
        return self.kind, self.en, self.zh

    @override
    def in_words(self, language: Language, points: Text = POINTS) -> str:
        return self.get(language)


class _Entry(BenefitKind):
    id: Slug = Field(description="Its own within the tier; the same one in other tiers is the same benefit.")
    name: Name = Field(
        default=NO_WORDS, description="What members read before the words that are made of it."
    )

    @model_validator(mode="before")
    @classmethod
    def _one_kind(cls, value: Any) -> Any:
        kinds = [key for key in value if key in BENEFITS] if isinstance(value, Mapping) else []
        if len(kinds) > 1:
            raise unsound(f"is {' and '.join(kinds)} at once", "Write a benefit for each.")
        return value

    @property
    @override
    def known_as(self) -> str:
        return self.id

    @override
    def in_words(self, language: Language, points: Text = POINTS) -> str:
        words = self._words(language, points)
        if not self.name:
            return words
        return f"{self.name.get(language)}{'：' if language == 'zh' else ': '}{words}"

    @abstractmethod
    def _words(self, language: Language, points: Text) -> str: ...


def _of_a_hundred(number: Decimal) -> Decimal:
    if number > 99:
        raise unsound("is more than 99", "Give a `free_item` in its place.")
    if number * 100 != int(number * 100):
        raise unsound("has more than two decimals", "Round it.")
    return number


class Discount(_Entry):
    """Less to pay, on every order."""

    discount_percent: Annotated[
        Number,
        AfterValidator(more_than_nothing),
        AfterValidator(_of_a_hundred),
        Field(description="So many per cent off."),
    ]
    on: _Phrase | None = Field(default=None, description="On these goods only, in words; default: on all.")

    @property
    @override
    def kind(self) -> Literal["discount_percent"]:
        return "discount_percent"

    @property
    @override
    def subject(self) -> tuple[object, ...]:
        return self.kind, self.on

    @property
    @override
    def worth(self) -> int:
        return int(self.discount_percent * 100)

    @override
    def is_clearly_more(self, than: int) -> bool:
        return self.worth >= than + 300

    @override
    def _words(self, language: Language, points: Text) -> str:
        on = self.on.get(language) if self.on else ""
        if language == "zh":
            return run_on(on, f"{_plain((100 - self.discount_percent) / 10)} 折")
        return f"{_plain(self.discount_percent)}% off" + (f" {on}" if on else "")


class PointsRate(_Entry):
    """More points for the same order."""

    points_rate: Rate

    @property
    @override
    def kind(self) -> Literal["points_rate"]:
        return "points_rate"

    @property
    @override
    def worth(self) -> int:
        return hundredths(self.points_rate)

    @property
    @override
    def usual(self) -> int:
        return ONE

    @override
    def is_clearly_more(self, than: int) -> bool:
        return self.worth * 5 >= than * 6

    @override
    def _words(self, language: Language, points: Text) -> str:
        rate = _plain(self.points_rate)
        name = points.get(language)
        return run_on(f"{rate} 倍", name) if language == "zh" else f"{rate}× {name}"


class Service(_Entry):
    """Something that the shop does for members."""

    service: _Phrase = Field(description="What, as {en: A line to an adviser, zh: 专属顾问}.")

    @property
    @override
    def kind(self) -> Literal["service"]:
        return "service"

    @property
    @override
    def subject(self) -> tuple[object, ...]:
        return self.kind, self.service

    @override
    def _words(self, language: Language, points: Text) -> str:
        return self.service.get(language)


_OCCASIONS = {
    "birthday": Text.ours(en="A birthday gift", zh="生日礼品"),
    "festivals": Text.ours(en="Festival gifts", zh="节日礼品"),
    "anniversary": Text.ours(en="A gift on the anniversary of joining", zh="入会周年礼品"),
}


class Gift(_Entry):
    """A gift on an occasion that comes again each year."""

    gift: Literal["birthday", "festivals", "anniversary"] = Field(description="On which occasion.")
    item: _Phrase | None = Field(default=None, description="What it is, in words.")

    @property
    @override
    def kind(self) -> Literal["gift"]:
        return "gift"

    @property
    @override
    def subject(self) -> tuple[object, ...]:
        return self.kind, self.gift, self.item

    @override
    def _words(self, language: Language, points: Text) -> str:
        words = _OCCASIONS[self.gift].get(language)
        if not self.item:
            return words
        return f"{words}{'：' if language == 'zh' else ': '}{self.item.get(language)}"


_NEWS = Text.ours(en="new products", zh="新品")


class EarlyAccess(_Entry):
    """Something that members may buy before everybody else."""

    early_access_hours: Annotated[StrictInt, Field(ge=1, le=2160)] = Field(
        description="So many hours earlier, up to 90 days."
    )
    to: _Phrase = Field(default=_NEWS, description="To what; default: new products.")

    @property
    @override
    def kind(self) -> Literal["early_access_hours"]:
        return "early_access_hours"

    @property
    @override
    def subject(self) -> tuple[object, ...]:
        return self.kind, self.to

    @property
    @override
    def worth(self) -> int:
        return self.early_access_hours

    @override
    def is_clearly_more(self, than: int) -> bool:
        return self.worth * 2 >= than * 3

    @override
    def _words(self, language: Language, points: Text) -> str:
        days, hours = divmod(self.early_access_hours, 24)
        count, one, unit = (self.early_access_hours, "hour", "小时") if hours else (days, "day", "天")
        if language == "zh":
            return run_on(self.to.get(language), f"提前 {count} {unit}优先享")
        return (
            f"Early access to {self.to.get(language)}: {count} {one}{'s' * (count > 1)} before everybody else"
        )


class Invitation(_Entry):
    """Something to which nobody comes without being asked."""

    invitation: _Phrase = Field(description="To what, as {en: private events, zh: 私享活动}.")

    @property
    @override
    def kind(self) -> Literal["invitation"]:
        return "invitation"

    @property
    @override
    def subject(self) -> tuple[object, ...]:
        return self.kind, self.invitation

    @override
    def _words(self, language: Language, points: Text) -> str:
        to = self.invitation.get(language)
        return run_on("受邀参加", to) if language == "zh" else f"Invitations to {to}"


_PERIODS: Mapping[str, tuple[int, str]] = {
    "week": (52, "每周"),
    "month": (12, "每月"),
    "quarter": (4, "每季度"),
    "year": (1, "每年"),
}
"""Period → how many of them a year has, and its Chinese words."""


class FreeItem(_Entry):
    """Goods or a service that others pay for."""

    free_item: _Phrase = Field(description="What, as {en: delivery, zh: 配送}.")
    times: Annotated[StrictInt, Field(ge=1, le=1000)] | None = Field(
        default=None, description="So often; default: as often as it is asked for."
    )
    per: Literal["week", "month", "quarter", "year"] | None = Field(default=None, description="In each.")

    @model_validator(mode="after")
    def _so_often_in_a_time(self) -> Self:
        if (self.times is None) != (self.per is None):
            missing, remedy = (
                ("per", "Write week, month, quarter or year.")
                if self.times
                else ("times", "Write how often.")
            )
            raise Unsound(Fault((missing,), "is missing", remedy))
        return self

    @property
    @override
    def kind(self) -> Literal["free_item"]:
        return "free_item"

    @property
    @override
    def subject(self) -> tuple[object, ...]:
        return self.kind, self.free_item

    @property
    @override
    def worth(self) -> int:
        """A year."""
        return self.times * _PERIODS[self.per][0] if self.times and self.per else _ALWAYS

    @override
    def is_clearly_more(self, than: int) -> bool:
        return self.worth * 2 >= than * 3

    @override
    def _words(self, language: Language, points: Text) -> str:
        item = self.free_item.get(language)
        if language == "zh":
            often = f"，{_PERIODS[self.per][1]} {self.times} 次" if self.per else ""
            return run_on("免费", item) + often
        often = {1: "once", 2: "twice"}.get(self.times or 0, f"{self.times} times")
        return f"Free {item}" + (f", {often} a {self.per}" if self.per else "")


def _plain(number: Decimal) -> str:
    """15, 8.5: without zeros at the end."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_Kinds = (
    Annotated[Discount, Tag("<discount_percent>")]
    | Annotated[PointsRate, Tag("<points_rate>")]
    | Annotated[Service, Tag("<service>")]
    | Annotated[Gift, Tag("<gift>")]
    | Annotated[EarlyAccess, Tag("<early_access_hours>")]
    | Annotated[Invitation, Tag("<invitation>")]
    | Annotated[FreeItem, Tag("<free_item>")]
)

BENEFITS = tagged(_Kinds)
"""Each kind by the key that tells it."""


def _kind(value: Any) -> str | None:
    if kind := first_key(value, BENEFITS):
        return f"<{kind}>"
    in_words = not value or "en" in value or "zh" in value if isinstance(value, Mapping) else False
    return "<words>" if in_words or isinstance(value, Spoken) else None


Benefit = Annotated[
    _Kinds | Annotated[Spoken, AfterValidator(not_empty), at_most(500), Tag("<words>")], Discriminator(_kind)
]
