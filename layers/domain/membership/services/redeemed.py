"""What was redeemed, read from the ledger's outcomes: they alone say so."""

from collections.abc import Iterator, Sequence
from heapq import merge

from membership.member.redemption import Redeemed
from membership.outcomes import Envelope, RedemptionCancelled, RewardRedeemed
from membership.store.ledger import Ledger

_KINDS = frozenset({"reward.redeemed", "redemption.cancelled"})


def redeemed(ledger: Ledger, program: str, members: Sequence[str]) -> Iterator[tuple[str, Redeemed]]:
    """Outcome's id and redemption, the newest first, no more read than is asked for.

    `members`: the member, and those that it absorbed, whose redemptions are its own now.
    """
    ledgers = [ledger.newest(program, member_id) for member_id in members]
    cancelled = set()
    for envelope in merge(*ledgers, key=_at, reverse=True):
        if envelope.type in _KINDS:
            match envelope.open():
                case RedemptionCancelled(redemption=id_):
                    cancelled.add(id_)  # which is newer than what it undoes
                case RewardRedeemed(redemption=id_) as outcome:
                    yield envelope.id, Redeemed(outcome, id_ in cancelled)


def look_up(ledger: Ledger, program: str, members: Sequence[str], redemption: str) -> Redeemed | None:
    """One redemption; None where nothing was redeemed under that id."""
    found = (one for _, one in redeemed(ledger, program, members))
    return next((one for one in found if one.outcome.redemption == redemption), None)


def _at(envelope: Envelope) -> float:
    return envelope.at.timestamp()
