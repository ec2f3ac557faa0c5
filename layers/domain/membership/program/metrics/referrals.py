"""Friends who came by a member's recommendation."""

from typing import Literal

from pydantic import Field
from typing_extensions import override

from membership.facts import Fact, Order, Referral
from membership.program.metrics.base import Measure, Tallied
from membership.program.text import Language


class Referrals(Tallied):
    """Friends who have registered, or who have bought; each counts once, and nobody recommends themselves."""

    referrals: Literal["registered", "bought"] = Field(
        description="What a friend must have done. One whose orders were all returned has not bought."
    )

    @property
    def fields(self) -> frozenset[str]:
        return frozenset()

    @property
    def measure(self) -> Measure:
        return "times"

    @property
    def carries(self) -> bool:
        return False

    @override
    def in_words(self, language: Language, currency: str) -> str:
        if self.referrals == "bought":
            return (
                "被推荐的好友首次购买后计入，每人一次。"
                if language == "zh"
                else ("Friends who came by recommendation, each once it has bought.")
            )
        return (
            "被推荐的好友注册后计入，每人一次。"
            if language == "zh"
            else ("Friends who came by recommendation and have registered.")
        )

    def gain(self, fact: Fact) -> int:
        if not isinstance(fact, Referral) or fact.stage != self.referrals:
            return 0
        return -1 if fact.undone else 1

    @override
    def loss(self, order: Order, refunded: int, amount: int) -> int:
        """What a refund of the friend's takes back is told as a fact of its own."""
        return 0
