"""Events as storefronts send them, and the facts that they become."""

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
)

from membership.facts import Activity, Attributes, Fact, Order, Profile, Refund
from membership.http.problems import Error, Problem, errors_of, invalid, invalid_problem
from membership.http.requests import Id
from membership.http.values import (
    AHEAD,
    Amount,
    Body,
    Currency,
    Day,
    Lines,
    Moment,
    errors_of_time,
    read_amount,
    read_lines,
)
from membership.program.flaws import Unsound
from membership.program.kinds import BENEFIT_USED, Kind
from membership.program.messaging import Refusable
from membership.program.money import LARGEST
from membership.program.parts import Slug
from membership.program.schema import Program
from membership.program.text import Language, one_line
from membership.program.zones import known_zone

MOST_EVENTS = 100

# One plain mailbox: no list of several, no display name, nothing that begins another header.
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")
_MONTH_AND_DAY = re.compile(r"\d\d-\d\d", re.ASCII)


def _month_and_day(value: str) -> str:
    if not _MONTH_AND_DAY.fullmatch(value):
        raise ValueError("write month and day as 02-29")
    try:
        date.fromisoformat(f"2000-{value}")  # a leap year: people are born on 29 February
    except ValueError:
        raise ValueError("there is no such day") from None
    return value


def _zone(value: str) -> str:
    try:
        return known_zone(value)
    except Unsound as unknown:
        [fault] = unknown.faults
        raise ValueError(f"{fault.message}. {fault.remedy}") from None


def _address(value: str) -> str:
    if value and not (len(value) <= 254 and _ADDRESS.fullmatch(value)):
        raise ValueError("write one plain e-mail address, as ann@shop.example")
    return value


Figure = Annotated[int, Field(ge=-LARGEST, le=LARGEST)]
Label = Annotated[str, Field(min_length=1, max_length=50), AfterValidator(one_line)]


class MemberAttributes(Body):
    """What a storefront may tell of a person. A field left out leaves what is known."""

    joined: Day | None = None
    birthday: Annotated[str, AfterValidator(_month_and_day)] | None = Field(
        default=None, description="Month and day, MM-DD.", examples=["02-29"]
    )
    referrer: Id | None = Field(default=None, description="The member who recommended the program.")
    labels: Annotated[list[Label], Field(max_length=20)] | None = None
    timezone: Annotated[str, Field(max_length=64), AfterValidator(_zone)] | None = Field(
        default=None, description="Where the member's nights are.", examples=["Asia/Shanghai"]
    )
    language: Language | None = Field(default=None, description="In which the member reads.")
    opted_out: Annotated[list[Refusable], Field(max_length=4)] | None = Field(
        default=None, description="Purposes of messages that the member doesn't want; notices always come."
    )
    opted_in: Annotated[list[Literal["weekly"]], Field(max_length=1)] | None = Field(
        default=None, description="weekly: the member wants to be told its progress each week."
    )
    email: Annotated[str, AfterValidator(_address)] | None = Field(
        default=None,
        description="Taken only where the stack sends e-mails, never answered; an empty one takes it away.",
        examples=["ann@shop.example"],
    )

    @field_validator("*", mode="before")
    @classmethod
    def _nothing_is_null(cls, value: Any) -> Any:
        # The ledger keeps what is told; null tells nothing, and people mean different things by it.
        if value is None:
            raise ValueError("null is no value; leave this field out")
        return value

    def attributes(self) -> Attributes:
        told = self.model_dump(exclude_unset=True)
        for name in _LISTS & told.keys():
            told[name] = tuple(told[name])
        return Attributes(**told)


_LISTS = frozenset({"labels", "opted_out", "opted_in"})


Plan = Annotated[str, Field(min_length=1, max_length=64), AfterValidator(one_line)]


class OrderData(Body):
    order_id: Id
    amount: Amount
    currency: Currency
    saved: Amount = Field(default=0, description="What the membership saved on it.")
    lines: Lines = Field(
        default=[], description="What it is made of, together its amount: each is told its points."
    )
    plan: Plan | None = Field(
        default=None,
        description="Where it pays a fee: the plan, as the program calls it. "
        "Such an order counts for nothing else.",
    )


class RefundData(Body):
    order_id: Id = Field(description="The order that is given back, in whole or in part.")
    amount: Amount
    currency: Currency


