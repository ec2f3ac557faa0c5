"""The leaf: one metric and the least that it has to be."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Annotated

from pydantic import AfterValidator, Field, GetJsonSchemaHandler, PrivateAttr
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from membership.program.criteria.base import CriterionKind, Figures, Way
from membership.program.flaws import unsound
from membership.program.numbers import Number


def _more_than_nothing(number: Decimal) -> Decimal:
    if number <= 0:
        raise unsound("is not more than 0", "Write more than 0.")
    return number


class Comparison(CriterionKind):
    """`{spend: 5000}`, short for `{metric: spend, gte: 5000}`. Money is in whole currency units."""

    metric: str = Field(description="One of the program's metrics.")
    gte: Annotated[Number, AfterValidator(_more_than_nothing)]
    _threshold: int = PrivateAttr()

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        from membership.program.criteria import RESERVED

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
