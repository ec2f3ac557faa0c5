"""Settle: facts × member × program → member′ and outcomes. Pure: no clock, no store, no environment."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from membership.errors import MetricsChanged, RebuildNeeded
from membership.facts import Fact
from membership.member.applied import Verdict
from membership.member.decide import Case, decide
from membership.member.evolve import evolve
from membership.member.fold import fold
from membership.member.forecast import due_on
from membership.member.messages import message_for
from membership.member.state import Member, OrderAccount
from membership.outcomes import FactIgnored, Outcome
from membership.program.schema import Versions


@dataclass
class Settled:
    """What settling came to. `changed` is False where every fact had been applied before."""

    member: Member
    outcomes: list[Outcome] = field(default_factory=list)
    accounts: dict[str, OrderAccount] = field(default_factory=dict)
    """Orders of which something was given back, as they stand now."""
    changed: bool = False
    repeated: bool = False
    """Whether some of the facts had been applied before."""
    due: date | None = None
    """The next day on which a review has something to decide."""
    due_is_exact: bool = False
    """Whether `due` replaces the stored day even where it is later: after a review or a rebuild."""


def settle(
    versions: Versions,
    member: Member,
    facts: Iterable[Fact],
    accounts: Mapping[str, OrderAccount],
) -> Settled:
    """Apply facts one by one, deciding after each: how they were batched makes no difference.

    `accounts` holds the orders that refunds among the facts refer to. Raises RebuildNeeded where the
    stored member can't take the facts: added up by other metrics, or a fact older than its memory.
    """
    settled = Settled(member.twin())
    member = settled.member
    known = dict(accounts)
    # A refund may overtake its order, which the ledger has and this member doesn't: the order goes first.
    orders = [account.order for account in accounts.values() if account.order]
    overtaken = [order for order in orders if member.applied.judge(order) is Verdict.NEW]
    for fact in (*overtaken, *(fact for fact in facts if fact not in overtaken)):
        version, program = versions.in_force(max(fact.occurred_at, member.clock or fact.occurred_at))
        if member.fingerprint != program.fingerprint:
            raise MetricsChanged(f"the metrics of {program.id!r} have changed since the member was added up")
        match member.applied.judge(fact):
            case Verdict.APPLIED:
                settled.repeated = True
                continue
            case Verdict.FORGOTTEN:
                raise RebuildNeeded(f"{fact.key} was recorded too long ago to know whether it was applied")
            case Verdict.CONFLICT:
                at = member.clock or fact.occurred_at
                settled.outcomes.append(FactIgnored(at=at, fact=fact.key, reason="id_used_for_another_fact"))
                member.applied.add(fact, refused=True)
                settled.changed = True
                continue
        takes_back = fact.type == "refund" or (fact.type == "order" and fact.order_id in member.waiting)
        before = member.twin() if takes_back else None
        refunded_before = {id_: account.refunded for id_, account in known.items()}
        fold(program, member, fact, known)
        given_back = {
            id_: account for id_, account in known.items() if account.refunded != refunded_before.get(id_, 0)
        }
        settled.accounts |= given_back
        settled.outcomes += _decide(Case(versions, program, version, member, fact, bool(given_back), before))
        member.applied.add(fact)
        settled.changed = True
        settled.due_is_exact |= fact.type == "review"
    settled.due = _due(versions, member)
    return settled


def _decide(case: Case) -> list[Outcome]:
    decided: list[Outcome] = []
    for anonymous in decide(case):
        outcome = anonymous.model_copy(update={"fact": case.fact.key})
        evolve(case.member, outcome)
        decided.append(outcome)
    messages = (message_for(outcome, decided, case.program, case.member) for outcome in decided)
    return decided + [message for message in messages if message]


def rebuild(
    versions: Versions,
    member_id: str,
    facts: Iterable[Fact],
    outcomes: Iterable[Outcome],
    refunded: Mapping[str, int] | None = None,
) -> Settled:
    """The member that the whole ledger makes, from nothing.

    Sums come from the facts, in any order. Standing comes from the outcomes, in theirs: what a
    member was once told is not argued again under another order of arrival. Then whatever the
    ledger's facts still call for is decided, so a fact that was never settled is settled now. `refunded`
    is what had been given back of each order as far as settling got; without it no refund can be new.
    """
    ordered = sorted(facts, key=lambda fact: (fact.recorded_at, fact.key))
    told = list(outcomes)
    refused = {outcome.fact for outcome in told if isinstance(outcome, FactIgnored)}
    latest = max(fact.occurred_at for fact in ordered)
    version, program = versions.in_force(latest)
    settled = Settled(Member.new(member_id, program.fingerprint), changed=True, due_is_exact=True)
    member = settled.member
    arrived: dict[str, OrderAccount] = {}
    for fact in ordered:
        # Which of two facts with one id was settled first is known from what was told of the other.
        if fact.key in refused or member.applied.judge(fact) is Verdict.CONFLICT:
            member.applied.add(fact, refused=True)
            continue
        if fact.type == "order":
            arrived[fact.order_id] = OrderAccount(fact)
        fold(program, member, fact, arrived)
        member.applied.add(fact)
    settled.accounts = {
        id_: account
        for id_, account in arrived.items()
        if account.refunded != (0 if refunded is None else refunded.get(id_, 0))
    }
    for outcome in told:
        evolve(member, outcome)
    given_back = refunded is not None and bool(settled.accounts)
    settled.outcomes = _decide(Case(versions, program, version, member, ordered[-1], given_back))
    settled.due = _due(versions, member)
    return settled


def _due(versions: Versions, member: Member) -> date | None:
    if member.clock is None:
        return None
    return due_on(versions.in_force(member.clock)[1], member)


def newcomer(versions: Versions, member_id: str, facts: Sequence[Fact]) -> Member:
    """A member that nothing is known of yet, added up by the program in force when the facts occurred."""
    program = versions.in_force(max(fact.occurred_at for fact in facts))[1]
    return Member.new(member_id, program.fingerprint)
