"""What every criterion can tell. All of them are monotone: more of anything never makes one false.

Progress, previews and the check of a ladder's order rest on that.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from fractions import Fraction
from itertools import combinations, product
from typing import TYPE_CHECKING, ClassVar

from pydantic import BaseModel, ConfigDict
from typing_extensions import override

if TYPE_CHECKING:
    from membership.program.criteria import Comparison, Criterion

Figures = Mapping[str, int]
"""Metric → how much, in its smallest unit."""

Way = Mapping[str, int]
"""Metric → threshold: reach all of them and the criterion is met."""


class CriterionKind(BaseModel, ABC):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @abstractmethod
    def met(self, figures: Figures) -> bool: ...

    @abstractmethod
    def share(self, figures: Figures) -> Fraction:
        """How much of the way is done: from 0 to 1, and 1 exactly where it is met."""

    @abstractmethod
    def comparisons(self) -> "Iterator[Comparison]":
        """The leaves of the tree."""

    @abstractmethod
    def ways(self) -> Iterator[Way]:
        """Every way to meet it that asks for no more than it must: one of them is enough."""

    @abstractmethod
    def count_ways(self) -> int:
        """How many `ways` has to look at, told without looking: nesting multiplies them."""


class Branch(CriterionKind):
    """Parts, of which some number has to be met: whatever the kind, this is all that it says."""

    place_of_parts: ClassVar[tuple[str, ...]]
    """The keys under which they stand."""

    @property
    @abstractmethod
    def of(self) -> "tuple[Criterion, ...]":
        """The parts."""

    @property
    @abstractmethod
    def needed(self) -> int:
        """How many of them have to be met."""

    @override
    def met(self, figures: Figures) -> bool:
        needed = self.needed
        for part in self.of:
            if part.met(figures):
                needed -= 1
                if not needed:
                    return True
        return False

    @override
    def share(self, figures: Figures) -> Fraction:
        """How much of the way is done: the mean of the parts that are furthest, as many as are needed."""
        furthest = sorted((part.share(figures) for part in self.of), reverse=True)[: self.needed]
        return sum(furthest, Fraction(0)) / self.needed

    @override
    def comparisons(self) -> "Iterator[Comparison]":
        for part in self.of:
            yield from part.comparisons()

    @override
    def ways(self) -> Iterator[Way]:
        found: list[dict[str, int]] = []
        for chosen in combinations(self.of, self.needed):
            for parts in product(*(tuple(part.ways()) for part in chosen)):
                way: dict[str, int] = {}
                for part in parts:
                    way |= {metric: max(need, way.get(metric, 0)) for metric, need in part.items()}
                if not any(asks_no_more(other, way) for other in found):
                    found = [other for other in found if not asks_no_more(way, other)] + [way]
        yield from found

    @override
    def count_ways(self) -> int:
        choosing = [1] + [0] * self.needed
        for part in self.of:
            ways = part.count_ways()
            for chosen in range(self.needed, 0, -1):
                choosing[chosen] += choosing[chosen - 1] * ways
        return choosing[self.needed]


def asks_no_more(one: Way, other: Way) -> bool:
    """Whether whoever goes the other way has gone this one, too."""
    return all(need <= other.get(metric, 0) for metric, need in one.items())
