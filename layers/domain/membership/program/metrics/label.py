"""Segments: whether the shop has given a member a label, so that a rule can ask less of some."""

from typing import Annotated

from pydantic import AfterValidator, Field
from typing_extensions import override

from membership.facts import Attributes
from membership.program.metrics.base import Attributed, Measure
from membership.program.text import Language, one_line


class Label(Attributed):
    """1 for a member with the label."""

    label: Annotated[str, Field(min_length=1, max_length=50), AfterValidator(one_line)] = Field(
        description="As the shop tells it in a member's `labels`."
    )

    @property
    def measure(self) -> Measure:
        return "label"

    @override
    def in_words(self, language: Language, currency: str) -> str:
        return (
            f"商家标记为“{self.label}”的会员。"
            if language == "zh"
            else f"Members whom the shop calls {self.label!r}."
        )

    @override
    def told(self, attributes: Attributes) -> int:
        return int(self.label in (attributes.labels or ()))
