"""What a program is. The model that is read from YAML is the one that decides."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    Field,
    StrictInt,
    model_validator,
)

from membership.member.standing import Layer, Source, Standing
from membership.program.badges import Badge
from membership.program.benefits import Benefit, PointsRate
from membership.program.campaigns import Campaign
from membership.program.catalogue import Catalogue, Redeemable
from membership.program.criteria import Comparison, Criterion
from membership.program.examples import Example
from membership.program.flaws import Unsound
from membership.program.messaging import Messages
from membership.program.metrics import Attributed, Derived, Elapsed, Metric, Tallied
from membership.program.money import CURRENCIES, known_currency, to_smallest
from membership.program.parts import Amount, Moment, Part, Reward, Slug
from membership.program.points import PointsRules
from membership.program.rates import ONE
from membership.program.soundness import check, seldom_meant
from membership.program.text import NO_WORDS, Name, Text
from membership.program.triggers import Dated, Nearing, Returns, Trigger
from membership.program.validity import Validity, WhileQualified
from membership.program.windows import Lifetime, Window
from membership.program.zones import known_zone

_ONE_DAY, _AN_INSTANT = timedelta(days=1), timedelta(microseconds=1)


class Tier(Part):
    """A step of a ladder."""

    id: Slug = Field(description="Its own within the program; never shown where there is a name.")
    name: Name = Field(default=NO_WORDS, description="What members read.")
    qualify: Criterion | None = Field(default=None, description="To enter. The first tier has none.")
    keep: Criterion | None = Field(default=None, description="To stay; default: the same as to enter.")
    validity: Validity | None = Field(default=None, description="Default: the ladder's.")
    promotion: Literal["automatic", "reviewed"] = Field(
        default="automatic",
        description="Whether who meets `qualify` enters at once, or when an operator confirms.",
    )
    buy: Slug | None = Field(
        default=None, description="The metric (a `paid` one) that gives this tier while a paid term runs."
    )
    deduct: Annotated[dict[Slug, Amount], Field(max_length=10)] = Field(
        default={},
        description="Taken off these metrics where the tier's promise ends, before members are ranked again.",
    )
    replaces: Annotated[tuple[Slug, ...], Field(max_length=20)] = Field(
        default=(), description="Tiers of earlier versions: whoever has one of them has this one instead."
    )
    benefits: Annotated[tuple[Benefit, ...], Field(max_length=30)] = Field(
        default=(),
        description="What members have while the tier stands, all of it: nothing comes from lower tiers.",
    )
    rewards: Annotated[tuple[Reward, ...], Field(max_length=30)] = Field(
        default=(), description="Given on entering the tier."
    )

    def label(self) -> Text:
        return self.name if self.name else Text(en=self.id)

    @property
    def rate(self) -> int:
        """How many times the usual points its members earn, in hundredths."""
        return max((one.worth for one in self.benefits if isinstance(one, PointsRate)), default=ONE)


Tiers = tuple[Tier, ...]


class Downgrade(Part):
    """How a tier is lost."""

    notice_days: Annotated[StrictInt, Field(ge=30, le=365)] = Field(
        default=30, description="How long before the day a member is told."
    )
    steps: Literal["one", "to_qualified", "never"] = Field(
        default="one", description="One tier down at most; down to the tier whose rule is met; or never."
    )
    grace_days: Annotated[StrictInt, Field(ge=0, le=180)] = Field(
        default=0, description="So many days after the end, in which the rule to stay can still be met."
    )
    months_between: Annotated[StrictInt, Field(ge=0, le=60)] = Field(
        default=0, description="At most one fall in so many months; 0: no such rule."
    )


class ValueAnchor(Part):
    """What a member of a paid tier is shown: what it saved so far against the fee."""

    fee: Slug = Field(description="The metric (a `paid` one) whose running term is looked at.")
    saved: Slug = Field(description="The metric that adds up what was saved, as {sum: order.saved}.")


class LadderRules(Part):
    """One of several ladders side by side, as of earned and of paid tiers."""

    id: Slug = Field(description="Its own within the program.")
    name: Name = Field(default=NO_WORDS, description="What members read.")
    tiers: Tiers = Field(min_length=1, max_length=20, description="From the lowest to the highest.")
    validity: Validity | None = Field(default=None, description="Default: the program's.")
    downgrade: Downgrade | None = Field(default=None, description="Default: the program's.")
    value_anchor: ValueAnchor | None = Field(default=None, description="Shown to members of its paid tiers.")


class SpecialReview(Part):
    """Members whom the rules don't reach, for operators to look at: each quarter, each who meets the
    condition."""

    id: Slug = Field(description="Its own within the program.")
    name: Name = Field(default=NO_WORDS, description="What operators read.")
    when: Criterion = Field(description="Who is listed.")
    ladder: Slug | None = Field(
        default=None, description="In which they may be lifted; default: the first one."
    )


class Program(Part):
    """One membership program: what counts, in which time, and what it leads to."""

    id: Slug = Field(description="The program's own; keys of storefronts belong to it.")
    name: Name = Field(default=NO_WORDS, description="What members read.")
    currency: Annotated[str, AfterValidator(known_currency)] = Field(
        default="CNY",
        description="ISO 4217; amounts here are in whole units of it.",
        json_schema_extra={"enum": [*sorted(CURRENCIES)]},
    )
    timezone: Annotated[str, AfterValidator(known_zone)] = Field(
        default="Asia/Shanghai",
        description="Days and years are cut here.",
        examples=["Asia/Shanghai", "America/New_York", "UTC"],
    )
    metrics: dict[Slug, Metric] = Field(
        min_length=1,
        max_length=40,
        description="Figures of a member, made from what it does; rules name them.",
        json_schema_extra={"additionalProperties": False},
    )
    window: Window = Field(default=Lifetime.model_construct(), description="The time in which facts count.")
    tiers: Tiers | None = Field(
        default=None, min_length=1, max_length=20, description="From the lowest to the highest."
    )
    ladders: Annotated[tuple[LadderRules, ...], Field(min_length=1, max_length=5)] | None = Field(
        default=None, description="In place of `tiers`: several ladders side by side."
    )
    validity: Validity = Field(
        default=WhileQualified.model_construct(), description="How long a tier stands once earned."
    )
    downgrade: Downgrade = Field(default=Downgrade.model_construct(), description="How a tier is lost.")
    refunds: Literal["at_once", "at_next_review", "never"] = Field(
        default="at_once",
        description="When a refund that takes away what earned a tier is acted on: with a notice at once; "
        "where the year ends; or never. Figures go down in any case, and operators are shown such tiers.",
    )
    special_reviews: Annotated[tuple[SpecialReview, ...], Field(max_length=10)] = Field(
        default=(), description="Whom operators are shown each quarter."
    )
    points: PointsRules | None = Field(default=None, description="Points that members earn and spend.")
    campaigns: Annotated[tuple[Campaign, ...], Field(max_length=100)] = Field(
        default=(), description="Days on which points are worth more, for all or for some."
    )
    catalogue: Catalogue = Field(default=(), description="Rewards that members buy with points.")
    triggers: Annotated[tuple[Trigger, ...], Field(max_length=20)] = Field(
        default=(), description="What members are given or told on occasions."
    )
    badges: Annotated[tuple[Badge, ...], Field(max_length=20)] = Field(
        default=(), description="Honours for what a member has done."
    )
    messages: Messages = Field(
        default=Messages.model_construct(),
        description="What members are told: in whose words, how often, and when.",
    )
    changes: Literal["at_once", "next_cycle"] = Field(
        default="at_once",
        description="From when this version decides: at once, or for each member from its next year on.",
    )
    unknown_members: Literal["enrol", "refuse"] = Field(
        default="enrol", description="Whether an event of an unknown member enrols it (as trial)."
    )
    effective_from: Moment | None = Field(
        default=None, description="When this version comes into force; default: at once."
    )
    examples: Annotated[tuple[Example, ...], Field(max_length=200)] = Field(
        default=(), description="What must come of what: checked before a version is published."
    )

    @model_validator(mode="after")
    def _sound(self) -> "Program":
        if faults := check(self):
            raise Unsound(*faults)
        return self

    def threshold(self, comparison: Comparison) -> int:
        """In the metric's smallest unit. Raises ValueError where it has none so small."""
        measure = self.metrics[comparison.metric].measure
        if measure == "rank":
            return comparison.position()
        if comparison.is_share:
            raise ValueError("is a share of a board, which only a `rank` has")
        return to_smallest(measure, comparison.gte, self.currency)

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def day(self, moment: datetime) -> date:
        """The program's calendar day at a moment."""
        return moment.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        """The moment at which a day of the program begins."""
        return datetime.combine(day, time(), self.zone)

    def last_moment(self, day: date) -> datetime:
        """Whose version decides the day."""
        return self.midnight(day + _ONE_DAY) - _AN_INSTANT

    def first_day_from(self, moment: datetime) -> date:
        """The first day that doesn't begin before a moment."""
        day = self.day(moment)
        return day if self.midnight(day) >= moment else day + _ONE_DAY

    @cached_property
    def tallied(self) -> Mapping[str, tuple[Tallied, Any]]:
        """Metrics that add up facts, each with the window in which it does."""
        return {
            name: (metric, metric.window or self.window)
            for name, metric in self.metrics.items()
            if isinstance(metric, Tallied)
        }

    @cached_property
    def elapsing(self) -> Mapping[str, Elapsed]:
        """Metrics that grow with time alone."""
        return {name: metric for name, metric in self.metrics.items() if isinstance(metric, Elapsed)}

    @cached_property
    def fingerprint(self) -> str:
        """Changes when members have to be added up anew: other metrics, windows, zone or currency."""
        what = [self.timezone, self.currency, self.window.model_dump_json()]
        what += [
            f"{name}={metric.model_dump_json(exclude={'name'})}"
            for name, metric in sorted(self.metrics.items())
        ]
        what += ["presence"] if self.asks_for_presence else []
        return sha256("\n".join(what).encode()).hexdigest()[:8]

    @cached_property
    def attributed(self) -> Mapping[str, Attributed]:
        """Metrics that the shop's own knowledge of a person decides."""
        return {name: metric for name, metric in self.metrics.items() if isinstance(metric, Attributed)}

    @cached_property
    def derived(self) -> Mapping[str, Derived]:
        """Metrics made of other figures."""
        return {name: metric for name, metric in self.metrics.items() if isinstance(metric, Derived)}

    @cached_property
    def asks_for_presence(self) -> bool:
        """Whether a trigger has to know on which days a member did anything."""
        return any(isinstance(trigger.when, Returns) for trigger in self.triggers)

    @cached_property
    def nearing(self) -> tuple[tuple[Trigger, Nearing], ...]:
        """Triggers of members who come near a tier."""
        return tuple((one, one.when) for one in self.triggers if isinstance(one.when, Nearing))

    @cached_property
    def dated(self) -> tuple[tuple[Trigger, Dated], ...]:
        """Triggers that the calendar brings."""
        return tuple((one, one.when) for one in self.triggers if isinstance(one.when, Dated))

    def trigger(self, trigger_id: str) -> Trigger | None:
        return next((one for one in self.triggers if one.id == trigger_id), None)

    def badge(self, badge_id: str) -> Badge | None:
        return next((one for one in self.badges if one.id == badge_id), None)

    @cached_property
    def tier_ids(self) -> frozenset[str]:
        """Of all ladders."""
        return frozenset(tier.id for ladder in self.ladders_by_id.values() for tier in ladder.tiers)

    @cached_property
    def benefit_ids(self) -> frozenset[str]:
        """Of all tiers and campaigns: those of which a use can be told."""
        brought = [tier.benefits for ladder in self.ladders_by_id.values() for tier in ladder.tiers]
        brought += [campaign.benefits for campaign in self.campaigns]
        return frozenset(one.known_as for benefits in brought for one in benefits if one.known_as)

    @cached_property
    def campaigns_of_points(self) -> tuple[Campaign, ...]:
        """Those that make points worth more."""
        return tuple(one for one in self.campaigns if one.points)

    @cached_property
    def asks_for_tiers(self) -> bool:
        """Whether what an order earns depends on the member's tier."""
        return self.rates_differ or any(one.tiers for one in self.campaigns_of_points)

    @cached_property
    def rates_differ(self) -> bool:
        """Whether orders earn more in one tier than in another."""
        return any(tier.rate != ONE for ladder in self.ladders_by_id.values() for tier in ladder.tiers)

    def tier(self, tier_id: str) -> Tier:
        """Of whichever ladder. Raises KeyError for a tier that the program doesn't have."""
        return next(ladder for ladder in self.ladders_by_id.values() if tier_id in ladder).tier(tier_id)

    def ladder_of(self, special: SpecialReview) -> "Ladder":
        """The ladder in which members on the list may be lifted."""
        return (
            self.ladders_by_id[special.ladder] if special.ladder else next(iter(self.ladders_by_id.values()))
        )

    def deductions(self, tier: Tier) -> dict[str, int]:
        """Metric → what the tier's end takes off it, in its smallest unit."""
        return {
            metric: to_smallest(self.metrics[metric].measure, amount, self.currency)
            for metric, amount in tier.deduct.items()
        }

    @cached_property
    def ladders_by_id(self) -> "Mapping[str, Ladder]":
        """Every ladder, in the order in which the program has them. `tiers` alone make one that is called
        main."""
        rules = self.ladders or (LadderRules(id="main", tiers=self.tiers or ()),)
        return {one.id: Ladder(self, one) for one in rules}

    @cached_property
    def catalogue_by_id(self) -> Mapping[str, Redeemable]:
        """Rewards that are bought with points."""
        return {one.id: one for one in self.catalogue}

    def warnings(self) -> list[str]:
        """What is allowed but seldom meant."""
        return [*seldom_meant(self)]


