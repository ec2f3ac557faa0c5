"""From 1 January to 31 December in the program's zone."""

from datetime import date
from typing import Literal

from typing_extensions import override

from membership.program.text import Text
from membership.program.windows.yearly import Yearly

_IN_WORDS = Text.ours(
    en="Counted anew each calendar year, from 1 January to 31 December.",
    zh="按自然年计算：每年 1 月 1 日至 12 月 31 日，逐年重新累计。",
)
_WITHIN = Text.ours(en="within the calendar year", zh="当年")


class CalendarYear(Yearly):
    """Counted anew from each 1 January."""

    kind: Literal["calendar_year"] = "calendar_year"

    @property
    def in_words(self) -> Text:
        return _IN_WORDS

    @property
    def within(self) -> Text:
        return _WITHIN

    @override
    def begins(self, year: int) -> date:
        return date(year, 1, 1)
