"""all: every part has to be met."""

from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import Field

from membership.program.criteria.base import Branch

if TYPE_CHECKING:
    from membership.program.criteria import Criterion


class All(Branch):
    """Every part has to be met."""

    place_of_parts = ("all",)
    all: tuple["Criterion", ...] = Field(min_length=1, max_length=10, description="Every one has to be met.")

    @property
    def of(self) -> tuple["Criterion", ...]:
        return self.all

    @cached_property
    def needed(self) -> int:
        return len(self.all)
