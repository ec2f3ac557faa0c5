"""A promise without end."""

from datetime import date
from typing import Literal

from typing_extensions import override

from membership.program.text import Text
from membership.program.validity.base import ValidityKind
from membership.program.windows import Window

_IN_WORDS = Text.ours(en="For life.", zh="终身有效。")


class ForLife(ValidityKind):
    """Once earned, never taken; only a refund of what earned it puts it up for review."""

    kind: Literal["lifetime"] = "lifetime"

    @override
    def in_words(self, window: Window) -> Text:
        return _IN_WORDS

    @override
    def until(self, earned: date, window: Window, joined: date) -> date | None:
        return None
