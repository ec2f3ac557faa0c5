"""Refusals after RFC 9457, and the one place where an exception becomes a status code."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from membership.errors import (
    ActInvalid,
    Contended,
    Contradicts,
    Flaw,
    Impossible,
    MembershipError,
    NotFound,
    ProgramInvalid,
)
from membership.http.words import in_plain_words
from membership.store.tables import overloaded

URN = "urn:tierwise:problem:"


class Kind(NamedTuple):
    """A sort of problem that clients can tell by its type. docs/reference/problems.md lists them all."""

    slug: str
    status: int
    title: str
    remedy: str

    @property
    def type(self) -> str:
        return URN + self.slug


MALFORMED = Kind("malformed", 400, "The request can't be read", "Send UTF-8 JSON, each key once.")
BAD_CURSOR = Kind("bad-cursor", 400, "The cursor is not one of this list", "Begin again without a cursor.")
UNAUTHENTICATED = Kind("unauthenticated", 401, "No valid key came with the request", "Send a key.")
FORBIDDEN = Kind("forbidden", 403, "This key may not do that", "Use a key of a role that may.")
NOT_FOUND = Kind("not-found", 404, "There is nothing here", "Check the id, and which program the key is of.")
NOT_REDEEMABLE = Kind(
    "not-redeemable", 409, "This reward can't be had now", "Do what `detail` says; ask with another id."
)
CONFLICT = Kind("conflict", 409, "This contradicts what is there already", "Read what is there, then decide.")
TOO_LARGE = Kind("too-large", 413, "The request is too large", "Send less at a time.")
INVALID = Kind("invalid", 422, "Some values are not valid", "Correct what `errors` points to.")
PROGRAM_INVALID = Kind("program-invalid", 422, "The program is not valid", "Mend every flaw in `errors`.")
INTERNAL = Kind("internal", 500, "Something went wrong here", "Send the same request again.")
BUSY = Kind("busy", 503, "The service has no room just now", "Send the same request again.")
CONTENDED = Kind("contended", 503, "Others were writing at the same time", "Send the same request again.")

# Answered by the gateway alone; template.yaml has their words.
REFUSED = Kind("refused", 400, "The gateway refused this request", "Compare it with GET /openapi.json.")
TOO_MANY = Kind("too-many-requests", 429, "Too many requests at once", "Wait a moment, then send it again.")
TIMEOUT = Kind("timeout", 504, "The answer took too long", "Send the same request again.")

KINDS: Sequence[Kind] = (
    MALFORMED,
    BAD_CURSOR,
    REFUSED,
    UNAUTHENTICATED,
    FORBIDDEN,
    NOT_FOUND,
    CONFLICT,
    NOT_REDEEMABLE,
    TOO_LARGE,
    INVALID,
    PROGRAM_INVALID,
    TOO_MANY,
    INTERNAL,
    BUSY,
    CONTENDED,
    TIMEOUT,
)

OURS = frozenset({INTERNAL.type, BUSY.type})
"""Types of problems that are no caller's doing: whoever runs the stack has to hear of them."""

RETRY_AFTER = {503: 1}
"""Status → seconds after which the same request has a better chance."""


class Error(BaseModel):
    """One thing that is wrong, and where."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    detail: str
    pointer: str | None = Field(default=None, description="Place in the body, as a JSON pointer (RFC 6901).")
    parameter: str | None = Field(default=None, description="Name of a parameter that is not in the body.")


class Problem(BaseModel):
    """`application/problem+json`. Told apart by `type`; `detail` is for people."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    type: str
    title: str
    status: int
    detail: str
    errors: tuple[Error, ...] = Field(default=(), description="Every single thing that is wrong.")
    reason: str | None = Field(default=None, description="Of a reward that can't be had: which rule says so.")

    @classmethod
    def of(cls, kind: Kind, detail: str, errors: Iterable[Error] = ()) -> "Problem":
        return cls(type=kind.type, title=kind.title, status=kind.status, detail=detail, errors=tuple(errors))


