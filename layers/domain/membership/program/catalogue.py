"""Rewards that members buy with points: what each costs whom, how many there are, and when."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, StrictInt, model_validator

from membership.program.flaws import Fault, unsound
from membership.program.parts import Code, Part, Slug
from membership.program.text import NO_WORDS, Name, Text

if TYPE_CHECKING:
    from membership.program.schema import Program

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_ONE_DAY = timedelta(days=1)
_Place = tuple[str | int, ...]


def _written_time(value: Any) -> date | datetime:
    """A day, or a moment with its offset; pydantic would read 20261201 as a second of 1970."""
    try:
        if isinstance(value, str):
            value = (date if _DAY.fullmatch(value) else datetime).fromisoformat(value)
    except ValueError:
        pass
    match value:
        case datetime(tzinfo=None):
            raise unsound("doesn't say in which time zone", "Write it with its offset: …T10:00:00+08:00.")
        case date():
            return value
    raise unsound("is neither a day nor a moment", "Write 2026-12-01, or 2026-12-01T10:00:00+08:00.")


Time = Annotated[datetime | date, BeforeValidator(_written_time, json_schema_input_type=str)]
"""A day of the program, or a moment."""
Price = Annotated[StrictInt, Field(gt=0, le=10**9)]


class Redeemable(Part):
    """A reward of the catalogue: exactly one of coupon, gift."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    id: Slug = Field(description="Its own within the catalogue.")
    name: Name = Field(default=NO_WORDS, description="What members read.")
    points: Price = Field(description="What it costs.")
    by_tier: Annotated[dict[Slug, Price], Field(max_length=20)] = Field(
        default={}, description="What it costs from that tier on, where that is less."
    )
    tier: Slug | None = Field(default=None, description="The lowest tier whose members may have it.")
    stock: Annotated[StrictInt, Field(ge=0, le=10**9)] | None = Field(
        default=None, description="How many there are in all, those that were sold included."
    )
    from_: Time | None = Field(default=None, alias="from", description="The first day, or the moment.")
    to: Time | None = Field(default=None, description="The last day, or the moment at which it ends.")
    per_member: Annotated[StrictInt, Field(ge=1, le=10_000)] | None = Field(
        default=None, description="How many one member may have."
    )
    coupon: Code | None = Field(default=None, description="The coupon's code in the shop.")
    gift: Code | None = Field(default=None, description="The gift's code in the shop.")
    codes: Literal["none", "generated", "uploaded"] = Field(
        default="none", description="Whether each one has a code of its own, and whose."
    )

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        given = [kind for kind in ("coupon", "gift") if getattr(self, kind) is not None]
        if not given:
            raise unsound("gives nothing", "Add coupon or gift.")
        if len(given) > 1:
            raise unsound("is coupon and gift at once", "Write a reward for each.")
        return self

    def label(self) -> Text:
        return self.name if self.name else Text(en=self.id)

    @property
    def limited(self) -> bool:
        """Whether it can be sold out."""
        return self.stock is not None or self.codes == "uploaded"

    def opens(self, program: "Program") -> datetime | None:
        """The first moment at which it can be had."""
        if self.from_ is None or isinstance(self.from_, datetime):
            return self.from_
        return program.midnight(self.from_)

    def closes(self, program: "Program") -> datetime | None:
        """The first moment at which it can't be had any more: a day is a whole day."""
        if self.to is None or isinstance(self.to, datetime):
            return self.to
        return program.midnight(self.to + _ONE_DAY)


Catalogue = Annotated[tuple[Redeemable, ...], Field(max_length=200)]


def check_catalogue(program: "Program") -> Iterator[Fault]:
    """What has to hold between the catalogue and the rest of the program."""
    if program.catalogue and program.points is None:
        remedy = "Add `points`, which says how they are earned."
        yield Fault(("catalogue",), "is paid with points, and there are none", remedy)
    known: set[str] = set()
    for n, reward in enumerate(program.catalogue):
        place: _Place = ("catalogue", n)
        if reward.id in known:
            yield Fault((*place, "id"), f"there are two rewards {reward.id!r}", "Give each its own id.")
        known.add(reward.id)
        opens, closes = reward.opens(program), reward.closes(program)
        if opens and closes and opens >= closes:
            yield Fault((*place, "to"), "lies before `from`", "Swap them.")
        named: dict[_Place, str] = {(*place, "by_tier", tier): tier for tier in reward.by_tier}
        if reward.tier:
            named[(*place, "tier")] = reward.tier
        wrong = [*_not_there(program, named)]
        yield from wrong or _dearer_above(program, reward, place)


def _not_there(program: "Program", named: dict[_Place, str]) -> Iterable[Fault]:
    for place, tier in named.items():
        if tier not in program.tier_ids:
            close = get_close_matches(tier, program.tier_ids, n=1, cutoff=0.6)
            remedy = (
                f"Did you mean {close[0]}?" if close else f"Known: {', '.join(sorted(program.tier_ids))}."
            )
            yield Fault(place, f"there is no tier {tier!r}", remedy)


def _dearer_above(program: "Program", reward: Redeemable, place: _Place) -> Iterable[Fault]:
    """A price that rises with the tier is a slip: the lower one would hold above, too."""
    for ladder in program.ladders_by_id.values():
        price = reward.points
        for tier in ladder.tiers:
            here = reward.by_tier.get(tier.id)
            if here is not None and here >= price:
                message = f"is not less than the {price:,} that it costs below {tier.id!r}"
                yield Fault((*place, "by_tier", tier.id), message, "Write less, or remove it.")
            price = min(price, here or price)
