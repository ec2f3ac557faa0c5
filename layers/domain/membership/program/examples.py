"""Examples that a program carries: what must come of what. They are played through before it is published."""

import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, model_validator

from membership.program.flaws import Fault, Unsound, unsound
from membership.program.kinds import Kind
from membership.program.numbers import Number, more_than_nothing
from membership.program.text import one_line
from membership.program.windows.dates import Day as _AnyDay

_ON = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(?::00)?)?")


def _moment(value: Any) -> Any:
    """A day means its noon: far from either end, whatever the zone."""
    match value:
        case datetime():
            return value.replace(tzinfo=None)
        case date():
            return datetime.combine(value, time(12))
        case str() if found := _ON.fullmatch(value):
            try:
                return datetime.fromisoformat(f"{found[1]}T{found[2] or '12:00'}")
            except ValueError:
                pass
    raise unsound("is not a day", "Write it as 2026-12-01, or with a time as '2026-12-01 23:59'.")


def _of_our_times(day: date) -> date:
    if not 1970 <= day.year <= 2200:
        raise unsound("lies far from our times", "Write a year from 1970 to 2200.")
    return day


def _not_negative(number: Decimal) -> Decimal:
    if number < 0:
        raise unsound("is less than 0", "Write 0 or more.")
    return number


