"""Equivalents: so many of one figure are worth so much of another, as three referrals 500 yuan of spend."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated

from pydantic import Field, PrivateAttr, StrictInt
from typing_extensions import override

from membership.program.flaws import Fault
from membership.program.metrics.base import Derived, Elapsed, Measure, MetricKind, Tallied
from membership.program.money import to_smallest
from membership.program.numbers import Number
from membership.program.text import Language


class Exchange(Derived):
    """A figure with something added for each so many of another one."""

    add_to: str = Field(description="The metric that something is added to.")
    every: Annotated[StrictInt, Field(ge=1, le=10**9)] = Field(description="So many …")
    of: str = Field(description="… of this metric …")
    gives: Number = Field(description="… add so much; money in whole currency units.")
    _gives: int = PrivateAttr(default=0)
    _every: int = PrivateAttr(default=1)
    _measure: Measure = PrivateAttr(default="number")

    @property
    def sources(self) -> tuple[str, ...]:
        return self.add_to, self.of

    @property
    def measure(self) -> Measure:
        return self._measure

    @override
    def bind_to(self, metrics: Mapping[str, MetricKind], currency: str) -> list[Fault]:
        faults = []
        for field in ("add_to", "of"):
            source = metrics.get(getattr(self, field))
            if not isinstance(source, Tallied | Elapsed):
                remedy = "Name a metric that is made from facts."
                faults.append(Fault((field,), f"there is no such metric {getattr(self, field)!r}", remedy))
        if faults:
            return faults
        self._measure = metrics[self.add_to].measure
        try:
            self._gives = to_smallest(self._measure, self.gives, currency)
            self._every = to_smallest(metrics[self.of].measure, Decimal(self.every), currency)
        except ValueError as error:
            return [Fault(("gives",), str(error), "Round it.")]
        if self._gives <= 0:
            return [Fault(("gives",), "is not more than 0", "Write more than 0.")]
        return []

    @override
    def figure(self, figures: Mapping[str, int]) -> int:
        return figures[self.add_to] + max(0, figures[self.of]) // self._every * self._gives

    @property
    def each(self) -> int:
        """How many of the one, in its smallest unit …"""
        return self._every

    @property
    def worth(self) -> int:
        """… are worth how much of the other."""
        return self._gives

    @override
    def in_words(self, language: Language, currency: str) -> str:
        """By ids; `wording` knows what the business calls them."""
        return f"{self.add_to} + {self.gives} × ⌊{self.of} ÷ {self.every}⌋"
