"""What is sent to operations other than events."""

from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from membership.http.problems import errors_of, invalid
from membership.http.values import Amount, Body, Currency, Moment
from membership.http.words import SLUG
from membership.program.text import one_line
from membership.store.access import Role

Model = TypeVar("Model", bound=BaseModel)
Label = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(one_line)]


class Preview(Body):
    """An order that is not paid yet."""

    amount: Amount
    currency: Currency | None = Field(default=None, description="Default: the program's own.")
    occurred_at: Moment | None = Field(default=None, description="When it would be paid; default: now.")


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


def read(model: type[Model], body: Any) -> Model:
    """The body as a model. Raises Refused with everything that is wrong with it."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise invalid(errors_of(error)) from None
