"""Money spent: the amounts of orders, less what was refunded of them."""

from typing import Literal

from pydantic import Field
from typing_extensions import override

from membership.facts import Fact, Order
from membership.program.metrics.base import Measure, Tallied
from membership.program.text import Language


class Sum(Tallied):
    """Money spent."""

    sum: Literal["order.amount"] = Field(description="The amounts of orders; refunds are always taken off.")

    @property
    def fields(self) -> frozenset[str]:
        return frozenset({"amount"})

    @property
    def measure(self) -> Measure:
        return "money"

    def in_words(self, language: Language, currency: str) -> str:
        limits = self._limits(language, currency)
        if language == "zh":
            return f"订单金额{limits}，扣除退款。"
        return f"Amounts of orders{limits}, less refunds."

    def gain(self, fact: Fact) -> int:
        return fact.amount if isinstance(fact, Order) and self.admits(fact) else 0

    @override
    def loss(self, order: Order, refunded: int, amount: int) -> int:
        return amount if self.admits(order) else 0