class ActivityData(Body):
    kind: Kind = Field(description="What was done: check_in, review, share, feedback, referral, …")
    quality: Figure | None = None
    value: Figure | None = None
    benefit: Slug | None = Field(
        default=None, description=f"Of the kind {BENEFIT_USED}, and of no other: which benefit, by its id."
    )


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

Events = Event | Annotated[list[Event], Field(min_length=1, max_length=MOST_EVENTS)]
"""One event, or up to a hundred."""

_event: TypeAdapter[Event] = TypeAdapter(Event, config=ConfigDict(defer_build=True))


def read_events(body: Any) -> list[Any]:
    """The events of a request, each still as it was sent: one alone, or an array of 1 to 100."""
    events = [body] if isinstance(body, dict) else body
    if not isinstance(events, list):
        raise invalid([Error(detail="send an event, or an array of events", pointer="")])
    if not 1 <= len(events) <= MOST_EVENTS:
        raise invalid([Error(detail=f"send 1 to {MOST_EVENTS} events, not {len(events)}", pointer="")])
    return events


def read_event(
    raw: Any, program: Program, now: datetime, mails: bool = False, key: str | None = None
) -> Fact | Problem:
    """The fact that an event tells, or everything that is wrong with it; pointers begin at the event.

    `mails`: whether the stack sends e-mails, and so has a use for addresses. `key`: whose it is that tells.
    """
    try:
        event = _event.validate_python(raw)
    except ValidationError as error:
        return invalid_problem(errors_of(error, TYPES))
    errors = list(errors_of_time(event.occurred_at, now))
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
            saved, wrong = read_amount(data.saved, data.currency, program, least=0)
            found += [
                error.model_copy(update={"pointer": "/saved"})
                for error in wrong
                if error.pointer == "/amount"
            ]
            lines, wrong = read_lines(data.lines, amount, data.currency, program) if not found else ((), [])
            found += wrong
            fact: Fact = Order(
                **common, order_id=data.order_id, amount=amount, saved=saved, plan=data.plan, lines=lines
            )
        case RefundEvent(data=data):
            amount, found = read_amount(data.amount, data.currency, program, least=1)
            fact = Refund(**common, order_id=data.order_id, amount=amount)
        case ActivityEvent(data=data):
            found = list(_errors_of_use(data))
            fact = Activity(
                **common, kind=data.kind, quality=data.quality, value=data.value, benefit=data.benefit
            )
        case ProfileEvent(data=data):
            found = list(_errors_of_person(data, event.member_id, program, now, mails))
            if not data.model_fields_set:
                found.append(Error(detail="tell at least one attribute", pointer=""))
            fact = Profile(**common, attributes=data.attributes(), told_by=key)
    errors += _below("/data", found)
    return invalid_problem(errors) if errors else fact


def read_attributes(
    body: Any, member_id: str, program: Program, now: datetime, mails: bool = False
) -> Attributes:
    """The body of PUT /v1/members/{member_id}. Raises Refused with everything that is wrong with it."""
    try:
        told = MemberAttributes.model_validate(body)
    except ValidationError as error:
        raise invalid(errors_of(error)) from None
    if errors := list(_errors_of_person(told, member_id, program, now, mails)):
        raise invalid(errors)
    return told.attributes()


def _errors_of_use(data: ActivityData) -> Iterable[Error]:
    if data.kind == BENEFIT_USED and data.benefit is None:
        yield Error(detail="say which benefit was used", pointer="/benefit")
    if data.kind != BENEFIT_USED and data.benefit is not None:
        yield Error(detail=f"only {BENEFIT_USED} has a benefit; leave it out", pointer="/benefit")


def _errors_of_person(
    told: MemberAttributes, member_id: str, program: Program, now: datetime, mails: bool
) -> Iterable[Error]:
    if told.joined and told.joined > program.day(now + AHEAD):
        yield Error(detail="nobody has joined on a day to come", pointer="/joined")
    if told.joined and told.joined.year < 1900:
        yield Error(detail="this is before 1900", pointer="/joined")
    if told.referrer == member_id:
        yield Error(detail="nobody recommends the program to themselves", pointer="/referrer")
    if told.email is not None and not mails:
        yield Error(detail="this stack sends no e-mails, and so keeps no addresses", pointer="/email")


def _below(place: str, errors: Iterable[Error]) -> list[Error]:
    return [error.model_copy(update={"pointer": place + (error.pointer or "")}) for error in errors]
