"""What was taken for orders that were given back, part by part: how far, and what of it was wrong."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from membership.facts import Order
from membership.member.earning import Earning
from membership.member.state import OrderAccount
from membership.outcomes import Outcome, PartTaken, PointsTakenBack


def parts(told: Iterable[Outcome]) -> Iterator[PartTaken]:
    """Of all orders, in the order in which they were decided."""
    for outcome in told:
        if isinstance(outcome, PointsTakenBack):
            yield from outcome.parts


def decided_up_to(told: Iterable[Outcome]) -> dict[str, int]:
    """Order → how much of it had been given back when something was last decided of that."""
    reached: dict[str, int] = {}
    for part in parts(told):
        reached[part.order] = max(part.after, reached.get(part.order, 0))
    return reached


def corrections(
    told: Iterable[Outcome], orders: Mapping[str, OrderAccount], earning: Callable[[Order], Earning]
) -> Iterator[PartTaken]:
    """Parts that are worth less, by what is known now, than was taken for them, or were taken of two members
    that proved to be one: less than 0, so much is given again. And taken again, where that proves wrong.

    Of what was forgiven nothing was taken, so none of it comes back; nor is more taken than once was.
    """
    taken: Counter[tuple[str, int, int, str]] = Counter()
    once = Counter(taken)
    for part in parts(told):
        key = part.order, part.before, part.after, part.lot
        taken[key] += part.points
        once[key] = max(once[key], taken[key])
    reached: dict[str, int] = {}
    for key in sorted(taken):
        order_id, before, after, lot = key
        account = orders.get(order_id)
        if account is None or account.order is None:
            continue
        start, end = max(before, reached.get(order_id, 0)), min(after, account.order.amount)
        reached[order_id] = max(start, end)
        claim = earning(account.order).claim(account.order, start, end) if start < end else None
        if points := min(claim.points if claim else 0, once[key]) - taken[key]:
            yield PartTaken(order=order_id, before=before, after=after, points=points, lot=lot)
