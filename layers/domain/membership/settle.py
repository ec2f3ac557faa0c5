"""Settle: facts × member × program → member′ and outcomes. Pure: no clock, no store, no environment."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain

from membership.acts import Absorb
from membership.errors import MetricsChanged, RebuildNeeded
from membership.facts import Act, Activity, Cancellation, Fact, Order, Redemption, Referral, Review
from membership.joining import absorbed_in
from membership.member.applied import Verdict
from membership.member.certificates import certifying
from membership.member.deciding import Case, decide
from membership.member.earning import Claim, Earned, Earning, Known, Lives, Past, earn
from membership.member.evolve import evolve
from membership.member.figures import joined
from membership.member.fold import come_or_go, fold, forget_days, forget_the_outlived
from membership.member.forecast import due_on
from membership.member.redemption import Desk
from membership.member.state import Member, OrderAccount
from membership.member.taken import corrections, decided_up_to
from membership.member.telling import tell
from membership.member.using import count_use, is_use
from membership.outcomes import (
    ApprovalDecided,
    ApprovalRequested,
    ApprovalWithdrawn,
    FactIgnored,
    MemberMerged,
    MessageDue,
    Outcome,
    PartTaken,
    RedemptionCancelled,
    ReferralTold,
    RewardRedeemed,
)
from membership.program.schema import Program, Versions
from membership.pseudonyms import pseudonym

NOTHING: Mapping[str, Sequence[Outcome]] = {}
_ANSWERED = (Act, Redemption, Cancellation)
"""Facts that are answered one by one, once."""


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
    earned: list[Earned] = field(default_factory=list)
    """Points that the facts earned, and why; of a rebuild, all that the member ever did."""
    certificates: list[MessageDue] = field(default_factory=list)
    """Messages told before that brought one: where the state was lost, they are written again."""
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
        counted = sum(isinstance(one, RewardRedeemed | RedemptionCancelled) for one in self.outcomes)
        certificates = len([*self.certificates, *certifying(self.outcomes)])
        items = len(self.outcomes) + len(self.accounts) + len(self.onward) + len(approvals)
        return items + 2 * counted + certificates

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
    desk: Desk | None = None,
) -> Settled:
    """Apply facts one by one, deciding after each: how they were batched makes no difference.

    `accounts` holds the orders that refunds among the facts refer to. `now` is when it is settled, where
    that is later than the facts say. `gone` are members that nobody can be merged into any more; `desk` has
    what redemptions and cancellations among the facts have to know. Raises RebuildNeeded where the stored
    member can't take the facts: added up by other metrics, or a fact older than its memory.
    """
    settled = Settled(member.twin())
    member = settled.member
    if member.status == "erased":
        return settled
    known, desk = dict(accounts), desk.twin() if desk else Desk()
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
        if isinstance(fact, Order | Activity) and _perhaps_of_another(member, fact):
            raise RebuildNeeded(f"{fact.key} may be of somebody who was not known to be this member yet")
        settled.changed = True
        if member.merged_into:
            member.applied.add(fact)
            settled.forwarded += _forwarded(member, fact)
            continue
        refunds = fact.type == "refund" or (fact.type == "order" and fact.order_id in member.waiting)
        before = member.twin() if refunds else None
        refunded_before = {id_: account.refunded for id_, account in known.items()}
        known_before = Known.of(program, member) if versions.earn_points else None
        fold(program, member, fact, known)
        forget_the_outlived(program, member)
        if known_before and (earned := earn(versions, program, member, fact, known_before)):
            settled.earned.append(earned)
        if is_use(fact):
            count_use(member, fact, Earning(versions, Past.of(member), joined(program, member)))
        given_back = {
            id_: account for id_, account in known.items() if account.refunded != refunded_before.get(id_, 0)
        }
        settled.accounts |= given_back
        act = fact if isinstance(fact, Act) else None
        case = Case(versions, program, version, member, fact, bool(given_back), before, now, act, gone)
        case.asked, case.desk = fact if isinstance(fact, Redemption | Cancellation) else None, desk
        if known_before:
            case.earlier = known_before.points
            if given_back:
                own = _of_its_own(versions, program, member)
                case.claims = _claims(given_back.values(), refunded_before, own)
        decided = _decide(case)
        settled.outcomes += decided
        settled.onward += _told_onward(program, member, fact, decided)
        member.applied.add(fact)
        settled.due_is_exact |= isinstance(fact, Review | Act)
    if not settled.changed:
        return settled  # and its tiers may be those of a version before, which a due day can't be told of
    if settled.outcomes:
        forget_the_outlived(program, member)  # a notice that has ended keeps no sums any more
    _forget(versions, member)
    settled.due = next_due(versions, member, now)
    return settled


def _forget(versions: Versions, member: Member) -> None:
    """What a member is doesn't hang on how often it was settled: so it forgets by its own clock."""
    member.forget_the_past()
    if member.clock and member.points.changes_with_time:
        member.points = member.points.aged(_in_force(versions, member, member.clock)[1].day(member.clock))


def _perhaps_of_another(member: Member, fact: Fact) -> bool:
    """Whether it was recorded before somebody was absorbed: it may be a copy of what was told of that one."""
    return any(member.applied.has_since(f"act#absorb#{one}", fact.recorded_at) for one in member.absorbed)


def _of_its_own(versions: Versions, program: Program, member: Member) -> Callable[[Order], Earning]:
    earning = Earning(versions, Past.of(member), joined(program, member))

    def of(order: Order) -> Earning:
        if order.member_id != member.id:
            raise RebuildNeeded("who bought it was another one then")
        return earning

    return of


