"""What was done day by day: a year of a metric as one number, with so many bits for each of its days.

Sums can't tell how often something was done on one day, nor which days follow each other. Here a day's
count stops at a most, so the order of facts makes no difference, and a year of check-ins takes 46 bytes.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from membership.program.metrics.base import Tally
from membership.program.windows import Span, Window

_LANES = 64
"""Kinds of a metric that are counted apart; a bucket is a year and a kind."""


class Daily:
    """Counts by day and lane, each up to `most`."""

    def __init__(self, most: int) -> None:
        self._most, self._bits = most, most.bit_length()
        self._mask = (1 << self._bits) - 1

    def add(self, tally: Tally, day: date, lane: int = 0) -> None:
        """One more on that day, where there is still room."""
        bucket, shift = day.year * _LANES + lane, self._bits * (day.timetuple().tm_yday - 1)
        counts = tally.get(bucket, 0)
        if (counts >> shift) & self._mask < self._most:
            tally[bucket] = counts + (1 << shift)

    def counted(self, tally: Tally, span: Span, lane: int = 0) -> Iterator[tuple[date, int]]:
        """Days of the span with something on them, in order, and how much."""
        for bucket in sorted(bucket for bucket in tally if bucket % _LANES == lane):
            first, counts = date(bucket // _LANES, 1, 1), tally[bucket]
            while counts:
                skipped = (((counts & -counts).bit_length() - 1) // self._bits) * self._bits
                counts >>= skipped
                first += timedelta(days=skipped // self._bits)
                if first in span:
                    yield first, counts & self._mask
                counts &= ~self._mask

    def has(self, tally: Tally, day: date, lane: int = 0) -> bool:
        """Whether there is anything on that day."""
        shift = self._bits * (day.timetuple().tm_yday - 1)
        return bool((tally.get(day.year * _LANES + lane, 0) >> shift) & self._mask)

    @staticmethod
    def lanes(tally: Tally) -> list[int]:
        """The lanes that have anything."""
        return sorted({bucket % _LANES for bucket in tally})

    @staticmethod
    def prune(tally: Tally, horizon: date) -> None:
        """Forget the years that lie wholly before the horizon."""
        for bucket in [bucket for bucket in tally if bucket // _LANES < horizon.year]:
            del tally[bucket]

    def changes(self, tally: Tally, window: Window, day: date, joined: date) -> list[date]:
        """The days after `day` on which something leaves the window, in order."""
        span = window.span(day, joined)
        counted = {first for lane in self.lanes(tally) for first, _ in self.counted(tally, span, lane)}
        return sorted({left for first in counted if (left := window.leaves(first, joined))})
