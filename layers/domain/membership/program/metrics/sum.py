"""Money spent: the amounts of orders, less what was refunded of them."""

from typing import Literal

from membership.facts import Fact, Order
from membership.program.metrics.base import Tallied, Measure


class Sum(Tallied):
    sum: Literal["order.amount"]

    @property
    def measure(self) -> Measure:
        return "money"

    def gain(self, fact: Fact) -> int:
        return fact.amount if isinstance(fact, Order) and self.admits(fact) else 0

    def loss(self, order: Order, refunded: int, amount: int) -> int:
        return amount if self.admits(order) else 0
