"""A statement: everything that moved a member's points, and why."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

from membership.member.account import Account
from membership.member.earning import Earned
from membership.member.posting import posted
from membership.outcomes import Envelope, Outcome


class Entry(NamedTuple):
    """One line. Either a fact that earned, or an outcome."""

    at: datetime
    points: int
    """What came in, less than 0 where it went out."""
    cause: Earned | Outcome
    place: str
    """Its own within the statement, and in order of time."""


def statement(earned: Iterable[Earned], told: Iterable[Envelope]) -> list[Entry]:
    """The newest first."""
    entries = [*_facts(earned), *_outcomes(told)]
    return sorted(entries, key=lambda entry: entry.place, reverse=True)


def page(entries: Sequence[Entry], after: str | None, limit: int) -> tuple[list[Entry], str | None]:
    """So many of them, and where to go on."""
    left = [entry for entry in entries if after is None or entry.place < after]
    return list(left[:limit]), left[limit - 1].place if len(left) > limit else None


def _facts(earned: Iterable[Earned]) -> Iterator[Entry]:
    for one in earned:
        if one.points or one.capped:
            at = one.fact.occurred_at
            yield Entry(at, one.points, one, _place(at, f"{one.fact.member_id}#{one.fact.key}"))


def _outcomes(told: Iterable[Envelope]) -> Iterator[Entry]:
    for envelope in told:
        outcome = envelope.open()
        after = posted(Account(), outcome)
        if after != Account():
            # What is paid of a debt was missing before: it moves nothing.
            yield Entry(outcome.at, after.balance, outcome, _place(outcome.at, envelope.id))


def _place(at: datetime, name: str) -> str:
    return f"{at.timestamp():020.6f}#{sha256(name.encode()).hexdigest()[:16]}"
