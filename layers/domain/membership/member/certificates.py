"""Numbers of certificates, their days in words, and which outcomes bring one."""

from collections.abc import Iterable
from datetime import date
from hashlib import sha256

from membership.outcomes import MessageDue, Outcome
from membership.program.text import Language

_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Thirty-two that nobody takes for one another."""


def number_of(*parts: str) -> str:
    """A hundred bits in four groups. Nobody gets to another one by counting, or by knowing a member."""
    digest = int.from_bytes(sha256("#".join(parts).encode()).digest(), "big")
    signs = "".join(_SIGNS[digest >> 5 * n & 31] for n in range(20))
    return "-".join(signs[n : n + 5] for n in range(0, 20, 5))


_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def day_in_words(day: date, lang: Language) -> str:
    """As one writes it on paper."""
    if lang == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def certifying(outcomes: Iterable[Outcome]) -> list[MessageDue]:
    """Those among the outcomes that bring a certificate with them."""
    return [one for one in outcomes if isinstance(one, MessageDue) and one.celebration]
