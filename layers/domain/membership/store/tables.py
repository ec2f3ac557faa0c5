"""The two tables, and what every file of this folder needs to talk to them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


@dataclass(frozen=True)
class Tables:
    ledger: str
    """Append-only: facts and outcomes by member."""
    state: str
    """What is current: members, programs, keys, deliveries."""


def paged(call: Callable[..., Any], **arguments: Any) -> Iterator[dict[str, Any]]:
    """Every item of a query, however many pages it takes."""
    while True:
        answer = call(**arguments)
        yield from answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return
        arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def lost_race(error: "ClientError") -> bool:
    """Whether a conditional write failed because another writer was first, not for a fault of its own."""
    response: Any = error.response
    codes = {reason.get("Code") for reason in response.get("CancellationReasons", ())} - {"None"}
    codes = codes or {response["Error"]["Code"]}
    return codes <= {
        "ConditionalCheckFailed",
        "ConditionalCheckFailedException",
        "TransactionConflict",
        "TransactionConflictException",
    }


_OVERLOADED = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingException",
    }
)


def overloaded(error: Exception) -> bool:
    """Whether AWS had no room, or gave no answer, for a call that is fine: the same one may succeed soon."""
    from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004

    if isinstance(error, ClientError):
        return error.response["Error"]["Code"] in _OVERLOADED
    return isinstance(error, ConnectionError | HTTPClientError)
