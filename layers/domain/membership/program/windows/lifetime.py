"""Everything a member ever did."""

from datetime import date
from typing import Literal

from typing_extensions import override

from membership.program.text import Text
from membership.program.windows.base import ALWAYS, Span, WindowKind

_IN_WORDS = Text.ours(en="Everything that a member ever did counts.", zh="会员的全部记录累计计算。")
_WITHIN = Text.ours(en="over the whole membership", zh="累计")


class Lifetime(WindowKind):
    """Everything counts, from the first day on."""

    kind: Literal["lifetime"] = "lifetime"

    @property
    def in_words(self) -> Text:
        return _IN_WORDS

    @property
    def within(self) -> Text:
        return _WITHIN

    @override
    def bucket(self, day: date) -> int:
        return 0

    @override
    def start(self, bucket: int) -> date:
        return date.min

    @override
    def span(self, day: date, joined: date) -> Span:
        return ALWAYS

    @override
    def leaves(self, day: date, joined: date) -> date | None:
        return None

    @override
    def horizon(self, day: date) -> date:
        return date.min

    @override
    def cycle(self, day: date, joined: date) -> int:
        return 0
