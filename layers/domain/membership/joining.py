"""Two members that proved to be one: which facts of the one are the other's, too."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from membership.acts import Absorb
from membership.facts import Act, Cancellation, Fact, Order, Redemption, Review


def joining(own: Sequence[Fact], theirs: Iterable[Fact]) -> list[Fact]:
    """All that is the member's: its own, and what the others did. What was done to them or to their days, and
    what was decided of what they asked for, stays theirs.

    What both ledgers have is one fact: an order by its id, anything else where all that it tells is the same.
    Each names who did it, which is the member itself for what was told of another one after they were one.
    """
    known = {_identity(fact): n for n, fact in enumerate(own)}
    joined, merged = list(own), _merged(own)
    for fact in theirs:
        if isinstance(fact, Review | Act | Redemption | Cancellation):
            continue
        here = known.get(_identity(fact))
        since = merged.get(fact.member_id)
        is_later = since is not None and fact.recorded_at > since
        if here is None:
            known[_identity(fact)] = len(joined)
            told_of = own[0].member_id if is_later else fact.member_id
            joined.append(fact.model_copy(update={"member_id": told_of}))
        elif here < len(own) and joined[here].recorded_at == fact.recorded_at and not is_later:
            # Recorded before they were one, and settled only after: this is a copy.
            joined[here] = fact
    return joined


def absorbed_in(facts: Iterable[Fact]) -> tuple[str, ...]:
    """Members that proved to be the one that these facts are of."""
    return tuple(_merged(facts))


def _merged(own: Iterable[Fact]) -> dict[str, datetime]:
    """Since when others are this one."""
    return {
        one: fact.recorded_at
        for fact in own
        if isinstance(fact, Act) and isinstance(fact.action, Absorb)
        for one in (fact.action.member, *fact.action.absorbed)
    }


def _identity(fact: Fact) -> str:
    if isinstance(fact, Order):
        return fact.key
    return fact.model_dump_json(exclude={"member_id", "recorded_at", "told_by"})