Day = Annotated[_AnyDay, AfterValidator(_of_our_times)]
On = Annotated[datetime, BeforeValidator(_moment, json_schema_input_type=str), AfterValidator(_of_our_times)]
"""In the program's zone."""
Word = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(one_line)]
_Amount = Annotated[Number, AfterValidator(_not_negative)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


What = Literal["order", "refund", "do", "friend", "labels", "ranked", "act"]
_WHAT: tuple[What, ...] = ("order", "refund", "do", "friend", "labels", "ranked", "act")
_OF: dict[str, tuple[What, ...]] = {
    "saved": ("order",),
    "plan": ("order",),
    "id": ("order",),
    "of": ("refund", "ranked", "act"),
    "quality": ("do",),
    "value": ("do",),
    "among": ("ranked",),
    "tier": ("act",),
    "until": ("act",),
    "points": ("act",),
    "times": ("order", "do", "friend"),
    "daily_through": ("order", "do"),
}
"""What else can be said → of what."""


class Given(_Part):
    """What a member does, or what is done: exactly one of order, refund, do, friend, labels, ranked, act."""

    on: On = Field(description="A day of the program, or a day and a time: '2026-12-01 23:59'.")
    who: Word | None = Field(
        default=None, description="Another member, by any name; default: the one whose story it is."
    )
    order: _Amount | None = Field(default=None, description="An order of so much.")
    saved: _Amount | None = Field(default=None, description="Of an order: what the membership saved on it.")
    plan: Word | None = Field(default=None, description="Of an order: the plan that it pays the fee of.")
    id: Word | None = Field(default=None, description="Of an order: what a refund calls it.")
    refund: Annotated[Number, AfterValidator(more_than_nothing)] | None = Field(
        default=None, description="So much of an order given back."
    )
    of: Word | None = Field(
        default=None,
        description="Of a refund: the order's id; of a place: the board's metric; of an answer: what it "
        "answers, where several things are asked (promotion, refund, or a special review's id).",
    )
    do: Kind | None = Field(default=None, description="An activity of this kind.")
    times: Annotated[StrictInt, Field(ge=1, le=1_000)] = Field(default=1, description="So often.")
    daily_through: Day | None = Field(default=None, description="And again each day through this one.")
    quality: StrictInt | None = Field(default=None, description="Of an activity.")
    value: StrictInt | None = Field(default=None, description="Of an activity.")
    friend: Literal["registered", "bought", "returned"] | None = Field(
        default=None,
        description="A friend has registered; one who has registered, or another, has bought; "
        "or has given back all that was bought.",
    )
    labels: Annotated[tuple[Word, ...], Field(max_length=20)] | None = Field(
        default=None, description="The shop's labels from now on."
    )
    ranked: Annotated[StrictInt, Field(ge=1)] | None = Field(
        default=None, description="The place on a board as it is cut on this day, …"
    )
    among: Annotated[StrictInt, Field(ge=1)] | None = Field(
        default=None, description="… among so many members."
    )
    act: (
        Literal[
            "hold",
            "lift",
            "release",
            "block",
            "unblock",
            "leave",
            "return",
            "adjust",
            "approve",
            "decline",
            "merge",
        ]
        | None
    ) = Field(
        default=None,
        description="What an operator does. `approve` and `decline` answer what is asked; "
        "`release` ends a hold or a lift; `adjust` gives or takes points; "
        "`merge`, with `who`: that one proved to be this member.",
    )
    tier: Word | None = Field(
        default=None, description="Of a hold, a lift, or an approval of a special member."
    )
    until: Day | None = Field(
        default=None, description="Of these: the first day on which it no longer holds."
    )
    points: StrictInt | None = Field(
        default=None, description="Of an adjustment: so many points; less than 0 where they are taken."
    )

    @property
    def what(self) -> What:
        return next(name for name in _WHAT if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        told = [name for name in _WHAT if getattr(self, name) is not None]
        if len(told) != 1:
            raise unsound(
                f"is {' and '.join(told)} at once" if told else "says nothing",
                f"Write one of {', '.join(_WHAT)}.",
            )
        faults = [
            Fault((field,), f"is not said of {self.what}", f"It is for {' and '.join(of)}: remove it.")
            for field, of in _OF.items()
            if getattr(self, field) != type(self).model_fields[field].default and self.what not in of
        ]
        if faults := [*faults, *(Fault((field,), "is missing", remedy) for field, remedy in self._missing())]:
            raise Unsound(*faults)
        return self

    def _missing(self) -> list[tuple[str, str]]:
        match self.what:
            case "refund" if self.of is None:
                return [("of", "Name the order: give it an id, and write that here.")]
            case "ranked" if self.among is None:
                return [("among", "Write how many members the board has.")]
            case "act" if self.act == "merge" and self.who is None:
                return [("who", "Name the other one, as told of before.")]
            case "act" if self.act == "adjust" and not self.points:
                return [("points", "Write how many, as 100 or -100.")]
            case "act" if self.act in ("hold", "lift"):
                remedies = {"tier": "Write which one.", "until": "Write the day on which it ends."}
                return [(field, remedy) for field, remedy in remedies.items() if getattr(self, field) is None]
        return []

    @model_validator(mode="after")
    def _an_id_is_one_orders(self) -> Self:
        if self.id is not None and (self.times > 1 or self.daily_through):
            raise Unsound(Fault(("id",), "would be several orders'", "Give each a line of its own."))
        return self

    @model_validator(mode="after")
    def _a_place_is_on_the_board(self) -> Self:
        if self.ranked is not None and self.among is not None and self.ranked > self.among:
            raise Unsound(Fault(("ranked",), f"is beyond all {self.among}", "Swap them."))
        return self


class ExpectedNotice(_Part):
    """An announced downgrade."""

    to: Word = Field(description="The lower tier.")
    on: Day = Field(description="The first day in it.")


class ExpectedValue(_Part):
    """What a paid tier has brought against its fee."""

    fee: _Amount = Field(description="Of the term that runs.")
    saved: _Amount = Field(description="Since it began.")


class ExpectedPoints(_Part):
    """What a member has of points."""

    balance: StrictInt = Field(description="That can be spent.")
    pending: StrictInt = Field(default=0, description="That can be spent later.")
    debt: StrictInt = Field(default=0, description="That are owed.")


_Nothing = Literal[False]


class Then(_Part):
    """What must be so on a day, after everything that is given through it and that day's review."""

    on: On = Field(description="A day of the program; what comes of it by then.")
    ladder: Word | None = Field(default=None, description="Default: the first one.")
    tier: Word | _Nothing | None = Field(
        default=None, description="The tier that counts; false: none, as of a member on trial."
    )
    by: Literal["earned", "hold", "paid", "lifted"] | None = Field(default=None, description="What gives it.")
    status: Literal["trial", "active", "blocked", "left"] | None = Field(
        default=None, description="The member's."
    )
    next: Word | _Nothing | None = Field(default=None, description="The next tier; false: there is none.")
    progress: Annotated[StrictInt, Field(ge=0, le=100)] | None = Field(
        default=None, description="Per cent of the way to the next tier; 100 in the highest."
    )
    lacks: Annotated[str, Field(min_length=1, max_length=500), AfterValidator(one_line)] | None = Field(
        default=None, description="What remains to the next tier, in English words."
    )
    keeps: Annotated[str, Field(min_length=1, max_length=500), AfterValidator(one_line)] | _Nothing | None = (
        Field(
            default=None,
            description="What is still to do to keep the tier, in English words; false: nothing.",
        )
    )
    valid_through: Day | _Nothing | None = Field(
        default=None,
        description="The last day of the promise, the paid term, the hold or the lift; false: it has no end.",
    )
    falls_on: Day | _Nothing | None = Field(
        default=None,
        description="The first day in a lower tier if nothing more happens; false: it stays.",
    )
    notice: ExpectedNotice | _Nothing | None = Field(
        default=None, description="The notice that runs; false: none does."
    )
    asked: Literal["promotion", "special", "refund"] | _Nothing | None = Field(
        default=None, description="What operators are asked about; false: nothing."
    )
    value: ExpectedValue | _Nothing | None = Field(
        default=None, description="What a paid tier has brought; false: no term of one runs."
    )
    figures: Annotated[dict[Word, _Amount], Field(max_length=40)] = Field(
        default={}, description="Metric → how much of it there is; money in whole currency units."
    )
    points: ExpectedPoints | None = Field(default=None, description="The member's points.")
    rewards: Annotated[tuple[Word, ...], Field(max_length=100)] | None = Field(
        default=None, description="Every reward given until then, in order, by its id."
    )


class Example(_Part):
    """One member's story."""

    title: Word = Field(description="What it shows, in a few words.")
    joined: Day | None = Field(
        default=None, description="The day on which it is enrolled; default: it just does what is given."
    )
    labels: Annotated[tuple[Word, ...], Field(max_length=20)] = Field(
        default=(), description="The shop's labels, from the first."
    )
    birthday: Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")] | None = Field(
        default=None, description="Month and day, from the first: '02-29'."
    )
    given: Annotated[tuple[Given, ...], Field(max_length=200)] = Field(
        default=(), description="Played in order of time; on one moment in the order written."
    )
    then: Annotated[tuple[Then, ...], Field(min_length=1, max_length=50)] = Field(
        description="Looked at in order of time."
    )
