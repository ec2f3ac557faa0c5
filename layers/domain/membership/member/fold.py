"""Facts into sums. The result doesn't depend on the order in which the facts come."""

from datetime import date

from membership.facts import Attributes, Enrolment, Fact, Order, Profile, Refund, Review
from membership.member.state import Member, OrderAccount
from membership.program.schema import Program


def fold(program: Program, member: Member, fact: Fact, accounts: dict[str, OrderAccount]) -> None:
    """Add the fact to the member in place; `accounts` has the order of a refund and is kept current."""
    if member.clock is None or fact.occurred_at > member.clock:
        member.clock = fact.occurred_at
    if not isinstance(fact, Review) and (member.first_seen is None or fact.occurred_at < member.first_seen):
        member.first_seen = fact.occurred_at
    match fact:
        case Order():
            _gain(program, member, fact)
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
        case Review():
            pass
        case _:
            _gain(program, member, fact)
    _forget_the_outlived(program, member)


def _gain(program: Program, member: Member, fact: Fact) -> None:
    day = program.day(fact.occurred_at)
    for name, (metric, window) in program.tallied.items():
        if gained := metric.gain(fact):
            member.counted = True
            _add(member, name, window.bucket(day), gained)


def _refund(
    program: Program, member: Member, account: OrderAccount, asked: int, accounts: dict[str, OrderAccount]
) -> None:
    """Take back what was given, where it was given, and never more than was paid."""
    order = account.order
    assert order is not None
    amount = min(asked, order.amount - account.refunded)
    day = program.day(order.occurred_at)
    for name, (metric, window) in program.tallied.items():
        if lost := metric.loss(order, account.refunded, amount):
            _add(member, name, window.bucket(day), -lost)
    accounts[order.order_id] = OrderAccount(order, account.refunded + amount)


def _add(member: Member, metric: str, bucket: int, amount: int) -> None:
    tally = member.tallies.setdefault(metric, {})
    total = tally.get(bucket, 0) + amount
    if total:
        tally[bucket] = total
    else:
        tally.pop(bucket, None)
    if not tally:
        del member.tallies[metric]


def _learn(member: Member, fact: Profile | Enrolment, told: Attributes) -> None:
    stamp = f"{fact.occurred_at.timestamp():020.6f} {fact.id}"
    news = {}
    for name in told.model_fields_set:
        if stamp > member.attribute_times.get(name, ""):
            member.attribute_times[name] = stamp
            news[name] = getattr(told, name)
    member.attributes = member.attributes.model_copy(update=news)


def _forget_the_outlived(program: Program, member: Member) -> None:
    today: date | None = None
    for name, (_, window) in program.tallied.items():
        tally = member.tallies.get(name)
        if not tally:
            continue
        today = today or program.day(member.clock)  # type: ignore[arg-type]
        for bucket in [bucket for bucket in tally if window.outlived(bucket, today)]:
            del tally[bucket]
        if not tally:
            del member.tallies[name]
