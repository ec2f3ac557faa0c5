"""Settle: facts × member × program → member′ and outcomes. Pure: no clock, no store, no environment."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from membership.acts import Absorb
from membership.errors import MetricsChanged, RebuildNeeded
from membership.facts import Act, Fact, Referral, Review
from membership.member.applied import Verdict
from membership.member.deciding import Case, decide
from membership.member.evolve import evolve
from membership.member.figures import joined
from membership.member.fold import come_or_go, fold, forget_the_outlived
from membership.member.forecast import due_on
from membership.member.messages import message_for
from membership.member.state import Member, OrderAccount
from membership.outcomes import (
    ApprovalDecided,
    ApprovalRequested,
    ApprovalWithdrawn,
    FactIgnored,
    MemberMerged,
    Outcome,
    ReferralTold,
)
from membership.program.schema import Program, Versions


@dataclass
class Settled:
    """What settling came to. `changed` is False where every fact had been applied before."""

    member: Member
    outcomes: list[Outcome] = field(default_factory=list)
    accounts: dict[str, OrderAccount] = field(default_factory=dict)
    """Orders of which something was given back, as they stand now."""
    onward: list[Fact] = field(default_factory=list)
    """Facts for other members, that the decisions are: of a friend's purchase, of a merge."""
    forwarded: list[Fact] = field(default_factory=list)
    """Facts told of a member after it was merged: they are the other one's, whatever comes of this."""
    questions: list[ApprovalRequested] = field(default_factory=list)
    """What operators were asked before and have not answered: a rebuild makes their list again, too."""
    changed: bool = False
    repeated: bool = False
    """Whether some of the facts had been applied before."""
    due: date | None = None
    """The next day on which a review has something to decide."""
    due_is_exact: bool = False
    """Whether `due` replaces the stored day even where it is later: after a review or a rebuild."""

    @property
    def writes(self) -> int:
        """Items that a commit writes besides the member's own."""
        kinds = (ApprovalRequested, ApprovalDecided, ApprovalWithdrawn)
        approvals = {one.approval for one in (*self.questions, *self.outcomes) if isinstance(one, kinds)}
        return len(self.outcomes) + len(self.accounts) + len(self.onward) + len(approvals)

    @property
    def merges_into(self) -> str | None:
        """The member that must not have been merged itself when this is committed."""
        return next((one.into for one in self.outcomes if isinstance(one, MemberMerged)), None)


def settle(
    versions: Versions,
    member: Member,
    facts: Iterable[Fact],
    accounts: Mapping[str, OrderAccount],
    now: datetime | None = None,
    gone: Collection[str] = (),
) -> Settled:
    """Apply facts one by one, deciding after each: how they were batched makes no difference.

    `accounts` holds the orders that refunds among the facts refer to. `now` is when it is settled, where
    that is
    later than the facts say. `gone` are members that nobody can be merged into any more. Raises RebuildNeeded
    where the stored member can't take the facts: added up by other metrics, or a fact older than its memory.
    """
    settled = Settled(member.twin())
    member = settled.member
    if member.status == "erased":
        return settled
    known = dict(accounts)
    # A refund may overtake its order, which the ledger has and this member doesn't: the order goes first.
    orders = [account.order for account in accounts.values() if account.order]
    overtaken = [order for order in orders if member.applied.judge(order) is Verdict.NEW]
    for fact in (*overtaken, *(fact for fact in facts if fact not in overtaken)):
        at = max(fact.occurred_at, member.clock or fact.occurred_at)
        version, program = _in_force(versions, member, at)
        if member.fingerprint != program.fingerprint:
            raise MetricsChanged(f"the metrics of {program.id!r} have changed since the member was added up")
        match member.applied.judge(fact):
            case Verdict.APPLIED:
                settled.repeated = True
                continue
            case Verdict.FORGOTTEN:
                raise RebuildNeeded(f"{fact.key} was recorded too long ago to know whether it was applied")
        settled.changed = True
        if member.merged_into:
            member.applied.add(fact)
            settled.forwarded += _forwarded(member, fact)
            continue
        refunds = fact.type == "refund" or (fact.type == "order" and fact.order_id in member.waiting)
        before = member.twin() if refunds else None
        refunded_before = {id_: account.refunded for id_, account in known.items()}
        fold(program, member, fact, known)
        given_back = {
            id_: account for id_, account in known.items() if account.refunded != refunded_before.get(id_, 0)
        }
        settled.accounts |= given_back
        act = fact if isinstance(fact, Act) else None
        case = Case(versions, program, version, member, fact, bool(given_back), before, now, act, gone)
        decided = _decide(case)
        settled.outcomes += decided
        settled.onward += _told_onward(member, fact, decided)
        member.applied.add(fact)
        settled.due_is_exact |= isinstance(fact, Review | Act)
    settled.due = next_due(versions, member, now)
    return settled


