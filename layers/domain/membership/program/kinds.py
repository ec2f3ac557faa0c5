"""Kinds of activity: a program names them as the shop sends them; some have words of their own."""

from typing import Annotated

from pydantic import AfterValidator, Field

from membership.program.flaws import unsound
from membership.program.text import Language, Text, one_line

BENEFIT_USED = "benefit_used"
"""The one kind that is the program's own word: a member has used a benefit. It is nothing that a member does
for the shop, so it counts only where a metric names it."""

_WORDS = {
    BENEFIT_USED: Text.ours(en="use of a benefit", zh="使用权益"),
    "campaign": Text.ours(en="campaign participation", zh="参与活动"),
    "check_in": Text.ours(en="check-in", zh="签到"),
    "feedback": Text.ours(en="feedback", zh="反馈"),
    "referral": Text.ours(en="referral", zh="推荐"),
    "review": Text.ours(en="review", zh="评价"),
    "share": Text.ours(en="share", zh="分享"),
}

NOT_KINDS = frozenset({"order", "refund", "activity", "profile"})
"""Types of events, which no kind of activity may be taken for."""


def _of_activity(kind: str) -> str:
    if kind in NOT_KINDS:
        raise unsound(f"{kind!r} is a type of event, not a kind of activity", "Name a kind, as referral.")
    return one_line(kind)


Kind = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(_of_activity)]


def kind_in_words(kind: str, language: Language) -> str:
    """`check_in` → 'check-in', '签到'; a kind of the shop's own as it is, underscores read as spaces."""
    words = _WORDS.get(kind)
    return words.get(language) if words else kind.replace("_", " ")


def listed(words: list[str], language: Language) -> str:
    """'a, b and c'; 'a、b、c'."""
    if language == "zh":
        return "、".join(words)
    return " and ".join(part for part in (", ".join(words[:-1]), *words[-1:]) if part)
