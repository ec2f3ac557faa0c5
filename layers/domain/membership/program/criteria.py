"""The tree that decides: all / any / at_least over comparisons of metrics with thresholds.

Every criterion is monotone: more of anything never makes it false. Progress, previews and the
check of a ladder's order rest on that.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from itertools import combinations, product
from typing import Annotated, Any, ClassVar, Union

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    GetJsonSchemaHandler,
    PrivateAttr,
    StrictInt,
    Tag,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from membership.program.flaws import Fault, Unsound, unsound
from membership.program.numbers import Number
from membership.program.shorthand import first_key

Figures = Mapping[str, int]
"""Metric → how much, in its smallest unit."""

Way = Mapping[str, int]
"""Metric → threshold: reach all of them and the criterion is met."""

MOST_WAYS = 64
MOST_COMPARISONS = 32
"""What a member can still be told. They also bound the work that a program can make."""


class _Node(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _more_than_nothing(number: Decimal) -> Decimal:
    if number <= 0:
        raise unsound("is not more than 0", "Write more than 0.")
    return number


class Comparison(_Node):
    """`{spend: 5000}`, short for `{metric: spend, gte: 5000}`. Money is in whole currency units."""

    metric: str = Field(description="One of the program's metrics.")
    gte: Annotated[Number, AfterValidator(_more_than_nothing)]
    _threshold: int = PrivateAttr()

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        spelled_out = handler.resolve_ref_schema(handler(core))
        number, *quoted = spelled_out["properties"]["gte"]["anyOf"]
        least = {"anyOf": [number | {"exclusiveMinimum": 0}, *quoted]}
        spelled_out["properties"]["gte"] = least | {"description": "The least that it has to be."}
        short = {
            "type": "object",
            "title": "Comparison",
            "description": "`{spend: 5000}`: the metric's name and the least that it has to be.",
            "minProperties": 1,
            "maxProperties": 1,
            "propertyNames": {"not": {"enum": sorted(RESERVED)}},
            "additionalProperties": least,
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

    def count_ways(self) -> int:
        return 1


class Branch(_Node):
    """Parts, of which some number has to be met: whatever the kind, this is all that it says."""

    place_of_parts: ClassVar[tuple[str, ...]]

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
        """Every way that asks for no more than it must: reaching one of them is enough, each by itself."""
        found: list[dict[str, int]] = []
        for chosen in combinations(self.of, self.needed):
            for parts in product(*(tuple(part.ways()) for part in chosen)):
                way: dict[str, int] = {}
                for part in parts:
                    way |= {metric: max(need, way.get(metric, 0)) for metric, need in part.items()}
                if not any(_asks_no_more(other, way) for other in found):
                    found = [other for other in found if not _asks_no_more(way, other)] + [way]
        yield from found

    def count_ways(self) -> int:
        """How many `ways` has to look at, told without looking: nesting multiplies them."""
        choosing = [1] + [0] * self.needed
        for part in self.of:
            ways = part.count_ways()
            for chosen in range(self.needed, 0, -1):
                choosing[chosen] += choosing[chosen - 1] * ways
        return choosing[self.needed]


def _asks_no_more(one: Way, other: Way) -> bool:
    return all(need <= other.get(metric, 0) for metric, need in one.items())


class All(Branch):
    """Every part has to be met."""

    place_of_parts = ("all",)
    all: tuple["Criterion", ...] = Field(min_length=1, max_length=10, description="Every one has to be met.")

    @property
    def of(self) -> tuple["Criterion", ...]:
        return self.all

    @cached_property
    def needed(self) -> int:
        return len(self.all)


class Any_(Branch):  # noqa: N801 (typing has the other one)
    """One part is enough."""

    place_of_parts = ("any",)
    model_config = ConfigDict(title="Any")

    any: tuple["Criterion", ...] = Field(min_length=1, max_length=10, description="One of them is enough.")

    @property
    def of(self) -> tuple["Criterion", ...]:
        return self.any

    @property
    def needed(self) -> int:
        return 1


class Some(_Node):
    """So many of the parts, whichever they are."""

    count: Annotated[StrictInt, Field(ge=1)] = Field(description="How many of them have to be met.")
    of: tuple["Criterion", ...] = Field(min_length=1, max_length=10, description="The parts.")

    @model_validator(mode="after")
    def _enough(self) -> "Some":
        if self.count > len(self.of):
            message = f"asks for {self.count} of {len(self.of)}"
            raise Unsound(Fault(("count",), message, f"Write at most {len(self.of)}, or add to `of`."))
        return self


class AtLeast(Branch):
    """So many of the parts, whichever they are."""

    place_of_parts = ("at_least", "of")
    at_least: Some

    @property
    def of(self) -> tuple["Criterion", ...]:
        return self.at_least.of

    @property
    def needed(self) -> int:
        return self.at_least.count


_KINDS: Mapping[str, type[Branch]] = {"all": All, "any": Any_, "at_least": AtLeast}

RESERVED = frozenset({*_KINDS, "metric", "gte"})
"""Words of the language, which no metric may be called by."""


def _kind(value: Any) -> str:
    return f"<{first_key(value, _KINDS) or 'comparison'}>"


def _spelled_out(value: Any) -> Any:
    match value:
        case BaseModel():
            return value
        case list() | tuple():
            raise unsound("a list alone doesn't say how much of it", "Write {all: […]} or {any: […]}.")
        case Mapping() if not value:
            raise unsound("says nothing", "Write a criterion, as {spend: 5000}.")
        case Mapping():
            return _spelled_out_mapping(value)
    raise unsound("is not a criterion", "Write a metric and the least that it has to be: {spend: 5000}.")


def _spelled_out_mapping(value: Mapping[Any, Any]) -> Mapping[Any, Any]:
    keys = [str(key) for key in value]
    side_by_side = f"{' and '.join(keys)} stand side by side"
    kinds = [key for key in keys if key in _KINDS]
    if set(keys) == {"at_least", "of"}:
        raise unsound(side_by_side, f"Write {{at_least: {{count: {value['at_least']}, of: […]}}}}.")
    if kinds and len(keys) > 1:
        raise unsound(side_by_side, f"Nest one in the other: {{{kinds[0]}: [{{…}}, {{…}}]}}.")
    if kinds or RESERVED.intersection(keys):
        return value
    if any(key.isdecimal() for key in keys[1:]) and len(keys) > 1:
        raise unsound("a comma splits a number", "Write thousands without it: {spend: 1000}.")
    if len(keys) > 1:
        each = ", ".join(f"{{{key}: …}}" for key in keys)
        raise unsound(side_by_side, f"Write {{all: [{each}]}} for each, {{any: …}} for one of them.")
    ((metric, gte),) = value.items()
    if isinstance(gte, Mapping | list):
        raise Unsound(Fault((metric,), "is not a number", f"Write the number alone: {{{metric}: 5000}}."))
    return {"metric": metric, "gte": gte}


Criterion = Annotated[
    Union[  # noqa: UP007 (the parts are forward references)
        Annotated[All, Tag("<all>")],
        Annotated[Any_, Tag("<any>")],
        Annotated[AtLeast, Tag("<at_least>")],
        Annotated[Comparison, Tag("<comparison>")],
    ],
    Discriminator(_kind),
    BeforeValidator(_spelled_out),
]
