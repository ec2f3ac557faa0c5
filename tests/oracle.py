"""An oracle for settling: slow, small, and written apart from the engine, from the rules alone.

It keeps the facts in the order in which they were settled and adds everything up from the whole list after
each one. Only what was decided before (tier, promise, notice, questions, rewards given) is carried on, as a
person would do in a notebook. Nothing of `membership.program` or `membership.member` is used: programs are
plain Python.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from membership.facts import Fact

Figures = Mapping[str, int]
Rule = Callable[[Figures], bool]
Told = tuple[str, ...]
"""What was decided, as (type, what it names …)."""

DAY = timedelta(seconds=86_400)
ONE_DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
MEMORY = timedelta(hours=25)
STILL_ASKED = timedelta(days=7)
"""Figures of a year are kept so much longer than they decide."""
ASKED = ("act", "redemption", "redemption_cancelled")
"""Facts that are answered one by one."""
LONG_AGO = datetime(1970, 1, 3, tzinfo=UTC)


@dataclass(frozen=True)
class Tier:
    id: str
    qualify: Rule | None = None
    keep: Rule | None = None
    """Default: the same as qualify."""
    rewards: tuple[str, ...] = ()
    reviewed: bool = False
    replaces: str = ""

    def kept(self, figures: Figures) -> bool:
        rule = self.keep or self.qualify
        return rule is None or rule(figures)


_zone = cache(ZoneInfo)


@dataclass(frozen=True)
class Rules:
    """A version of a program as the oracle knows it."""

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
    refunds: Literal["at_once", "at_next_review", "never"] = "at_once"
    special: Mapping[str, Rule] = field(default_factory=dict)
    """Whom operators are shown each quarter."""
    since: datetime = LONG_AGO
    with_the_year: bool = False
    """Whether it begins for each member with its own next year."""

    def but(self, **changes: Any) -> "Rules":
        return replace(self, **changes)

    def with_tier(self, n: int, **changes: Any) -> "Rules":
        return self.but(tiers=(*self.tiers[:n], replace(self.tiers[n], **changes), *self.tiers[n + 1 :]))

    def rank(self, tier: str) -> int:
        return [one.id for one in self.tiers].index(tier)

    def tier(self, tier: str) -> Tier:
        return self.tiers[self.rank(tier)]

    def has(self, tier: str) -> bool:
        return any(one.id == tier for one in self.tiers)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(_zone(self.zone)).date()

    def first_whole_day(self, moment: datetime) -> date:
        """The first day that doesn't begin before it."""
        day = self.day(moment)
        return day if self.midnight(day) >= moment else day + ONE_DAY

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), _zone(self.zone)).astimezone(UTC)

    def begins(self) -> datetime:
        """With the year, where it is to: a version of the turn of the year itself waits for no other."""
        day = self.day(self.since)
        new_year = self.midnight(date(day.year, 1, 1))
        if not (self.with_the_year and self.yearly) or self.since == new_year:
            return self.since
        return self.midnight(date(day.year + 1, 1, 1))

    def adds_up_like(self, other: "Rules") -> bool:
        return (self.yearly, self.points, self.counts_orders) == (
            other.yearly,
            other.points,
            other.counts_orders,
        )


@dataclass(frozen=True)
class Notice:
    to_tier: str
    falls_on: date
    announced_at: datetime


@dataclass
class Place:
    """Where the member stands by what it earned."""

    tier: str
    earned_on: date
    promised_until: date | None = None
    """The first day without the promise."""
    qualified: bool = True
    undermined: bool = False
    notice: Notice | None = None
    over: dict[str, "Over"] = field(default_factory=dict)
    """hold, lifted → what lies over it."""
    declined: dict[str, int] = field(default_factory=dict)
    """Tier → the year for which an operator declined it."""


@dataclass
class Over:
    tier: str
    until: date
    reminded: bool = False


@dataclass
class Question:
    """What operators are asked."""

    kind: str
    tier: str
    earned_on: date
    condition: str = ""
    id: str = ""
    """As the engine calls it: who plays the two side by side tells the oracle."""


