"""A tier was reached."""

from typing import ClassVar, Literal

from typing_extensions import override

from membership.program.text import Text
from membership.program.triggers.base import About, WhenKind


class Promotion(WhenKind):
    """As a member enters a higher tier, by what it did or by an operator's word; once a tier and cycle."""

    about: ClassVar[About] = "tier"
    fields: ClassVar[frozenset[str]] = frozenset({"tier"})
    kind: Literal["promotion"] = "promotion"

    @property
    @override
    def in_words(self) -> Text:
        return Text.ours(en="On entering a higher tier", zh="升级时")
