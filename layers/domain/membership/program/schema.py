"""What a program is. The model that is read from YAML is the one that decides."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    model_validator,
)

from membership.program.criteria import Comparison, Criterion
from membership.program.flaws import Unsound, unsound
from membership.program.metrics import Elapsed, Metric, Tallied
from membership.program.money import CURRENCIES, known_currency, to_minor
from membership.program.soundness import check, seldom_meant
from membership.program.text import Name, Sentence, Text, one_line
from membership.program.validity import Validity, WhileQualified
from membership.program.windows import Lifetime, Window
from membership.program.zones import known_zone

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


def _written_moment(value: Any) -> Any:
    """pydantic would read 20261201 as a second of 1970."""
    if isinstance(value, str | datetime):
        return value
    raise unsound("is not a moment", "Write it as 2026-12-01T00:00:00+08:00.")


_Moment = Annotated[AwareDatetime, BeforeValidator(_written_moment, json_schema_input_type=datetime)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_Code = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(one_line)]


class Reward(_Part):
    """Given once per tier and cycle to who enters the tier: exactly one of points, coupon, gift."""

    id: Slug = Field(description="Its own within the tier.")
    name: Name = Field(default=Text(), description="What members read.")
    points: Annotated[StrictInt, Field(gt=0, le=10**9)] | None = Field(default=None, description="Points.")
    coupon: _Code | None = Field(default=None, description="The coupon's code in the shop.")
    gift: _Code | None = Field(default=None, description="The gift's code in the shop.")

    @model_validator(mode="after")
    def _one_kind(self) -> "Reward":
        given = [kind for kind in ("points", "coupon", "gift") if getattr(self, kind) is not None]
        if not given:
            raise unsound("gives nothing", "Add points, coupon or gift.")
        if len(given) > 1:
            raise unsound(f"is {' and '.join(given)} at once", "Write a reward for each.")
        return self


class Tier(_Part):
    """A step of the ladder."""

    id: Slug = Field(description="Its own within the program; never shown where there is a name.")
    name: Name = Field(default=Text(), description="What members read.")
    qualify: Criterion | None = Field(default=None, description="To enter. The first tier has none.")
    keep: Criterion | None = Field(default=None, description="To stay; default: the same as to enter.")
    validity: Validity | None = Field(default=None, description="Default: the program's.")
    benefits: Annotated[tuple[Sentence, ...], Field(max_length=30)] = Field(
        default=(), description="What members of the tier get, in words."
    )
    rewards: Annotated[tuple[Reward, ...], Field(max_length=30)] = Field(
        default=(), description="Given on entering the tier."
    )

    def label(self) -> Text:
        return self.name if self.name else Text(en=self.id)


class Downgrade(_Part):
    """How a tier is lost."""

    notice_days: Annotated[StrictInt, Field(ge=30, le=365)] = Field(
        default=30, description="How long before the day a member is told."
    )
    steps: Literal["one", "to_qualified", "never"] = Field(
        default="one", description="One tier down at most; down to the tier whose rule is met; or never."
    )


class Program(_Part):
    """One membership program: what counts, in which time, and what it leads to."""

    id: Slug = Field(description="The program's own; keys of storefronts belong to it.")
    name: Name = Field(default=Text(), description="What members read.")
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
    window: Window = Field(default=Lifetime(), description="The time in which facts count.")
    tiers: tuple[Tier, ...] = Field(
        min_length=1, max_length=20, description="From the lowest to the highest."
    )
    validity: Validity = Field(default=WhileQualified(), description="How long a tier stands once earned.")
    downgrade: Downgrade = Field(default=Downgrade(), description="How a tier is lost.")
    unknown_members: Literal["enrol", "refuse"] = Field(
        default="enrol", description="Whether an event of an unknown member enrols it (as trial)."
    )
    effective_from: _Moment | None = Field(
        default=None, description="When this version comes into force; default: at once."
    )

    @model_validator(mode="after")
    def _sound(self) -> "Program":
        if faults := check(self):
            raise Unsound(*faults)
        return self

    def threshold(self, comparison: Comparison) -> int:
        """In the metric's smallest unit. Raises ValueError where it has none so small."""
        if self.metrics[comparison.metric].measure == "money":
            return to_minor(comparison.gte, self.currency)
        if comparison.gte != comparison.gte.to_integral_value():
            raise ValueError(f"{comparison.metric} is counted in whole numbers, not {comparison.gte}")
        return int(comparison.gte)

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
        what += [
            f"{name}={metric.model_dump_json(exclude={'name'})}"
            for name, metric in sorted(self.metrics.items())
        ]
        return sha256("\n".join(what).encode()).hexdigest()[:8]

    @cached_property
    def ladder(self) -> "Ladder":
        return Ladder(self)

    def warnings(self) -> list[str]:
        """What is allowed but seldom meant."""
        return [*seldom_meant(self)]


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
        self._numbered = dict(programs)

    def __iter__(self) -> Iterator[tuple[int, Program]]:
        """Number and program, in the order in which they were put."""
        return iter(sorted(self._numbered.items()))

    def numbered(self, number: int) -> Program:
        """A version as it was put, in force or not: what was decided by it is worded by it."""
        return self._numbered[number]

    @property
    def latest(self) -> tuple[int, Program]:
        """The version that was put last, in force or to come."""
        number = max(self._numbered)
        return number, self._numbered[number]

    def in_force(self, at: datetime) -> tuple[int, Program]:
        """The version that decides at a moment. The first one also holds for all time before it."""
        place = max(0, bisect_right(self._starts, at.timestamp()) - 1)
        _, number, program = self._by_start[place]
        return number, program
