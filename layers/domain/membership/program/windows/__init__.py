"""The time in which facts count. A new kind is one new file here and one line in `Window`."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from membership.program.shorthand import kind_alone, kind_or_name
from membership.program.windows.calendar_year import CalendarYear
from membership.program.windows.lifetime import Lifetime

_Kinds = Lifetime | CalendarYear

Window = Annotated[
    _Kinds,
    Field(discriminator="kind"),
    BeforeValidator(kind_alone, json_schema_input_type=kind_or_name(_Kinds)),
]

__all__ = ["CalendarYear", "Lifetime", "Window"]
