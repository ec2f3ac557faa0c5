"""What members are given or told on an occasion. A new kind of occasion is one new file here, one line in
`_Kinds`, and who tells that it is there: `member/deciding/triggering.py`."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StrictInt

from membership.program.parts import Part, Reward, Slug
from membership.program.shorthand import kind_or_name, spelled_out
from membership.program.text import NO_WORDS, Name, Sentence, Text, one_line
from membership.program.triggers.base import Dated, WhenKind
from membership.program.triggers.dates import Birthday, OnDate
from membership.program.triggers.nearing import Nearing
from membership.program.triggers.notice import Notice, Rescue
from membership.program.triggers.points_expiring import PointsExpiring
from membership.program.triggers.promotion import Promotion
from membership.program.triggers.returns import Returns
from membership.program.triggers.streak import InARow

_Kinds = Promotion | Nearing | Notice | Rescue | Birthday | OnDate | InARow | Returns | PointsExpiring

When = Annotated[
    _Kinds,
    Field(discriminator="kind"),
    BeforeValidator(
        spelled_out(percent="nearing", amount="nearing", on="date", after_days="returns", days="streak"),
        json_schema_input_type=kind_or_name(_Kinds),
    ),
]


class Trigger(Part):
    """What an occasion leads to: rewards, a message, or both."""

    id: Slug = Field(description="Its own; who was given something by it is not given it again.")
    name: Name = Field(default=NO_WORDS, description="What members read.")
    when: When = Field(description="The occasion.")
    tier: Slug | None = Field(
        default=None,
        description="Only where the occasion is about this tier: entered, near, at risk, kept; "
        "any other: where the member has it.",
    )
    segment: Annotated[str, Field(min_length=1, max_length=50), AfterValidator(one_line)] | None = Field(
        default=None, description="Only for members with this one of the shop's labels."
    )
    grant: Annotated[tuple[Reward, ...], Field(max_length=10)] = Field(
        default=(), description="What is given, once an occasion."
    )
    message: Sentence | None = Field(default=None, description="What the member is told.")
    cooldown_days: Annotated[StrictInt, Field(ge=0, le=3_650)] | None = Field(
        default=None,
        description="So many days at least between two times; "
        "default: 30 for nearing, notice and rescue, else none.",
    )

    def label(self) -> Text:
        return self.name if self.name else Text(en=self.id)

    @property
    def pause(self) -> int:
        """Days between two times."""
        return self.when.pause if self.cooldown_days is None else self.cooldown_days


__all__ = [
    "Birthday",
    "Dated",
    "InARow",
    "Nearing",
    "Notice",
    "OnDate",
    "PointsExpiring",
    "Promotion",
    "Rescue",
    "Returns",
    "Trigger",
    "When",
    "WhenKind",
]
