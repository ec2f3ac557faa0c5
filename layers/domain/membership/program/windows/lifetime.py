"""Everything a member ever did."""

from datetime import date
from typing import ClassVar, Literal

from typing_extensions import override

from membership.program.text import Text
from membership.program.windows.base import WindowKind


class Lifetime(WindowKind):
    """Everything counts, from the first day on."""

    kind: Literal["lifetime"] = "lifetime"

    in_words: ClassVar[Text] = Text(
        en="Everything that a member ever did counts.", zh="会员的全部记录累计计算。"
    )
    within: ClassVar[Text] = Text(en="over the whole membership", zh="累计")

    @override
    def bucket(self, day: date) -> int:
        return 0

    @override
    def counts(self, bucket: int, day: date) -> bool:
        return True

    @override
    def outlived(self, bucket: int, day: date) -> bool:
        return False

    @override
    def last_day(self, day: date) -> date | None:
        return None

    @override
    def closed_before(self, day: date) -> date | None:
        return None
