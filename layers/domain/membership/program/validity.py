"""How long a tier is promised once it is earned."""

from abc import ABC, abstractmethod
from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from typing_extensions import override

from membership.program.shorthand import kind_alone, kind_or_name
from membership.program.text import Text


class ValidityKind(BaseModel, ABC):
    model_config = ConfigDict(extra="forbid", frozen=True)

    in_words: ClassVar[Text]
    """A sentence: how long."""

    @abstractmethod
    def until(self, earned: date) -> date | None:
        """The first day on which the promise no longer holds; None: it has no end."""


class WhileQualified(ValidityKind):
    """The tier stands exactly as long as the criterion to keep it is met (and the notice runs)."""

    kind: Literal["while_qualified"] = "while_qualified"

    in_words: ClassVar[Text] = Text(en="As long as the rule to stay is met.", zh="满足保级条件期间一直有效。")

    @override
    def until(self, earned: date) -> date | None:
        return None


class ThroughEndOfNextYear(ValidityKind):
    """Earned any day of a year, promised to the last day of the following one."""

    kind: Literal["through_end_of_next_year"] = "through_end_of_next_year"

    in_words: ClassVar[Text] = Text(
        en="Until 31 December of the year after the one in which it was earned.",
        zh="有效期至获得等级次年的 12 月 31 日。",
    )

    def until(self, earned: date) -> date | None:
        return date(earned.year + 2, 1, 1)


class ForLife(ValidityKind):
    """Once earned, never taken; only a refund of what earned it puts it up for review."""

    kind: Literal["lifetime"] = "lifetime"

    in_words: ClassVar[Text] = Text(en="For life.", zh="终身有效。")

    @override
    def until(self, earned: date) -> date | None:
        return None


_Kinds = WhileQualified | ThroughEndOfNextYear | ForLife

Validity = Annotated[
    _Kinds,
    Field(discriminator="kind"),
    BeforeValidator(kind_alone, json_schema_input_type=kind_or_name(_Kinds)),
]
