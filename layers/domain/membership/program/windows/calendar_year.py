"""From 1 January to 31 December in the program's zone."""

from datetime import date
from typing import ClassVar, Literal

from membership.program.text import Text
from membership.program.windows.base import WindowKind


class CalendarYear(WindowKind):
    """Counted anew from each 1 January."""

    kind: Literal["calendar_year"] = "calendar_year"

    in_words: ClassVar[Text] = Text(
        en="Counted anew each calendar year, from 1 January to 31 December.",
        zh="按自然年计算：每年 1 月 1 日至 12 月 31 日，逐年重新累计。",
    )
    within: ClassVar[Text] = Text(en="within the calendar year", zh="当年")

    def bucket(self, day: date) -> int:
        return day.year

    def counts(self, bucket: int, day: date) -> bool:
        return bucket == day.year

    def outlived(self, bucket: int, day: date) -> bool:
        # A tier earned last year may stand through this one, so last year's refunds still matter.
        return bucket < day.year - 1

    def last_day(self, day: date) -> date | None:
        return date(day.year, 12, 31)

    def closed_before(self, day: date) -> date | None:
        return date(day.year - 1, 12, 31)