def _in_force(versions: Versions, member: Member, at: datetime) -> tuple[int, Program]:
    """The version that decides for this member: one may begin for each member with its own next year."""
    _, program = versions.in_force(at)
    return versions.in_force(at, joined(program, member) or program.day(at))


def _decide(case: Case) -> list[Outcome]:
    decided: list[Outcome] = []
    for anonymous in decide(case):
        outcome = anonymous.model_copy(update={"fact": case.fact.key})
        evolve(case.member, outcome)
        decided.append(outcome)
    messages = (message_for(outcome, decided, case.program, case.member) for outcome in decided)
    return decided + [message for message in messages if message]


def _told_onward(member: Member, fact: Fact, decided: Sequence[Outcome]) -> list[Fact]:
    """What the decisions are to others. The same facts come of the same decisions, whoever makes them."""
    told: list[Fact] = []
    for outcome in decided:
        match outcome:
            case ReferralTold():
                told.append(
                    Referral(
                        id=f"{member.id}#{outcome.stage}#{outcome.times}",
                        member_id=outcome.referrer,
                        friend=member.id,
                        stage=outcome.stage,
                        undone=outcome.undone,
                        day=outcome.day,
                        occurred_at=outcome.at,
                        recorded_at=fact.recorded_at,
                    )
                )
            case MemberMerged():
                absorb = Absorb(
                    member=member.id,
                    standings=member.standings,
                    granted=member.granted,
                    absorbed=member.absorbed,
                )
                told.append(
                    Act(
                        id=f"absorb#{member.id}",
                        member_id=outcome.into,
                        by=outcome.by,
                        reason=outcome.reason,
                        action=absorb,
                        occurred_at=fact.occurred_at,
                        recorded_at=fact.recorded_at,
                    )
                )
    return told


def _forwarded(member: Member, fact: Fact) -> list[Fact]:
    """What is still told of a merged member happened to the one that goes on for it."""
    if isinstance(fact, Review) or (isinstance(fact, Act) and not isinstance(fact.action, Absorb)):
        return []
    assert member.merged_into
    return [fact.model_copy(update={"member_id": member.merged_into})]


