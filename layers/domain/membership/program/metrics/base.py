"""What every metric can tell: how facts change it, and how much it is."""

from abc import ABC, abstractmethod
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from membership.facts import Activity, Attributes, Fact, Order
from membership.program.flaws import Fault, Unsound
from membership.program.money import in_words, to_minor
from membership.program.numbers import Number, more_than_nothing
from membership.program.text import NO_WORDS, Language, Name, Text
from membership.program.windows import Span, Window

Measure = Literal[
    "money", "orders", "times", "points", "number", "years", "months", "days", "rank", "plan", "label"
]
Tally = dict[int, int]
"""What a metric keeps of a member: by default bucket of the window → what was added up in it."""

_FIELDS = {
    "quality": Text.ours(en="a quality ", zh="质量"),
    "value": Text.ours(en="a value ", zh="数值"),
    "amount": Text.ours(en="an amount ", zh="金额"),
}


class Bounds(BaseModel):
    """Inclusive limits on one field of a fact. Money is in whole currency units."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    gte: Number | None = Field(default=None, description="At least.")
    lte: Number | None = Field(default=None, description="At most.")
    _least: int | None = PrivateAttr(default=None)
    _most: int | None = PrivateAttr(default=None)

    @model_validator(mode="after")
    def _between(self) -> Self:
        if self.gte is None and self.lte is None:
            raise Unsound(Fault((), "sets no limit", "Write {gte: …}, {lte: …} or both."))
        if self.gte is not None and self.lte is not None and self.gte > self.lte:
            raise Unsound(Fault((), f"nothing is at least {self.gte} and at most {self.lte}", "Swap them."))
        return self

    def bind(self, field: str, currency: str) -> None:
        """Fix the limits in the field's smallest unit. Raises ValueError where there is none so small."""
        self._least, self._most = (
            None if limit is None else to_minor(limit, currency) if field == "amount" else _whole(limit)
            for limit in (self.gte, self.lte)
        )

    def admit(self, value: int | None) -> bool:
        if value is None:
            return False
        return (self._least is None or value >= self._least) and (self._most is None or value <= self._most)

    def in_words(self, field: str, language: Language, currency: str) -> str:
        least, most = (
            None if limit is None else in_words(limit, currency) if field == "amount" else f"{limit:,}"
            for limit in (self._least, self._most)
        )
        match language, least, most:
            case "en", str(), str():
                return f"from {least} to {most}"
            case "en", _, _:
                return f"of at least {least}" if least else f"of at most {most}"
            case _, str(), str():
                return f"在 {least} 至 {most} 之间"
            case _:
                return f"不低于 {least}" if least else f"不高于 {most}"


def _whole(limit: Number) -> int:
    if limit != limit.to_integral_value():
        raise ValueError(f"is counted in whole numbers, not {limit}")
    return int(limit)


class MetricKind(BaseModel, ABC):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    name: Name = Field(
        default=NO_WORDS,
        description="What members read. In English a plural where it is counted: 'photo reviews'. "
        "Left out, well-known ids have words (spend, orders, interactions, feedback, contribution, …) "
        "and any other id reads as it is.",
    )

    @property
    @abstractmethod
    def measure(self) -> Measure:
        """What one of it is, for words and for reading thresholds."""

    @abstractmethod
    def in_words(self, language: Language, currency: str) -> str:
        """A sentence: what counts towards it."""


