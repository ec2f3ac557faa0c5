"""What is sent to operations other than events."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, Field, TypeAdapter, ValidationError

from membership.acts import Action
from membership.http.problems import errors_of, invalid
from membership.http.requests import Id
from membership.http.values import Amount, Body, Currency, Day, Moment
from membership.http.words import SLUG
from membership.program.schema import Program
from membership.program.text import one_line
from membership.store.access import Role

Model = TypeVar("Model", bound=BaseModel)
Label = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(one_line)]


class Preview(Body):
    """An order that is not paid yet."""

    amount: Amount
    currency: Currency | None = Field(default=None, description="Default: the program's own.")
    occurred_at: Moment | None = Field(default=None, description="When it would be paid; default: now.")


Reason = Annotated[str, Field(min_length=3, max_length=500), AfterValidator(one_line)]


class Told(Body):
    """Whatever is done by hand says who, and why."""

    id: Id = Field(description="Chosen by you: the same request again changes nothing.")
    by: Label = Field(description="Who does it, by name; the key that is used is kept with it.")
    reason: Reason = Field(description="Kept for ever, and shown to the member.")


class _OfTier(Told):
    ladder: str | None = Field(default=None, description="Default: the program's first one.")


class HoldAction(_OfTier):
    """Keep the member in a tier, whatever it earns meanwhile."""

    type: Literal["hold"]
    tier: str
    until: Day = Field(description="The first day on which what lies beneath comes back.")


class LiftAction(_OfTier):
    """Lift the member by one or two tiers."""

    type: Literal["lift"]
    tier: str
    until: Day = Field(description="The first day on which what lies beneath comes back.")


class ReleaseAction(_OfTier):
    """End a hold or a lift before its day."""

    type: Literal["release"]
    source: Literal["hold", "lifted"]


class BlockAction(Told):
    """Take the membership for good."""

    type: Literal["block"]


class UnblockAction(Told):
    """Give it back."""

    type: Literal["unblock"]


class LeaveAction(Told):
    """The member ends its membership."""

    type: Literal["leave"]


class ReturnAction(Told):
    """The member comes back."""

    type: Literal["return"]


class MergeAction(Told):
    """This member and another proved to be one: the other one goes on for both."""

    type: Literal["merge"]
    into: Id


MemberAction = Annotated[
    HoldAction
    | LiftAction
    | ReleaseAction
    | BlockAction
    | UnblockAction
    | LeaveAction
    | ReturnAction
    | MergeAction,
    Field(discriminator="type"),
]
ACTIONS = frozenset({"hold", "lift", "release", "block", "unblock", "leave", "return", "merge"})
BY_MEMBERS: frozenset[str] = frozenset({"leave", "return"})
"""What a storefront may do, too: it is the member's own wish."""


class Decision(Told):
    """The answer to an approval."""

    verdict: Literal["approve", "decline"]
    tier: str | None = Field(default=None, description="Of a special review: the tier to lift to.")
    until: Day | None = Field(default=None, description="Of a special review: until which day.")


class NewKey(Body):
    """A key for a storefront or an operator of this program."""

    role: Role
    label: Label = Field(description="Whose key it is, for those who revoke it.")


class Webhook(Body):
    """Where rewards and messages are posted to."""

    url: str = Field(min_length=1, max_length=2000, description="https, and a public address.")


class FirstKey(Body):
    """A direct event of the function, as no key is there yet to ask for one with."""

    program: str = Field(pattern=SLUG)
    role: Role = "operator"
    label: Label


class IssueKey(Body):
    """`{"issue_key": {"program": "demo", "role": "operator", "label": "first"}}`."""

    issue_key: FirstKey


_actions: TypeAdapter[Any] = TypeAdapter(MemberAction)
_kept: TypeAdapter[Action] = TypeAdapter(Action)


def read(model: type[Model], body: Any) -> Model:
    """The body as a model. Raises Refused with everything that is wrong with it."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise invalid(errors_of(error)) from None


def read_action(body: Any) -> Any:
    """The body of an action, as its model. Raises Refused with everything that is wrong with it."""
    try:
        return _actions.validate_python(body)
    except ValidationError as error:
        raise invalid(errors_of(error, ACTIONS)) from None


def action_of(asked: Any, program: Program) -> Action:
    """What is asked for as the ledger keeps it."""
    told = asked.model_dump(exclude={"id", "by", "reason"})
    if "ladder" in told and told["ladder"] is None:
        told["ladder"] = next(iter(program.ladders_by_id))
    return _kept.validate_python(told)
