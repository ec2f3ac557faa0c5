"""The dates of a campaign."""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from typing_extensions import override

from membership.program.flaws import Fault, Unsound, unsound
from membership.program.text import Text
from membership.program.windows.base import Span, WindowKind


def _written_day(value: Any) -> Any:
    """pydantic would read 20261201 as a second of 1970."""
    if isinstance(value, str | date):
        return value
    raise unsound("is not a day", "Write it as 2026-12-01.")


Day = Annotated[date, BeforeValidator(_written_day, json_schema_input_type=date)]


class Dates(WindowKind):
    """From one day to another, both included; what was done then goes on counting."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    kind: Literal["dates"] = "dates"
    from_: Day = Field(alias="from", description="The first day that counts.")
    to: Day = Field(description="The last day that counts.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.from_ > self.to:
            raise Unsound(Fault(("to",), f"lies before {self.from_}", "Swap them."))
        return self

    @property
    def in_words(self) -> Text:
        return Text(
            en=f"What was done from {self.from_} to {self.to} counts.",
            zh=f"{self.from_} 至 {self.to} 期间的记录计算在内。",
        )

    @property
    def within(self) -> Text:
        return Text(en=f"from {self.from_} to {self.to}", zh=f"{self.from_} 至 {self.to}")

    @property
    def most_days(self) -> int:
        return (self.to - self.from_).days + 1

    @override
    def bucket(self, day: date) -> int | None:
        return 0 if self.from_ <= day <= self.to else None

    @override
    def start(self, bucket: int) -> date:
        return self.from_

    @override
    def span(self, day: date, joined: date) -> Span:
        return Span(self.from_, self.to)

    @override
    def leaves(self, day: date, joined: date) -> date | None:
        return None

    @override
    def horizon(self, day: date) -> date:
        return self.from_

    @override
    def cycle(self, day: date, joined: date) -> int:
        return 0
