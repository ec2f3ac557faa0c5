"""Facts into sums. The result doesn't depend on the order in which the facts come."""

from datetime import timedelta

from membership.acts import Absorb, Block, Leave, Return, Unblock
from membership.errors import RebuildNeeded
from membership.facts import (
    Act,
    Activity,
    Attributes,
    Cancellation,
    Enrolment,
    Fact,
    Order,
    Profile,
    Ranking,
    Redemption,
    Referral,
    Refund,
    Review,
)
from membership.member.occasions import LATE
from membership.member.state import Absence, Member, OrderAccount
from membership.program.metrics import Tally
from membership.program.schema import Program


def fold(program: Program, member: Member, fact: Fact, accounts: dict[str, OrderAccount]) -> None:
    """Add the fact to the member in place; `accounts` has the order of a refund and is kept current.

    Raises RebuildNeeded where the fact changes what earlier ones were worth.
    """
    if isinstance(fact, Act):
        _act(member, fact)
    if member.clock is None or fact.occurred_at > member.clock:
        member.clock = fact.occurred_at
    if not isinstance(fact, Review | Referral | Ranking | Redemption | Cancellation | Act) and (
        member.first_seen is None or fact.occurred_at < member.first_seen
    ):
        member.first_seen = fact.occurred_at
    match fact:
        case Order():
            _gain(program, member, fact)
            if _is_purchase(member, fact):
                member.purchases += 1
            if waited := member.waiting.pop(fact.order_id, 0):
                _refund(program, member, OrderAccount(fact), waited, accounts)
        case Refund():
            account = accounts.get(fact.order_id)
            if account and account.order:
                _refund(program, member, account, fact.amount, accounts)
            else:
                member.waiting[fact.order_id] = member.waiting.get(fact.order_id, 0) + fact.amount
        case Profile():
            _learn(member, fact, fact.attributes)
        case Enrolment():
            member.enrolled = True
            _learn(member, fact, fact.attributes)
        case Review() | Redemption() | Cancellation() | Act():
            pass
        case _:
            _gain(program, member, fact)
    if program.asks_for_presence and isinstance(fact, Order | Activity):
        _see(program, member, fact)


def come_or_go(member: Member, act: Act) -> None:
    """Blocking and leaving end what counts, from their moment on; only unblocking ends a block."""
    last = member.outside[-1] if member.outside else None
    open_ = last if last and last.end is None else None
    match act.action:
        case Block() | Leave() if open_ is None:
            member.outside.append(Absence(act.occurred_at, None, isinstance(act.action, Block)))
        case Block() if open_:
            member.outside[-1] = open_._replace(blocked=True)
        case Unblock() | Return() if open_ and open_.blocked == isinstance(act.action, Unblock):
            member.outside[-1] = open_._replace(end=act.occurred_at)


def _act(member: Member, act: Act) -> None:
    if isinstance(act.action, Absorb):
        raise RebuildNeeded("another member's ledger has to be read")
    before = list(member.outside)
    come_or_go(member, act)
    # Of the same moment, or somebody's clock was ahead of ours: what was counted since must not be, or must.
    if member.outside != before and member.clock and member.clock >= act.occurred_at:
        raise RebuildNeeded(f"{act.key} is not newer than what was counted last")


def _gain(program: Program, member: Member, fact: Fact) -> None:
    if member.is_outside(fact.occurred_at):
        return
    day = fact.day if isinstance(fact, Referral) else program.day(fact.occurred_at)
    for name, (metric, window) in program.tallied.items():
        if isinstance(fact, Ranking) and fact.metric != name:
            continue
        tally = member.tallies.get(name, {})
        if metric.book(tally, window, day, fact):
            member.counted = True
            _keep(member, name, tally)


def _see(program: Program, member: Member, fact: Order | Activity) -> None:
    """What it did itself: what others do or tell is no presence, nor is what counts for nothing."""
    day = program.day(fact.occurred_at).toordinal()
    if day not in member.present and not member.is_outside(fact.occurred_at):
        member.present = sorted([*member.present, day])


def _is_purchase(member: Member, order: Order) -> bool:
    return order.plan is None and order.amount > 0 and not member.is_outside(order.occurred_at)


def _refund(
    program: Program, member: Member, account: OrderAccount, asked: int, accounts: dict[str, OrderAccount]
) -> None:
    """Take back what was given, where it was given, and never more than was paid."""
    order = account.order
    assert order is not None
    amount = min(asked, order.amount - account.refunded)
    day = program.day(order.occurred_at)
    if not member.is_outside(order.occurred_at):
        for name, (metric, window) in program.tallied.items():
            if lost := metric.loss(order, account.refunded, amount):
                tally = member.tallies.get(name, {})
                metric.unbook(tally, window, day, lost)
                _keep(member, name, tally)
    if _is_purchase(member, order) and 0 < amount == order.amount - account.refunded:
        member.purchases -= 1
    accounts[order.order_id] = OrderAccount(order, account.refunded + amount)


def _keep(member: Member, metric: str, tally: Tally) -> None:
    """A member has no tally that holds nothing: then it equals one that never had any."""
    if tally:
        member.tallies[metric] = tally
    else:
        member.tallies.pop(metric, None)


def _learn(member: Member, fact: Profile | Enrolment, told: Attributes) -> None:
    stamp = f"{fact.occurred_at.timestamp():020.6f} {fact.id}"
    news = {}
    for name in sorted(told.model_fields_set):  # or the state reads otherwise in another process
        if stamp > member.attribute_times.get(name, ""):
            member.attribute_times[name] = stamp
            news[name] = getattr(told, name)
    member.attributes = member.attributes.model_copy(update=news)


_ONE_DAY = timedelta(days=1)
_STILL_ASKED = timedelta(days=7)
"""A promise is judged by its last day, which is over by then; and a review may have come late."""


def forget_the_outlived(program: Program, member: Member) -> None:
    """What no decision from the member's present on can depend on any more."""
    forget_days(program, member)
    if not member.tallies:
        return
    assert member.clock
    # A notice is decided by the day before its own, however late somebody can look.
    notices = [one.notice.falls_on - _ONE_DAY for one in member.standings.values() if one.notice]
    asked = min([program.day(member.clock) - _STILL_ASKED, *notices])
    for name, (metric, window) in program.tallied.items():
        if tally := member.tallies.get(name):
            metric.prune(tally, metric.horizon(window, asked), window)
            _keep(member, name, tally)


def forget_days(program: Program, member: Member) -> None:
    """Days of presence that are too long ago for what is told late, but the last of them."""
    if not member.present:
        return
    assert member.clock
    today = program.day(member.clock)
    before = [day for day in member.present if day <= (today - LATE).toordinal()]
    member.present = member.present[max(0, len(before) - 1) :]
