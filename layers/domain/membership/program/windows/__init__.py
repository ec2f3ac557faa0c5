"""The time in which facts count. A new kind is one new file here and one line in `Window`."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from membership.program.shorthand import kind_alone
from membership.program.windows.calendar_year import CalendarYear
from membership.program.windows.lifetime import Lifetime

Window = Annotated[Lifetime | CalendarYear, Field(discriminator="kind"), BeforeValidator(kind_alone)]

__all__ = ["CalendarYear", "Lifetime", "Window"]
