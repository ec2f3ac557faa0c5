"""The longest run of days, one after the other, on which something was done."""

from datetime import date, timedelta

from pydantic import Field
from typing_extensions import override

from membership.program.metrics.base import Tally
from membership.program.metrics.days import DAILY, Done, OnDays
from membership.program.text import Language
from membership.program.windows import Window

_ONE_DAY = timedelta(days=1)
_LONGEST_RUN = timedelta(days=366)


class Streak(OnDays):
    """The longest run in the window: who has once kept it up needn't start again after a day off."""

    streak: Done = Field(description="`order`, `activity` for any of its kinds, or kinds of activity.")

    @property
    def done(self) -> tuple[str, ...]:
        return self.streak

    @override
    def in_words(self, language: Language, currency: str) -> str:
        limits = self._limits(language, currency)
        if language == "zh":
            return f"有{self._what('zh')}的最长连续天数{limits}。"
        return f"The longest run of days in a row with {self._what('en')}{limits}."

    @override
    def horizon(self, window: Window, day: date) -> date:
        """A run that a trigger looks at goes on over the window's ends."""
        return min(super().horizon(window, day), day - _LONGEST_RUN)

    @staticmethod
    def run(tally: Tally, since: date, today: date, counted: date | None) -> list[date]:
        """The days from then to today on which it was done; and those that lead up to them without a gap, as
        far back as the last one that was counted before."""
        first = since
        while (counted is None or first > counted) and DAILY.has(tally, first - _ONE_DAY):
            first -= _ONE_DAY
        days = (first + timedelta(days=n) for n in range((today - first).days + 1))
        return [day for day in days if DAILY.has(tally, day)]

    @override
    def total(self, tally: Tally, window: Window, day: date, joined: date) -> int:
        longest = run = 0
        last = date.min
        for active, _ in DAILY.counted(tally, window.span(day, joined)):
            run = run + 1 if active - _ONE_DAY == last else 1
            longest, last = max(longest, run), active
        return longest
