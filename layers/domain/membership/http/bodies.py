"""What is sent to operations other than events."""

from functools import cache
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, Field, StrictInt, TypeAdapter, ValidationError

from membership.acts import Action
from membership.http.problems import errors_of, invalid
from membership.http.requests import Id
from membership.http.values import Amount, Body, Currency, Day, Lines, Moment
from membership.http.words import SLUG
from membership.program.schema import Program
from membership.program.text import Language, one_line
from membership.store.access import Role
from membership.tokens import LONGEST_MINUTES

Model = TypeVar("Model", bound=BaseModel)
Label = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(one_line)]


class Preview(Body):
    """An order that is not paid yet."""

    amount: Amount
    currency: Currency | None = Field(default=None, description="Default: the program's own.")
    occurred_at: Moment | None = Field(default=None, description="When it would be paid; default: now.")
    lines: Lines = Field(default=[], description="What it is made of: each is told its points.")


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


class AdjustPointsAction(Told):
    """Give the member points, or take some that can be spent."""

    type: Literal["adjust_points"]
    points: Annotated[int, Field(ge=-(10**9), le=10**9)] = Field(
        description="So many; less than 0 to take them."
    )


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
    | AdjustPointsAction
    | MergeAction,
    Field(discriminator="type"),
]
ACTIONS = frozenset(
    {"hold", "lift", "release", "block", "unblock", "leave", "return", "adjust_points", "merge"}
)
BY_MEMBERS: frozenset[str] = frozenset({"leave", "return"})
"""What a storefront may do, too: it is the member's own wish."""


class Decision(Told):
    """The answer to an approval."""

    verdict: Literal["approve", "decline"]
    tier: str | None = Field(default=None, description="Of a special review: the tier to lift to.")
    until: Day | None = Field(default=None, description="Of a special review: until which day.")


Words = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(one_line)]


class TemplateBody(Body):
    """Words of a message, with fields as `$tier`."""

    en: Words
    zh: Words


class MessagePreview(Body):
    """A message to look at."""

    about: str = Field(max_length=64, description="As in `messages.templates` of a program.")
    template: TemplateBody | None = Field(
        default=None, description="Default: the program's own words, or else ours."
    )
    fields: Annotated[dict[str, Words], Field(max_length=20)] = Field(
        default={}, description="Field → what stands for it; default: samples of the program."
    )


class NewRedemption(Body):
    """A reward of the catalogue, for the points that it costs."""

    id: Id = Field(description="Chosen by you: the same request again costs nothing more.")
    reward: str = Field(pattern=SLUG, description="Its id in the catalogue.")


class CancelRedemption(Told):
    """A redemption that is to be undone."""


MOST_CODES = 2000
RewardCode = Annotated[
    str, Field(min_length=1, max_length=100), AfterValidator(one_line), AfterValidator(str.strip)
]


class NewCodes(Body):
    """Codes of the shop's own making, each to be given once."""

    codes: Annotated[list[RewardCode], Field(min_length=1, max_length=MOST_CODES)]


class NewKey(Body):
    """A key for a storefront or an operator of this program."""

    role: Role
    label: Label = Field(description="Whose key it is, for those who revoke it.")


class NewToken(Body):
    """A token of a member."""

    minutes: Annotated[StrictInt, Field(ge=1, le=LONGEST_MINUTES)] = Field(
        default=15, description="From now until it ends."
    )


class Webhook(Body):
    """Where rewards and messages are posted to."""

    url: str = Field(min_length=1, max_length=2000, description="https, and a public address.")


class WebhookProvider(Body):
    """A signed webhook of its own, with secrets of its own."""

    channel: Literal["webhook"]
    url: str = Field(min_length=1, max_length=2000, description="https, and a public address.")


class TopicProvider(Body):
    """The stack's SNS topic, where it is deployed with one."""

    channel: Literal["topic"]


class MailProvider(Body):
    """E-mails to members, where the stack is deployed with a sender: messages only."""

    channel: Literal["mail"]
    language: Language = Field(default="en", description="In which members are written to.")
    subject: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(one_line)] | None = None


Provider = Annotated[WebhookProvider | TopicProvider | MailProvider, Field(discriminator="channel")]
CHANNELS = frozenset({"webhook", "topic", "mail"})


class FirstKey(Body):
    """A direct event of the function, as no key is there yet to ask for one with."""

    program: str = Field(pattern=SLUG)
    role: Role = "operator"
    label: Label


class IssueKey(Body):
    """`{"issue_key": {"program": "demo", "role": "operator", "label": "first"}}`."""

    issue_key: FirstKey


class EarlierVersion(Body):
    """A direct event of the function, for whoever has the account's rights and no key."""

    program: str = Field(pattern=SLUG)
    version: Annotated[StrictInt, Field(ge=1)]
    by: Label
    reason: Reason


class RollBack(Body):
    """`{"roll_back": {"program": "demo", "version": 1, "by": "Ann", "reason": "silver was too dear"}}`."""

    roll_back: EarlierVersion


def read(model: type[Model], body: Any) -> Model:
    """The body as a model. Raises Refused with everything that is wrong with it."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise invalid(errors_of(error)) from None


def read_action(body: Any) -> Any:
    """The body of an action, as its model. Raises Refused with everything that is wrong with it."""
    return _read_one_of(MemberAction, ACTIONS, body)


def read_provider(body: Any) -> WebhookProvider | TopicProvider | MailProvider:
    """The body of a provider, as its model. Raises Refused with everything that is wrong with it."""
    found: WebhookProvider | TopicProvider | MailProvider = _read_one_of(Provider, CHANNELS, body)
    return found


@cache
def _reader(models: Any) -> TypeAdapter[Any]:
    """Made once, when it is first asked for."""
    return TypeAdapter(models)


def _read_one_of(models: Any, tags: frozenset[str], body: Any) -> Any:
    try:
        return _reader(models).validate_python(body)
    except ValidationError as error:
        raise invalid(errors_of(error, tags)) from None


def action_of(asked: Any, program: Program) -> Action:
    """What is asked for as the ledger keeps it."""
    told = asked.model_dump(exclude={"id", "by", "reason"})
    if "ladder" in told and told["ladder"] is None:
        told["ladder"] = next(iter(program.ladders_by_id))
    kept: Action = _reader(Action).validate_python(told)
    return kept
