"""Members whose membership ended long ago: erased, as the shop's own rules of keeping data ask for."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, Protocol, TypeGuard

from membership.member.state import Member
from membership.services.sweeping import PAGE, Pages
from membership.store.ledger import Ledger


class Erases(Protocol):
    """What is needed of an eraser."""

    def erase(self, program: str, member_id: str, now: datetime) -> None: ...


class Retired(NamedTuple):
    erased: int
    after: str | None
    """Where to go on; None: everybody was looked at."""


def retire(
    roster: Pages,
    ledger: Ledger,
    eraser: Erases,
    program: str,
    before: datetime,
    now: datetime,
    after: str | None,
    may_go_on: Callable[[], bool],
) -> Retired:
    """Erase who left, or was blocked, before that moment and has not come back. Safe to repeat."""
    erased = 0
    while True:
        page = roster.page(0, 1, after, PAGE)
        for seen in (entry.stored.member for entry in page.data if entry.program == program):
            # Looked at again: it may have come back since the page was read.
            if _ended(seen, before) and _ended(ledger.load(program, seen.id, consistent=True).member, before):
                eraser.erase(program, seen.id, now)
                erased += 1
        after = page.next
        if after is None or not may_go_on():
            return Retired(erased, after)


def _ended(member: Member | None, before: datetime) -> TypeGuard[Member]:
    if member is None or member.status not in ("left", "blocked") or not member.outside:
        return False
    last = member.outside[-1]
    return last.end is None and last.begin < before