def _claims(
    given_back: Iterable[OrderAccount], before: Mapping[str, int], earning: Callable[[Order], Earning]
) -> list[Claim]:
    """What orders don't earn any more."""
    found = [
        earning(account.order).claim(account.order, before.get(account.order.order_id, 0), account.refunded)
        for account in given_back
        if account.order
    ]
    return [claim for claim in found if claim]


def _in_force(versions: Versions, member: Member, at: datetime) -> tuple[int, Program]:
    """The version that decides for this member: one may begin for each member with its own next year."""
    _, program = versions.in_force(at)
    return versions.in_force(at, joined(program, member) or program.day(at))


def _decide(case: Case) -> list[Outcome]:
    decided: list[Outcome] = []
    for anonymous in decide(case):
        outcome = anonymous.model_copy(update={"fact": case.fact.key})
        evolve(case.member, outcome)
        case.desk.note(outcome)
        decided.append(outcome)
    messages: list[Outcome] = []
    for message in tell(case, decided):
        evolve(case.member, message)  # each is one more of those that the next is counted with
        messages.append(message)
    return decided + messages


def _told_onward(program: Program, member: Member, fact: Fact, decided: Sequence[Outcome]) -> list[Fact]:
    """What the decisions are to others. The same facts come of the same decisions, whoever makes them."""
    told: list[Fact] = []
    for outcome in decided:
        match outcome:
            case ReferralTold():
                friend = pseudonym(program.id, member.id)  # its id would outlive it in the other's ledger
                told.append(
                    Referral(
                        id=f"{friend}#{outcome.stage}#{outcome.times}",
                        member_id=outcome.referrer,
                        friend=friend,
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
                    fired=member.fired,
                    approaches=member.approaches,
                    badges=member.badges,
                    redeemed=member.redeemed,
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
    theirs: Mapping[str, Sequence[Outcome]] = NOTHING,
    desk: Desk | None = None,
) -> Settled:
    """The member that the whole ledger makes, from nothing. `facts` has those of absorbed members, too.

    Sums come from the facts, in any order. Standing comes from the outcomes, in theirs: what a
    member was once told is not argued again under another order of arrival. Then whatever the
    ledger's facts still call for is decided, so a fact that was never settled is settled now. `refunded`
    is what had been given back of each order as far as settling got; without it no refund can be new.
    `theirs` is what was decided of members that it absorbed: who each was when it earned points.
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
    desk = desk.twin() if desk else Desk()
    for outcome in told:
        evolve(member, outcome)
    answered = {outcome.fact for outcome in told}
    pending: list[Fact] = [
        fact for fact in ordered if isinstance(fact, _ANSWERED) and fact.key not in answered
    ]
    if not absorbed_in(pending):
        forget_the_outlived(program, member)  # otherwise a notice may come that is decided by what is past
    claims: list[Claim] = []
    corrected: list[PartTaken] = []
    if member.merged_into:
        settled.accounts = {}  # refunds are booked where the member goes on
    elif versions.earn_points or any(map(is_use, ordered)):
        lives = Lives(versions, program, member, ordered, theirs)
        for use in filter(is_use, ordered):
            count_use(member, use, lives.of(use))
        settled.earned = lives.earn(program, member, ordered, theirs) if versions.earn_points else []
        of_all = [*told, *chain.from_iterable(theirs.values())]
        corrected = list(corrections(of_all, arrived, lives.of))
        if refunded is not None:
            claims = _new_claims(settled.accounts, refunded, lives, of_all)
    settled.questions = [
        one for one in told if isinstance(one, ApprovalRequested) and one.approval in member.approvals
    ]
    given_back = refunded is not None and bool(settled.accounts)
    # The last fact may be such a one itself, which must not be answered again.
    for fact, open_ in (*((one, True) for one in pending), (ordered[-1], False)):
        act = fact if open_ and isinstance(fact, Act) else None
        case = Case(versions, program, version, member, fact, given_back, now=now, act=act, gone=gone)
        case.asked, case.desk = fact if open_ and isinstance(fact, Redemption | Cancellation) else None, desk
        case.claims, claims = claims, []
        case.corrections, corrected = corrected, []
        decided = _decide(case)
        settled.outcomes += decided
        settled.onward += _told_onward(program, member, fact, decided)
    if member.merged_into:
        # What was asked for before it was merged, and answered, stays so.
        open_ones = (fact for fact in ordered if not isinstance(fact, _ANSWERED) or fact.key not in answered)
        settled.forwarded = [forward for fact in open_ones for forward in _forwarded(member, fact)]
    forget_the_outlived(program, member)
    _forget(versions, member)
    settled.due = next_due(versions, member, now)
    return settled


def _new_claims(
    accounts: Mapping[str, OrderAccount], refunded: Mapping[str, int], lives: Lives, told: Sequence[Outcome]
) -> list[Claim]:
    """Those that nothing was decided of yet, though perhaps the order's account was not written then."""
    decided = decided_up_to(told)
    before = {id_: max(refunded.get(id_, 0), decided.get(id_, 0)) for id_ in accounts}
    return _claims(accounts.values(), before, lives.of)


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
            forget_days(program, member)  # or each fact would look at all of them
        member.clock = latest  # which may be that of an act
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
        days.append(program.first_day_from(begun))
    if member.status == "active":
        start = joined(program, member) or program.day(member.clock)
        begins = versions.begins_next(member.clock, start)
        days.append(begins and program.first_day_from(begins))
    return min((day for day in days if day), default=None)


def newcomer(versions: Versions, member_id: str, facts: Sequence[Fact]) -> Member:
    """A member that nothing is known of yet, added up by the program in force when the facts occurred."""
    latest = max(facts, key=lambda fact: fact.occurred_at)
    program = _in_force(versions, Member(id=member_id, fingerprint=""), latest.occurred_at)[1]
    return Member.new(member_id, program.fingerprint)
