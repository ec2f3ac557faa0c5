"""Looking at all members: page by page, in segments side by side, to go on wherever it was left.

A sweep is kept in the table, so an invocation that dies costs what it did since its last save, and the next
one goes on from there. Whoever sweeps must not mind to look at a member twice.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from membership.store.ledger import Page
from membership.store.roster import Entry
from membership.store.sweeps import Left, Outrun, Sweep, Sweeps

SEGMENTS = 16
"""As many pages are read, and members looked at, side by side."""
PAGE = 250
"""Items of one page: few enough to be done with soon after the time is up."""
ALIVE = timedelta(minutes=20)
"""Who has saved so recently is still at work: no invocation lives longer."""

EVERYWHERE: Left = dict.fromkeys(range(SEGMENTS))

T = TypeVar("T")


class Pages(Protocol):
    """What sweeping needs of a roster."""

    def page(self, segment: int, segments: int, after: str | None, limit: int) -> Page[Entry]: ...


def take(
    sweeps: Sweeps, name: str, now: datetime, going_on: bool, about: Callable[[], str | None]
) -> Sweep | None:
    """The sweep to work on, or None: the one under way, or a new one where `about` says what for.

    `going_on` is said by who was handed it. Anybody else leaves a sweep alone that somebody seems to be at.
    """
    sweep = sweeps.get(name)
    if sweep is None:
        purpose = about()
        new = Sweep(name, now, purpose, EVERYWHERE, now) if purpose is not None else None
        return new if new and sweeps.begin(new) else None
    if not going_on and now - sweep.saved_at < ALIVE:
        return None
    try:
        return sweeps.save(sweep, now, {})  # from here on it is ours, and nobody else's save succeeds
    except Outrun:
        return None


def read(
    roster: Pages, left: Left, look: Callable[[Sequence[Entry]], T], may_go_on: Callable[[], bool]
) -> Iterator[tuple[list[T], Left]]:
    """What `look` made of the next pages, one a segment, and what is left after them. Ends when nothing is
    left, or when `may_go_on` says to stop."""

    def one(place: tuple[int, str | None]) -> tuple[T, str | None]:
        page = roster.page(place[0], SEGMENTS, place[1], PAGE)
        return look(page.data), page.next

    with ThreadPoolExecutor(SEGMENTS) as pool:
        while left and may_go_on():
            found = dict(zip(left, pool.map(one, left.items()), strict=True))
            left = {segment: after for segment, (_, after) in found.items() if after is not None}
            yield [made for made, _ in found.values()], left
