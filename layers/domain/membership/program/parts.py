"""What all parts of a program are made of, and what a member can be given."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    model_validator,
)

from membership.program.flaws import unsound
from membership.program.numbers import Number, more_than_nothing
from membership.program.text import NO_WORDS, Name, one_line

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


def _written_moment(value: Any) -> Any:
    """pydantic would read 20261201 as a second of 1970."""
    if isinstance(value, str | datetime):
        return value
    raise unsound("is not a moment", "Write it as 2026-12-01T00:00:00+08:00.")


Moment = Annotated[AwareDatetime, BeforeValidator(_written_moment, json_schema_input_type=datetime)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


Amount = Annotated[Number, AfterValidator(more_than_nothing)]
Code = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(one_line)]


class Reward(Part):
    """What a member is given once, as it enters a tier or on an occasion: exactly one of points, coupon,
    gift."""

    id: Slug = Field(description="Its own within the tier or the trigger.")
    name: Name = Field(default=NO_WORDS, description="What members read.")
    points: Annotated[StrictInt, Field(gt=0, le=10**9)] | None = Field(default=None, description="Points.")
    coupon: Code | None = Field(default=None, description="The coupon's code in the shop.")
    gift: Code | None = Field(default=None, description="The gift's code in the shop.")

    @model_validator(mode="after")
    def _one_kind(self) -> "Reward":
        given = [kind for kind in ("points", "coupon", "gift") if getattr(self, kind) is not None]
        if not given:
            raise unsound("gives nothing", "Add points, coupon or gift.")
        if len(given) > 1:
            raise unsound(f"is {' and '.join(given)} at once", "Write a reward for each.")
        return self
