"""The rest of the year in which a tier was earned, and all of the next."""

from datetime import date
from typing import Literal

from typing_extensions import override

from membership.program.calendar import day_of_year
from membership.program.text import Text, run_on
from membership.program.validity.base import ValidityKind
from membership.program.windows import AnniversaryYear, CalendarYear, Window, YearFrom


class ThroughEndOfNextYear(ValidityKind):
    """The years are those of the program's window; where it has none, those of the calendar."""

    kind: Literal["through_end_of_next_year"] = "through_end_of_next_year"

    @override
    def in_words(self, window: Window) -> Text:
        match window:
            case AnniversaryYear():
                return Text.ours(
                    en="Until the end of the membership year after the one in which it was earned.",
                    zh="有效期至获得等级的下一个会籍年度结束。",
                )
            case YearFrom():
                en, zh = day_of_year(date(2001, window.month, window.day))
                return Text(
                    en=f"Until the end of the year (from {en}) after the one in which it was earned.",
                    zh=f"有效期至获得等级的下一年度（{run_on(zh, '起')}）结束。",
                )
        return Text.ours(
            en="Until 31 December of the year after the one in which it was earned.",
            zh="有效期至获得等级次年的 12 月 31 日。",
        )

    @override
    def until(self, earned: date, window: Window, joined: date) -> date:
        years = window if window.closed_before(earned, joined) else CalendarYear()
        next_year = years.leaves(earned, joined)
        assert next_year is not None
        end = years.leaves(next_year, joined)
        assert end is not None
        return end
