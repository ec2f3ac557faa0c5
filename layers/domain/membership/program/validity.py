"""How long a tier is promised once it is earned."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from membership.program.shorthand import kind_alone


class _Kind(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WhileQualified(_Kind):
    """The tier stands exactly as long as the criterion to keep it is met (and the notice runs)."""

    kind: Literal["while_qualified"] = "while_qualified"

    def until(self, earned: date) -> date | None:
        return None


class ThroughEndOfNextYear(_Kind):
    """Earned any day of a year, promised to the last day of the following one."""

    kind: Literal["through_end_of_next_year"] = "through_end_of_next_year"

    def until(self, earned: date) -> date | None:
        return date(earned.year + 2, 1, 1)


class ForLife(_Kind):
    """Once earned, never taken; only a refund of what earned it puts it up for review."""

    kind: Literal["lifetime"] = "lifetime"

    def until(self, earned: date) -> date | None:
        return None


Validity = Annotated[
    WhileQualified | ThroughEndOfNextYear | ForLife,
    Field(discriminator="kind"),
    BeforeValidator(kind_alone),
]
"""`until(earned)` is the first day on which the promise no longer holds; None: it has no end."""
