"""What every metric can tell: how facts change it, and how much it is."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from membership.facts import Activity, Fact, Order
from membership.program.windows import Window

Measure = Literal["money", "orders", "times", "points", "years", "months", "days"]
Tally = Mapping[int, int]
"""Bucket of the window → what was added up in it."""


class Bounds(BaseModel):
    """Inclusive limits on one field of a fact."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    gte: int | None = None
    lte: int | None = None

    def admit(self, value: int | None) -> bool:
        if value is None:
            return False
        return (self.gte is None or value >= self.gte) and (self.lte is None or value <= self.lte)


class MetricKind(BaseModel, ABC):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @property
    @abstractmethod
    def measure(self) -> Measure:
        """What one of it is, for words and for reading thresholds."""


class Tallied(MetricKind):
    """A metric that adds up facts in a window."""

    window: Window | None = Field(default=None, description="Its own window; default: the program's.")
    where: dict[Literal["quality", "value", "amount"], Bounds] = Field(
        default={}, description="Count only facts whose fields lie within these bounds."
    )

    @abstractmethod
    def gain(self, fact: Fact) -> int:
        """What the fact adds; 0 where it has nothing to do with this metric."""

    def loss(self, order: Order, refunded: int, amount: int) -> int:
        """What refunding `amount` of the order takes back after `refunded` of it already was."""
        return 0

    def admits(self, fact: Order | Activity) -> bool:
        return all(bounds.admit(getattr(fact, field, None)) for field, bounds in self.where.items())


class Elapsed(MetricKind):
    """A metric that grows with time alone."""

    @abstractmethod
    def reached(self, start: date, day: date) -> int:
        """Whole units from `start` to `day`."""

    @abstractmethod
    def reaches(self, start: date, units: int) -> date:
        """The day on which that many units are complete."""
