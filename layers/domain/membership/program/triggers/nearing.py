"""The next tier is near."""

from fractions import Fraction
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, PrivateAttr, StrictInt, model_validator
from typing_extensions import override

from membership.program.flaws import Fault, Unsound, unsound
from membership.program.parts import Amount, Slug
from membership.program.text import Text
from membership.program.triggers.base import About, WhenKind


class Nearing(WhenKind):
    """So little of the way is left, or so much of one metric: either is enough. Once an approach."""

    about: ClassVar[About] = "ladder"
    pause: ClassVar[int] = 30
    fields: ClassVar[frozenset[str]] = frozenset({"tier", "lacks"})
    kind: Literal["nearing"] = "nearing"
    percent: Annotated[StrictInt, Field(ge=1, le=99)] | None = Field(
        default=None, description="No more than so many per cent of the way to the next tier are left."
    )
    amount: Amount | None = Field(
        default=None, description="So much more of the metric, and the next tier would be reached."
    )
    metric: Slug | None = Field(default=None, description="Of which `amount` says how much.")
    _within: int = PrivateAttr(default=0)

    @model_validator(mode="after")
    def _how_near(self) -> Self:
        if self.percent is None and self.amount is None:
            raise unsound("doesn't say how near", "Add percent: 15, or amount: 100 with metric: spend.")
        if (self.amount is None) != (self.metric is None):
            missing, remedy = (
                ("metric", "Say of which metric, as spend.")
                if self.metric is None
                else ("amount", "Say how much of it, as 100; or remove `metric`.")
            )
            raise Unsound(Fault((missing,), "is missing", remedy))
        return self

    @property
    @override
    def in_words(self) -> Text:
        return Text.ours(en="On coming near the next tier", zh="接近下一等级时")

    def bind(self, within: int) -> None:
        """Fix the amount in the metric's smallest unit; the program knows its currency."""
        self._within = within

    @property
    def within(self) -> int:
        return self._within

    @property
    def least(self) -> Fraction | None:
        """The share of the way from which on a tier is near."""
        return None if self.percent is None else Fraction(100 - self.percent, 100)
