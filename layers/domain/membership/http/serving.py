"""From an API Gateway event to a handler of ours and back.

A router of our own, because the gateway has routed already: what is left is to look the operation up,
check the role, read the parameters and word the refusals. Powertools' resolver would add a fifth to the
time of a cold start.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

from pydantic import BaseModel

from membership import runtime
from membership.errors import NoSuchMember
from membership.http.caller import caller_of, require
from membership.http.operations import BY_ID, OPERATIONS, Function, Operation
from membership.http.problems import OURS, RETRY_AFTER, Error, Problem, invalid, problem_of
from membership.http.requests import json_body, path_id, raw_body
from membership.store.access import Caller

Response = dict[str, Any]
Event = Mapping[str, Any]


class Log(Protocol):
    """The part of a logger that is used here."""

    def exception(self, msg: object, /) -> None: ...

    def info(self, msg: object, /, *, extra: Mapping[str, object]) -> None: ...


@dataclass(frozen=True)
class Request:
    """A request that may be made: the caller's role is right, the parameters are read."""

    event: Event
    query: Mapping[str, Any]
    """Every parameter of the operation, as given or as it is by default."""
    now: datetime

    @cached_property
    def caller(self) -> Caller:
        return caller_of(self.event, self.now)

    @property
    def program(self) -> str:
        """The caller's program, the only one that this request is about."""
        return self.caller.program

    def id(self, name: str) -> str:
        """An id from the path."""
        return path_id(self.event, name)

    @cached_property
    def json(self) -> Any:
        return json_body(self.event)

    @property
    def wants_page(self) -> bool:
        """Whether a browser asks."""
        headers = self.event.get("headers") or {}
        asked = next((value for name, value in headers.items() if name.lower() == "accept"), "")
        return "text/html" in asked

    @property
    def home(self) -> str:
        """Where this API is, as the caller called it: what stands before `/v1/`."""
        context, headers = self.event.get("requestContext") or {}, self.event.get("headers") or {}
        # The gateway's own word; a header, which anybody can write, only where there is no gateway to ask.
        domain = context.get("domainName") or headers.get("Host") or headers.get("host") or ""
        return f"https://{domain}{str(context.get('path', '')).partition('/v1/')[0]}"

    def bytes(self, largest: int) -> bytes:
        return raw_body(self.event, largest)


Handler = Callable[[Request], Response]


class Service:
    """The operations of one function. `@service.on("get_member")` registers, `service(event)` answers."""

    def __init__(self, function: Function, log: Log) -> None:
        self.function, self._log = function, log
        self.handlers: dict[str, Handler] = {}
        self._routes = {
            (operation.method, operation.path): operation
            for operation in OPERATIONS
            if operation.function == function
        }

    def on(self, operation_id: str) -> Callable[[Handler], Handler]:
        """Registers the handler of an operation of the table."""
        operation = BY_ID[operation_id]
        assert operation.function == self.function, f"{operation_id} belongs to {operation.function}"

        def register(handler: Handler) -> Handler:
            self.handlers[operation_id] = handler
            return handler

        return register

    def __call__(self, event: Event) -> Response:
        try:
            operation, now = self._routes[event["httpMethod"], event["resource"]], runtime.now()
            if operation.roles:
                require(caller_of(event, now), *operation.roles)
            request = Request(event, _query(operation, event), now)
            _keep_to_oneself(operation, request)
            response = self.handlers[operation.id](request)
            if operation.roles and operation.changes(request.query) and request.caller.role == "operator":
                key = request.caller.key_id
                who = {"operation": operation.id, "program": request.program, "key_id": key}
                self._log.info("done by hand", extra=who)
            return response
        # Here exceptions become answers: Lambda would throw the process away, and the caller learn nothing.
        except Exception as error:  # noqa: BLE001
            problem = problem_of(error)
            if problem.type in OURS:
                self._log.exception("a request failed for a reason of ours")
            return refuse(problem)


def _keep_to_oneself(operation: Operation, request: "Request") -> None:
    """Any other member looks to a member like one that isn't there."""
    own = request.caller.member_id if operation.roles else None
    asked = {request.id("member_id")} if "{member_id}" in operation.path else set()
    if own and {*asked, request.query.get("member_id") or own} != {own}:
        raise NoSuchMember


def respond(status: int, body: BaseModel | None = None) -> Response:
    """An answer in JSON, or one without a body."""
    if body is None:
        return {"statusCode": status, "headers": dict(_HEADERS), "body": ""}
    # Absent is absent: a field that has no value is left out, never null.
    return _with_text(status, "application/json", body.model_dump_json(exclude_none=True))


def respond_text(status: int, media: str, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer of any other kind."""
    response = _with_text(status, media, text)
    response["headers"].update(headers or {})
    return response


def refuse(problem: Problem) -> Response:
    """A problem as the answer."""
    told = problem.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    # What a caller sent may come back in a pointer, halves of characters too: those stay escaped.
    text = json.dumps(told, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
    response = _with_text(problem.status, "application/problem+json", text)
    if problem.status in RETRY_AFTER:
        response["headers"]["Retry-After"] = str(RETRY_AFTER[problem.status])
    return response


_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def _with_text(status: int, media: str, text: str) -> Response:
    return {"statusCode": status, "headers": {"Content-Type": media, **_HEADERS}, "body": text}


def _query(operation: Operation, event: Event) -> dict[str, Any]:
    """Each parameter once, known, and valid: a typo that is ignored is a question left unanswered."""
    given = event.get("multiValueQueryStringParameters") or {
        name: [value] for name, value in (event.get("queryStringParameters") or {}).items()
    }
    known = {parameter.name: parameter for parameter in operation.parameters}
    found = {name: parameter.default for name, parameter in known.items()}
    errors = []
    for name, values in given.items():
        if name not in known:
            errors.append(Error(detail="this parameter is not known here", parameter=name))
        elif len(values) != 1:
            errors.append(Error(detail="give this parameter once", parameter=name))
        else:
            try:
                found[name] = known[name].read(values[0])
            except ValueError as error:
                errors.append(Error(detail=str(error), parameter=name))
    if errors:
        raise invalid(errors)
    return found