def rebuild(
    versions: Versions,
    member_id: str,
    facts: Iterable[Fact],
    outcomes: Iterable[Outcome],
    refunded: Mapping[str, int] | None = None,
    now: datetime | None = None,
    gone: Collection[str] = (),
) -> Settled:
    """The member that the whole ledger makes, from nothing; `facts` has those of members that it absorbed,
    too.

    Sums come from the facts, in any order. Standing comes from the outcomes, in theirs: what a
    member was once told is not argued again under another order of arrival. Then whatever the
    ledger's facts still call for is decided, so a fact that was never settled is settled now. `refunded`
    is what had been given back of each order as far as settling got; without it no refund can be new.
    """
    ordered = sorted(facts, key=lambda fact: (fact.recorded_at, fact.key))
    told = list(outcomes)
    member, arrived, version, program = _added_up(versions, member_id, ordered, told)
    settled = Settled(member, changed=True, due_is_exact=True)
    settled.accounts = {
        id_: account
        for id_, account in arrived.items()
        if account.refunded != (0 if refunded is None else refunded.get(id_, 0))
    }
    for outcome in told:
        evolve(member, outcome)
    if member.merged_into:
        settled.accounts = {}  # refunds are booked where the member goes on
    settled.questions = [
        one for one in told if isinstance(one, ApprovalRequested) and one.approval in member.approvals
    ]
    given_back = refunded is not None and bool(settled.accounts)
    answered = {outcome.fact for outcome in told}
    pending = [fact for fact in ordered if isinstance(fact, Act) and fact.key not in answered]
    # The last fact may be such an act itself, which must not be answered again.
    for fact, act in (*((one, one) for one in pending), (ordered[-1], None)):
        case = Case(versions, program, version, member, fact, given_back, now=now, act=act, gone=gone)
        decided = _decide(case)
        settled.outcomes += decided
        settled.onward += _told_onward(member, fact, decided)
    if member.merged_into:
        settled.forwarded = [forward for fact in ordered for forward in _forwarded(member, fact)]
    settled.due = next_due(versions, member, now)
    return settled


def _added_up(
    versions: Versions, member_id: str, ordered: Sequence[Fact], told: Sequence[Outcome]
) -> tuple[Member, dict[str, OrderAccount], int, Program]:
    """The sums of all facts by the version that decides, and what was given back of each order."""
    latest = max(fact.occurred_at for fact in ordered)
    _, program = versions.in_force(latest)
    for _ in range(2):  # a version may begin with the member's own year, which its facts tell first
        member, arrived = Member.new(member_id, program.fingerprint), {}
        # Acts first: they say when nothing counts.
        for act in _acts_that_count(ordered, told):
            come_or_go(member, act)
        for fact in ordered:
            member.applied.add(fact)
            if isinstance(fact, Act):
                continue
            if fact.type == "order":
                arrived[fact.order_id] = OrderAccount(fact)
            fold(program, member, fact, arrived)
        member.clock = latest  # which may be that of an act
        forget_the_outlived(program, member)
        version, program = _in_force(versions, member, latest)
        if member.fingerprint == program.fingerprint:
            break
    return member, arrived, version, program


def _acts_that_count(ordered: Sequence[Fact], told: Sequence[Outcome]) -> list[Act]:
    """In the order in which they were answered, which need not be that in which they were recorded; without
    those that were refused, and then those that nobody has answered yet."""
    acts = {fact.key: fact for fact in ordered if isinstance(fact, Act)}
    answered = dict.fromkeys(outcome.fact for outcome in told if outcome.fact in acts)
    refused = {outcome.fact for outcome in told if isinstance(outcome, FactIgnored)}
    waiting = [act for key, act in acts.items() if key not in answered]
    return [acts[key] for key in answered if key not in refused] + waiting


def next_due(versions: Versions, member: Member, now: datetime | None = None) -> date | None:
    """The next day on which a review has something to decide, or another version begins for the member.

    `now` is when it is settled. Once a version has begun, everybody is looked at; whoever is still judged by
    the one before, because of facts that came late, may come to be there after that.
    """
    if member.clock is None:
        return None
    program = _in_force(versions, member, member.clock)[1]
    days = [due_on(program, member)]
    if now and member.status in ("trial", "active") and (begun := versions.first_begun(member.clock, now)):
        days.append(program.day(begun))
    if member.status == "active":
        start = joined(program, member) or program.day(member.clock)
        begins = versions.begins_next(member.clock, start)
        days.append(begins and program.day(begins))
    return min((day for day in days if day), default=None)


def newcomer(versions: Versions, member_id: str, facts: Sequence[Fact]) -> Member:
    """A member that nothing is known of yet, added up by the program in force when the facts occurred."""
    latest = max(facts, key=lambda fact: fact.occurred_at)
    program = _in_force(versions, Member(id=member_id, fingerprint=""), latest.occurred_at)[1]
    return Member.new(member_id, program.fingerprint)
