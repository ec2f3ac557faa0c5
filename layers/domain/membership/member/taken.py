"""What was taken for orders that were given back, part by part: how far, and what of it was too much."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from membership.facts import Order
from membership.member.earning import Earning
from membership.member.state import OrderAccount
from membership.outcomes import Outcome, PartTaken, PointsTakenBack


def _parts(told: Iterable[Outcome]) -> Iterator[PartTaken]:
    for outcome in told:
        if isinstance(outcome, PointsTakenBack):
            yield from outcome.parts


def decided_up_to(told: Iterable[Outcome]) -> dict[str, int]:
    """Order → how much of it had been given back when something was last decided of that."""
    reached: dict[str, int] = {}
    for part in _parts(told):
        reached[part.order] = max(part.after, reached.get(part.order, 0))
    return reached


def too_much(
    told: Iterable[Outcome], orders: Mapping[str, OrderAccount], earning: Callable[[Order], Earning]
) -> Iterator[PartTaken]:
    """What was taken beyond what each part is worth by what is known now, or was taken of two members that
    proved to be one. Of what was forgiven nothing was taken, so none of it comes back."""
    taken: Counter[tuple[str, int, int, str]] = Counter()
    for part in _parts(told):
        taken[part.order, part.before, part.after, part.lot] += part.points
    reached: dict[str, int] = {}
    for (order_id, before, after, lot), points in sorted(taken.items()):
        order = orders[order_id].order
        if order is None:
            continue
        start = max(before, reached.get(order_id, 0))
        reached[order_id] = max(after, start)
        claim = earning(order).claim(order, start, after) if start < after else None
        if (over := points - (claim.points if claim else 0)) > 0:
            yield PartTaken(order=order_id, before=before, after=after, points=over, lot=lot)
