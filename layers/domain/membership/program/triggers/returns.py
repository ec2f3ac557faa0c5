"""Somebody comes back."""

from typing import Annotated, Literal

from pydantic import Field, StrictInt
from typing_extensions import override

from membership.program.text import Text
from membership.program.triggers.base import WhenKind


class Returns(WhenKind):
    """With the first thing that a member does itself after so many days without any."""

    kind: Literal["returns"] = "returns"
    after_days: Annotated[StrictInt, Field(ge=2, le=3_650)] = Field(
        description="So many days at least between the last order or activity and this one."
    )

    @property
    @override
    def in_words(self) -> Text:
        return Text(
            en=f"On coming back after {self.after_days} days or more",
            zh=f"间隔 {self.after_days} 天及以上后再次光临时",
        )
