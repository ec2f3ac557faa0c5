"""The last so many months or days, looked at anew each day."""

from datetime import date, timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, StrictInt, model_validator
from typing_extensions import override

from membership.program.calendar import plus_months
from membership.program.flaws import unsound
from membership.program.text import Text
from membership.program.windows.base import Span, WindowKind


class Rolling(WindowKind):
    """The last so many months or days, today included."""

    kind: Literal["rolling"] = "rolling"
    months: Annotated[StrictInt, Field(ge=1, le=36)] | None = Field(
        default=None, description="So many months."
    )
    days: Annotated[StrictInt, Field(ge=1, le=1096)] | None = Field(default=None, description="Or days.")

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if (self.months is None) == (self.days is None):
            raise unsound(
                "has no one length", "Write {kind: rolling, months: 12} or {kind: rolling, days: 30}."
            )
        return self

    @property
    def _length(self) -> Text:
        n = self.months or self.days
        one, unit = ("month", "个月") if self.months else ("day", "天")
        return Text(en=f"{n} {one}s" if n != 1 else one, zh=f"{n} {unit}")

    @property
    def in_words(self) -> Text:
        return Text(
            en=f"What was done in the last {self._length.en} counts, looked at anew each day.",
            zh=f"按最近 {self._length.zh}滚动计算，每日更新。",
        )

    @property
    def within(self) -> Text:
        return Text(en=f"within the last {self._length.en}", zh=f"最近 {self._length.zh}")

    @property
    def most_days(self) -> int:
        return self.days or 31 * (self.months or 0)

    @override
    def span(self, day: date, joined: date) -> Span:
        return Span(self.horizon(day), day)

    @override
    def leaves(self, day: date, joined: date) -> date:
        if self.days:
            return day + timedelta(days=self.days)
        assert self.months is not None
        # Months differ in length: the first day whose window begins later, a few days around the same date.
        leaving = plus_months(day, self.months)
        while self.horizon(leaving) > day:
            leaving -= timedelta(days=1)
        while self.horizon(leaving) <= day:
            leaving += timedelta(days=1)
        return leaving

    @override
    def horizon(self, day: date) -> date:
        if self.days:
            return day - timedelta(days=self.days - 1)
        assert self.months is not None
        return plus_months(day, -self.months) + timedelta(days=1)

    @override
    def cycle(self, day: date, joined: date) -> int:
        return day.year
