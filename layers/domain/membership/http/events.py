"""Events as storefronts send them, and the facts that they become."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from membership.facts import Activity, Attributes, Fact, Order, Profile, Refund
from membership.http.problems import Error, Problem, errors_of, invalid, invalid_problem
from membership.http.requests import Id
from membership.program.kinds import Kind
from membership.program.money import LARGEST, to_minor
from membership.program.schema import Program
from membership.program.text import one_line

MOST_EVENTS = 100
AHEAD = timedelta(minutes=5)
"""Clocks differ a little; what is further ahead is a mistake that would hold the member's time up."""
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)

LONGEST_AMOUNT = 40
"""Characters; the largest amount has 16 digits."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_MONTH_AND_DAY = re.compile(r"\d\d-\d\d", re.ASCII)


def _moment(value: Any) -> datetime:
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise ValueError("write the time with its offset, as 2026-11-23T10:00:00+08:00")
    try:
        return datetime.fromisoformat(value.upper())
    except ValueError:
        raise ValueError("there is no such time") from None


def _day(value: Any) -> date:
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        raise ValueError("write the day as 2026-11-23")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError("there is no such day") from None


def _month_and_day(value: str) -> str:
    if not _MONTH_AND_DAY.fullmatch(value):
        raise ValueError("write month and day as 02-29")
    try:
        date.fromisoformat(f"2000-{value}")  # a leap year: people are born on 29 February
    except ValueError:
        raise ValueError("there is no such day") from None
    return value


def _amount(value: Any) -> Any:
    """Strings and integers; whether they fit is told where the currency is known."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError('write the amount as a string, "199.00", or as an integer of the smallest unit')
    if isinstance(value, str) and len(value) > LONGEST_AMOUNT:
        raise ValueError("this is beyond the largest amount")
    return value


