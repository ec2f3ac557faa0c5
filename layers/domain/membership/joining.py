"""Two members that proved to be one: which facts of the one are the other's, too."""

from collections.abc import Iterable

from membership.facts import Act, Cancellation, Fact, Order, Redemption, Review


def joining(member_id: str, own: Iterable[Fact], theirs: Iterable[Fact]) -> list[Fact]:
    """What the others did is the member's; what was done to them or to their days, and what was decided of
    what they asked for, stays theirs.

    What both ledgers have is one fact: an order by its id, anything else where all that it tells is the same.
    """
    known = {_identity(fact) for fact in own}
    joined: list[Fact] = []
    for fact in theirs:
        if isinstance(fact, Review | Act | Redemption | Cancellation) or _identity(fact) in known:
            continue
        known.add(_identity(fact))
        joined.append(fact.model_copy(update={"member_id": member_id}))
    return joined


def _identity(fact: Fact) -> str:
    if isinstance(fact, Order):
        return fact.key
    return fact.model_dump_json(exclude={"member_id", "recorded_at"})
