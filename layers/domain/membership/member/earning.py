"""What a fact earns: by the rules, the tier and what was known of the person when it occurred.

None of that changes afterwards, so whoever asks again is told the same: a refund, a rebuild, a statement.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, Self

from membership.errors import RebuildNeeded
from membership.facts import Activity, Attributes, Enrolment, Fact, Order, Profile
from membership.member.account import COUNTED_DAYS, Account, Lot, added
from membership.member.evolve import evolve
from membership.member.figures import joined
from membership.member.posting import posted
from membership.member.standing import Held, Layer, Standing
from membership.member.state import HELD_FOR, Absence, Member, outside
from membership.outcomes import MemberBlocked, MemberLeft, MemberReturned, MemberUnblocked, Outcome
from membership.program.campaigns import Campaign
from membership.program.points import PointsRules
from membership.program.rates import ONE
from membership.program.schema import Program, Versions

Told = Callable[[str, datetime], Any]
"""What the shop had told by a moment: attribute → value."""


class Factor(NamedTuple):
    """Something that made it worth more, or less."""

    by: str
    """`tier`, `birthday_month`, or a campaign's id."""
    rate: int
    """In hundredths."""


class Earned(NamedTuple):
    """What a fact earned, and why."""

    fact: Order | Activity
    day: date
    """The program's, on which it occurred."""
    points: int
    lot: Lot
    version: int
    """Of the program that decided."""
    factors: tuple[Factor, ...] = ()
    capped: bool = False
    """Whether the day had brought as many before as can count."""
    lines: tuple[int, ...] = ()
    """Points of each of an order's lines."""
    awakes: bool = False
    """Whether it ends a silence after which points would be gone."""
    counter: str | None = None
    """Where the account counts such activities, if they are capped."""


class Claim(NamedTuple):
    """Points of an order that were given for what was given back."""

    order: str
    before: int
    """How much of it had been given back, in the currency's smallest unit."""
    after: int
    points: int
    lot: Lot
    day: date


class Past(NamedTuple):
    """What a member was at moments of its past."""

    held: Sequence[Held]
    standings: Mapping[str, Standing]
    told: Told
    outside: Sequence[Absence]
    since: datetime | None = None
    """From when on `held` knows everything; None: from the first."""

    @classmethod
    def of(cls, member: Member) -> Self:
        """As far as the member itself knows it."""

        def told(name: str, at: datetime) -> Any:
            if _stamp(at) < member.attribute_times.get(name, "")[:20]:
                raise RebuildNeeded(f"{name} was another one then")
            return getattr(member.attributes, name)

        since = member.clock - HELD_FOR if member.clock else None
        return cls(member.held, member.standings, told, member.outside, since)

    def layers(self, ladder: str, at: datetime) -> Sequence[Layer]:
        """Every tier that it had in a ladder; none where it had no standing yet."""
        if self.since and at < self.since:
            raise RebuildNeeded("its tiers of so long ago are forgotten")
        for one in self.held:
            if one.ladder == ladder and at <= one.until:
                return one.layers
        standing = self.standings.get(ladder)
        return tuple(standing.layers()) if standing else ()


def _stamp(at: datetime) -> str:
    return f"{at.timestamp():020.6f}"


# ── What a fact earns ─────────────────────────────────────────────────────────────────────────────