@dataclass
class Oracle:
    me: str
    versions: list[Rules]
    facts: list[Fact] = field(default_factory=list)
    """In the order in which they were settled, those of absorbed members among them."""
    seen: set[str] = field(default_factory=set)
    """Key of a fact → when it was recorded."""
    latest: datetime = LONG_AGO
    """When the newest fact that was settled had been recorded."""
    status: str | None = None
    place: Place | None = None
    given: set[tuple[str, str, int]] = field(default_factory=set)
    asked: list[Question] = field(default_factory=list)
    unnamed: list[Question] = field(default_factory=list)
    """Questions in the order in which they came up, until somebody says what the engine calls them."""
    listed: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Special condition → the quarter in which the member was last listed for it."""
    away: list[list[Any]] = field(default_factory=list)
    """[from, to, whether blocked]: what was done then counts for nothing."""
    merged_into: str | None = None
    absorbed: list[str] = field(default_factory=list)
    onward: list[Any] = field(default_factory=list)
    """What the other one of a merge was told: this member as it went away."""
    _added_up: tuple[Any, dict[Any, Any]] = field(init=False, repr=False, default=((), {}))
    """What was added up from the list as it is, so that nothing is added up twice."""

    def twin(self) -> "Oracle":
        """Another one, that goes on by itself."""
        mutable = ("place", "given", "asked", "unnamed", "listed", "away", "absorbed")
        copies: dict[str, Any] = {name: deepcopy(getattr(self, name)) for name in mutable}
        return replace(self, facts=list(self.facts), seen=set(self.seen), onward=list(self.onward), **copies)

    def _once(self, what: Any, add_up: Callable[[], Any]) -> Any:
        known, found = self._added_up
        if known != (len(self.facts), len(self.versions)):
            known, found = self._added_up = ((len(self.facts), len(self.versions)), {})
        if what not in found:
            found[what] = add_up()
        return found[what]

    # ── What a fact does ──────────────────────────────────────────────────────────────────────────

    def remembers(self, fact: Fact) -> bool:
        """Whether the memory reaches back to the time at which the fact was recorded."""
        return fact.recorded_at >= self.latest - MEMORY

    def tell(self, fact: Fact, now: datetime | None = None, gone: Iterable[str] = ()) -> list[Told]:
        """Settle one fact."""
        if not self._is_new(fact):
            return []
        if self.merged_into:
            return []
        before = list(self.facts)
        self.facts.append(fact)
        self._come_and_go(fact)
        return self._decide(fact, fact, before, now, gone)

    def tell_together(
        self,
        facts: Sequence[Fact],
        last: Fact,
        now: datetime | None,
        others: "Mapping[str, Oracle]",
        gone: Iterable[str] = (),
    ) -> list[Told]:
        """What the whole ledger says at once, `last` its newest fact: each act decides, then all the rest.

        `others`: members that went away for this one, as they were then. `gone`: that go on for nobody.
        """
        refunded = {order_id: self.refunded(order_id) for order_id in self._orders_named()}
        new = [fact for fact in facts if fact.key not in self.seen]
        for fact in new:
            self._is_new(fact)
        if self.merged_into:
            return []
        self.facts += new
        acts = sorted(
            (fact for fact in new if fact.type in ASKED), key=lambda act: (act.recorded_at, act.key)
        )
        for act in acts:
            self._come_and_go(act)
        for act in acts:
            if (
                act.type == "act" and act.action.type == "absorb"
            ):  # what was given back to the other one is no news
                other = others[act.action.member]
                refunded |= {order_id: other.refunded(order_id) for order_id in other._orders_named()}
        back = any(self.refunded(id_) != refunded.get(id_, 0) for id_ in self._orders_named())
        decided: list[Told] = []
        for act in acts:
            decided += self._decide(act, act, None, now, gone, gives_back=back, others=others)
        return decided + self._decide(last, None, None, now, (), gives_back=back)

    def _is_new(self, fact: Fact) -> bool:
        if fact.key in self.seen:
            return False
        self.seen.add(fact.key)
        self.latest = max(self.latest, fact.recorded_at)
        return True

    def _come_and_go(self, fact: Fact) -> None:
        """Blocked or away from the moment of the act on; a return doesn't end a block."""
        if fact.type != "act":
            return
        kind, at = fact.action.type, fact.occurred_at
        out = self.away[-1] if self.away and self.away[-1][1] is None else None
        if kind in ("block", "leave") and out is None:
            self.away.append([at, None, kind == "block"])
        elif kind == "block" and out:
            out[2] = True
        elif out and ((kind == "unblock" and out[2]) or (kind == "return" and not out[2])):
            out[1] = at

    # ── Figures, from the whole list ──────────────────────────────────────────────────────────────

    @property
    def rules(self) -> Rules:
        return cast(Rules, self._once("rules", lambda: self.rules_at(self.clock)))

    def rules_at(self, moment: datetime) -> Rules:
        return [one for one in self.versions if one is self.versions[0] or one.begins() <= moment][-1]

    def number(self, rules: Rules) -> int:
        return self.versions.index(rules) + 1

    def rules_of(self, day: date) -> Rules | None:
        """Those by which a day that is over is judged; None where they can't be compared with today's."""
        if day == self.today:
            return self.rules
        then = self.rules_at(self.rules.midnight(day + ONE_DAY) - INSTANT)
        same = [one.id for one in then.tiers] == [one.id for one in self.rules.tiers]
        return then if same and then.adds_up_like(self.rules) else None

    @property
    def clock(self) -> datetime:
        return cast(datetime, self._once("clock", lambda: max(fact.occurred_at for fact in self.facts)))

    @property
    def today(self) -> date:
        return cast(date, self._once("today", lambda: self.rules.day(self.clock)))

    def counting(self, fact: Fact) -> bool:
        return not any(
            begin <= fact.occurred_at and (end is None or fact.occurred_at < end)
            for begin, end, _ in self.away
        )

    def orders(self) -> dict[str, Any]:
        def find() -> dict[str, Any]:
            return {fact.order_id: fact for fact in reversed(self.facts) if fact.type == "order"}

        return cast(dict[str, Any], self._once("orders", find))

    def _orders_named(self) -> set[str]:
        return {fact.order_id for fact in self.facts if fact.type in ("order", "refund")}

    def refunded(self, order_id: str) -> int:
        """Never more than was paid; nothing as long as the order hasn't come."""

        def find() -> dict[str, int]:
            asked: dict[str, int] = defaultdict(int)
            for fact in self.facts:
                if fact.type == "refund":
                    asked[fact.order_id] += fact.amount
            return asked

        order = self.orders().get(order_id)
        return min(self._once("refunds", find).get(order_id, 0), order.amount) if order else 0

    def joined(self) -> date | None:
        known = [
            (fact.occurred_at, fact.id, fact.attributes.joined)
            for fact in self.facts
            if fact.type in ("profile", "enrolment") and fact.attributes.joined
        ]
        if known:
            return max(known)[2]
        heard = [fact.occurred_at for fact in self.facts if fact.type not in ("review", *ASKED)]
        return self.rules.day(min(heard)) if heard else None

    def figures(self, day: date) -> dict[str, int]:
        """What the rules see on a day, if nothing else happens until then."""
        year = day.year if self.rules.yearly else None
        return cast(dict[str, int], self._once(day, lambda: self._figures_on(day, year)))

    def _figures_on(self, day: date, year: int | None) -> dict[str, int]:
        joined = self._once("joined", self.joined)
        tenure = whole_years(joined, day) if joined else 0
        return self._once(("figures", year), lambda: self._figures_of(year)) | {"tenure_years": tenure}

    def _figures_of(self, year: int | None) -> dict[str, int]:
        """Of one year; None: of the whole life."""
        figures = {"spend": 0, "orders": 0, "contribution": 0, "interactions": 0, "feedback": 0}
        rules = self.rules

        def counts(fact: Fact) -> bool:
            return (year is None or rules.day(fact.occurred_at).year == year) and self.counting(fact)

        for order in self.orders().values():
            if counts(order):
                refunded = self.refunded(order.order_id)
                figures["spend"] += order.amount - refunded
                figures["orders"] += not (refunded and refunded == order.amount)
        for fact in self.facts:
            if fact.type == "activity" and counts(fact):
                figures["contribution"] += rules.points.get(fact.kind, 0)
                if counted_in := rules.counts(fact.kind):
                    figures[counted_in] += 1
        return figures

    # ── Decisions ─────────────────────────────────────────────────────────────────────────────────

    @property
    def tier(self) -> str | None:
        """By what was earned."""
        return self.place.tier if self.place else None

    @property
    def shown(self) -> str | None:
        """What counts: a hold in any case, else the highest of all."""
        if self.place is None:
            return None
        if "hold" in self.place.over:
            return self.place.over["hold"].tier
        return max([self.place.tier, *(over.tier for over in self.place.over.values())], key=self.rules.rank)

    @property
    def _rank(self) -> int:
        return self.rules.rank(self.place.tier)

    def _decide(
        self,
        fact: Fact,
        act: Fact | None,
        before: list[Fact] | None,
        now: datetime | None,
        gone: Iterable[str],
        gives_back: bool | None = None,
        others: "Mapping[str, Oracle] | None" = None,
    ) -> list[Told]:
        """`before`: what was known without the fact, where that can be told."""
        if self.merged_into:
            return []  # the other one decides
        back = self._gives_back(fact, before) if gives_back is None else gives_back
        decided = [*self._replace(), *self._enrol(fact)]
        if act and act.type == "act":
            in_a_circle = act.action.type == "merge" and act.action.into in (*gone, self.me)
            decided += (
                [("fact.ignored", "merges_in_a_circle")] if in_a_circle else self._enact(act, others or {})
            )
        decided += self._enrol(fact)
        if self.status != "active":
            return decided
        decided += self._begin()
        decided += self._rise()
        decided += self._ask(back)
        decided += self._renew()
        if back:
            decided += self._undermine(before)
        decided += self._renew()
        decided += self._avert()
        decided += self._fall()
        decided += self._renew()
        decided += self._announce(fact, now)
        decided += self._end_what_lies_over()
        decided += self._list()
        return decided

    def _replace(self) -> list[Told]:
        """Tiers that are there no more have a successor."""
        if self.place is None:
            return []
        successor = {tier.replaces: tier.id for tier in self.rules.tiers if tier.replaces}
        gone = {old: new for old, new in successor.items() if not self.rules.has(old)}
        here = [self.place, *self.place.over.values(), *self.asked]
        touched = any(one.tier in gone for one in here)
        notice = self.place.notice
        if notice and notice.to_tier in gone:
            touched, self.place.notice = True, replace(notice, to_tier=gone[notice.to_tier])
        for one in here:
            one.tier = gone.get(one.tier, one.tier)
        return [("tier.replaced",)] if touched else []

    def _enrol(self, fact: Fact) -> list[Told]:
        if self.status not in (None, "trial"):
            return []
        active = any(self._makes_active(one) for one in self.facts)
        if not active:
            known, self.status = self.status, "trial" if self.status or fact.type != "act" else None
            return [] if known or not self.status else [("member.enrolled", "trial")]
        decided = [("member.activated",) if self.status else ("member.enrolled", "active")]
        self.status = "active"
        return decided

    def _begin(self) -> list[Told]:
        if self.place:
            return []
        first = self.rules.tiers[0]
        self.place = Place(first.id, self.today)
        return [("tier.upgraded", first.id), *self._reward([first])]

    def _makes_active(self, fact: Fact) -> bool:
        match fact.type:
            case "enrolment":
                return True
            case "order":
                return (fact.amount > 0 or self.rules.counts_orders) and self.counting(fact)
            case "activity":
                counts = self.rules.points.get(fact.kind) or self.rules.counts(fact.kind)
                return bool(counts) and self.counting(fact)
        return False

    def _gives_back(self, fact: Fact, before: list[Fact] | None) -> bool:
        """Whether the fact is a refund of something, or the order that such a refund waited for."""
        if before is None or fact.type not in ("order", "refund") or not self.refunded(fact.order_id):
            return False
        return self.refunded(fact.order_id) != replace(self, facts=before).refunded(fact.order_id)

    # ── What operators do ─────────────────────────────────────────────────────────────────────────

    def _enact(self, act: Any, others: "Mapping[str, Oracle]") -> list[Told]:
        kind, status = act.action.type, self.status
        match kind:
            case "block" if status in ("trial", "active", "left"):
                return [*self._withdraw(self.asked), *self._become("blocked", "member.blocked")]
            case "leave" if status in ("trial", "active"):
                return [*self._withdraw(self.asked), *self._become("left", "member.left")]
            case "unblock" if status == "blocked":
                return self._become("active" if self.place else "trial", "member.unblocked")
            case "return" if status == "left":
                return self._become("active" if self.place else "trial", "member.returned")
            case "merge" if status in ("trial", "active", "left"):
                decided = self._withdraw(self.asked)
                self.merged_into = act.action.into
                self.onward.append(self.twin())
                return [*decided, *self._become("merged", "member.merged")]
            case "absorb" if status in ("trial", "active", "left", "blocked"):
                return self._absorb(others[act.action.member])
            case "hold" | "lift" if status == "active":
                return self._put_over(act.action)
            case "release" if status == "active":
                if act.action.source not in self.place.over:
                    return [("fact.ignored", "nothing_to_decide")]
                return self._uncover(act.action.source)
            case "adjust_points":
                return []  # points are none of its business
            case "decide":
                found = [one for one in self.asked if one.id == act.action.approval]
                if status == "active" and found:
                    return self._answer(found[0], act.action)
                return [("fact.ignored", "nothing_to_decide")]
        return [("fact.ignored", "not_possible_now")]

    def _become(self, status: str, told: str) -> list[Told]:
        self.status = status
        return [(told,)]

    def _withdraw(self, questions: Iterable[Question]) -> list[Told]:
        withdrawn = list(questions)
        self.asked = [one for one in self.asked if one not in withdrawn]
        return [("approval.withdrawn", one.kind, one.tier) for one in withdrawn]

    def _put_over(self, action: Any) -> list[Told]:
        if not self.rules.has(action.tier) or action.until <= self.today:
            return [("fact.ignored", "not_possible_now")]
        return self._cover("hold" if action.type == "hold" else "lifted", action.tier, action.until)

    def _cover(self, source: str, tier: str, until: date) -> list[Told]:
        before = self.shown
        self.place.over[source] = Over(tier, until)
        decided: list[Told] = [("tier.overridden", source, tier)]
        if source == "lifted" and self.rules.rank(tier) > self.rules.rank(before):
            decided += self._reward([self.rules.tier(tier)])
        return decided

    def _uncover(self, source: str) -> list[Told]:
        del self.place.over[source]
        return [("tier.override_ended", source, self.shown)]

    def _answer(self, question: Question, action: Any) -> list[Told]:
        self.asked.remove(question)
        decided = [("approval.decided", question.kind, action.verdict, action.tier or question.tier)]
        if question.kind == "special":
            self.listed[question.condition] = self._quarter()
        if action.verdict == "decline":
            if question.kind == "promotion":
                self.place.declined[question.tier] = self._cycle(question.earned_on)
            return decided
        if question.kind == "special":
            return decided + self._cover("lifted", action.tier, action.until)
        if question.kind == "promotion" and self.rules.rank(question.tier) > self._rank:
            decided += self._enter(question.tier, question.earned_on)
        return decided

    def _absorb(self, other: "Oracle") -> list[Told]:
        """The higher of the two places, and nothing is given again. Its facts have come with the ledger."""
        self.absorbed += [other.me, *other.absorbed]
        self.given |= other.given
        there = deepcopy(other.place)
        if there:
            gone = {tier.replaces: tier.id for tier in self.rules.tiers if tier.replaces}
            for one in (there, *there.over.values()):
                one.tier = one.tier if self.rules.has(one.tier) else gone[one.tier]
            if there.notice and not self.rules.has(there.notice.to_tier):
                there.notice = replace(there.notice, to_tier=gone[there.notice.to_tier])
            mine = self.place or Place(self.rules.tiers[0].id, self.today, date.min)
            best, rest = (there, mine) if self._worth(there) > self._worth(mine) else (mine, there)
            for source, over in rest.over.items():
                known = best.over.get(source)
                if known is None or self.rules.rank(over.tier) > self.rules.rank(known.tier):
                    best.over[source] = over
            self.place = best
        return [("member.absorbed", other.me)]

    def _worth(self, place: Place) -> tuple[int, date]:
        return self.rules.rank(place.tier), place.promised_until or date.max

    # ── Up ────────────────────────────────────────────────────────────────────────────────────────

    def _judged(self) -> list[tuple[Rules, date]]:
        """The days by whose figures it is decided: today, and the last day of the year that closed."""
        closed = date(self.today.year - 1, 12, 31)
        days = [self.today, closed] if self.rules.yearly else [self.today]
        return [(rules, day) for day in days if (rules := self.rules_of(day))]

    def _until(self, earned: date) -> date | None:
        return date(earned.year + 2, 1, 1) if self.rules.validity == "next_year" else None

    def _runs_today(self, tier: Tier, earned: date) -> bool:
        """Whether a tier earned on that day would still be held today."""
        if earned == self.today or self.rules.validity == "lifetime":
            return True
        if self.rules.validity == "while_qualified":
            return self.rules.tier(tier.id).kept(self.figures(self.today))  # by what holds it from now on
        return self._until(earned) > self.today

    def _reached(self, reviewed: bool) -> tuple[str, date] | None:
        """The highest tier met on any of the days; of equal ones, as of today."""
        met = [
            (n, day)
            for rules, day in self._judged()
            for n, tier in enumerate(rules.tiers)
            if tier.qualify and tier.qualify(self.figures(day)) and self._runs_today(tier, day)
            if tier.reviewed == reviewed and not self._declined(tier, self._cycle(day))
        ]
        highest, day = max(met, default=(0, self.today))
        return (self.rules.tiers[highest].id, day) if highest > self._rank else None

    def _declined(self, tier: Tier, cycle: int) -> bool:
        return any(self.place.declined.get(name) == cycle for name in (tier.id, tier.replaces))

    def _rise(self) -> list[Told]:
        found = self._reached(reviewed=False)
        return self._enter(*found) if found else []

    def _enter(self, tier: str, day: date) -> list[Told]:
        passed = self.rules.tiers[self._rank + 1 : self.rules.rank(tier) + 1]
        over, declined = self.place.over, self.place.declined
        self.place = Place(tier, day, self._until(day), over=over, declined=declined)
        return [("tier.upgraded", tier), *self._reward(passed)]

    def _cycle(self, day: date) -> int:
        return day.year if self.rules.yearly else 0

    def _reward(self, passed: Iterable[Tier]) -> list[Told]:
        cycle, decided = self._cycle(self.today), []
        for tier in passed:
            names = (tier.id, tier.replaces)
            for reward in tier.rewards:
                had = [year for name, what, year in self.given if what == reward and name in names]
                if cycle > max(had, default=-1):
                    self.given.add((tier.id, reward, cycle))
                    decided.append(("reward.granted", tier.id, reward))
        return decided

    def _ask(self, gives_back: bool) -> list[Told]:
        """Who reaches a tier that somebody has to confirm: once, and for the highest."""
        found = self._reached(reviewed=True)
        waiting = [one for one in self.asked if one.kind == "promotion"]
        groundless = [
            one
            for one in waiting
            if self.rules.rank(one.tier) <= self._rank
            or (gives_back and not (found and found[0] == one.tier) and not self._still_met(one))
        ]
        decided = self._withdraw(groundless)
        waiting = [one for one in waiting if one not in groundless]
        if found is None or any(self.rules.rank(one.tier) >= self.rules.rank(found[0]) for one in waiting):
            return decided
        return [*decided, *self._withdraw(waiting), *self._question("promotion", *found)]

    def _still_met(self, one: Question) -> bool:
        if self.rules_of(one.earned_on) is None:
            return True
        if self.rules.yearly and one.earned_on.year < (self.today - STILL_ASKED).year - 1:
            return False  # of years long closed no figures are kept
        return self.rules.tier(one.tier).qualify(self.figures(one.earned_on))

    def _question(self, kind: str, tier: str, day: date, condition: str = "") -> list[Told]:
        question = Question(kind, tier, day, condition)
        self.asked.append(question)
        self.unnamed.append(question)
        return [("approval.requested", kind, tier)]

    def _quarter(self) -> tuple[int, int]:
        return self.today.year, (self.today.month - 1) // 3

    def _list(self) -> list[Told]:
        """Once a quarter, each condition for which nobody has answered yet; not who is at the top."""
        decided: list[Told] = []
        quarter = self._quarter()
        for condition, rule in self.rules.special.items():
            waiting = [one for one in self.asked if one.condition == condition]
            at_the_top = self.shown == self.rules.tiers[-1].id
            if waiting and at_the_top:
                self._withdraw(waiting)
                decided.append(("approval.withdrawn", "special", self.shown))
            if waiting or self.listed.get(condition) == quarter or at_the_top:
                continue
            if rule(self.figures(self.today)):
                self.listed[condition] = quarter
                decided += self._question("special", self.shown, self.today, condition)
        return decided

    # ── Staying ───────────────────────────────────────────────────────────────────────────────────

    def _renew(self) -> list[Told]:
        decided: list[Told] = []
        ripened = self._ripened_by()
        for rules, day in [*self._judged(), *([(self.rules, ripened)] if ripened else [])]:
            until, promised = self._until(day), self.place.promised_until
            later = promised is not None and (until is None or until > promised)
            if later and self._rank and rules.tier(self.place.tier).kept(self.figures(day)):
                self.place = replace(
                    self.place, earned_on=day, promised_until=until, qualified=True, undermined=False
                )
                decided.append(("tier.renewed", self.tier))
        return decided

    def _keeps(self, day: date) -> bool:
        return self.rules.tier(self.place.tier).kept(self.figures(day))

    def _undermine(self, before: list[Fact] | None) -> list[Told]:
        place, rules = self.place, self.rules_of(min(self.place.earned_on, self.today))
        if not self._rank or not place.qualified or place.undermined or rules is None:
            return []
        if place.promised_until is not None and place.promised_until <= self.today:
            return []
        if self.rules.yearly and place.earned_on.year < self.today.year - 1:
            return []  # of years long closed no figures are kept
        # The window in which it was earned, as it stands now, or as it stood when it closed.
        day = min(self.today, date(place.earned_on.year, 12, 31)) if self.rules.yearly else self.today
        tier = rules.tier(place.tier)

        def earned(figures: Figures) -> bool:
            return tier.kept(figures) or tier.qualify(figures)

        if earned(self.figures(day)):
            return []
        if before is not None and not earned(replace(self, facts=before).figures(day)):
            return []  # what was unmet before was not undone by it
        place.undermined = True
        if self.rules.validity != "while_qualified" and self.rules.refunds != "never":
            judged = self.today if self.rules.refunds == "at_once" else self._next_period()
            if place.promised_until is None or judged < place.promised_until:
                place.promised_until = judged
        about = ("refund", self.tier, place.earned_on)
        if any(about == (one.kind, one.tier, one.earned_on) for one in self.asked):
            return [("tier.undermined", self.tier)]
        return [("tier.undermined", self.tier), *self._question(*about)]

    def _next_period(self) -> date:
        if self.rules.yearly:
            return date(self.today.year + 1, 1, 1)
        quarter = (self.today.month - 1) // 3 + 1
        return date(self.today.year + quarter // 4, quarter % 4 * 3 + 1, 1)

    # ── Down ──────────────────────────────────────────────────────────────────────────────────────

    def _lost(self) -> bool:
        """Whether nothing holds the tier today but a notice that still runs."""
        promised = self.place.promised_until
        ended = promised <= self.today if promised else self.rules.validity == "while_qualified"
        return bool(self._rank) and ended and not self._keeps(self.today)

    def _fall_day(self) -> date | None:
        """The first day on which the tier would be lost if nothing else happened: as if seen every day."""
        promised = self.place.promised_until
        if not self._rank or (promised is None and self.rules.validity == "lifetime"):
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

    def _ripened_by(self) -> date | None:
        """The day whose figures decide over a notice that has run out, however late that is looked at.

        A promise was not renewed up to its last day; without one a tier is lost on the first day unmet.
        """
        notice = self.place.notice
        if notice is None or self.today < notice.falls_on:
            return None
        return notice.falls_on if self.rules.validity == "while_qualified" else notice.falls_on - ONE_DAY

    def _avert(self) -> list[Told]:
        notice, fall, ripened = self.place.notice, self._fall_day(), self._ripened_by()
        if notice is None:
            return []
        lost = self._lost() or (fall is not None and fall <= notice.falls_on)
        if lost and not (ripened and self._keeps(ripened)):
            return []
        self.place.notice, self.place.undermined = None, False
        return [("tier.kept", self.tier)]

    def _fall(self) -> list[Told]:
        day = self._ripened_by()
        if day is None:
            return []
        lower = self.rules.tiers[self._rank - 1]
        over, declined = self.place.over, self.place.declined
        until = self._until(day) if lower.qualify else None
        self.place = Place(lower.id, day, until, over=over, declined=declined)
        self.place.qualified = self._keeps(day)
        return [("tier.downgraded", self.tier)]

    def _whole_notice_before(self, day: date) -> date:
        """The last day on which a review at any hour leaves a whole notice."""
        return self.rules.day(self.rules.midnight(day) - self.rules.notice_days * DAY) - ONE_DAY

    def _announce(self, fact: Fact, now: datetime | None) -> list[Told]:
        fall = self._fall_day()
        if fall is None or self.place.notice or self.today < self._whole_notice_before(fall):
            return []
        # Nobody can be told of a fact before it is known.
        dated = getattr(fact, "dated", None)
        told = max(self.clock, dated) if dated else max(self.clock, fact.recorded_at, now or self.clock)
        # In UTC: a clock that is put forward meanwhile takes nothing off the notice.
        ripe = told.astimezone(UTC) + self.rules.notice_days * DAY
        earliest = self.rules.day(ripe)
        if self.rules.midnight(earliest) < ripe:
            earliest += ONE_DAY
        below = self.rules.tiers[self._rank - 1].id
        self.place.notice = Notice(below, max(fall, earliest), told)
        return [("tier.will_downgrade", self.tier, below)]

    def _end_what_lies_over(self) -> list[Told]:
        decided: list[Told] = []
        for source, over in list(self.place.over.items()):
            if self.today >= over.until:
                decided += self._uncover(source)
            elif not over.reminded and self.today >= self._whole_notice_before(over.until):
                over.reminded = True
                beneath = replace(self, place=replace(self.place, over=dict(self.place.over)))
                del beneath.place.over[source]
                decided.append(("tier.override_ends", source, beneath.shown))
        return decided


def whole_years(start: date, day: date) -> int:
    """Birthdays passed; who joined on 29 February has it on 28 February in other years."""
    years = day.year - start.year
    return max(0, years if anniversary(start, years) <= day else years - 1)


def anniversary(start: date, years: int) -> date:
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        return date(start.year + years, 2, 28)
