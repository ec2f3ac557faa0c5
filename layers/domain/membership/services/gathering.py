"""Every fact that makes a member: those in its own ledger, and those of members that proved to be it."""

from collections.abc import Sequence

from membership.errors import faults_of_ours
from membership.facts import Fact
from membership.joining import absorbed_in, joining
from membership.outcomes import Outcome
from membership.store.ledger import Ledger


def gather(ledger: Ledger, program: str, member_id: str) -> tuple[list[Fact], tuple[str, ...]]:
    """The facts, each told of who did it; and whose ledgers they are in, the member's own first."""
    own = list(ledger.facts(program, member_id))
    absorbed = absorbed_in(own)
    theirs = [fact for one in absorbed for fact in ledger.facts(program, one)]
    return joining(own, theirs), (member_id, *absorbed)


def told_of(ledger: Ledger, program: str, members: Sequence[str]) -> dict[str, list[Outcome]]:
    """What was decided of each of these members."""
    found = {one: list(ledger.outcomes(program, one)) for one in members}
    with faults_of_ours(program):
        return {one: [envelope.open() for envelope in envelopes] for one, envelopes in found.items()}
