"""Weighted points: so many for each activity of a kind, and for each whole currency unit that is spent."""

from typing import Annotated, Self

from pydantic import Field, PrivateAttr, StrictInt, model_validator
from typing_extensions import override

from membership.facts import Activity, Fact, Order
from membership.program.flaws import Fault, Unsound
from membership.program.kinds import Kind, kind_in_words
from membership.program.metrics.base import Measure
from membership.program.metrics.capped import Capped
from membership.program.money import exponent, in_words
from membership.program.text import Language, run_on

_Points = Annotated[StrictInt, Field(gt=0, le=10**9)]


class Points(Capped):
    """So many points for each activity of a kind, and for money spent."""

    points: dict[Kind, _Points] = Field(
        max_length=50, description="Kind of activity → points for each one. Empty: money alone earns points."
    )
    per_unit_spent: Annotated[StrictInt, Field(gt=0, le=1_000)] | None = Field(
        default=None,
        description="Points for each whole currency unit of an order, rounded down for each order; "
        "a refund takes them back.",
    )
    _unit: int = PrivateAttr(default=100)

    @model_validator(mode="after")
    def _earned_somehow(self) -> Self:
        if not self.points and self.per_unit_spent is None:
            raise Unsound(Fault(("points",), "is empty", "Write at least one: {referral: 200}."))
        if self.per_day and not self.points:
            raise Unsound(Fault(("per_day",), "orders can't be capped", "Remove it."))
        return self

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(
            {"amount"} if not self.points else set() if self.per_unit_spent else {"quality", "value"}
        )

    @property
    def measure(self) -> Measure:
        return "points"

    @override
    def bind(self, currency: str) -> list[Fault]:
        self._unit = 10 ** exponent(currency)
        return super().bind(currency)

    def in_words(self, language: Language, currency: str) -> str:
        limits, capped = self._limits(language, currency), self._cap_in_words(len(self.points) > 1, language)
        if language == "zh":
            each = [
                run_on("每次", kind_in_words(kind, "zh"), f"{points:,} 分")
                for kind, points in self.points.items()
            ]
            if self.per_unit_spent:
                each.append(run_on("每消费", in_words(self._unit, currency), f"{self.per_unit_spent:,} 分"))
            return f"{'，'.join(each)}{limits}{capped}。"
        each = [f"{points:,} for each {kind_in_words(kind, 'en')}" for kind, points in self.points.items()]
        if self.per_unit_spent:
            each.append(f"{self.per_unit_spent:,} for each whole {in_words(self._unit, currency)} spent")
        return f"Points: {', '.join(each)}{limits}{capped}."

    def gain(self, fact: Fact) -> int:
        match fact:
            case Order(plan=None) if self.per_unit_spent and self.admits(fact):
                return self._for_money(fact.amount)
            case Activity(kind=kind) if self.admits(fact):
                return self.points.get(kind, 0)
        return 0

    @override
    def loss(self, order: Order, refunded: int, amount: int) -> int:
        """What the order earned before, less what the rest of it earns; no refund takes back an activity."""
        if not self.gain(order):
            return 0
        before = order.amount - refunded
        return self._for_money(before) - self._for_money(before - amount)

    def _for_money(self, amount: int) -> int:
        return amount // self._unit * (self.per_unit_spent or 0)

    @property
    def kinds(self) -> range:
        return range(len(self.points))

    @override
    def lane(self, kind: str) -> int:
        return list(self.points).index(kind)

    @override
    def worth(self, lane: int) -> int:
        return list(self.points.values())[lane]