class Refused(MembershipError):
    """A request that gets a problem for an answer."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.detail)


def malformed(detail: str) -> Refused:
    return Refused(Problem.of(MALFORMED, detail, [Error(detail=detail, pointer="")]))


def unauthenticated(detail: str) -> Refused:
    return Refused(Problem.of(UNAUTHENTICATED, detail))


def forbidden(detail: str) -> Refused:
    return Refused(Problem.of(FORBIDDEN, detail))


def conflict(detail: str, errors: Iterable[Error] = ()) -> Refused:
    return Refused(Problem.of(CONFLICT, detail, errors))


def not_redeemable(reason: str, detail: str) -> Refused:
    """Members are shown the words, in their language; programs go by the reason."""
    return Refused(Problem.of(NOT_REDEEMABLE, detail).model_copy(update={"reason": reason}))


def too_large(detail: str) -> Refused:
    return Refused(Problem.of(TOO_LARGE, detail, [Error(detail=detail, pointer="")]))


def bad_cursor() -> Refused:
    detail = "Cursors are taken from next_cursor of the same list, unchanged."
    return Refused(Problem.of(BAD_CURSOR, detail, [Error(detail=detail, parameter="cursor")]))


def invalid(errors: Iterable[Error]) -> Refused:
    return Refused(invalid_problem(errors))


def invalid_problem(errors: Iterable[Error]) -> Problem:
    found = tuple(errors)
    places = ", ".join(error.pointer or error.parameter or "the body" for error in found[:5])
    more = f" and {len(found) - 5} more" if len(found) > 5 else ""
    return Problem.of(INVALID, f"Not valid: {places}{more}.", found)


def invalid_parameter(name: str, detail: str) -> Refused:
    return invalid([Error(detail=detail, parameter=name)])


def pointer(steps: Iterable[str | int]) -> str:
    """('data', 'amount') → '/data/amount'."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)


def errors_of(error: ValidationError, tags: frozenset[str] = frozenset()) -> list[Error]:
    """What pydantic found, told by place. `tags`: values of the discriminator, which are no places."""
    found = []
    for detail in error.errors(include_url=False, include_input=False):
        place = detail["loc"]
        if place and place[0] in tags:
            place = place[1:]
        words = in_plain_words(detail)
        if detail["type"] in ("union_tag_invalid", "union_tag_not_found"):
            place = (*place, detail["ctx"]["discriminator"].strip("'"))
            words = f"one of {', '.join(sorted(tags))} is needed here"
        found.append(Error(detail=words, pointer=pointer(place)))
    return found


def problem_of(error: Exception) -> Problem:
    """What a caller is told of an exception: of an unexpected one, nothing but that it happened."""
    match error:
        case Refused():
            return error.problem
        case NotFound():
            return Problem.of(NOT_FOUND, _sentence(str(error)))
        case Contradicts():
            return Problem.of(CONFLICT, "Nothing was changed.", map(_error_of, error.flaws))
        case ProgramInvalid():
            errors = [_error_of(flaw) for flaw in error.flaws]
            return Problem.of(PROGRAM_INVALID, "Nothing was changed.", errors)
        case Impossible():
            return Problem.of(CONFLICT, _sentence(str(error)))
        case ActInvalid(flaw=flaw):
            return invalid_problem(
                [Error(detail=f"{flaw.message}. {flaw.remedy}", pointer=pointer([flaw.path]))]
            )
        case Contended():
            return Problem.of(CONTENDED, "Nothing was lost; send the same request again.")
        case _ if overloaded(error):
            return Problem.of(BUSY, "What was accepted stays accepted, once.")
        case _:
            return Problem.of(INTERNAL, "It has been logged. What was accepted stays accepted, once.")


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:].rstrip(".") + "."


def _error_of(flaw: Flaw) -> Error:
    place = pointer_of_path(flaw.path)
    where = f"{flaw.path}: " if place is None else ""
    return Error(detail=f"{where}{flaw.message}. {flaw.remedy}", pointer=place or "")


def pointer_of_path(path: str) -> str | None:
    """'tiers[1].qualify' → '/tiers/1/qualify'; a place in the text ('line 3, column 1') has no pointer."""
    if " " in path:
        return None
    return pointer(name or number or plain for name, number, plain in _STEPS.findall(path))


_STEPS = re.compile(r"""\[['"](.*?)['"]\]|\[(\d+)\]|([^.\[\]]+)""")
"""Of a path: a name in quotes, as it has signs of the path's own; a number; a plain name."""
