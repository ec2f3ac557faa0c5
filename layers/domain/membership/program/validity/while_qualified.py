"""No promise: the tier stands as long as its rule is met."""

from datetime import date
from typing import Literal

from typing_extensions import override

from membership.program.text import Text
from membership.program.validity.base import ValidityKind
from membership.program.windows import Window

_IN_WORDS = Text.ours(en="As long as the rule to stay is met.", zh="满足保级条件期间一直有效。")


class WhileQualified(ValidityKind):
    """The tier stands exactly as long as the criterion to keep it is met (and the notice runs)."""

    kind: Literal["while_qualified"] = "while_qualified"

    @override
    def in_words(self, window: Window) -> Text:
        return _IN_WORDS

    @override
    def until(self, earned: date, window: Window, joined: date) -> date | None:
        return None
