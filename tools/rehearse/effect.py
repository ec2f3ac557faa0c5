"""What a program would have done to real members: a log of orders played through it, night by night."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property

from membership.facts import Fact, Order
from membership.member.state import Member
from membership.outcomes import DowngradeAnnounced, DowngradeAverted, TierDowngraded, TierUpgraded
from membership.program.money import exponent
from membership.program.schema import Ladder, Program
from membership.simulation import Life
from tools.cdnow import Purchase

NOON = time(12)
"""The log tells days; any time of the day would do."""


@dataclass
class Course:
    """How it went with the members under one program, on its first ladder."""

    program: Program
    lives: dict[str, Life] = field(default_factory=dict)
    members: dict[date, dict[str, Member]] = field(default_factory=dict)
    """Day → who had bought anything by then, as it was."""

    @property
    def ladder(self) -> Ladder:
        return next(iter(self.program.ladders_by_id.values()))

    def tiers(self, day: date) -> dict[str, str | None]:
        """Member → the tier that counts by then; None on trial."""
        return {id_: self._tier(member) for id_, member in self.members[day].items()}

    def _tier(self, member: Member) -> str | None:
        standing = member.standings.get(self.ladder.id)
        return self.ladder.shown(standing)[1] if standing else None

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Of all members and all days: promotions, notices, rescues, downgrades."""
        kinds = {
            "promotions": TierUpgraded,
            "notices": DowngradeAnnounced,
            "rescues": DowngradeAverted,
            "downgrades": TierDowngraded,
        }
        told = [one for life in self.lives.values() for one in life.outcomes]
        return {
            name: sum(isinstance(one, kind) and getattr(one, "from_tier", True) is not None for one in told)
            for name, kind in kinds.items()
        }


def play(program: Program, log: Sequence[Purchase], days: Sequence[date]) -> Course:
    """The log under the program, looked at on these days, each after its review."""
    course = Course(program)
    orders: dict[str, list[Purchase]] = defaultdict(list)
    for purchase in sorted(log, key=lambda one: (one.day, one.line)):
        orders[purchase.customer].append(purchase)
    for customer, purchases in orders.items():
        life = course.lives[customer] = Life(program, customer)
        for day in sorted(days):
            while purchases and purchases[0].day <= day:
                life.tell([_order(program, purchases.pop(0))])
            life.pass_to(datetime.combine(day, time(23, 59), program.zone))
            if life.member:
                course.members.setdefault(day, {})[customer] = life.member
    return course


def _order(program: Program, purchase: Purchase) -> Fact:
    moment = datetime.combine(purchase.day, NOON, program.zone)
    # Dollars are taken for the program's currency; one without cents gets none.
    amount = round(Decimal(purchase.cents).scaleb(exponent(program.currency) - 2))
    return Order(
        id=f"cdnow-{purchase.line}",
        order_id=f"cdnow-{purchase.line}",
        member_id=purchase.customer,
        occurred_at=moment,
        recorded_at=moment,
        amount=amount,
    )


@dataclass(frozen=True)
class Move:
    """A member who stands elsewhere under the other program."""

    member: str
    before: str | None
    after: str | None


def moves(before: Course, after: Course, day: date) -> tuple[list[Move], list[Move]]:
    """Who would stand higher by then, and who lower: by the second program's order of tiers.

    A tier that the second one doesn't have is taken for one at the same height of its own ladder.
    """

    def rank(tier: str | None) -> int:
        if tier is None:
            return -1
        return (after.ladder if tier in after.ladder else before.ladder).rank(tier)

    theirs = after.tiers(day)
    found = [
        Move(member, tier, theirs[member])
        for member, tier in sorted(before.tiers(day).items())
        if tier != theirs[member]
    ]
    higher = [move for move in found if rank(move.after) > rank(move.before)]
    lower = [move for move in found if rank(move.after) < rank(move.before)]
    # Those who move farthest first: a shop would look at them.
    for some in (higher, lower):
        some.sort(key=lambda move: -abs(rank(move.after) - rank(move.before)))
    return higher, lower
