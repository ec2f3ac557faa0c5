"""The time in which facts count. A new kind is one new file here and one line in `_Kinds`."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from membership.program.shorthand import kind_or_name, spelled_out
from membership.program.windows.anniversary_year import AnniversaryYear
from membership.program.windows.base import ALWAYS, Span, WindowKind
from membership.program.windows.calendar_year import CalendarYear
from membership.program.windows.dates import Dates
from membership.program.windows.lifetime import Lifetime
from membership.program.windows.rolling import Rolling
from membership.program.windows.year_from import YearFrom

_Kinds = Lifetime | CalendarYear | AnniversaryYear | YearFrom | Rolling | Dates

Window = Annotated[
    _Kinds,
    Field(discriminator="kind"),
    BeforeValidator(
        spelled_out(months="rolling", days="rolling", month="year_from", **{"from": "dates"}),
        json_schema_input_type=kind_or_name(_Kinds),
    ),
]

__all__ = [
    "ALWAYS",
    "AnniversaryYear",
    "CalendarYear",
    "Dates",
    "Lifetime",
    "Rolling",
    "Span",
    "Window",
    "WindowKind",
    "YearFrom",
]
