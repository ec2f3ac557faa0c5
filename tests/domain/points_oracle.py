"""Points counted once more, in plain Python: a heap of parcels, looked at day by day.

Nothing here is the engine's but the facts, the document as it was written, and when there was which tier.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from membership.acts import AdjustPoints
from membership.facts import Act, Activity, Fact, Order, Refund

ONE_DAY = timedelta(days=1)


@dataclass
class Parcel:
    """Points that came in together."""

    left: int
    usable: date
    ends: date | None


@dataclass
class PointsOracle:
    document: Mapping[str, Any]
    tiers: Sequence[tuple[datetime, str]]
    """When the member came into which tier; what it did at that very moment came before."""

    parcels: list[Parcel] = field(default_factory=list)
    debt: int = 0
    lost: dict[date | None, int] = field(default_factory=dict)
    """End of parcels → how much of them was lost on it."""
    orders: dict[str, tuple[Order, int]] = field(default_factory=dict)
    """Each with what was given back of it."""
    early: dict[str, int] = field(default_factory=dict)
    done: dict[tuple[date, str], int] = field(default_factory=dict)
    active: date | None = None
    idle: date | None = None
    today: date = date.min

    # ── What there is ─────────────────────────────────────────────────────────────────────────────

    def has(self) -> tuple[int, int, int]:
        usable = sum(one.left for one in self.parcels if one.usable <= self.today)
        return usable - self.debt, sum(one.left for one in self.parcels) - usable, self.debt

    def day(self, moment: datetime) -> date:
        return moment.astimezone(ZoneInfo(self.document["timezone"])).date()

    @property
    def rules(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.document["points"]
        return found

    # ── What happens ──────────────────────────────────────────────────────────────────────────────

    def tell(self, fact: Fact) -> None:
        self.pass_to(self.day(fact.occurred_at))
        if isinstance(fact, Order | Activity):
            self.active = max(self.active or self.today, self.today)
        match fact:
            case Order():
                self.orders[fact.order_id] = (fact, 0)
                self.put(self.worth(fact, fact.amount), self.rules.get("pending_days", 0))
                self.give_back(fact.order_id, self.early.pop(fact.order_id, 0), pending=True)
            case Refund() if fact.order_id in self.orders:
                self.give_back(fact.order_id, fact.amount, pending=False)
            case Refund():
                self.early[fact.order_id] = self.early.get(fact.order_id, 0) + fact.amount
            case Activity():
                self.put(self.worth_doing(fact), 0)
            case Act(action=AdjustPoints(points=points)):
                if points > 0:
                    self.put(points, 0)
                    self.active = max(self.active or self.today, self.today)
                elif -points <= max(0, self.has()[0]):
                    self.take(-points, [one for one in self.parcels if one.usable <= self.today])
        self.pay()

    def pass_to(self, day: date) -> None:
        """Every midnight on the way."""
        while self.today < day:
            self.today = day if self.today == date.min else self.today + ONE_DAY
            silent = self.silent_until()
            for one in self.parcels:
                if (one.ends and one.ends <= self.today) or (
                    one.ends is None and silent and silent <= self.today
                ):
                    self.lost[one.ends] = self.lost.get(one.ends, 0) + one.left
                    if one.ends is None:
                        self.idle = self.today
                    one.left = 0
            self.parcels = [one for one in self.parcels if one.left]
            self.pay()

    def silent_until(self) -> date | None:
        expire = self.rules.get("expire")
        if self.active is None or not isinstance(expire, dict) or "inactive_months" not in expire:
            return None
        return months_later(self.active, expire["inactive_months"])

    def pay(self) -> None:
        paid = self.take(self.debt, [one for one in self.parcels if one.usable <= self.today])
        self.debt -= paid

    def put(self, points: int, days: int) -> None:
        if points:
            self.parcels.append(Parcel(points, self.today + days * ONE_DAY, self.ends(self.today)))

    def ends(self, day: date) -> date | None:
        expire = self.rules.get("expire", {"after_months": 24})
        if expire == "never" or "inactive_months" in expire:
            return None
        later = months_later(day, expire.get("after_months", 24))
        match expire.get("at", "end_of_month"):
            case "day":
                return later
            case "end_of_year":
                return date(later.year + 1, 1, 1)
        return months_later(later.replace(day=1), 1)

    @staticmethod
    def take(points: int, parcels: Sequence[Parcel]) -> int:
        """What ends first goes first; answers how much was there."""
        taken = 0
        for one in sorted(parcels, key=lambda one: (one.ends or date.max, one.usable)):
            some = min(points - taken, one.left)
            one.left, taken = one.left - some, taken + some
        return taken

    def give_back(self, order_id: str, amount: int, *, pending: bool) -> None:
        order, before = self.orders[order_id]
        after = min(order.amount, before + amount)
        self.orders[order_id] = (order, after)
        claim = self.worth(order, order.amount - before) - self.worth(order, order.amount - after)
        day = self.day(order.occurred_at)
        usable = day + self.rules.get("pending_days", 0) * ONE_DAY
        only_pending = self.rules.get("refunds") == "pending_only"
        if not claim or (only_pending and usable <= (day if pending else self.today)):
            return
        end = self.ends(day)
        waits = usable if usable > self.today else None
        own = [
            one
            for one in self.parcels
            if one.ends == end and (one.usable if one.usable > self.today else None) == waits
        ]
        if end and (self.today - end).days > 92:
            self.lost.pop(end, None)
        gone = self.lost.get(end, 0) if end or (self.idle and day < self.idle) else 0
        if end:
            claim -= self.take(claim, own)
            claim -= (known := min(claim, gone))
        else:
            claim -= (known := min(claim, gone))
            claim -= self.take(claim, own)
        if known:
            self.lost[end] -= known
        if only_pending or (end and (self.today - end).days > 92):
            return
        claim -= self.take(claim, [one for one in self.parcels if one.usable <= self.today or one.left])
        if self.rules.get("refunds") == "negative":
            self.debt += claim

    # ── What it is worth ──────────────────────────────────────────────────────────────────────────

    def worth(self, order: Order, amount: int) -> int:
        rule, day = self.rules["earn"].get("order"), self.day(order.occurred_at)
        if rule is None:
            return 0
        per = Fraction(str(rule.get("per", 1))) * 100
        rate = next(
            (
                benefit["points_rate"]
                for tier in self.document["tiers"]
                if tier["id"] == self.tier(order.occurred_at)
                for benefit in tier.get("benefits", ())
                if "points_rate" in benefit
            ),
            1,
        )
        factors = [Fraction(str(rate)), *self.campaigns(day, "order")]
        return self.rounded(
            Fraction(amount * rule.get("points", 1)) / per, [one for one in factors if one != 1]
        )

    def worth_doing(self, activity: Activity) -> int:
        rule, day = self.rules["earn"].get("activities", {}).get(activity.kind), self.today
        if rule is None:
            return 0
        rule = {"points": rule} if isinstance(rule, int) else rule
        self.done[day, activity.kind] = self.done.get((day, activity.kind), 0) + 1
        if self.done[day, activity.kind] > rule.get("per_day", 10**9):
            return 0
        return self.rounded(Fraction(rule["points"]), self.campaigns(day, activity.kind))

    def campaigns(self, day: date, kind: str) -> list[Fraction]:
        return [
            Fraction(str(one["points"]))
            for one in self.document.get("campaigns", ())
            if kind in one.get("for", ["order"]) and one["from"] <= f"{day:%m-%d}" <= one["to"]
        ]

    def rounded(self, points: Fraction, factors: Sequence[Fraction]) -> int:
        match self.rules.get("combine", "multiply"):
            case "multiply":
                for one in factors:
                    points *= one
            case "add":
                points *= 1 + sum(one - 1 for one in factors)
            case _:
                points *= max(factors, default=Fraction(1))
        half = Fraction(1, 2) if self.rules.get("rounding") == "half_up" else 0
        return int(points + half)

    def tier(self, at: datetime) -> str:
        before = [tier for since, tier in self.tiers if since < at]
        return before[-1] if before else str(self.document["tiers"][0]["id"])


def months_later(day: date, months: int) -> date:
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    while True:
        try:
            return date(year, month, day.day)
        except ValueError:
            day -= ONE_DAY
