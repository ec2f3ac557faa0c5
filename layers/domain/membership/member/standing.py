"""Where a member is in a ladder: what it has earned, and what an operator or a fee puts over that."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

Source = Literal["hold", "paid", "lifted"]
"""What can lie over an earned tier. Precedence: blocked > hold > paid > lifted > earned."""


class Notice(BaseModel):
    """An announced downgrade."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    to_tier: str
    falls_on: date
    """The first day in the lower tier."""
    announced_at: datetime


class Override(BaseModel):
    """A tier that holds in place of the earned one, for a time."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    tier: str
    since: datetime
    until: date
    """The first day on which what lies beneath comes back."""
    reason: str | None = None
    """An operator's; the member is shown it."""
    reminded: bool = False
    """Whether the member was told that it ends soon."""


class Layer(NamedTuple):
    """A tier that a member had, by what gave it."""

    source: Source | Literal["earned"]
    tier: str
    until: date | None = None
    """The first day on which it holds no longer, whether or not anybody looked."""


class Held(NamedTuple):
    """What a member had in a ladder, up to a moment and with it."""

    until: datetime
    ladder: str
    layers: tuple[Layer, ...]
    """In the order of precedence; none where there was no standing yet."""


class Standing(BaseModel):
    """The first block is what the member has earned; what lies over it never changes it."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    tier: str
    since: datetime
    earned_on: date
    """The day by whose figures the tier was last earned."""
    qualified: bool = True
    """False after a soft landing: held without having met the tier's criterion."""
    expires_on: date | None = None
    """The first day that the tier is not promised for; None: no end is set."""
    undermined: bool = False
    """Whether a refund took what had earned it."""
    notice: Notice | None = None
    fell_on: date | None = None
    """The day of the last fall."""
    deducted: dict[str, int] = Field(default_factory=dict)
    """Metric → what was taken off where promises ended."""
    declined: dict[str, int] = Field(default_factory=dict)
    """Tier → the cycle in which an operator declined it."""

    overrides: dict[Source, Override] = Field(default_factory=dict)

    def twin(self) -> "Standing":
        """An independent copy."""
        return self.model_copy(
            update={
                "deducted": dict(self.deducted),
                "declined": dict(self.declined),
                "overrides": {source: override.model_copy() for source, override in self.overrides.items()},
            }
        )

    def layers(self) -> Iterator[Layer]:
        """Every tier that the member has, by what gives it, in the order of precedence."""
        order: tuple[Source, ...] = ("hold", "paid", "lifted")
        for source in order:
            if over := self.overrides.get(source):
                yield Layer(source, over.tier, over.until)
        yield Layer("earned", self.tier)
