"""An oracle for settling: slow, small, and written apart from the engine, from the rules alone.

It keeps the facts in the order in which they were settled and adds everything up from the whole list after
each one. Only what was decided before (tier, promise, notice, rewards given) is carried on, as a person would
do in a notebook. Nothing of `membership.program` or `membership.member` is used: programs are plain Python.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from membership.facts import Fact

Figures = Mapping[str, int]
Rule = Callable[[Figures], bool]
DAY = timedelta(seconds=86_400)
MEMORY = timedelta(hours=25)
LONG_AGO = datetime(1970, 1, 3, tzinfo=UTC)


@dataclass(frozen=True)
class Tier:
    id: str
    qualify: Rule | None = None
    keep: Rule | None = None
    """Default: the same as qualify."""
    rewards: tuple[str, ...] = ()

    def kept(self, figures: Figures) -> bool:
        rule = self.keep or self.qualify
        return rule is None or rule(figures)


@dataclass(frozen=True)
class Rules:
    """A program as the oracle knows it."""

    tiers: tuple[Tier, ...]
    yearly: bool
    """Figures count anew each calendar year; else over the whole life."""
    validity: Literal["next_year", "while_qualified", "lifetime"]
    zone: str = "Asia/Shanghai"
    points: Mapping[str, int] = field(default_factory=dict)
    """Contribution: kind of activity → points."""
    counts: Callable[[str], str | None] = lambda kind: None
    """Kind of activity → the figure in which each one counts 1."""
    counts_orders: bool = False
    notice_days: int = 30

    def but(self, **changes: Any) -> "Rules":
        return replace(self, **changes)

    def with_tier(self, n: int, **changes: Any) -> "Rules":
        return self.but(tiers=(*self.tiers[:n], replace(self.tiers[n], **changes), *self.tiers[n + 1 :]))


P1 = Rules(
    yearly=False,
    validity="while_qualified",
    counts=lambda kind: "feedback" if kind == "feedback" else "interactions",
    tiers=(
        Tier("bronze"),
        Tier("silver", lambda f: f["spend"] >= 1_000_00 and f["interactions"] >= 5),
        Tier("gold", lambda f: f["spend"] >= 3_000_00 and f["interactions"] >= 15 and f["feedback"] >= 1),
        Tier("platinum", lambda f: f["spend"] >= 8_000_00 and f["interactions"] >= 30 and f["feedback"] >= 3),
    ),
)

P2 = Rules(
    yearly=True,
    validity="next_year",
    points={"referral": 200, "campaign": 100},
    counts_orders=True,
    tiers=(
        Tier("regular", rewards=("welcome",)),
        Tier("silver", lambda f: f["spend"] >= 5_000_00 or f["orders"] >= 6 or f["tenure_years"] >= 1),
        Tier("gold", lambda f: f["spend"] >= 20_000_00 or f["orders"] >= 12 or f["contribution"] >= 2_000),
        Tier(
            "platinum",
            lambda f: (
                (f["spend"] >= 50_000_00 and f["orders"] >= 18)
                or (f["tenure_years"] >= 3 and f["spend"] >= 30_000_00)
            ),
        ),
        Tier(
            "diamond",
            lambda f: (
                f["spend"] >= 100_000_00
                and [f["orders"] >= 24, f["tenure_years"] >= 5, f["contribution"] >= 5_000].count(True) >= 2
            ),
        ),
    ),
)


@dataclass(frozen=True)
class Notice:
    to_tier: str
    falls_on: date
    announced_at: datetime


@dataclass
class Place:
    """Where the member stands."""

    tier: int
    earned_on: date
    promised_until: date | None = None
    """The first day without the promise."""
    qualified: bool = True
    notice: Notice | None = None


@dataclass
class Oracle:
    rules: Rules
    facts: list[Fact] = field(default_factory=list)
    """In the order in which they were settled."""
    seen: dict[str, datetime] = field(default_factory=dict)
    """Key of a fact → when it was recorded."""
    latest: datetime = LONG_AGO
    """When the newest fact that was settled had been recorded."""
    status: str | None = None
    place: Place | None = None
    given: set[tuple[str, str, int]] = field(default_factory=set)

    # ── What a fact does ──────────────────────────────────────────────────────────────────────────

    def remembers(self, fact: Fact) -> bool:
        """Whether the memory reaches back to the time at which the fact was recorded."""
        return fact.recorded_at >= self.latest - MEMORY

    def tell(self, fact: Fact) -> list[tuple[str, ...]]:
        """Settle one fact; what was decided, as (type, what it names …)."""
        known = self.seen.get(fact.key)
        if known is not None and known >= self.latest - MEMORY:
            return []
        self.seen[fact.key] = fact.recorded_at
        self.latest = max(self.latest, fact.recorded_at)
        self.facts.append(fact)
        return self._decide(fact)

    # ── Figures, from the whole list ──────────────────────────────────────────────────────────────

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.rules.zone)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    @property
    def clock(self) -> datetime:
        return max(fact.occurred_at for fact in self.facts)

    @property
    def today(self) -> date:
        return self.day(self.clock)

    def orders(self) -> dict[str, Any]:
        return {fact.order_id: fact for fact in reversed(self.facts) if fact.type == "order"}

    def refunded(self, order_id: str) -> int:
        """Never more than was paid; nothing as long as the order hasn't come."""
        order = self.orders().get(order_id)
        asked = sum(fact.amount for fact in self.facts if fact.type == "refund" and fact.order_id == order_id)
        return min(asked, order.amount) if order else 0

    def joined(self) -> date | None:
        known = [
            (fact.occurred_at, fact.id, fact.attributes.joined)
            for fact in self.facts
            if fact.type in ("profile", "enrolment") and fact.attributes.joined
        ]
        if known:
            return max(known)[2]
        heard = [fact.occurred_at for fact in self.facts if fact.type != "review"]
        return self.day(min(heard)) if heard else None

    def figures(self, day: date) -> dict[str, int]:
        """What the rules see on a day, if nothing else happens until then."""
        figures = {"spend": 0, "orders": 0, "contribution": 0, "interactions": 0, "feedback": 0}
        for order in self.orders().values():
            if self._counts(order.occurred_at, day):
                refunded = self.refunded(order.order_id)
                figures["spend"] += order.amount - refunded
                figures["orders"] += not (refunded and refunded == order.amount)
        for fact in self.facts:
            if fact.type == "activity" and self._counts(fact.occurred_at, day):
                figures["contribution"] += self.rules.points.get(fact.kind, 0)
                if counted_in := self.rules.counts(fact.kind):
                    figures[counted_in] += 1
        joined = self.joined()
        figures["tenure_years"] = whole_years(joined, day) if joined else 0
        return figures

    def _counts(self, moment: datetime, day: date) -> bool:
        return not self.rules.yearly or self.day(moment).year == day.year

    # ── Decisions ─────────────────────────────────────────────────────────────────────────────────

    @property
    def tier(self) -> str | None:
        return self.rules.tiers[self.place.tier].id if self.place else None

    def _decide(self, fact: Fact) -> list[tuple[str, ...]]:
        decided = self._enrol()
        if self.place is None:
            return decided
        decided += self._rise()
        decided += self._renew()
        if self._gives_back(fact):
            decided += self._undermine()
        decided += self._renew()
        decided += self._avert()
        decided += self._fall()
        decided += self._renew()
        decided += self._announce(fact)
        return decided

    def _enrol(self) -> list[tuple[str, ...]]:
        if self.status == "active":
            return []
        active = any(self._makes_active(fact) for fact in self.facts)
        if not active:
            known, self.status = self.status, "trial"
            return [] if known else [("member.enrolled", "trial")]
        decided = [("member.activated",) if self.status else ("member.enrolled", "active")]
        self.status = "active"
        self.place = Place(0, self.today)
        return [*decided, ("tier.upgraded", self.rules.tiers[0].id), *self._reward(range(1))]

    def _makes_active(self, fact: Fact) -> bool:
        match fact.type:
            case "enrolment":
                return True
            case "order":
                return fact.amount > 0 or self.rules.counts_orders
            case "activity":
                return bool(self.rules.points.get(fact.kind) or self.rules.counts(fact.kind))
        return False

    def _gives_back(self, fact: Fact) -> bool:
        """Whether the fact is a refund of something, or the order that such a refund waited for."""
        if fact.type not in ("order", "refund") or not self.refunded(fact.order_id):
            return False
        before = replace(self, facts=self.facts[:-1])
        return self.refunded(fact.order_id) != before.refunded(fact.order_id)

    def _judged(self) -> list[date]:
        """The days by whose figures it is decided: today, and the last day of the year that closed."""
        return [self.today, date(self.today.year - 1, 12, 31)] if self.rules.yearly else [self.today]

    def _until(self, earned: date) -> date | None:
        return date(earned.year + 2, 1, 1) if self.rules.validity == "next_year" else None

    def _runs_today(self, tier: Tier, earned: date) -> bool:
        """Whether a tier earned on that day would still be held today."""
        if earned == self.today or self.rules.validity == "lifetime":
            return True
        if self.rules.validity == "while_qualified":
            return tier.kept(self.figures(self.today))
        return self._until(earned) > self.today

    def _rise(self) -> list[tuple[str, ...]]:
        """To the highest tier met on any of the days; of equal ones, as of today."""
        met = [
            (n, day)
            for day in self._judged()
            for n, tier in enumerate(self.rules.tiers)
            if tier.qualify and tier.qualify(self.figures(day)) and self._runs_today(tier, day)
        ]
        highest, day = max(met, default=(0, self.today))
        if highest <= self.place.tier:
            return []
        passed = range(self.place.tier + 1, highest + 1)
        self.place = Place(highest, day, self._until(day))
        return [("tier.upgraded", self.tier), *self._reward(passed)]

    def _reward(self, passed: range) -> list[tuple[str, ...]]:
        cycle = self.today.year if self.rules.yearly else 0
        new = [
            (tier.id, reward, cycle)
            for tier in (self.rules.tiers[n] for n in passed)
            for reward in tier.rewards
            if (tier.id, reward, cycle) not in self.given
        ]
        self.given.update(new)
        return [("reward.granted", tier, reward) for tier, reward, _ in new]

    def _renew(self) -> list[tuple[str, ...]]:
        decided = []
        for day in self._judged():
            until, promised = self._until(day), self.place.promised_until
            later = promised is not None and (until is None or until > promised)
            if later and self.place.tier and self._keeps(day):
                self.place = replace(self.place, earned_on=day, promised_until=until, qualified=True)
                decided.append(("tier.renewed", self.tier))
        return decided

    def _keeps(self, day: date) -> bool:
        return self.rules.tiers[self.place.tier].kept(self.figures(day))

    def _undermine(self) -> list[tuple[str, ...]]:
        place, tier = self.place, self.rules.tiers[self.place.tier]
        if not place.tier or not place.qualified:
            return []
        if self.rules.validity == "while_qualified":
            return []
        if place.promised_until is not None and place.promised_until <= self.today:
            return []
        if self.rules.yearly and place.earned_on.year < self.today.year - 1:
            return []  # of years long closed no figures are kept
        # The window in which it was earned, as it stands now, or as it stood when it closed.
        day = min(self.today, date(place.earned_on.year, 12, 31)) if self.rules.yearly else self.today
        before, after = replace(self, facts=self.facts[:-1]).figures(day), self.figures(day)
        earned_before, earned = (tier.kept(one) or tier.qualify(one) for one in (before, after))
        if earned or not earned_before:
            return []
        self.place = replace(place, promised_until=self.today)
        return [("tier.undermined", self.tier), ("approval.requested", self.tier)]

    def _lost(self) -> bool:
        """Whether nothing holds the tier today but a notice that still runs."""
        promised = self.place.promised_until
        ended = promised <= self.today if promised else self.rules.validity == "while_qualified"
        return bool(self.place.tier) and ended and not self._keeps(self.today)

    def _fall_day(self) -> date | None:
        """The first day on which the tier would be lost if nothing else happened: as if seen every day."""
        promised = self.place.promised_until
        if not self.place.tier or (promised is None and self.rules.validity == "lifetime"):
            return None
        for day in self._days_that_matter():
            if self._keeps(day):
                if self.rules.validity == "lifetime":
                    return None
                if self.rules.validity == "next_year":
                    promised = max(promised, self._until(day))
            elif promised is None or day >= promised:
                return day
        return None

    def _days_that_matter(self) -> list[date]:
        """From today on, days between which nothing changes by itself: new years, and years of tenure."""
        joined = self.joined() or self.today
        days = {self.today, self.place.promised_until or self.today}
        for year in range(self.today.year, self.today.year + 5):
            days |= {date(year, 1, 1), date(year, 12, 31), anniversary(joined, year - joined.year)}
        return sorted(day for day in days if day >= self.today)

    def _avert(self) -> list[tuple[str, ...]]:
        notice, fall = self.place.notice, self._fall_day()
        if notice is None or self._lost() or (fall is not None and fall <= notice.falls_on):
            return []
        self.place = replace(self.place, notice=None)
        return [("tier.kept", self.tier)]

    def _fall(self) -> list[tuple[str, ...]]:
        notice = self.place.notice
        if notice is None or self.today < notice.falls_on:
            return []
        lower = self.place.tier - 1
        eve = notice.falls_on - timedelta(days=1)
        self.place = Place(lower, eve, self._until(eve) if lower else None)
        self.place.qualified = self._keeps(eve)
        return [("tier.downgraded", self.tier)]

    def _announce(self, fact: Fact) -> list[tuple[str, ...]]:
        fall = self._fall_day()
        notice = self.rules.notice_days * DAY
        if fall is None or self.place.notice:
            return []
        # A review at any hour of the day has to leave a whole notice.
        if self.today < self.day(self.midnight(fall) - notice) - timedelta(days=1):
            return []
        # Nobody can be told of a fact before it is known.
        told = max(self.clock, getattr(fact, "dated", None) or fact.recorded_at)
        earliest = self.day(told + notice)
        if self.midnight(earliest) < told + notice:
            earliest += timedelta(days=1)
        below = self.rules.tiers[self.place.tier - 1].id
        self.place = replace(self.place, notice=Notice(below, max(fall, earliest), told))
        return [("tier.will_downgrade", self.tier, below)]


def whole_years(start: date, day: date) -> int:
    """Birthdays passed; who joined on 29 February has it on 28 February in other years."""
    years = 0
    while anniversary(start, years + 1) <= day:
        years += 1
    return years


def anniversary(start: date, years: int) -> date:
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        return date(start.year + years, 2, 28)
