"""The leaf: one metric and the least that it has to be."""

import re
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, PlainSerializer, PrivateAttr
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from membership.program.criteria.base import CriterionKind, Figures, Way
from membership.program.flaws import unsound
from membership.program.numbers import Number, exact, more_than_nothing

_TOP = re.compile(r"\s*top\s+([0-9]{1,3}(?:\.[0-9]{1,2})?)\s*%\s*")


def _least(value: Any) -> Any:
    """`top 10%` is kept as −10: no other figure is negative."""
    if isinstance(value, str) and (top := _TOP.fullmatch(value)):
        share = Decimal(top[1])
        if not 0 < share < 100:
            raise unsound("is no part of a board", "Write more than 0 and less than 100, as top 10%.")
        return -share
    return more_than_nothing(exact(value))


def _written(value: Decimal) -> str:
    return f"top {-value}%" if value < 0 else str(value)


class Comparison(CriterionKind):
    """`{spend: 5000}`, short for `{metric: spend, gte: 5000}`. Money is in whole currency units."""

    metric: str = Field(description="One of the program's metrics.")
    gte: Annotated[Decimal, BeforeValidator(_least, json_schema_input_type=Number), PlainSerializer(_written)]
    _threshold: int = PrivateAttr()

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        from membership.program.criteria import RESERVED

        spelled_out = handler.resolve_ref_schema(handler(core))
        number, *quoted = spelled_out["properties"]["gte"]["anyOf"]
        top = {"type": "string", "pattern": "^\\s*top\\s+[0-9]{1,3}(\\.[0-9]{1,2})?\\s*%\\s*$"}
        least = {"anyOf": [number | {"exclusiveMinimum": 0}, *quoted, top]}
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

    @property
    def is_share(self) -> bool:
        """Whether it asks for a place among the top of a board."""
        return self.gte < 0

    def position(self) -> int:
        """How much of the board may not be above, in hundredths of a per cent. Raises ValueError for an
        amount."""
        if not self.is_share:
            raise ValueError("is a place on a board: write it as top 10%")
        return 10_000 - int(-self.gte * 100)

    def bind(self, threshold: int) -> None:
        """Fix the threshold in the metric's smallest unit; the program knows its currency."""
        self._threshold = threshold

    @property
    def threshold(self) -> int:
        # As pydantic finds it, without the long way: rules are asked all the time.
        return self.__pydantic_private__["_threshold"]  # type: ignore[index,no-any-return]

    def met(self, figures: Figures) -> bool:
        return figures[self.metric] >= self.threshold

    def share(self, figures: Figures) -> Fraction:
        need = self.threshold
        return Fraction(max(0, min(figures[self.metric], need)), need)

    def comparisons(self) -> Iterator["Comparison"]:
        yield self

    def ways(self) -> Iterator[Way]:
        yield {self.metric: self._threshold}

    def count_ways(self) -> int:
        return 1
