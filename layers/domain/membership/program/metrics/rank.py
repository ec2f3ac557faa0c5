"""The place on a board: how much of it is not above the member, as the last cut found."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Literal, Self

from pydantic import Field, model_validator
from typing_extensions import override

from membership.facts import Fact, Order, Ranking
from membership.program.calendar import plus_months
from membership.program.flaws import Fault, Unsound
from membership.program.metrics.base import Measure, Tallied, Tally
from membership.program.text import Language
from membership.program.windows import Window

Cut = Literal["monthly", "quarterly", "yearly"]
_MONTHS = {"monthly": 1, "quarterly": 3, "yearly": 12}
_OFTEN = {"monthly": ("month", "月"), "quarterly": ("quarter", "季度"), "yearly": ("year", "年")}


class Rank(Tallied):
    """A place holds from one cut to the next. The board itself is cut for the program, not for a member."""

    rank: str = Field(description="The metric that the board is made of.")
    cut: Cut = Field(
        default="monthly",
        description="When the board is cut: as each month, quarter or year begins, by the eve's figures.",
    )

    @model_validator(mode="after")
    def _until_the_next_cut(self) -> Self:
        if self.window is not None:
            remedy = "Remove it; the metric that the board is made of may have a window."
            raise Unsound(Fault(("window",), "a place holds until the next cut", remedy))
        return self

    @property
    def fields(self) -> frozenset[str]:
        return frozenset()

    @property
    def measure(self) -> Measure:
        return "rank"

    @property
    def carries(self) -> bool:
        return False

    @override
    def in_words(self, language: Language, currency: str) -> str:
        en, zh = _OFTEN[self.cut]
        if language == "zh":
            return f"在排行榜上的名次，每{zh}初按前一日的数据统计，有效至下次统计。"
        return f"The place on the board, which is cut as each {en} begins and holds until the next cut."

    def cut_on(self, day: date) -> date:
        """The day of the last cut, `day` itself where it is one."""
        months = _MONTHS[self.cut]
        return date(day.year, (day.month - 1) // months * months + 1, 1)

    def next_cut(self, day: date) -> date:
        """The first day after `day` on which the board is cut."""
        return plus_months(self.cut_on(day), _MONTHS[self.cut])

    def gain(self, fact: Fact) -> int:
        return int(isinstance(fact, Ranking)) and fact.position  # type: ignore[union-attr]

    @override
    def loss(self, order: Order, refunded: int, amount: int) -> int:
        """What was cut is cut; the next one sees the refund."""
        return 0

    @override
    def book(self, tally: Tally, window: Window, day: date, fact: Fact) -> bool:
        if not isinstance(fact, Ranking):
            return False
        cut = (fact.day + timedelta(days=1)).toordinal()
        tally[cut] = max(fact.position, tally.get(cut, 0))  # of two that proved to be one, the better place
        return True

    @override
    def total(self, tally: Tally, window: Window, day: date, joined: date) -> int:
        return tally.get(self.cut_on(day).toordinal(), 0)

    @override
    def changes(self, tally: Tally, window: Window, day: date, joined: date) -> Iterable[date]:
        return [self.next_cut(day)] if self.total(tally, window, day, joined) else []

    @override
    def prune(self, tally: Tally, horizon: date, window: Window) -> None:
        """The last few cuts are enough: a place holds no longer than a year."""
        for cut in sorted(tally)[:-3]:
            del tally[cut]
