"""A fall was announced; or averted."""

from typing import ClassVar, Literal

from typing_extensions import override

from membership.program.text import Text
from membership.program.triggers.base import About, WhenKind


class Notice(WhenKind):
    """As a member is told that it will lose a tier: a nudge to keep it."""

    about: ClassVar[About] = "ladder"
    pause: ClassVar[int] = 30
    fields: ClassVar[frozenset[str]] = frozenset({"tier"})
    kind: Literal["notice"] = "notice"

    @property
    @override
    def in_words(self) -> Text:
        return Text.ours(en="When the loss of a tier is announced", zh="收到降级通知时")


class Rescue(WhenKind):
    """As a member keeps a tier whose loss was announced."""

    about: ClassVar[About] = "ladder"
    pause: ClassVar[int] = 30
    fields: ClassVar[frozenset[str]] = frozenset({"tier"})
    kind: Literal["rescue"] = "rescue"

    @property
    @override
    def in_words(self) -> Text:
        return Text.ours(en="On keeping a tier whose loss was announced", zh="在降级通知期内成功保级时")
