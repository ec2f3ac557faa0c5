"""A year of the program's own, as an airline's from 1 March to the end of February."""

from datetime import date, timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, StrictInt, model_validator
from typing_extensions import override

from membership.program.calendar import day_of_year
from membership.program.flaws import unsound
from membership.program.text import Text
from membership.program.windows.yearly import Yearly


class YearFrom(Yearly):
    """Counted anew from the same day of each year."""

    kind: Literal["year_from"] = "year_from"
    month: Annotated[StrictInt, Field(ge=1, le=12)] = Field(description="The month in which a year begins.")
    day: Annotated[StrictInt, Field(ge=1, le=31)] = Field(default=1, description="And the day.")

    @model_validator(mode="after")
    def _every_year_has_it(self) -> Self:
        try:
            date(2001, self.month, self.day)
        except ValueError:
            raise unsound("is no day of every year", "Write one that each year has, as month: 3.") from None
        return self

    @property
    def in_words(self) -> Text:
        first = date(2001, self.month, self.day)
        last = first - timedelta(days=1)
        # Where a year begins in March it ends on the last of February, whichever that is.
        (en_first, zh_first), (en_last, zh_last) = day_of_year(first), day_of_year(last)
        if last.month == 2 and last.day == 28:
            en_last, zh_last = "the end of February", "2 月末"
        return Text(
            en=f"Counted anew each year, from {en_first} to {en_last}.",
            zh=f"按年度计算：每年 {zh_first}至次年 {zh_last}，逐年重新累计。",
        )

    @property
    def within(self) -> Text:
        en, zh = day_of_year(date(2001, self.month, self.day))
        return Text(en=f"within the year that began on {en}", zh=f"本年度（{zh}起）")

    @override
    def begins(self, year: int) -> date:
        return date(year, self.month, self.day)
