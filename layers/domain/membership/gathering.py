"""Every fact that makes a member: those in its own ledger, and those of members that proved to be it."""

from collections.abc import Iterable

from membership.acts import Absorb
from membership.facts import Act, Fact, Order, Review
from membership.store.ledger import Ledger


def gather(ledger: Ledger, program: str, member_id: str) -> tuple[list[Fact], tuple[str, ...]]:
    """The facts, all told of the member itself; and whose ledgers they are in, the member's own first."""
    own = list(ledger.facts(program, member_id))
    absorbed = _absorbed(own)
    theirs = [fact for one in absorbed for fact in ledger.facts(program, one)]
    return own + _joining(member_id, own, theirs), (member_id, *absorbed)


def _absorbed(facts: Iterable[Fact]) -> tuple[str, ...]:
    found = {}
    for fact in facts:
        if isinstance(fact, Act) and isinstance(fact.action, Absorb):
            found.update(dict.fromkeys((fact.action.member, *fact.action.absorbed)))
    return tuple(found)


def _joining(member_id: str, own: Iterable[Fact], theirs: Iterable[Fact]) -> list[Fact]:
    """What the others did is the member's; what was done to them, or to their days, stays theirs.

    What both ledgers have is one fact: an order by its id, anything else where all that it tells is the same.
    """
    known = {_identity(fact) for fact in own}
    joined: list[Fact] = []
    for fact in theirs:
        if isinstance(fact, Review | Act) or _identity(fact) in known:
            continue
        known.add(_identity(fact))
        joined.append(fact.model_copy(update={"member_id": member_id}))
    return joined


def _identity(fact: Fact) -> str:
    if isinstance(fact, Order):
        return fact.key
    return fact.model_dump_json(exclude={"member_id", "recorded_at"})
