"""Figures of a member. A new kind is one new file here and one line in `_Kinds`."""

from typing import Annotated, Any

from pydantic import Discriminator, Tag

from membership.program.metrics.base import Attributed, Derived, Elapsed, Measure, MetricKind, Tallied, Tally
from membership.program.metrics.count import Count
from membership.program.metrics.days import Days
from membership.program.metrics.exchange import Exchange
from membership.program.metrics.label import Label
from membership.program.metrics.paid import Paid
from membership.program.metrics.points import Points
from membership.program.metrics.rank import Rank
from membership.program.metrics.referrals import Referrals
from membership.program.metrics.since import Since
from membership.program.metrics.streak import Streak
from membership.program.metrics.sum import Sum
from membership.program.shorthand import first_key, tagged

_Kinds = (
    Annotated[Sum, Tag("<sum>")]
    | Annotated[Count, Tag("<count>")]
    | Annotated[Points, Tag("<points>")]
    | Annotated[Days, Tag("<days_with>")]
    | Annotated[Streak, Tag("<streak>")]
    | Annotated[Referrals, Tag("<referrals>")]
    | Annotated[Since, Tag("<since>")]
    | Annotated[Paid, Tag("<paid>")]
    | Annotated[Rank, Tag("<rank>")]
    | Annotated[Label, Tag("<label>")]
    | Annotated[Exchange, Tag("<add_to>")]
)

METRICS = tagged(_Kinds)
"""Each kind by the key that tells it."""


def _kind(value: Any) -> str | None:
    kind = first_key(value, METRICS)
    return kind and f"<{kind}>"


Metric = Annotated[_Kinds, Discriminator(_kind)]

__all__ = [
    "METRICS",
    "Attributed",
    "Count",
    "Derived",
    "Elapsed",
    "Label",
    "Measure",
    "Metric",
    "MetricKind",
    "Paid",
    "Points",
    "Rank",
    "Since",
    "Streak",
    "Sum",
    "Tallied",
    "Tally",
]
