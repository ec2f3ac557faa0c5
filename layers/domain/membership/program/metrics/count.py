"""How often something was done: orders, any activity, or activities of the named kinds."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from membership.facts import Activity, Fact, Order
from membership.program.metrics.base import Tallied, Measure
from membership.program.shorthand import one_or_many


class Count(Tallied):
    count: Annotated[tuple[str, ...], BeforeValidator(one_or_many), Field(min_length=1)]
    """`order`, `activity` for any kind of activity, or kinds of activity."""

    excluding: Annotated[tuple[str, ...], BeforeValidator(one_or_many)] = ()
    """Kinds of activity that don't count, where `activity` would take them in."""

    @property
    def measure(self) -> Measure:
        return "orders" if self.count == ("order",) else "times"

    def gain(self, fact: Fact) -> int:
        match fact:
            case Order():
                return int("order" in self.count and self.admits(fact))
            case Activity():
                named = fact.kind in self.count or "activity" in self.count
                return int(named and fact.kind not in self.excluding and self.admits(fact))
        return 0

    def loss(self, order: Order, refunded: int, amount: int) -> int:
        """An order stops counting when all of it was given back, not before."""
        return self.gain(order) if 0 < amount == order.amount - refunded else 0
