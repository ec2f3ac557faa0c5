"""The memory of facts already applied, so that a redelivered one changes nothing.

Bounded by time, never by number: a stream redelivers for 24 hours, and a ring of the last n ids
forgets a busy member's facts while they can still come back. 16 bytes a fact: 8 of the id's digest,
4 of the content's, 4 of the second in which it was recorded.
"""

from datetime import timedelta
from enum import Enum
from hashlib import blake2b
from struct import Struct
from typing import Self

from membership.facts import Fact

SPAN = timedelta(hours=25)
_ENTRY = Struct(">8s4sI")


class Verdict(Enum):
    NEW = "new"
    APPLIED = "applied"
    CONFLICT = "conflict"
    FORGOTTEN = "forgotten"


def _digests(fact: Fact) -> tuple[bytes, bytes]:
    content = fact.model_dump_json(exclude={"recorded_at"}).encode()
    return _id_digest(fact.id.encode()), blake2b(content, digest_size=4).digest()


def _id_digest(id_: bytes) -> bytes:
    return blake2b(id_, digest_size=8).digest()


class AppliedFacts:
    """Time here is the facts' own recorded time, so a replay remembers what the first run did."""

    def __init__(self, packed: bytes = b"") -> None:
        self._known = {id_: (content, second) for id_, content, second in _ENTRY.iter_unpack(packed)}
        self._latest = max((second for _, second in self._known.values()), default=0)

    def judge(self, fact: Fact) -> Verdict:
        """FORGOTTEN: recorded so long ago that only the whole ledger tells whether it was applied."""
        id_, content = _digests(fact)
        known = self._known.get(id_)
        if (known and known[0] == content) or _id_digest(id_ + content) in self._known:
            return Verdict.APPLIED
        if known:
            return Verdict.CONFLICT
        if fact.recorded_at.timestamp() < self._latest - SPAN.total_seconds():
            return Verdict.FORGOTTEN
        return Verdict.NEW

    def add(self, fact: Fact, *, refused: bool = False) -> None:
        """A fact refused for a conflict is remembered too, so that it is told once; beside the one it met."""
        id_, content = _digests(fact)
        if refused:
            id_ = _id_digest(id_ + content)
        second = int(fact.recorded_at.timestamp())
        self._known[id_] = (content, second)
        if second > self._latest:
            self._latest = second
            oldest = second - SPAN.total_seconds()
            if min(s for _, s in self._known.values()) < oldest:
                self._known = {i: entry for i, entry in self._known.items() if entry[1] >= oldest}

    def pack(self) -> bytes:
        ordered = sorted((second, id_, content) for id_, (content, second) in self._known.items())
        return b"".join(_ENTRY.pack(id_, content, second) for second, id_, content in ordered)

    def copy(self) -> Self:
        twin = type(self)()
        twin._known, twin._latest = dict(self._known), self._latest
        return twin

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AppliedFacts) and self._known == other._known

    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return len(self._known)
