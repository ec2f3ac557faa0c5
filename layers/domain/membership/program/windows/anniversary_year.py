"""From the day on which a member joined to its eve a year later, and so on."""

from datetime import date, timedelta
from typing import Literal

from typing_extensions import override

from membership.program.calendar import plus_months, years_between
from membership.program.text import Text
from membership.program.windows.base import Span, WindowKind

_IN_WORDS = Text.ours(
    en="Counted anew each membership year: from the anniversary of joining to the eve of the next one.",
    zh="按会籍年度计算：自入会周年日起至下一个周年日前一天，逐年重新累计。",
)
_WITHIN = Text.ours(en="within the membership year", zh="本会籍年度")


class AnniversaryYear(WindowKind):
    """Counted anew from each anniversary of the member's joining; of 29 February, on 28 February."""

    kind: Literal["anniversary_year"] = "anniversary_year"

    @property
    def in_words(self) -> Text:
        return _IN_WORDS

    @property
    def within(self) -> Text:
        return _WITHIN

    @property
    def most_days(self) -> int:
        return 366

    @override
    def span(self, day: date, joined: date) -> Span:
        year = years_between(joined, day)
        return Span(plus_months(joined, 12 * year), plus_months(joined, 12 * year + 12) - timedelta(days=1))

    @override
    def leaves(self, day: date, joined: date) -> date:
        return self.span(day, joined).last + timedelta(days=1)

    @override
    def horizon(self, day: date) -> date:
        # The year before this one began less than two years ago, whenever that was.
        return plus_months(day, -24)

    @override
    def cycle(self, day: date, joined: date) -> int:
        return years_between(joined, day)

    @override
    def closed_before(self, day: date, joined: date) -> date:
        return self.span(day, joined).first - timedelta(days=1)
