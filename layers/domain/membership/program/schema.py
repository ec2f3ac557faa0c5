"""What a program is. The model that is read from YAML is the one that decides."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from membership.program.criteria import MOST_WAYS, Comparison, Criterion
from membership.program.metrics import Elapsed, Metric, MetricKind, Tallied
from membership.program.money import to_minor
from membership.program.text import Text
from membership.program.validity import Validity, WhileQualified
from membership.program.windows import Lifetime, Window

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Reward(_Part):
    """Given once per tier and cycle to who enters the tier: exactly one of points, coupon, gift."""

    id: Slug
    name: Text = Text()
    points: int | None = Field(default=None, gt=0)
    coupon: str | None = Field(default=None, min_length=1, max_length=100)
    gift: str | None = Field(default=None, min_length=1, max_length=100)

    @model_validator(mode="after")
    def _one_kind(self) -> "Reward":
        given = [kind for kind in ("points", "coupon", "gift") if getattr(self, kind) is not None]
        if len(given) != 1:
            raise ValueError(f"a reward is one of points, coupon or gift, not {' and '.join(given) or 'none'}")
        return self


class Tier(_Part):
    """A step of the ladder."""

    id: Slug
    name: Text = Text()
    qualify: Criterion | None = Field(default=None, description="To enter. The first tier has none.")
    keep: Criterion | None = Field(default=None, description="To stay; default: the same as to enter.")
    validity: Validity | None = Field(default=None, description="Default: the program's.")
    benefits: tuple[Text, ...] = Field(default=(), description="What members of the tier get, in words.")
    rewards: tuple[Reward, ...] = Field(default=(), description="Given on entering the tier.")

    def label(self) -> Text:
        return self.name if self.name.en or self.name.zh else Text(en=self.id)


class Downgrade(_Part):
    """How a tier is lost."""

    notice_days: int = Field(default=30, ge=30, le=365)
    steps: Literal["one", "to_qualified", "never"] = "one"


class Program(_Part):
    """One membership program: what counts, in which time, and what it leads to."""

    id: Slug
    name: Text = Text()
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "CNY"
    timezone: str = Field(default="Asia/Shanghai", description="Days and years are cut here.")
    metrics: dict[Slug, Metric] = Field(min_length=1, max_length=40)
    window: Window = Lifetime()
    tiers: tuple[Tier, ...] = Field(min_length=1, max_length=20)
    validity: Validity = WhileQualified()
    downgrade: Downgrade = Downgrade()
    unknown_members: Literal["enrol", "refuse"] = Field(
        default="enrol", description="Whether an event of an unknown member enrols it (as trial)."
    )
    effective_from: AwareDatetime | None = Field(
        default=None, description="When this version comes into force; default: at once."
    )

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError("is not a time zone; write it as 'Asia/Shanghai' or 'UTC'") from None
        return name

    @model_validator(mode="after")
    def _sound(self) -> "Program":
        for place, criterion in self._criteria():
            self._bind(place, criterion)
        self._check_ladder()
        return self

    def _criteria(self) -> Iterator[tuple[str, Criterion]]:
        for n, tier in enumerate(self.tiers):
            if tier.qualify is not None:
                yield f"tiers[{n}].qualify", tier.qualify
            if tier.keep is not None:
                yield f"tiers[{n}].keep", tier.keep

    def _bind(self, place: str, criterion: Criterion) -> None:
        for comparison in criterion.comparisons():
            metric = self.metrics.get(comparison.metric)
            if metric is None:
                raise UnknownMetric(place, comparison.metric, tuple(self.metrics))
            comparison.bind(self._threshold(place, comparison, metric))

    def _threshold(self, place: str, comparison: Comparison, metric: MetricKind) -> int:
        if metric.measure == "money":
            return to_minor(comparison.gte, self.currency)
        if comparison.gte != comparison.gte.to_integral_value():
            raise ValueError(f"at {place}: {comparison.metric} is counted in whole numbers, not {comparison.gte}")
        return int(comparison.gte)

    def _check_ladder(self) -> None:
        seen: set[str] = set()
        for n, tier in enumerate(self.tiers):
            if tier.id in seen:
                raise ValueError(f"at tiers[{n}].id: there are two tiers {tier.id!r}; give each its own id")
            seen.add(tier.id)
            if n == 0 and (tier.qualify or tier.keep):
                raise ValueError("at tiers[0]: every member starts in the first tier; remove its criterion")
            if n > 0 and tier.qualify is None:
                raise ValueError(f"at tiers[{n}]: say what it takes to enter {tier.id!r}: add `qualify`")
        for n, (lower, higher) in enumerate(zip(self.tiers[1:], self.tiers[2:], strict=False), start=1):
            self._check_rises(n, lower, higher)

    def _check_rises(self, n: int, lower: Tier, higher: Tier) -> None:
        """Tiers in the wrong order show as a lower one that nobody can stand in."""
        assert lower.qualify is not None and higher.qualify is not None
        ways = list(lower.qualify.ways())
        if len(ways) > MOST_WAYS:
            raise ValueError(f"at tiers[{n}].qualify: more than {MOST_WAYS} ways to meet it; nobody could read them")
        nothing = dict.fromkeys(self.metrics, 0)
        if all(higher.qualify.met(nothing | dict(way)) for way in ways):
            raise ValueError(
                f"at tiers[{n + 1}].qualify: whoever enters {lower.id!r} meets the criterion of {higher.id!r}, "
                f"so nobody can stand in {lower.id!r}; list tiers from the lowest to the highest"
            )

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def day(self, moment: datetime) -> date:
        """The program's calendar day at a moment."""
        return moment.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        """The moment at which a day of the program begins."""
        return datetime.combine(day, time(), self.zone)

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
        what += [f"{name}={metric.model_dump_json()}" for name, metric in sorted(self.metrics.items())]
        return sha256("\n".join(what).encode()).hexdigest()[:8]

    @cached_property
    def ladder(self) -> "Ladder":
        return Ladder(self)

    def warnings(self) -> list[str]:
        """What is allowed but seldom meant."""
        if not 3 <= len(self.tiers) <= 5:
            return [f"tiers: members find 3 to 5 tiers easy to follow; this program has {len(self.tiers)}"]
        return []


class UnknownMetric(ValueError):
    """A criterion names a metric that the program doesn't define."""

    def __init__(self, place: str, name: str, known: tuple[str, ...]) -> None:
        self.place, self.name, self.known = place, name, known
        super().__init__(f"at {place}: there is no metric {name!r}")


class Ladder:
    """The tiers of a program in their order, with the rules that hold for each."""

    def __init__(self, program: Program) -> None:
        self.id = "main"
        self.tiers = program.tiers
        self.steps = program.downgrade.steps
        self.notice = timedelta(days=program.downgrade.notice_days)
        self._program = program
        self._rank = {tier.id: n for n, tier in enumerate(program.tiers)}

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
        return tier.validity or self._program.validity


class Versions:
    """The numbered, immutable versions of one program."""

    def __init__(self, programs: Mapping[int, Program]) -> None:
        """Takes version number → program, as put; a later number wins where two start together."""
        self._by_start = sorted(
            (program.effective_from.timestamp() if program.effective_from and n > 1 else 0.0, n, program)
            for n, program in programs.items()
        )
        self._starts = [start for start, _, _ in self._by_start]

    def in_force(self, at: datetime) -> tuple[int, Program]:
        """The version that decides at a moment. The first one also holds for all time before it."""
        place = max(0, bisect_right(self._starts, at.timestamp()) - 1)
        _, number, program = self._by_start[place]
        return number, program
