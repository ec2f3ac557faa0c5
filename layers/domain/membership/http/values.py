"""Values that more than one request has: amounts, currencies, times."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from membership.facts import Line
from membership.http.problems import Error, invalid
from membership.http.words import CURRENCY
from membership.program.money import LARGEST, to_minor
from membership.program.schema import Program
from membership.program.text import one_line

AHEAD = timedelta(minutes=5)
"""Clocks differ a little; what is further ahead is a mistake that would hold the member's time up."""
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)

LONGEST_AMOUNT = 40
"""Characters; the largest amount has 16 digits."""

_DECIMAL = re.compile(r"[0-9]+(\.[0-9]+)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _moment(value: Any) -> datetime:
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError("write the time with its offset, as 2026-11-23T10:00:00+08:00")
    try:
        return datetime.fromisoformat(value.upper())
    except ValueError:
        raise ValueError("there is no such time") from None


def _amount(value: Any) -> Any:
    """Strings and integers; whether they fit is told where the currency is known."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError('write the amount as a string, "199.00", or as an integer of the smallest unit')
    if isinstance(value, str):
        if len(value) > LONGEST_AMOUNT:
            raise ValueError("this is beyond the largest amount")
        if not _DECIMAL.fullmatch(value):
            raise ValueError('write the amount in figures alone, without a sign: "199.00"')
    return value


Moment = Annotated[
    datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]


def _day(value: Any) -> date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("write the day as 2026-11-23")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("there is no such day") from None


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Amount = Annotated[
    int | str,
    BeforeValidator(_amount),
    WithJsonSchema(
        {
            "oneOf": [
                {"type": "string", "pattern": f"^{_DECIMAL.pattern}$", "examples": ["199.00"]},
                {"type": "integer", "minimum": 0, "maximum": LARGEST, "examples": [19900]},
            ],
            "description": "A decimal string in whole currency units, or an integer of the smallest unit.",
        }
    ),
]
Currency = Annotated[str, Field(pattern=CURRENCY, description="ISO 4217; the program's own.")]


class Body(BaseModel):
    """What is sent is taken as it is meant: no field more, and nothing converted.

    Built when first used: a cold start answers one request, and has no use for the models of the others.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class LineData(Body):
    """A part of an order."""

    id: Annotated[str, Field(min_length=1, max_length=128), AfterValidator(one_line)]
    amount: Amount


Lines = Annotated[list[LineData], Field(max_length=100)]
"""All of an order, or none of it."""


def read_lines(
    lines: Sequence[LineData], whole: int, currency: str, program: Program
) -> tuple[tuple[Line, ...], list[Error]]:
    """An order's lines, and what is wrong with them: together they are the order."""
    read, errors = list[Line](), list[Error]()
    for n, line in enumerate(lines):
        amount, wrong = read_amount(line.amount, currency, program, least=0)
        errors += [one.model_copy(update={"pointer": f"/lines/{n}{one.pointer}"}) for one in wrong]
        read.append(Line(id=line.id, amount=amount))
    if not errors and read and sum(line.amount for line in read) != whole:
        errors.append(Error(detail="the lines together are not the order's amount", pointer="/lines"))
    return tuple(read), errors


def read_cart(
    lines: Sequence[LineData], whole: int, currency: str | None, program: Program
) -> tuple[Line, ...]:
    """The lines of an order that is not paid yet. Raises Refused with what is wrong with them."""
    found, errors = read_lines(lines, whole, currency or program.currency, program)
    if errors:
        raise invalid(errors)
    return found


def read_moment(told: datetime | None, now: datetime) -> datetime:
    """The time that a request speaks of, or now. Raises Refused for one that no event could have."""
    if errors := list(errors_of_time(told or now, now)):
        raise invalid(errors)
    return (told or now).astimezone(UTC)


def read_price(amount: int | str, currency: str | None, program: Program) -> int:
    """The amount of an order in the smallest unit. Raises Refused with what is wrong with it."""
    minor, errors = read_amount(amount, currency or program.currency, program, least=0)
    if errors:
        raise invalid(errors)
    return minor


def read_amount(amount: int | str, currency: str, program: Program, least: int) -> tuple[int, list[Error]]:
    """An amount in the program's smallest unit, and what is wrong with it; pointers begin at its object."""
    if currency != program.currency:
        return 0, [
            Error(detail=f"this program counts in {program.currency}, not in {currency}", pointer="/currency")
        ]
    try:
        minor = amount if isinstance(amount, int) else to_minor(amount, currency)
    except ValueError as error:
        return 0, [Error(detail=str(error), pointer="/amount")]
    if minor > LARGEST:
        return 0, [Error(detail="this is beyond the largest amount", pointer="/amount")]
    if minor < least:
        lowest = "is positive" if least else "is not negative"
        return 0, [Error(detail=f"an amount here {lowest}", pointer="/amount")]
    return minor, []


def errors_of_time(occurred_at: datetime, now: datetime) -> Iterable[Error]:
    """What is wrong with the time of an event."""
    if occurred_at > now + AHEAD:
        yield Error(detail="this is more than 5 minutes ahead of our clock", pointer="/occurred_at")
    if occurred_at < EARLIEST:
        yield Error(detail="this is before 1970", pointer="/occurred_at")