MOST_LIFTED = 2
"""Tiers that an operator may lift a member by."""


class Ladder:
    """The tiers of a ladder in their order, with the rules that hold for each."""

    def __init__(self, program: Program, rules: LadderRules) -> None:
        self.id, self.name, self.tiers = rules.id, rules.name, rules.tiers
        self.value_anchor = rules.value_anchor
        self.downgrade = rules.downgrade or program.downgrade
        self.steps = self.downgrade.steps
        self.notice = timedelta(days=self.downgrade.notice_days)
        self._validity = rules.validity or program.validity
        self._rank = {tier.id: n for n, tier in enumerate(rules.tiers)}

    def __contains__(self, tier_id: str) -> bool:
        return tier_id in self._rank

    def rank(self, tier_id: str) -> int:
        """0 for the first tier. Raises KeyError for a tier that the program doesn't have."""
        return self._rank[tier_id]

    def tier(self, tier_id: str) -> Tier:
        return self.tiers[self._rank[tier_id]]

    def above(self, tier_id: str) -> tuple[Tier, ...]:
        """Higher tiers, lowest first."""
        return self.tiers[self._rank[tier_id] + 1 :]

    def below(self, tier_id: str) -> tuple[Tier, ...]:
        """Lower tiers, lowest first."""
        return self.tiers[: self._rank[tier_id]]

    def keep(self, tier: Tier) -> Criterion | None:
        """The criterion to stay; None for the first tier, which nobody falls from."""
        return tier.keep or tier.qualify

    def validity(self, tier: Tier) -> Validity:
        return tier.validity or self._validity

    def next_to_earn(self, tier_id: str) -> Tier | None:
        """The next tier that has a rule; None: there is none."""
        return next((tier for tier in self.above(tier_id) if tier.qualify), None)

    def is_earned(self, tier: Tier) -> bool:
        """Whether a member can earn the tier: the first, and those with a criterion; others are bought."""
        return tier.qualify is not None or tier is self.tiers[0]

    def stands_while_met(self, tier: Tier) -> bool:
        """Whether nothing but the rule to stay holds the tier: no promise does."""
        return isinstance(self.validity(tier), WhileQualified)

    def at_expiry(self, tier: Tier) -> bool:
        """Whether the tier is judged only where its promise ends."""
        return bool(tier.deduct) or self.validity(tier).at_expiry

    def liftable(self, standing: Standing) -> tuple[Tier, ...]:
        """The tiers that an operator may lift to: counted from what the member has without one, so that there
        is no lift on a lift."""
        beneath = standing.twin()
        beneath.overrides.pop("lifted", None)
        return self.above(self.shown(beneath)[1])[:MOST_LIFTED]

    def shown(self, standing: Standing) -> tuple[Source | Literal["earned"], str]:
        """The tier that counts, and what gives it.

        A hold rules in any case. Else the highest tier does, whatever gives it: a fee that buys silver
        takes no gold away. Of equal ones, the first in the order of precedence is named.
        """
        return self.counting(standing.layers())

    def counting(self, layers: Iterable[Layer]) -> tuple[Source | Literal["earned"], str]:
        """Of several tiers, in the order of precedence, the one that counts."""
        first, *others = layers
        if first.source == "hold":
            return first.source, first.tier
        shown = max((first, *others), key=lambda layer: self._rank[layer.tier])
        return shown.source, shown.tier


