"""A plan that is paid for: whether a term of it runs."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Annotated, NamedTuple, Self

from pydantic import AfterValidator, Field, StrictInt, model_validator
from typing_extensions import override

from membership.facts import Fact, Order
from membership.program.calendar import plus_months
from membership.program.flaws import Fault, Unsound
from membership.program.metrics.base import Measure, Tallied, Tally
from membership.program.text import Language, one_line
from membership.program.windows import Span, Window

Plan = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(one_line)]


class Term(NamedTuple):
    """The days that a fee buys, and what it cost, in the currency's smallest unit."""

    days: Span
    fee: int


_TERM = 10**20
"""A day's fees are kept as one number: above this place the terms, below it what they cost."""


class Paid(Tallied):
    """1 while a term of the plan runs. A fee paid before the last term ends begins where that one ends."""

    paid: Plan = Field(description="The plan, as orders name it: an order with a `plan` pays its fee.")
    months: Annotated[StrictInt, Field(ge=1, le=120)] | None = Field(
        default=None, description="Months of a term."
    )
    days: Annotated[StrictInt, Field(ge=1, le=3_660)] | None = Field(
        default=None, description="Or days of it."
    )

    @model_validator(mode="after")
    def _one_term(self) -> Self:
        if (self.months is None) == (self.days is None):
            raise Unsound(
                Fault((), "has no one term", "Write {paid: club, months: 12} or {paid: club, days: 30}.")
            )
        if self.window is not None:
            raise Unsound(Fault(("window",), "a term has its own time", "Remove it."))
        return self

    @property
    def fields(self) -> frozenset[str]:
        return frozenset()

    @property
    def measure(self) -> Measure:
        return "plan"

    @property
    def carries(self) -> bool:
        return False

    @override
    def in_words(self, language: Language, currency: str) -> str:
        n = self.months or self.days
        if language == "zh":
            return f"会费每次有效 {n} {'个月' if self.months else '天'}，续费自上一期结束时起算。"
        unit = "month" if self.months else "day"
        term = f"{n} {unit}s" if n != 1 else f"one {unit}"
        return f"A fee buys {term}; one paid early begins where the last one ends."

    def gain(self, fact: Fact) -> int:
        """The fee, and one more: so that a term that cost nothing is a term, too."""
        return fact.amount + _TERM if isinstance(fact, Order) and fact.plan == self.paid else 0

    @override
    def loss(self, order: Order, refunded: int, amount: int) -> int:
        """A fee that was given back in full buys nothing."""
        if not self.gain(order):
            return 0
        return amount + (_TERM if 0 < amount == order.amount - refunded else 0)

    @override
    def book(self, tally: Tally, window: Window, day: date, fact: Fact) -> bool:
        gained = self.gain(fact)
        if gained:
            self.unbook(tally, window, day, -gained)
        return bool(gained)

    @override
    def unbook(self, tally: Tally, window: Window, day: date, lost: int) -> None:
        fees = tally.get(day.toordinal(), 0) - lost
        if fees:
            tally[day.toordinal()] = fees
        else:
            tally.pop(day.toordinal(), None)

    def terms(self, tally: Tally) -> Iterator[Term]:
        """Each term that was paid for, in order."""
        end = date.min
        for paid_on, fees in sorted(tally.items()):
            terms, paid = divmod(fees, _TERM)
            for n in range(terms):
                begins = max(date.fromordinal(paid_on), end)
                end = (
                    plus_months(begins, self.months)
                    if self.months
                    else begins + timedelta(days=self.days or 0)
                )
                # What several of one day cost together is shared out, to the last unit.
                yield Term(Span(begins, end - timedelta(days=1)), paid * (n + 1) // terms - paid * n // terms)

    def running(self, tally: Tally, day: date) -> Span | None:
        """The days around this one that are paid for without a gap."""
        found: Span | None = None
        for span, _ in self.terms(tally):
            if found and span.first <= found.last + timedelta(days=1):
                found = Span(found.first, span.last)
            elif found is None or day not in found:
                found = span
        return found if found and day in found else None

    @override
    def total(self, tally: Tally, window: Window, day: date, joined: date) -> int:
        return int(self.running(tally, day) is not None)

    @override
    def changes(self, tally: Tally, window: Window, day: date, joined: date) -> Iterable[date]:
        running = self.running(tally, day)
        return [running.last + timedelta(days=1)] if running else []

    @override
    def prune(self, tally: Tally, horizon: date, window: Window) -> None:
        """Nothing: fees are few, and each may carry a later one."""
