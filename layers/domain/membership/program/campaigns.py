"""Campaigns: days on which something is worth more, for all or for some."""

import re
from datetime import date
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from membership.program.benefits import Benefit, PointsRate
from membership.program.flaws import Fault, Unsound, unsound
from membership.program.kinds import NOT_KINDS
from membership.program.parts import Part, Slug
from membership.program.rates import ONE, Rate, hundredths
from membership.program.shorthand import one_or_many
from membership.program.text import NO_WORDS, Name, Text, one_line

_YEARLY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", re.ASCII)


def _day_or_yearly(value: Any) -> Any:
    match value:
        case date():
            return value.isoformat()[:10]
        case str() if _YEARLY.fullmatch(value):
            if value in ("02-30", "02-31", "04-31", "06-31", "09-31", "11-31"):
                raise unsound("is no day of any year", "Write one, as 11-11.")
            return value
        case str():
            try:
                return date.fromisoformat(value).isoformat()
            except ValueError:
                pass
    raise unsound("is not a day", "Write it as 2026-11-11, or as '11-11' for each year.")


DayOrYearly = Annotated[str, BeforeValidator(_day_or_yearly, json_schema_input_type=str)]
"""'2026-11-11', or '11-11': that day of each year."""


def _earning(kind: str) -> str:
    if kind in NOT_KINDS - {"order"}:
        raise unsound(f"{kind!r} earns no points", "Name `order`, or kinds of activity.")
    return one_line(kind)


_Earning = Annotated[str, Field(min_length=1, max_length=64), BeforeValidator(_earning)]
_Several = Annotated[tuple[_Earning, ...], Field(min_length=1, max_length=50)]


class Campaign(Part):
    """From one day to another, both included."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    id: Slug = Field(description="Its own within the program.")
    name: Name = Field(default=NO_WORDS, description="What members read.")
    from_: DayOrYearly = Field(alias="from", description="The first day: 2026-11-11, or '11-11' each year.")
    to: DayOrYearly = Field(description="The last day, written as the first one.")
    points: Rate | None = Field(default=None, description="So many times the usual points.")
    for_: Annotated[
        _Several,
        BeforeValidator(one_or_many, json_schema_input_type=_Earning | _Several),
    ] = Field(
        default=("order",), alias="for", description="For what: `order`, kinds of activity, or several."
    )
    segment: Annotated[str, Field(min_length=1, max_length=50)] | None = Field(
        default=None, description="Only for members that have this label of the shop's."
    )
    tiers: Annotated[tuple[Slug, ...], Field(max_length=20)] = Field(
        default=(), description="Only for members in one of these tiers; default: for all."
    )

    benefits: Annotated[tuple[Benefit, ...], Field(max_length=10)] = Field(
        default=(), description="What members have while it runs, beside what their tiers bring."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.is_yearly != (len(self.to) == 5):
            raise Unsound(
                Fault(("to",), "is not written as the first day is", "Write both with a year, or neither.")
            )
        if not self.is_yearly and self.from_ > self.to:
            raise Unsound(Fault(("to",), f"lies before {self.from_}", "Swap them."))
        return self

    @model_validator(mode="after")
    def _points_are_its_own(self) -> Self:
        for n, benefit in enumerate(self.benefits):
            if isinstance(benefit, PointsRate):
                place = ("benefits", n, "points_rate")
                raise Unsound(Fault(place, "is for tiers", "Write `points` in the campaign."))
        return self

    @property
    def is_yearly(self) -> bool:
        return len(self.from_) == 5

    def runs_on(self, day: date) -> bool:
        """Whether it runs on a day of the program; one of each year may go over a year's end."""
        if not self.is_yearly:
            return self.from_ <= day.isoformat() <= self.to
        here = f"{day:%m-%d}"
        if self.from_ <= self.to:
            return self.from_ <= here <= self.to
        return here >= self.from_ or here <= self.to

    @property
    def rate(self) -> int:
        """How many times the usual points, in hundredths."""
        return hundredths(self.points) if self.points else ONE

    def label(self) -> Text:
        return self.name if self.name else Text(en=self.id)