class Versions:
    """The numbered, immutable versions of one program."""

    def __init__(self, programs: Mapping[int, Program]) -> None:
        """Takes version number → program, as put; a later number wins where two start together."""
        self._by_start = sorted(
            (program.effective_from.timestamp() if program.effective_from and n > 1 else 0.0, n, program)
            for n, program in programs.items()
        )
        self._starts = [start for start, _, _ in self._by_start]
        self._numbered = dict(programs)

    def __iter__(self) -> Iterator[tuple[int, Program]]:
        """Number and program, in the order in which they were put."""
        return iter(sorted(self._numbered.items()))

    def numbered(self, number: int) -> Program:
        """A version as it was put, in force or not: what was decided by it is worded by it."""
        return self._numbered[number]

    @cached_property
    def earn_points(self) -> bool:
        """Whether any version has points."""
        return any(program.points for program in self._numbered.values())

    @cached_property
    def attributes_for_points(self) -> frozenset[str]:
        """What the shop tells of a person that a version's points depend on."""
        with_points = [program for program in self._numbered.values() if program.points]
        birthday = any(program.points and program.points.birthday_month for program in with_points)
        labels = any(one.segment for program in with_points for one in program.campaigns_of_points)
        return frozenset({"birthday"} if birthday else ()) | frozenset({"labels"} if labels else ())

    @cached_property
    def begin_with_members(self) -> bool:
        """Whether a version begins for each member with its own next year."""
        return any(program.changes == "next_cycle" for program in self._numbered.values())

    @property
    def latest(self) -> tuple[int, Program]:
        """The version that was put last, in force or to come."""
        number = max(self._numbered)
        return number, self._numbered[number]

    def in_force(self, at: datetime, joined: date | None = None) -> tuple[int, Program]:
        """The version that decides at a moment. The first one also holds for all time before it.

        `joined` makes the answer one member's own: a version that changes things from the next cycle on
        begins for each where its year does.
        """
        place, _ = self._decides(at, joined)
        _, number, program = self._by_start[place]
        return number, program

    def first_begun(self, after: datetime, by: datetime) -> datetime | None:
        """When the first of the versions began that have begun after one moment and by another."""
        place = bisect_right(self._starts, after.timestamp())
        if place < len(self._starts) and self._starts[place] <= by.timestamp():
            return self._by_start[place][2].effective_from
        return None

    def begins_next(self, at: datetime, joined: date) -> datetime | None:
        """When a version that has begun by a moment, but not for this member yet, begins for it."""
        return min(self._decides(at, joined)[1], default=None)

    def _decides(self, at: datetime, joined: date | None) -> tuple[int, list[datetime]]:
        """The place of the version that decides; and when those begin that this member still waits for."""
        place = max(0, bisect_right(self._starts, at.timestamp()) - 1)
        waits: list[datetime] = []
        while joined and place and self._by_start[place][2].changes == "next_cycle":
            begins = self._next_cycle(self._by_start[place - 1][2], self._by_start[place][2], joined)
            if begins is None or at >= begins:
                break
            place, waits = place - 1, [*waits, begins]
        return place, waits

    @staticmethod
    def _next_cycle(earlier: Program, program: Program, joined: date) -> datetime | None:
        """When the member's next year begins after the version does, by the version before it."""
        assert program.effective_from
        day = earlier.day(program.effective_from)
        if (
            earlier.midnight(day) >= program.effective_from
            and earlier.window.closed_before(day, joined) == day - _ONE_DAY
        ):
            return program.effective_from
        following = earlier.window.leaves(day, joined) if earlier.window.closed_before(day, joined) else None
        return earlier.midnight(following) if following else None

    def successor(self, tier: str, program: Program) -> str | None:
        """The tier of the program that a tier of an earlier version became; None: nobody said."""
        known, found = {tier}, {tier}
        while found:
            if here := sorted(found & program.tier_ids):
                return here[0]
            found = {
                one.id
                for version in self._numbered.values()
                for ladder in version.ladders_by_id.values()
                for one in ladder.tiers
                if found & set(one.replaces)
            } - known
            known |= found
        return None
