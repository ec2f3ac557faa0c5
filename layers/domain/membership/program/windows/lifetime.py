"""Everything a member ever did."""

from datetime import date
from typing import Literal

from membership.program.windows.base import WindowKind


class Lifetime(WindowKind):
    kind: Literal["lifetime"] = "lifetime"

    def bucket(self, day: date) -> int:
        return 0

    def counts(self, bucket: int, day: date) -> bool:
        return True

    def outlived(self, bucket: int, day: date) -> bool:
        return False

    def last_day(self, day: date) -> date | None:
        return None
