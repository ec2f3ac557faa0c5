"""A board as it is cut: who has which place is exact, for any number of members. Pure.

Only how many members have which figure is kept, never the members: a million of them with a thousand
different figures are a thousand pairs. What was counted is packed part by part, and added up at the end.
"""

import zlib
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from heapq import merge
from struct import Struct

from pydantic import BaseModel, ConfigDict

WHOLE = 10_000
"""A whole board, in hundredths of a per cent."""
PAIRS = 20_000
"""So many pairs at most are packed into one part: 320 KB, even where packing gains nothing."""

_PAIR = Struct("<qq")


class Counts:
    """Figure → how many members have it. Nobody is on a board with nothing."""

    def __init__(self) -> None:
        self._members: Counter[int] = Counter()

    def __len__(self) -> int:
        return len(self._members)

    def add(self, figure: int) -> None:
        if figure > 0:
            self._members[figure] += 1

    def pack(self) -> Iterator[bytes]:
        """In parts, the order of which makes no difference to a board."""
        pairs = sorted(self._members.items())
        for start in range(0, len(pairs), PAIRS):
            yield zlib.compress(b"".join(_PAIR.pack(*pair) for pair in pairs[start : start + PAIRS]), 1)


class Board:
    """Everybody's place, made of all the parts that were counted."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self.members = 0
        self._figures, self._up_to = array("q"), array("q")
        """The different figures, the least first; and how many members have that much or less."""
        for figure, members in merge(*(_PAIR.iter_unpack(zlib.decompress(part)) for part in parts)):
            self.members += members
            if self._figures and self._figures[-1] == figure:
                self._up_to[-1] = self.members
            else:
                self._figures.append(figure)
                self._up_to.append(self.members)

    def place(self, figure: int) -> int:
        """1 for the best; those who are equal share the best place. Who has nothing comes after everybody."""
        at = bisect_right(self._figures, figure)
        return self.members + 1 - (self._up_to[at - 1] if at else 0)

    def least(self, position: int) -> int | None:
        """The least figure that has the position (`Ranking.position`) or a better one; None: nobody has."""
        last = (WHOLE - position) * self.members // WHOLE
        at = bisect_right(self._up_to, self.members - last)
        return self._figures[at] if at < len(self._figures) else None


class Cut(BaseModel):
    """What is kept of a board that was cut: enough to say why somebody was above it or not."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    program: str
    metric: str
    """The program's `rank` metric."""
    day: date
    """The last day that the board saw."""
    members: int
    """How many were on it."""
    least: dict[str, int | None]
    """Share that a rule asks for, as 'top 10%' → the least figure that was among it; None: nobody was."""
    told: int
    """How many members were told of their place."""
    begun: datetime
    ended: datetime


def share(position: int) -> str:
    """9,000 → 'top 10%'."""
    return f"top {(WHOLE - position) / 100:g}%"
