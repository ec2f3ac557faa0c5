"""Amounts added up: money spent or saved, or the values that activities carry (miles, nights, votes)."""

from typing import Annotated

from pydantic import AfterValidator, Field
from typing_extensions import override

from membership.facts import Activity, Fact, Order
from membership.program.flaws import unsound
from membership.program.kinds import NOT_KINDS, kind_in_words
from membership.program.metrics.base import Measure, Tallied
from membership.program.text import Language, one_line, run_on

_SPENT, _SAVED = "order.amount", "order.saved"


def _summable(source: str) -> str:
    kind, _, field = one_line(source).rpartition(".")
    if source not in (_SPENT, _SAVED) and (not kind or kind in NOT_KINDS or field != "value"):
        raise unsound(
            "can't be added up", f"Write {_SPENT}, {_SAVED}, or the value of an activity: flight.value."
        )
    return source


class Sum(Tallied):
    """Money of orders, or the values of one kind of activity, added up."""

    sum: Annotated[str, Field(min_length=1, max_length=70), AfterValidator(_summable)] = Field(
        description="`order.amount` (refunds are always taken off), `order.saved` (what the membership "
        "saved), or the value of a kind of activity: `flight.value`.",
        examples=["order.amount", "flight.value"],
    )

    @property
    def _kind(self) -> str | None:
        return None if self.sum in (_SPENT, _SAVED) else self.sum.removesuffix(".value")

    @property
    def fields(self) -> frozenset[str]:
        return frozenset({"quality", "value"} if self._kind else {"amount"})

    @property
    def measure(self) -> Measure:
        return "number" if self._kind else "money"

    def in_words(self, language: Language, currency: str) -> str:
        limits = self._limits(language, currency)
        if self._kind:
            kind = kind_in_words(self._kind, language)
            return (
                f"{run_on(kind, '的数值之和')}{limits}。"
                if language == "zh"
                else f"Values of {kind}{limits}."
            )
        if self.sum == _SAVED:
            if language == "zh":
                return f"会员权益在订单中节省的金额{limits}，全额退款的订单不计。"
            return f"What the membership saved on orders{limits}; one refunded in full doesn't count."
        if language == "zh":
            return f"订单金额{limits}，扣除退款。"
        return f"Amounts of orders{limits}, less refunds."

    def gain(self, fact: Fact) -> int:
        """Never less than nothing: what a member does can't cost it a tier."""
        match fact:
            case Order(plan=None) if not self._kind and self.admits(fact):
                return fact.amount if self.sum == _SPENT else fact.saved
            case Activity(kind=kind) if kind == self._kind and self.admits(fact):
                return max(0, fact.value or 0)
        return 0

    @override
    def loss(self, order: Order, refunded: int, amount: int) -> int:
        gained = self.gain(order)
        if self.sum == _SPENT:
            return min(gained, amount)
        return gained if 0 < amount == order.amount - refunded else 0