class Earning(NamedTuple):
    """By the versions of a program, for one member."""

    versions: Versions
    past: Past
    joined: date | None

    def rules(self, at: datetime) -> tuple[int, Program]:
        """The version that decided for the member then."""
        if not self.versions.begin_with_members:
            return self.versions.in_force(at)
        _, program = self.versions.in_force(at)
        return self.versions.in_force(at, self.joined or program.day(at))

    def of(
        self, fact: Fact, amount: int | None = None, counted: Mapping[str, int] | None = None
    ) -> Earned | None:
        """None where the fact could earn nothing, whatever the rules. `amount`: of an order, what is left;
        `counted`: how often capped activities were done."""
        if not isinstance(fact, Order | Activity) or outside(self.past.outside, fact.occurred_at):
            return None
        version, program = self.rules(fact.occurred_at)
        rules = program.points
        if rules is None:
            return None
        day = program.day(fact.occurred_at)
        if isinstance(fact, Order):
            left = fact.amount if amount is None else amount
            earned = self._order(version, program, rules, day, fact, left)
        else:
            earned = self._activity(version, program, rules, day, fact, counted or {})
        return earned._replace(awakes=True) if rules.asks_for_silence else earned

    def _order(
        self, version: int, program: Program, rules: PointsRules, day: date, order: Order, amount: int
    ) -> Earned:
        lot = rules.lot(day, pending=True)
        if rules.earn.order is None or (order.plan is not None and not rules.earn.order.plans):
            return Earned(order, day, 0, lot, version, lines=(0,) * len(order.lines))
        factors = tuple(self._factors(program, rules, day, order))
        points = rules.for_money(amount, [factor.rate for factor in factors])
        lines = rules.by_line(points, [line.amount for line in order.lines]) if order.lines else ()
        return Earned(order, day, points, lot, version, factors, lines=tuple(lines))

    def _activity(
        self,
        version: int,
        program: Program,
        rules: PointsRules,
        day: date,
        activity: Activity,
        counted: Mapping[str, int],
    ) -> Earned:
        lot, doing = rules.lot(day, pending=False), rules.earn.activities.get(activity.kind)
        if doing is None or not doing.admits(activity):
            return Earned(activity, day, 0, lot, version)
        # A new version begins to count anew: what the day had brought before came under other rules.
        counter = f"{day.toordinal()}.{version}.{activity.kind}" if doing.per_day else None
        if counter and doing.per_day and counted.get(counter, 0) >= doing.per_day:
            return Earned(activity, day, 0, lot, version, capped=True, counter=counter)
        factors = tuple(self._campaigns(program, day, activity.occurred_at, activity.kind))
        points = rules.for_doing(doing, [factor.rate for factor in factors])
        return Earned(activity, day, points, lot, version, factors, counter=counter)

    def _factors(self, program: Program, rules: PointsRules, day: date, order: Order) -> Iterator[Factor]:
        at = order.occurred_at
        if program.asks_for_tiers and (rate := max(self._rates(program, day, at), default=ONE)) != ONE:
            yield Factor("tier", rate)
        if rules.birthday_month and (born := self.past.told("birthday", at)) and int(born[:2]) == day.month:
            yield Factor("birthday_month", rules.birthday_rate)
        yield from self._campaigns(program, day, at, "order")

    def _rates(self, program: Program, day: date, at: datetime) -> Iterator[int]:
        for tier in self.tiers(program, day, at):
            yield program.tier(tier).rate

    def _campaigns(self, program: Program, day: date, at: datetime, kind: str) -> Iterator[Factor]:
        for campaign in program.campaigns_of_points:
            if kind in campaign.for_ and campaign.runs_on(day) and self._is_for(campaign, program, day, at):
                yield Factor(campaign.id, campaign.rate)

    def _is_for(self, campaign: Campaign, program: Program, day: date, at: datetime) -> bool:
        if campaign.segment and campaign.segment not in (self.past.told("labels", at) or ()):
            return False
        return not campaign.tiers or any(tier in campaign.tiers for tier in self.tiers(program, day, at))

    def claim(self, order: Order, before: int, after: int) -> Claim | None:
        """What an order doesn't earn any more of which so much was given back before, and so much now."""
        earned = self.of(order, order.amount - before)
        rest = self.of(order, order.amount - after)
        if earned is None or rest is None or earned.points <= rest.points:
            return None
        return Claim(order.order_id, before, after, earned.points - rest.points, earned.lot, earned.day)

    def tiers(self, program: Program, day: date, at: datetime) -> Iterator[str]:
        """The tier that counted then, in each ladder; who has no standing yet is as good as in the first."""
        for ladder in program.ladders_by_id.values():
            layers = [
                layer._replace(tier=tier)
                for layer in self.past.layers(ladder.id, at)
                if layer.until is None or layer.until > day
                if (tier := self.versions.successor(layer.tier, program)) and tier in ladder
            ]
            yield ladder.counting(layers)[1] if layers else ladder.tiers[0].id


# ── Into the account ──────────────────────────────────────────────────────────────────────────────


def earned_before(
    versions: Versions, program: Program, member: Member, facts: Iterable[Fact]
) -> Iterator[Earned]:
    """What facts had earned that were applied before, as far as the member itself still tells."""
    earning = Earning(versions, Past.of(member), joined(program, member))
    for fact in facts:
        try:
            earned = earning.of(fact)
        except RebuildNeeded:
            continue
        if earned and not earned.counter:
            yield earned


class Known(NamedTuple):
    """What was known of a member before a fact."""

    clock: datetime | None
    attributes: Attributes
    joined: date | None
    points: Account

    @classmethod
    def of(cls, program: Program, member: Member) -> Self:
        return cls(member.clock, member.attributes, joined(program, member), member.points)