class Tallied(MetricKind):
    """A metric that adds up facts in a window."""

    window: Window | None = Field(default=None, description="Its own window; default: the program's.")
    where: dict[Literal["quality", "value", "amount"], Bounds] = Field(
        default={},
        description="Count only facts whose fields lie within these bounds: orders have an amount, "
        "activities may have a quality and a value.",
    )

    carry_over: Annotated[Number, AfterValidator(more_than_nothing)] | None = Field(
        default=None,
        description="What a period has above the highest threshold that it reached counts in the next one, "
        "too, up to so much.",
    )
    _steps: list[int] = PrivateAttr(default_factory=list)
    _most: int = PrivateAttr(default=0)

    @property
    @abstractmethod
    def fields(self) -> frozenset[str]:
        """What `where` can bound: a fact without the field would never count."""

    @model_validator(mode="after")
    def _fields_exist(self) -> Self:
        known = " or ".join(sorted(self.fields))
        remedy = f"Bound its {known}." if known else "Count orders and activities in a metric each."
        faults = [
            Fault(("where", field), f"what is counted here has no {field}", remedy)
            for field in self.where
            if field not in self.fields
        ]
        if faults:
            raise Unsound(*faults)
        return self

    def bind(self, currency: str) -> list[Fault]:
        """Fix the bounds on money in the program's currency; returns what can't be."""
        faults = []
        for field, bounds in self.where.items():
            try:
                bounds.bind(field, currency)
            except ValueError as error:
                faults.append(Fault(("where", field), str(error), "Round it."))
        return faults

    @abstractmethod
    def gain(self, fact: Fact) -> int:
        """What the fact adds; 0 where it has nothing to do with this metric."""

    @abstractmethod
    def loss(self, order: Order, refunded: int, amount: int) -> int:
        """What refunding `amount` of the order takes back after `refunded` of it already was."""

    @property
    def carries(self) -> bool:
        """Whether what is above a threshold can count in the next period."""
        return True

    @property
    def most_a_day(self) -> int | None:
        """How much one day can add; None: any amount."""
        return None

    def book(self, tally: Tally, window: Window, day: date, fact: Fact) -> bool:
        """Add the fact of that day to the tally; answers whether it counted."""
        gained = self.gain(fact)
        bucket = window.bucket(day) if gained else None
        if bucket is not None:
            _add(tally, bucket, gained)
        return bucket is not None

    def unbook(self, tally: Tally, window: Window, day: date, lost: int) -> None:
        """Take off what a refund takes back, where the order of that day was booked."""
        bucket = window.bucket(day)
        if bucket is not None:
            _add(tally, bucket, -lost)

    def total(self, tally: Tally, window: Window, day: date, joined: date) -> int:
        """The figure as seen on `day`."""
        found = self.within(tally, window, window.span(day, joined))
        eve = window.closed_before(day, joined) if self.carry_over else None
        return found + (self._carried(self.within(tally, window, window.span(eve, joined))) if eve else 0)

    @staticmethod
    def within(tally: Tally, window: Window, span: Span) -> int:
        """What was added up in a span, which no bucket may lie partly in."""
        return sum(amount for bucket, amount in tally.items() if window.start(bucket) in span)

    def _carried(self, last: int) -> int:
        """What the last period leaves to this one: all above the highest threshold that it reached."""
        place = bisect_right(self._steps, last)
        return min(self._most, last - self._steps[place - 1]) if place else 0

    def bind_carry_over(self, steps: Iterable[int], most: int) -> None:
        """Told by the program: the thresholds of its tiers, and the most that is carried."""
        self._steps, self._most = sorted(steps), most

    def horizon(self, window: Window, day: date) -> date:
        """No fact before it matters to anything decided on `day` or later."""
        horizon = window.horizon(day)
        # What was carried into a closed period came from the one before that.
        return window.horizon(horizon) if self.carry_over else horizon

    def changes(self, tally: Tally, window: Window, day: date, joined: date) -> Iterable[date]:
        """The days after `day` on which time alone may make the figure less, in order."""
        span = window.span(day, joined)
        counted = [start for bucket in tally if (start := window.start(bucket)) in span]
        leaving = {left for start in counted if (left := window.leaves(start, joined))}
        if self.carry_over and tally and (turns := window.leaves(day, joined)):
            # What the period leaves to the next one is gone with that.
            leaving |= {turns, *filter(None, [window.leaves(turns, joined)])}
        return sorted(leaving)

    def prune(self, tally: Tally, horizon: date, window: Window) -> None:
        """Forget what lies before the horizon."""
        for bucket in [bucket for bucket in tally if window.start(bucket) < horizon]:
            del tally[bucket]

    def admits(self, fact: Order | Activity) -> bool:
        return all(bounds.admit(getattr(fact, field, None)) for field, bounds in self.where.items())

    def _limits(self, language: Language, currency: str) -> str:
        return limits_in_words(self.where, language, currency)


def limits_in_words(where: Mapping[Any, Bounds], language: Language, currency: str) -> str:
    """' with a quality of at least 4', '（质量不低于 4）', or nothing."""
    limits = [
        _FIELDS[field].get(language) + bounds.in_words(field, language, currency)
        for field, bounds in where.items()
    ]
    if not limits:
        return ""
    return f"（{'，'.join(limits)}）" if language == "zh" else f" with {' and '.join(limits)}"


def _add(tally: Tally, bucket: int, amount: int) -> None:
    if total := tally.get(bucket, 0) + amount:
        tally[bucket] = total
    else:
        tally.pop(bucket, None)


class Derived(MetricKind):
    """A metric made of other figures of the same member."""

    @property
    @abstractmethod
    def sources(self) -> tuple[str, ...]:
        """The metrics that it is made of; none of them is a derived one."""

    @abstractmethod
    def figure(self, figures: Mapping[str, int]) -> int:
        """Made of the figures of its sources, and never less where they are more."""

    @abstractmethod
    def bind_to(self, metrics: "Mapping[str, MetricKind]", currency: str) -> list[Fault]:
        """Look at its sources, and fix its amounts in their smallest units; returns what is wrong."""


class Attributed(MetricKind):
    """A metric that the shop's own knowledge of a person decides."""

    @abstractmethod
    def told(self, attributes: Attributes) -> int:
        """The figure by what the shop has told."""


class Elapsed(MetricKind):
    """A metric that grows with time alone."""

    @property
    @abstractmethod
    def longest(self) -> int:
        """The most that a rule may ask for: beyond that nobody lives to see it."""

    @abstractmethod
    def reached(self, start: date, day: date) -> int:
        """Whole units from `start` to `day`."""

    @abstractmethod
    def reaches(self, start: date, units: int) -> date:
        """The day on which that many units are complete, or the last day there is."""