Moment = Annotated[
    datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})
]
Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Amount = Annotated[
    int | str,
    BeforeValidator(_amount),
    WithJsonSchema(
        {
            "oneOf": [
                {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$", "examples": ["199.00"]},
                {"type": "integer", "minimum": 0, "maximum": LARGEST, "examples": [19900]},
            ],
            "description": "A decimal string in whole currency units, or an integer of the smallest unit.",
        }
    ),
]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217; the program's own.")]
Figure = Annotated[int, Field(ge=-LARGEST, le=LARGEST)]
Label = Annotated[str, Field(min_length=1, max_length=50), AfterValidator(one_line)]


class Body(BaseModel):
    """What is sent is taken as it is meant: no field more, and nothing converted."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class MemberAttributes(Body):
    """What a storefront may tell of a person. A field left out leaves what is known."""

    joined: Day | None = None
    birthday: Annotated[str, AfterValidator(_month_and_day)] | None = Field(
        default=None, description="Month and day, MM-DD.", examples=["02-29"]
    )
    referrer: Id | None = Field(default=None, description="The member who recommended the program.")
    labels: Annotated[list[Label], Field(max_length=20)] | None = None

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_null(cls, data: Any) -> Any:
        # The ledger keeps what is told; null tells nothing, and people mean different things by it.
        if isinstance(data, Mapping) and (empty := sorted(name for name in data if data[name] is None)):
            raise ValueError(f"null is no value: leave out {', '.join(map(str, empty))}")
        return data

    def attributes(self) -> Attributes:
        told = self.model_dump(exclude_unset=True)
        if "labels" in told:
            told["labels"] = tuple(told["labels"])
        return Attributes(**told)


class OrderData(Body):
    order_id: Id
    amount: Amount
    currency: Currency


class RefundData(Body):
    order_id: Id = Field(description="The order that is given back, in whole or in part.")
    amount: Amount
    currency: Currency


class ActivityData(Body):
    kind: Kind = Field(description="What was done: check_in, review, share, feedback, referral, …")
    quality: Figure | None = None
    value: Figure | None = None


class _Event(Body):
    id: Id = Field(description="The sender's own; the same id with the same content is taken once.")
    member_id: Id
    occurred_at: Moment = Field(description="RFC 3339 with offset; at most 5 minutes ahead.")


class OrderEvent(_Event):
    """A paid order."""

    type: Literal["order"]
    data: OrderData


class RefundEvent(_Event):
    """Money given back for an order; it may come before the order does."""

    type: Literal["refund"]
    data: RefundData


class ActivityEvent(_Event):
    """Anything else that a member did."""

    type: Literal["activity"]
    data: ActivityData


class ProfileEvent(_Event):
    """What the shop has learnt of the person."""

    type: Literal["profile"]
    data: MemberAttributes


Event = Annotated[OrderEvent | RefundEvent | ActivityEvent | ProfileEvent, Field(discriminator="type")]
TYPES = frozenset({"order", "refund", "activity", "profile"})

_event: TypeAdapter[Event] = TypeAdapter(Event)


def read_events(body: Any) -> list[Any]:
    """The events of a request, each still as it was sent: one alone, or an array of 1 to 100."""
    events = [body] if isinstance(body, dict) else body
    if not isinstance(events, list):
        raise invalid([Error(detail="send an event, or an array of events", pointer="")])
    if not 1 <= len(events) <= MOST_EVENTS:
        raise invalid([Error(detail=f"send 1 to {MOST_EVENTS} events, not {len(events)}", pointer="")])
    return events


def read_event(raw: Any, program: Program, now: datetime) -> Fact | Problem:
    """The fact that an event tells, or everything that is wrong with it; pointers begin at the event."""
    try:
        event = _event.validate_python(raw)
    except ValidationError as error:
        return invalid_problem(errors_of(error, TYPES))
    errors = list(_errors_of_time(event.occurred_at, now))
    common: dict[str, Any] = {
        "id": event.id,
        "member_id": event.member_id,
        # In one zone, so that the same moment told in another way is still the same fact.
        "occurred_at": now if errors else event.occurred_at.astimezone(UTC),
        "recorded_at": now,
    }
    match event:
        case OrderEvent(data=data):
            amount, found = read_amount(data.amount, data.currency, program, least=0)
            fact: Fact = Order(**common, order_id=data.order_id, amount=amount)
        case RefundEvent(data=data):
            amount, found = read_amount(data.amount, data.currency, program, least=1)
            fact = Refund(**common, order_id=data.order_id, amount=amount)
        case ActivityEvent(data=data):
            found = []
            fact = Activity(**common, kind=data.kind, quality=data.quality, value=data.value)
        case ProfileEvent(data=data):
            found = list(_errors_of_person(data, event.member_id, program, now))
            if not data.model_fields_set:
                found.append(Error(detail="tell at least one attribute", pointer=""))
            fact = Profile(**common, attributes=data.attributes())
    errors += _below("/data", found)
    return invalid_problem(errors) if errors else fact


def read_attributes(body: Any, member_id: str, program: Program, now: datetime) -> Attributes:
    """The body of PUT /v1/members/{member_id}. Raises Refused with everything that is wrong with it."""
    try:
        told = MemberAttributes.model_validate(body)
    except ValidationError as error:
        raise invalid(errors_of(error)) from None
    if errors := list(_errors_of_person(told, member_id, program, now)):
        raise invalid(errors)
    return told.attributes()


def read_moment(told: datetime | None, now: datetime) -> datetime:
    """The time that a request speaks of, or now. Raises Refused for one that no event could have."""
    if errors := list(_errors_of_time(told or now, now)):
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


def _errors_of_time(occurred_at: datetime, now: datetime) -> Iterable[Error]:
    if occurred_at > now + AHEAD:
        yield Error(detail="this is more than 5 minutes ahead of our clock", pointer="/occurred_at")
    if occurred_at < EARLIEST:
        yield Error(detail="this is before 1970", pointer="/occurred_at")


def _errors_of_person(
    told: MemberAttributes, member_id: str, program: Program, now: datetime
) -> Iterable[Error]:
    if told.joined and told.joined > program.day(now + AHEAD):
        yield Error(detail="nobody has joined on a day to come", pointer="/joined")
    if told.joined and told.joined.year < 1900:
        yield Error(detail="this is before 1900", pointer="/joined")
    if told.referrer == member_id:
        yield Error(detail="nobody recommends the program to themselves", pointer="/referrer")


def _below(place: str, errors: Iterable[Error]) -> list[Error]:
    return [error.model_copy(update={"pointer": place + (error.pointer or "")}) for error in errors]
