"""The tree that decides: all / any / at_least over comparisons of metrics with thresholds.

Every criterion is monotone: more of anything never makes it false. Progress, previews and the
check of a ladder's order rest on that.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import combinations, product
from typing import Annotated, Any, Union

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    PrivateAttr,
    Tag,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from membership.program.shorthand import first_key

Figures = Mapping[str, int]
"""Metric → how much, in its smallest unit."""

Way = Mapping[str, int]
"""Metric → threshold: reach all of them and the criterion is met."""

MOST_WAYS = 64


class _Node(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Comparison(_Node):
    """`{spend: 5000}`, short for `{metric: spend, gte: 5000}`. Money is in whole currency units."""

    metric: str
    gte: Decimal = Field(gt=0)
    _threshold: int = PrivateAttr()

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        spelled_out = handler.resolve_ref_schema(handler(core))
        short = {
            "type": "object",
            "description": "`{spend: 5000}`: the metric's name and the least that it has to be.",
            "minProperties": 1,
            "maxProperties": 1,
            "propertyNames": {"not": {"enum": [*_KINDS]}},
            "additionalProperties": {"type": "number", "exclusiveMinimum": 0},
        }
        return {"anyOf": [short, spelled_out]}

    def bind(self, threshold: int) -> None:
        """Fix the threshold in the metric's smallest unit; the program knows its currency."""
        self._threshold = threshold

    @property
    def threshold(self) -> int:
        return self._threshold

    def met(self, figures: Figures) -> bool:
        return figures[self.metric] >= self._threshold

    def share(self, figures: Figures) -> Fraction:
        return Fraction(max(0, min(figures[self.metric], self._threshold)), self._threshold)

    def comparisons(self) -> Iterator["Comparison"]:
        yield self

    def ways(self) -> Iterator[Way]:
        yield {self.metric: self._threshold}


class _Branch(_Node):
    @property
    def of(self) -> tuple["Criterion", ...]:
        raise NotImplementedError

    @property
    def needed(self) -> int:
        """How many of the parts have to be met."""
        raise NotImplementedError

    def met(self, figures: Figures) -> bool:
        needed = self.needed
        for part in self.of:
            if part.met(figures):
                needed -= 1
                if not needed:
                    return True
        return False

    def share(self, figures: Figures) -> Fraction:
        """How much of the way is done: the mean of the parts that are furthest, as many as are needed."""
        furthest = sorted((part.share(figures) for part in self.of), reverse=True)[: self.needed]
        return sum(furthest, Fraction(0)) / self.needed

    def comparisons(self) -> Iterator[Comparison]:
        for part in self.of:
            yield from part.comparisons()

    def ways(self) -> Iterator[Way]:
        for chosen in combinations(self.of, self.needed):
            for ways in product(*(tuple(part.ways()) for part in chosen)):
                merged: dict[str, int] = {}
                for way in ways:
                    for metric, threshold in way.items():
                        merged[metric] = max(threshold, merged.get(metric, 0))
                yield merged


class All(_Branch):
    """Every part has to be met."""

    all: tuple["Criterion", ...] = Field(min_length=1, max_length=10)

    @property
    def of(self) -> tuple["Criterion", ...]:
        return self.all

    @cached_property
    def needed(self) -> int:
        return len(self.all)


class Any_(_Branch):
    """One part is enough."""

    any: tuple["Criterion", ...] = Field(min_length=1, max_length=10)

    @property
    def of(self) -> tuple["Criterion", ...]:
        return self.any

    @property
    def needed(self) -> int:
        return 1


class Some(_Node):
    """The body of `at_least`."""

    count: int = Field(ge=1)
    of: tuple["Criterion", ...] = Field(min_length=1, max_length=10)

    @model_validator(mode="after")
    def _enough(self) -> "Some":
        if self.count > len(self.of):
            raise ValueError(f"asks for {self.count} of only {len(self.of)} parts")
        return self


class AtLeast(_Branch):
    """So many of the parts, whichever they are."""

    at_least: Some

    @property
    def of(self) -> tuple["Criterion", ...]:
        return self.at_least.of

    @property
    def needed(self) -> int:
        return self.at_least.count


_KINDS = {"all": All, "any": Any_, "at_least": AtLeast}


def _kind(value: Any) -> str:
    return f"<{first_key(value, _KINDS) or 'comparison'}>"


def _spelled_out(value: Any) -> Any:
    if isinstance(value, Mapping) and len(value) == 1 and not first_key(value, _KINDS):
        ((metric, gte),) = value.items()
        return {"metric": metric, "gte": gte}
    return value


Criterion = Annotated[
    Union[
        Annotated[All, Tag("<all>")],
        Annotated[Any_, Tag("<any>")],
        Annotated[AtLeast, Tag("<at_least>")],
        Annotated[Comparison, Tag("<comparison>")],
    ],
    Discriminator(_kind),
    BeforeValidator(_spelled_out),
]