def earn(versions: Versions, program: Program, member: Member, fact: Fact, before: Known) -> Earned | None:
    """Put what a fact earns into the account of the member that it was added to.

    Raises RebuildNeeded where it changes what earlier ones had earned, or where only the whole ledger tells
    what it earns itself.
    """
    assert member.clock
    today = program.day(member.clock)
    if before.clock is not None:
        _check_what_was_earned(versions, program, member, fact, before)
        if member.points.changes_with_time and program.day(before.clock) != today:
            member.points = member.points.aged(today)
    earning = Earning(versions, Past.of(member), joined(program, member))
    earned = earning.of(fact, counted=member.points.counted)
    if earned is None:
        return None
    if earned.counter and earned.day < today - timedelta(days=COUNTED_DAYS):
        raise RebuildNeeded("nobody remembers how often it was done on that day")
    member.points = booked(member.points, earned, today)
    return earned


def _check_what_was_earned(
    versions: Versions, program: Program, member: Member, fact: Fact, before: Known
) -> None:
    if versions.begin_with_members and joined(program, member) != before.joined:
        raise RebuildNeeded("versions have begun for the member on other days than was known")
    if not isinstance(fact, Profile | Enrolment) or before.clock is None or fact.occurred_at > before.clock:
        return
    for name in versions.attributes_for_points & fact.attributes.model_fields_set:
        is_news = getattr(fact.attributes, name) != getattr(before.attributes, name)
        if is_news or member.attribute_times[name][:20] != _stamp(fact.occurred_at):
            raise RebuildNeeded(f"{name} was another one than was known")


def booked(account: Account, earned: Earned, today: date) -> Account:
    """The account with what was earned in it."""
    news: dict[str, Any] = {}
    if earned.awakes and (account.active_on is None or earned.day > account.active_on):
        news["active_on"] = earned.day
    if earned.points:
        lot = earned.lot.on(today.toordinal()).key
        news["lots"] = added(account.lots, {lot: earned.points})
        news["earned"] = account.earned + earned.points
    if earned.counter and not earned.capped:
        news["counted"] = added(account.counted, {earned.counter: 1})
    return account.model_copy(update=news) if news else account


class Lives:
    """A member, and those that proved to be it: what each was at any moment, by its whole ledger."""

    def __init__(
        self,
        versions: Versions,
        program: Program,
        member: Member,
        facts: Sequence[Fact],
        theirs: Mapping[str, Sequence[Outcome]],
    ) -> None:
        start, told = joined(program, member), _told(facts)
        own = Past(member.held, member.standings, told, member.outside)
        self._own = Earning(versions, own, start)
        self._others: dict[str, Earning] = {}
        for one, outcomes in theirs.items():
            other = Member.new(one, member.fingerprint)
            for outcome in outcomes:
                evolve(other, outcome)
            past = Past(other.held, other.standings, told, _absences(outcomes))
            self._others[one] = Earning(versions, past, start)

    def of(self, fact: Fact) -> Earning:
        """By what who did it was then."""
        return self._others.get(fact.member_id, self._own)

    def earn(
        self,
        program: Program,
        member: Member,
        facts: Iterable[Fact],
        theirs: Mapping[str, Sequence[Outcome]],
    ) -> list[Earned]:
        """Put all that they earned into the member's account, and what was decided of others' points."""
        assert member.clock
        account, today = member.points, program.day(member.clock)
        for outcomes in theirs.values():
            for outcome in outcomes:
                account = posted(account, outcome)
        found = list(self.earned(facts))
        for earned in found:
            account = booked(account, earned, today)
        member.points = account.aged(today)
        return found

    def earned(self, facts: Iterable[Fact]) -> Iterator[Earned]:
        """What each of the facts earns."""
        counted: dict[str, dict[str, int]] = defaultdict(dict)
        for fact in facts:
            there = counted[fact.member_id]
            earned = self.of(fact).of(fact, counted=there)
            if earned is None:
                continue
            if earned.counter and not earned.capped:
                there[earned.counter] = there.get(earned.counter, 0) + 1
            # How often others did it on a day doesn't count against this one.
            yield earned if fact.member_id not in self._others else earned._replace(counter=None)


def _told(facts: Iterable[Fact]) -> Told:
    said = [fact for fact in facts if isinstance(fact, Profile | Enrolment)]
    said.sort(key=lambda fact: (_stamp(fact.occurred_at), fact.id))

    def told(name: str, at: datetime) -> Any:
        known = None
        for fact in said:
            if fact.occurred_at <= at and name in fact.attributes.model_fields_set:
                known = getattr(fact.attributes, name)
        return known

    return told


def _absences(outcomes: Iterable[Outcome]) -> list[Absence]:
    """When a member was away, by what was decided of it."""
    absences: list[Absence] = []
    for outcome in outcomes:
        match outcome:
            case MemberBlocked() | MemberLeft() if not absences or absences[-1].end:
                absences.append(Absence(outcome.at, None, isinstance(outcome, MemberBlocked)))
            case MemberUnblocked() | MemberReturned() if absences:
                absences[-1] = absences[-1]._replace(end=outcome.at)
    return absences
