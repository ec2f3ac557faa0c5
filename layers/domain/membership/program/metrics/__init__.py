"""Figures of a member. A new kind is one new file here and one line in `_Kinds`."""

from typing import Annotated, Any

from pydantic import Discriminator, Tag

from membership.program.metrics.base import Elapsed, Measure, MetricKind, Tallied, Tally
from membership.program.metrics.count import Count
from membership.program.metrics.points import Points
from membership.program.metrics.since import Since
from membership.program.metrics.sum import Sum
from membership.program.shorthand import first_key, tagged

_Kinds = (
    Annotated[Sum, Tag("<sum>")]
    | Annotated[Count, Tag("<count>")]
    | Annotated[Points, Tag("<points>")]
    | Annotated[Since, Tag("<since>")]
)

METRICS = tagged(_Kinds)
"""Each kind by the key that tells it."""


def _kind(value: Any) -> str | None:
    kind = first_key(value, METRICS)
    return kind and f"<{kind}>"


Metric = Annotated[_Kinds, Discriminator(_kind)]

__all__ = [
    "METRICS",
    "Count",
    "Elapsed",
    "Measure",
    "Metric",
    "MetricKind",
    "Points",
    "Since",
    "Sum",
    "Tallied",
    "Tally",
]
