"""The review: one fact for each member whose due day has come. Deciding is left to whoever settles it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import NamedTuple

from membership.errors import MembershipError
from membership.facts import Review
from membership.program.schema import Program
from membership.store import keys
from membership.store.ledger import Ledger

PAGE = 200


class NotYet(MembershipError):
    """A day that has not begun in the program's zone can't be reviewed: much may happen until then."""


class Place(NamedTuple):
    """Where a review goes on: shards before `shard` are done, and in it everything up to `after`."""

    shard: int = 0
    after: str | None = None


class Progress(NamedTuple):
    """`rest` is None when the day is done."""

    reviewed: int
    rest: Place | None


def review(
    ledger: Ledger,
    program: Program,
    day: date,
    now: datetime,
    place: Place,
    may_go_on: Callable[[], bool],
    simulated: bool = False,
    workers: int = 16,
) -> Progress:
    """Append a review fact for each due member, until all are done or `may_go_on` says to stop.

    Run again, or twice at once, it finds the facts there and changes nothing. `simulated` dates the
    notices of a day long past at that day, as if it had been reviewed then. Raises NotYet.
    """
    if day > program.day(now):
        raise NotYet(f"{day} has not begun in {program.timezone}; review it from {program.midnight(day)} on")
    midnight = program.midnight(day)

    def remind(member_id: str) -> None:
        fact = Review(
            id=f"review#{day}",  # with a `#`, as no sender's id has
            member_id=member_id,
            occurred_at=midnight,
            recorded_at=now,
            day=day,
            dated=midnight if simulated else None,
        )
        ledger.append(program.id, fact)

    reviewed, shard, after = 0, place.shard, place.after
    with ThreadPoolExecutor(workers) as pool:
        while shard < keys.SHARDS:
            if not may_go_on():
                return Progress(reviewed, Place(shard, after))
            page = ledger.due(program.id, shard, day, after, PAGE)
            reviewed += len(list(pool.map(remind, page.data)))
            after = page.next
            if after is None:
                shard += 1
    return Progress(reviewed, None)


def unreviewed(reviewed: date | None, program: Program, now: datetime) -> date | None:
    """The program's present day, where it has not been reviewed yet."""
    today = program.day(now)
    return today if reviewed is None or reviewed < today else None
