"""at_least: so many of the parts, whichever they are."""

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator

from membership.program.criteria.base import Branch
from membership.program.flaws import Fault, Unsound

if TYPE_CHECKING:
    from membership.program.criteria import Criterion


class Some(BaseModel):
    """The body of `at_least`."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    count: Annotated[StrictInt, Field(ge=1)] = Field(description="How many of them have to be met.")
    of: tuple["Criterion", ...] = Field(min_length=1, max_length=10, description="The parts.")

    @model_validator(mode="after")
    def _enough(self) -> "Some":
        if self.count > len(self.of):
            message = f"asks for {self.count} of {len(self.of)}"
            raise Unsound(Fault(("count",), message, f"Write at most {len(self.of)}, or add to `of`."))
        return self


class AtLeast(Branch):
    """So many of the parts, whichever they are."""

    place_of_parts = ("at_least", "of")
    at_least: Some

    @property
    def of(self) -> tuple["Criterion", ...]:
        return self.at_least.of

    @property
    def needed(self) -> int:
        return self.at_least.count
