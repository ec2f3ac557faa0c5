"""So many months from the day on which a tier was earned."""

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictInt
from typing_extensions import override

from membership.program.calendar import plus_months
from membership.program.text import Text
from membership.program.validity.base import ValidityKind
from membership.program.windows import Window


class Months(ValidityKind):
    """The rule to stay is looked at where the months end, and then so many are added."""

    at_expiry: ClassVar[bool] = True

    kind: Literal["for_months"] = "for_months"
    months: Annotated[StrictInt, Field(ge=2, le=60)] = Field(
        description="So many; more than one, since a loss is announced a month before."
    )

    @override
    def in_words(self, window: Window) -> Text:
        return Text(
            en=f"For {self.months} months from the day on which it was earned; "
            "then again as many, where the rule to stay is met.",
            zh=f"自获得等级之日起 {self.months} 个月有效；到期时满足保级条件则再延长 {self.months} 个月。",
        )

    @override
    def until(self, earned: date, window: Window, joined: date) -> date:
        return plus_months(earned, self.months)
