"""any: one part is enough."""

from typing import TYPE_CHECKING

from pydantic import ConfigDict, Field

from membership.program.criteria.base import Branch

if TYPE_CHECKING:
    from membership.program.criteria import Criterion


class Any_(Branch):  # noqa: N801 (typing has the other one)
    """One part is enough."""

    place_of_parts = ("any",)
    model_config = ConfigDict(title="Any")

    any: tuple["Criterion", ...] = Field(min_length=1, max_length=10, description="One of them is enough.")

    @property
    def of(self) -> tuple["Criterion", ...]:
        return self.any

    @property
    def needed(self) -> int:
        return 1
