"""The memory of facts already applied, so that a redelivered one changes nothing.

Bounded by time, never by number: a stream redelivers for 24 hours, and a ring of the last n ids
forgets a busy member's facts while they can still come back. 12 bytes a fact: 8 of its key's digest,
4 of the second in which it was recorded.
"""

from collections.abc import Container
from datetime import datetime, timedelta
from enum import Enum
from hashlib import blake2b
from struct import Struct
from typing import Self

from membership.facts import Fact

SPAN = timedelta(hours=25)
_SECONDS = int(SPAN.total_seconds())
_ENTRY = Struct(">8sI")


class Verdict(Enum):
    NEW = "new"
    APPLIED = "applied"
    FORGOTTEN = "forgotten"


def digest_of(fact_key: str) -> bytes:
    """A fact is its key: under one key, the ledger takes one content and refuses any other."""
    return blake2b(fact_key.encode(), digest_size=8).digest()


class AppliedFacts:
    """Time here is the facts' own recorded time, so a replay remembers what the first run did."""

    def __init__(self, packed: bytes = b"") -> None:
        self._known: dict[bytes, int] = dict(_ENTRY.iter_unpack(packed))
        self._latest = max(self._known.values(), default=0)

    def none_since(self, moment: datetime, besides: Container[bytes]) -> bool:
        """Whether surely none was recorded since then, but perhaps some of these digests."""
        begin = int(moment.timestamp())
        if self._latest < begin:
            return True
        return self._latest - _SECONDS <= begin and all(
            second < begin or digest in besides for digest, second in self._known.items()
        )

    def has_since(self, fact_key: str, moment: datetime) -> bool:
        """Whether it was applied, and recorded then or later."""
        return self._known.get(digest_of(fact_key), 0) >= int(moment.timestamp())

    def judge(self, fact: Fact) -> Verdict:
        """FORGOTTEN: recorded so long ago that only the whole ledger tells whether it was applied."""
        if digest_of(fact.key) in self._known:
            return Verdict.APPLIED
        if fact.recorded_at.timestamp() < self._latest - _SECONDS:
            return Verdict.FORGOTTEN
        return Verdict.NEW

    def add(self, fact: Fact) -> None:
        """Remember it. What is too old is dropped when the memory is packed, not at each fact."""
        second = int(fact.recorded_at.timestamp())
        self._known[digest_of(fact.key)] = second
        self._latest = max(self._latest, second)

    def _recent(self) -> dict[bytes, int]:
        oldest = self._latest - _SECONDS
        return {digest: second for digest, second in self._known.items() if second >= oldest}

    def pack(self) -> bytes:
        """The oldest first."""
        ordered = sorted((second, digest) for digest, second in self._recent().items())
        return b"".join(_ENTRY.pack(digest, second) for second, digest in ordered)

    def copy(self) -> Self:
        twin = type(self)()
        twin._known, twin._latest = dict(self._known), self._latest
        return twin

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AppliedFacts) and self._recent() == other._recent()

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return len(self._recent())
