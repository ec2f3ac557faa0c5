"""Points will expire soon."""

from typing import Literal

from typing_extensions import override

from membership.program.text import Text
from membership.program.triggers.base import WhenKind


class PointsExpiring(WhenKind):
    """As a member is told that some of its points will expire."""

    kind: Literal["points_expiring"] = "points_expiring"

    @property
    @override
    def in_words(self) -> Text:
        return Text.ours(en="When points are about to expire", zh="积分即将到期时")
