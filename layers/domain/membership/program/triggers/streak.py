"""Something was done on so many days in a row."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictInt
from typing_extensions import override

from membership.program.parts import Slug
from membership.program.text import Text
from membership.program.triggers.base import WhenKind

_ONE_DAY = timedelta(days=1)


class InARow(WhenKind):
    """As the last of so many days in a row is done. No day counts for two of them."""

    fields: ClassVar[frozenset[str]] = frozenset()
    kind: Literal["streak"] = "streak"
    metric: Slug = Field(description="The metric (a `streak`) that tells on which days it was done.")
    days: Annotated[StrictInt, Field(ge=2, le=365)] = Field(description="So many days in a row.")
    every: bool = Field(
        default=False, description="Again after as many more, as long as it goes on; else once a run."
    )

    @property
    @override
    def in_words(self) -> Text:
        if self.every:
            return Text(en=f"After every {self.days} days in a row", zh=f"每连续 {self.days} 天")
        return Text(en=f"After {self.days} days in a row", zh=f"连续满 {self.days} 天时")

    def completed(self, done: Iterable[date], last: date | None) -> list[date]:
        """The days that completed a run, of those on which something was done, in their order; after the one
        that was the last to be counted."""
        found: list[date] = []
        run, counted, before = 0, False, date.min
        for day in done:
            if day - _ONE_DAY != before:
                run, counted = 0, False
            before = day
            if last and day <= last:
                counted = counted or day == last
                continue
            run += 1
            if run == self.days and (self.every or not counted):
                found.append(day)
                run, counted = 0, True
        return found
