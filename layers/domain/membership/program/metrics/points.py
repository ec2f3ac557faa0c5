"""Weighted activities: so many points for each kind."""

from typing import Annotated

from pydantic import Field, StrictInt
from typing_extensions import override

from membership.facts import Activity, Fact, Order
from membership.program.kinds import Kind, kind_in_words
from membership.program.metrics.base import Measure, Tallied
from membership.program.text import Language, run_on


class Points(Tallied):
    """So many points for each activity of a kind."""

    points: dict[Kind, Annotated[StrictInt, Field(gt=0, le=10**9)]] = Field(
        min_length=1, description="Kind of activity → points for each one."
    )

    @property
    def fields(self) -> frozenset[str]:
        return frozenset({"quality", "value"})

    @property
    def measure(self) -> Measure:
        return "points"

    def in_words(self, language: Language, currency: str) -> str:
        limits = self._limits(language, currency)
        if language == "zh":
            each = (
                run_on("每次", kind_in_words(kind, "zh"), f"{points:,} 分")
                for kind, points in self.points.items()
            )
            return f"{'，'.join(each)}{limits}。"
        each = (f"{points:,} for each {kind_in_words(kind, 'en')}" for kind, points in self.points.items())
        return f"Points: {', '.join(each)}{limits}."

    def gain(self, fact: Fact) -> int:
        return self.points.get(fact.kind, 0) if isinstance(fact, Activity) and self.admits(fact) else 0

    @override
    def loss(self, order: Order, refunded: int, amount: int) -> int:
        """No refund takes back what a member did."""
        return 0
