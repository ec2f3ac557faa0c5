"""The two tables, and what every file of this folder needs to talk to them."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


class Tables(NamedTuple):
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


def reasons(error: "ClientError") -> list[str]:
    """Why a write failed: of a transaction one reason for each of its items, 'None' where it was fine."""
    response: Any = error.response
    cancelled = [reason.get("Code", "None") for reason in response.get("CancellationReasons", ())]
    return cancelled or [response["Error"]["Code"]]


def lost_race(error: "ClientError") -> bool:
    """Whether a conditional write failed because another writer was first, not for a fault of its own."""
    return set(reasons(error)) - {"None"} <= {
        "ConditionalCheckFailed",
        "ConditionalCheckFailedException",
        "TransactionConflict",
        "TransactionConflictException",
    }


def has_no_room(error: "ClientError") -> bool:
    """Whether an item is larger than the table takes, or is refused for another reason of its own."""
    return bool(
        {"ValidationException", "ValidationError", "ItemCollectionSizeLimitExceeded"} & {*reasons(error)}
    )


_OVERLOADED = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingError",
        "ThrottlingException",
    }
)


def overloaded(error: Exception) -> bool:
    """Whether AWS had no room, or gave no answer, for a call that is fine: the same one may succeed soon."""
    from botocore.exceptions import ClientError, ConnectionError, HTTPClientError  # noqa: A004

    if isinstance(error, ClientError):
        return not _OVERLOADED.isdisjoint(reasons(error))
    return isinstance(error, ConnectionError | HTTPClientError)
