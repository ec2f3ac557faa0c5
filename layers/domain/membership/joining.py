"""Two members that proved to be one: which facts of the one are the other's, too."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from membership.acts import Absorb
from membership.facts import Act, Cancellation, Fact, Order, Redemption, Review


def joining(own: Sequence[Fact], theirs: Iterable[Fact]) -> list[Fact]:
    """All that is the member's: its own, and what the others did. What was done to them or to their days, and
    what was decided of what they asked for, stays theirs.

    What both ledgers have is one fact: an order by its id, anything else where all that it tells is the same.
    Each names who did it, which is whoever went on by then for the one it was told of. `theirs` has whoever
    absorbed another one before that one: what is handed on is a copy.
    """
    known, theirs = {_identity(fact): n for n, fact in enumerate(own)}, list(theirs)
    joined, merges = list(own), _merges([*own, *theirs])
    for fact in theirs:
        if isinstance(fact, Review | Act | Redemption | Cancellation):
            continue
        who = _whose(fact, merges)
        here = known.get(_identity(fact))
        if here is None:
            known[_identity(fact)] = len(joined)
            joined.append(fact.model_copy(update={"member_id": who}))
        elif joined[here].recorded_at == fact.recorded_at and joined[here].member_id != who:
            # Recorded before they were one, and settled only after: what is there is a copy.
            joined[here] = fact.model_copy(update={"member_id": who})
    return joined


def absorbed_in(facts: Iterable[Fact]) -> tuple[str, ...]:
    """Members that proved to be the one that these facts are of."""
    return tuple(
        dict.fromkeys(one for _, told in _absorptions(facts) for one in (told.member, *told.absorbed))
    )


def _merges(facts: Iterable[Fact]) -> dict[str, tuple[datetime, str]]:
    """Since when a member is another one, and which."""
    return {told.member: (act.recorded_at, act.member_id) for act, told in _absorptions(facts)}


def _absorptions(facts: Iterable[Fact]) -> Iterator[tuple[Act, Absorb]]:
    for fact in facts:
        if isinstance(fact, Act) and isinstance(fact.action, Absorb):
            yield fact, fact.action


def _whose(fact: Fact, merges: Mapping[str, tuple[datetime, str]]) -> str:
    """Who the member was, of whom it was told, when it was recorded. Nobody merges in a circle."""
    who = fact.member_id
    while who in merges and fact.recorded_at > merges[who][0]:
        who = merges[who][1]
    return who


def _identity(fact: Fact) -> str:
    if isinstance(fact, Order):
        return fact.key
    return fact.model_dump_json(exclude={"member_id", "recorded_at", "told_by"})
