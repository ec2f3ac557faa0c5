"""On how many different days something was done."""

from abc import abstractmethod
from collections.abc import Iterable
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, Field
from typing_extensions import override

from membership.facts import Activity, Fact, Order
from membership.program.kinds import listed
from membership.program.metrics.base import Measure, Tallied, Tally
from membership.program.metrics.count import Countable, countable_in_words, is_named
from membership.program.metrics.daily import Daily
from membership.program.shorthand import one_or_many
from membership.program.text import Language
from membership.program.windows import Window

DAILY = Daily(1)

_Several = Annotated[tuple[Countable, ...], Field(min_length=1)]
Done = Annotated[_Several, BeforeValidator(one_or_many, json_schema_input_type=Countable | _Several)]


class OnDays(Tallied):
    """Tells on which days something was done. A refund gives the money back, not the day."""

    @property
    @abstractmethod
    def done(self) -> tuple[str, ...]:
        """`order`, `activity` for any of its kinds, or kinds of activity."""

    @property
    def fields(self) -> frozenset[str]:
        if "order" not in self.done:
            return frozenset({"quality", "value"})
        return frozenset({"amount"} if len(self.done) == 1 else set())

    @property
    def measure(self) -> Measure:
        return "days"

    @property
    def carries(self) -> bool:
        return False

    @property
    def most_a_day(self) -> int:
        return 1

    def _what(self, language: Language) -> str:
        return listed([countable_in_words(kind, language) for kind in self.done], language)

    def gain(self, fact: Fact) -> int:
        match fact:
            case Order(plan=None):
                return int("order" in self.done and self.admits(fact))
            case Activity(kind=kind):
                return int(is_named(kind, self.done) and self.admits(fact))
        return 0

    @override
    def loss(self, order: Order, refunded: int, amount: int) -> int:
        return 0

    @override
    def book(self, tally: Tally, window: Window, day: date, fact: Fact) -> bool:
        if not self.gain(fact) or window.bucket(day) is None:
            return False
        DAILY.add(tally, day)
        return True

    @override
    def total(self, tally: Tally, window: Window, day: date, joined: date) -> int:
        return sum(1 for _ in DAILY.counted(tally, window.span(day, joined)))

    @override
    def changes(self, tally: Tally, window: Window, day: date, joined: date) -> Iterable[date]:
        return DAILY.changes(tally, window, day, joined)

    @override
    def prune(self, tally: Tally, horizon: date, window: Window) -> None:
        DAILY.prune(tally, horizon)


class Days(OnDays):
    """On how many days something was done, however often."""

    days_with: Done = Field(description="`order`, `activity` for any of its kinds, or kinds of activity.")

    @property
    def done(self) -> tuple[str, ...]:
        return self.days_with

    @override
    def in_words(self, language: Language, currency: str) -> str:
        limits = self._limits(language, currency)
        if language == "zh":
            return f"有{self._what('zh')}的天数{limits}，同一天只计一次。"
        return f"Days with {self._what('en')}{limits}; a day counts once."
