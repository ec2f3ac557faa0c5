"""Examples that a program carries: what must come of what. They are played through before it is published."""

import re
from datetime import date, datetime, time
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictInt, model_validator

from membership.program.flaws import Fault, Unsound, unsound
from membership.program.kinds import Kind
from membership.program.numbers import Number
from membership.program.text import one_line
from membership.program.windows.dates import Day

_ON = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d))?")


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


On = Annotated[datetime, BeforeValidator(_moment, json_schema_input_type=str)]
"""In the program's zone."""
Word = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(one_line)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


_WHAT = ("order", "refund", "do", "friend", "ranked", "act")


class Given(_Part):
    """What a member does, or what is done: exactly one of order, refund, do, friend, ranked, act."""

    on: On = Field(description="A day of the program, or a day and a time: '2026-12-01 23:59'.")
    order: Number | None = Field(default=None, description="An order of so much.")
    saved: Number | None = Field(default=None, description="Of an order: what the membership saved on it.")
    plan: Word | None = Field(default=None, description="Of an order: the plan that it pays the fee of.")
    id: Word | None = Field(default=None, description="Of an order: what a refund calls it.")
    refund: Number | None = Field(default=None, description="So much of an order given back.")
    of: Word | None = Field(
        default=None, description="Of a refund: the order's id; of a place: the board's metric."
    )
    do: Kind | None = Field(default=None, description="An activity of this kind.")
    times: Annotated[StrictInt, Field(ge=1, le=1_000)] = Field(default=1, description="So often.")
    daily_through: Day | None = Field(default=None, description="And again each day through this one.")
    quality: StrictInt | None = Field(default=None, description="Of an activity.")
    value: StrictInt | None = Field(default=None, description="Of an activity.")
    friend: Literal["registered", "bought"] | None = Field(default=None, description="A friend has …")
    ranked: Annotated[StrictInt, Field(ge=1)] | None = Field(
        default=None, description="The place on a board as it is cut on this day, …"
    )
    among: Annotated[StrictInt, Field(ge=1)] | None = Field(
        default=None, description="… among so many members."
    )
    act: Literal["hold", "lift", "block", "unblock", "leave", "return", "approve", "decline"] | None = Field(
        default=None, description="What an operator does; `approve` and `decline` answer what is asked."
    )
    tier: Word | None = Field(
        default=None, description="Of a hold, a lift, or an approval of a special member."
    )
    until: Day | None = Field(default=None, description="Of a hold or a lift: the day on which it ends.")

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        told = [name for name in _WHAT if getattr(self, name) is not None]
        if len(told) != 1:
            raise unsound(
                f"is {' and '.join(told)} at once" if told else "says nothing",
                f"Write one of {', '.join(_WHAT)}.",
            )
        if self.refund is not None and self.of is None:
            raise Unsound(Fault(("of",), "is missing", "Name the order: give it an id, and write that here."))
        return self


class ExpectedNotice(_Part):
    """An announced downgrade."""

    to: Word = Field(description="The lower tier.")
    on: Day = Field(description="The first day in it.")


class Then(_Part):
    """What must be so on a day, after everything that is given through it and that day's review."""

    on: On
    ladder: Word | None = Field(default=None, description="Default: the first one.")
    tier: Word | None = Field(default=None, description="The tier that counts.")
    by: Literal["earned", "hold", "paid", "lifted"] | None = Field(default=None, description="What gives it.")
    status: Literal["trial", "active", "blocked", "left"] | None = None
    next: Word | Literal[False] | None = Field(
        default=None, description="The next tier; false: there is none."
    )
    progress: Annotated[StrictInt, Field(ge=0, le=100)] | None = Field(
        default=None, description="Per cent of the way to the next tier."
    )
    lacks: Word | None = Field(default=None, description="What remains to the next tier, in English words.")
    valid_through: Day | Literal[False] | None = Field(
        default=None, description="The last day of the promise; false: it has no end."
    )
    notice: ExpectedNotice | Literal[False] | None = Field(
        default=None, description="The notice that runs; false: none does."
    )
    asked: Literal["promotion", "special", "refund"] | Literal[False] | None = Field(
        default=None, description="What operators are asked about; false: nothing."
    )


class Example(_Part):
    """One member's story."""

    title: Word
    joined: Day | None = Field(default=None, description="Default: the day of the first thing given.")
    labels: Annotated[tuple[Word, ...], Field(max_length=20)] = Field(
        default=(), description="The shop's labels."
    )
    given: Annotated[tuple[Given, ...], Field(max_length=200)] = Field(
        default=(), description="In order of time."
    )
    then: Annotated[tuple[Then, ...], Field(min_length=1, max_length=50)] = Field(
        description="In order of time."
    )
