"""Weighted activities: so many points for each kind."""

from typing import Annotated

from pydantic import Field

from membership.facts import Activity, Fact
from membership.program.metrics.base import Tallied, Measure


class Points(Tallied):
    points: dict[str, Annotated[int, Field(gt=0)]] = Field(min_length=1)
    """Kind of activity → points for each one."""

    @property
    def measure(self) -> Measure:
        return "points"

    def gain(self, fact: Fact) -> int:
        return self.points.get(fact.kind, 0) if isinstance(fact, Activity) and self.admits(fact) else 0
