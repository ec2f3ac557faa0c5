"""Through the end of a month, as a hotel's March, of the year after or the one after that."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StrictInt
from typing_extensions import override

from membership.program.calendar import MONTHS, plus_months
from membership.program.text import Text
from membership.program.validity.base import ValidityKind
from membership.program.windows import Window


class ThroughMonth(ValidityKind):
    """Counted from the calendar year in which a tier was earned."""

    kind: Literal["through_month"] = "through_month"
    month: Annotated[StrictInt, Field(ge=1, le=12)] = Field(
        description="The last month that it is promised for."
    )
    years_after: Literal[1, 2] = Field(
        default=2, description="Of the next year (1), or of the year after next (2)."
    )

    @override
    def in_words(self, window: Window) -> Text:
        en, zh = ("next year", "次年") if self.years_after == 1 else ("the year after next", "第三年")
        return Text(
            en=f"Until the end of {MONTHS[self.month - 1]} of {en}, from the year in which it was earned.",
            zh=f"有效期至获得等级之年起{zh} {self.month} 月末。",
        )

    @override
    def until(self, earned: date, window: Window, joined: date) -> date:
        return plus_months(date(earned.year + self.years_after, self.month, 1), 1)
