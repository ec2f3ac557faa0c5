"""What every metric can tell: how facts change it, and how much it is."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import date
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from membership.facts import Activity, Fact, Order
from membership.program.flaws import Fault, Unsound
from membership.program.money import in_words, to_minor
from membership.program.numbers import Number
from membership.program.text import Language, Name, Text
from membership.program.windows import Window

Measure = Literal["money", "orders", "times", "points", "years", "months", "days"]
Tally = Mapping[int, int]
"""Bucket of the window → what was added up in it."""

_FIELDS = {
    "quality": Text(en="a quality ", zh="质量"),
    "value": Text(en="a value ", zh="数值"),
    "amount": Text(en="an amount ", zh="金额"),
}


class Bounds(BaseModel):
    """Inclusive limits on one field of a fact. Money is in whole currency units."""

    model_config = ConfigDict(extra="forbid", frozen=True)

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
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name = Field(
        default=Text(),
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

    def admits(self, fact: Order | Activity) -> bool:
        return all(bounds.admit(getattr(fact, field, None)) for field, bounds in self.where.items())

    def _limits(self, language: Language, currency: str) -> str:
        """' with a quality of at least 4', '（质量不低于 4）', or nothing."""
        limits = [
            _FIELDS[field].get(language) + bounds.in_words(field, language, currency)
            for field, bounds in self.where.items()
        ]
        if not limits:
            return ""
        return f"（{'，'.join(limits)}）" if language == "zh" else f" with {' and '.join(limits)}"


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
