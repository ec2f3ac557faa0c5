"""So many months, and the rest of the month in which they end: every promise ends with a month."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictInt
from typing_extensions import override

from membership.program.calendar import plus_months
from membership.program.text import Text
from membership.program.validity.base import ValidityKind
from membership.program.windows import Window


class ThroughEndOfMonth(ValidityKind):
    """The rule to stay is looked at where the last month ends, and then so many are added."""

    at_expiry: ClassVar[bool] = True

    kind: Literal["through_end_of_month"] = "through_end_of_month"
    months: Annotated[StrictInt, Field(ge=2, le=60)] = Field(
        description="So many; more than one, since a loss is announced a month before."
    )

    @override
    def in_words(self, window: Window) -> Text:
        return Text(
            en=f"For {self.months} months from the day on which it was earned, and to the end of that month; "
            "then again as long, where the rule to stay is met.",
            zh=f"自获得等级之日起 {self.months} 个月有效，并顺延至当月月末；"
            "到期时满足保级条件则再延长同样时间。",
        )

    @override
    def until(self, earned: date, window: Window, joined: date) -> date:
        end = plus_months(earned, self.months)
        return end if end.day == 1 else plus_months(end.replace(day=1), 1)
