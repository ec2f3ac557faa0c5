"""Every fact that makes a member: those in its own ledger, and those of members that proved to be it."""

from collections.abc import Iterable

from membership.acts import Absorb
from membership.facts import Act, Fact
from membership.joining import joining
from membership.store.ledger import Ledger


def gather(ledger: Ledger, program: str, member_id: str) -> tuple[list[Fact], tuple[str, ...]]:
    """The facts, each told of who did it; and whose ledgers they are in, the member's own first."""
    own = list(ledger.facts(program, member_id))
    absorbed = absorbed_in(own)
    theirs = [fact for one in absorbed for fact in ledger.facts(program, one)]
    return joining(own, theirs), (member_id, *absorbed)


def absorbed_in(facts: Iterable[Fact]) -> tuple[str, ...]:
    """Members that proved to be the one that these facts are of."""
    found = {}
    for fact in facts:
        if isinstance(fact, Act) and isinstance(fact.action, Absorb):
            found.update(dict.fromkeys((fact.action.member, *fact.action.absorbed)))
    return tuple(found)
