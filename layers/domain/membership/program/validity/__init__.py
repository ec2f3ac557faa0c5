"""How long a tier is promised. A new kind is one new file here and one line in `_Kinds`."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from membership.program.shorthand import kind_or_name, spelled_out
from membership.program.validity.base import ValidityKind
from membership.program.validity.for_life import ForLife
from membership.program.validity.months import Months
from membership.program.validity.through_end_of_month import ThroughEndOfMonth
from membership.program.validity.through_end_of_next_year import ThroughEndOfNextYear
from membership.program.validity.through_month import ThroughMonth
from membership.program.validity.while_qualified import WhileQualified

_Kinds = WhileQualified | ThroughEndOfNextYear | ThroughMonth | ThroughEndOfMonth | Months | ForLife

Validity = Annotated[
    _Kinds,
    Field(discriminator="kind"),
    BeforeValidator(
        spelled_out(months="for_months", month="through_month"), json_schema_input_type=kind_or_name(_Kinds)
    ),
]

__all__ = [
    "ForLife",
    "Months",
    "ThroughEndOfNextYear",
    "ThroughMonth",
    "Validity",
    "ValidityKind",
    "WhileQualified",
]
