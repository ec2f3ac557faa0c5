"""Metrics of activities of which only so many a day count."""

from abc import abstractmethod
from collections.abc import Iterable
from datetime import date
from typing import Annotated

from pydantic import Field, StrictInt
from typing_extensions import override

from membership.facts import Activity, Fact
from membership.program.metrics.base import Tallied, Tally
from membership.program.metrics.daily import Daily
from membership.program.text import Language
from membership.program.windows import Window


class Capped(Tallied):
    """Where there is a cap, counts are kept by day and kind; else sums are enough."""

    per_day: Annotated[StrictInt, Field(ge=1, le=100)] | None = Field(
        default=None, description="Of each kind that is named, no more than so many a day count."
    )

    @property
    def carries(self) -> bool:
        return self.per_day is None

    @property
    def most_a_day(self) -> int | None:
        return self.per_day and self.per_day * sum(map(self.worth, self.kinds))

    @property
    @abstractmethod
    def kinds(self) -> range:
        """The lanes that there are."""

    @abstractmethod
    def lane(self, kind: str) -> int:
        """Which of the kinds that are counted apart an activity belongs to."""

    @abstractmethod
    def worth(self, lane: int) -> int:
        """What one activity of the kind adds."""

    @override
    def book(self, tally: Tally, window: Window, day: date, fact: Fact) -> bool:
        if not self.per_day:
            return super().book(tally, window, day, fact)
        if not isinstance(fact, Activity) or not self.gain(fact) or window.bucket(day) is None:
            return False
        Daily(self.per_day).add(tally, day, self.lane(fact.kind))
        return True

    @override
    def total(self, tally: Tally, window: Window, day: date, joined: date) -> int:
        if not self.per_day:
            return super().total(tally, window, day, joined)
        daily, span = Daily(self.per_day), window.span(day, joined)
        return sum(
            n * self.worth(lane) for lane in daily.lanes(tally) for _, n in daily.counted(tally, span, lane)
        )

    @override
    def changes(self, tally: Tally, window: Window, day: date, joined: date) -> Iterable[date]:
        if not self.per_day:
            return super().changes(tally, window, day, joined)
        return Daily(self.per_day).changes(tally, window, day, joined)

    @override
    def prune(self, tally: Tally, horizon: date, window: Window) -> None:
        if self.per_day:
            Daily.prune(tally, horizon)
        else:
            super().prune(tally, horizon, window)

    def _cap_in_words(self, several: bool, language: Language) -> str:
        """', at most 3 of each kind a day', '，每类每日最多 3 次', or nothing."""
        if not self.per_day:
            return ""
        if language == "zh":
            return f"，{'每类' if several else ''}每日最多 {self.per_day} 次"
        return f", at most {self.per_day} {'of each kind ' if several else ''}a day"
