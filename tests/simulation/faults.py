"""What may happen at a call to a port. A fault that makes no sense at a call doesn't happen there."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from tests.simulation.dynamodb import Paginator, conflict


class Crash(BaseException):
    """The process is gone, with everything that it had not handed over. Nothing may catch this."""


REFUSED, UNREACHED, UNANSWERED, REPEATED = "refused", "unreached", "unanswered", "repeated"
CONFLICT, STALE, SHORT, DIES_BEFORE, DIES_AFTER = "conflict", "stale", "short", "dies before", "dies after"
FAULTS = (REFUSED, UNREACHED, UNANSWERED, REPEATED, CONFLICT, STALE, SHORT, DIES_BEFORE, DIES_AFTER)

_WRITES = frozenset({"put_item", "update_item", "delete_item", "transact_write_items"})
_READS = frozenset({"get_item", "query", "scan"})


class Port:
    """A client whose calls go through `pass_through`, which may let a fault happen."""

    exceptions: Any

    def __init__(self, service: str, client: Any, pass_through: Callable[..., Any]) -> None:
        self._service, self._client, self._pass = service, client, pass_through
        self.exceptions = getattr(client, "exceptions", None)

    def __getattr__(self, name: str) -> Any:
        do = getattr(self._client, name)
        service, pass_through = self._service, self._pass

        def call(**arguments: Any) -> Any:
            return pass_through(service, name, do, arguments)

        setattr(self, name, call)
        return call

    def get_paginator(self, operation: str) -> Paginator:
        return Paginator(getattr(self, operation))


def throttled(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, operation)


def happen(fault: str | None, tables: Any, name: str, do: Callable[..., Any], arguments: Any) -> Any:
    """The call, with what happens at it."""
    match fault:
        case "dies before":
            raise Crash
        case "dies after":
            do(**arguments)
            raise Crash
        case "refused":
            raise throttled(name)
        case "unreached":
            raise ConnectTimeoutError(endpoint_url="https://aws")
        case "unanswered":
            do(**arguments)
            raise ReadTimeoutError(endpoint_url="https://aws")
        case "repeated" if name != "transact_write_items":
            # The client itself tries again, where no answer came. A transaction carries a token that tells.
            do(**arguments)
            return do(**arguments)
        case "conflict" if name in _WRITES:
            raise conflict(name)
        case "stale" if name in _READS:
            tables.stale = True
            try:
                return do(**arguments)
            finally:
                tables.stale = False
        case "short" if name in ("query", "scan"):
            tables.page = 1
            try:
                return do(**arguments)
            finally:
                tables.page = None
        case "short" if name == "put_events":
            return _partly(do, arguments["Entries"])
    return do(**arguments)


def _partly(put_events: Callable[..., Any], entries: list[Any]) -> Any:
    """The bus takes the first half, and says so."""
    taken = entries[: len(entries) // 2]
    answers = put_events(Entries=taken)["Entries"] if taken else []
    refused = [{"ErrorCode": "ThrottlingException"}] * (len(entries) - len(taken))
    return {"FailedEntryCount": len(refused), "Entries": [*answers, *refused]}
