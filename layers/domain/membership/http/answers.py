"""What became of each event of a request."""

from collections.abc import Sequence
from typing import Any

from membership.errors import NotFound
from membership.facts import Activity, Fact
from membership.http.event_views import EventView
from membership.http.problems import Error, Problem, Refused, conflict
from membership.http.requests import is_id
from membership.program.schema import Program
from membership.services.ingesting import Taken

_KNOWN_OTHERWISE = "this is known already, with another content; what is known stays"
_UNKNOWN_MEMBER = "the program takes no events of members it doesn't know; enrol with PUT /v1/members/{id}"


def refuse_single(read: Sequence[Fact | Problem], taken: Sequence[Taken]) -> None:
    """A single event that was not taken is a refused request. Raises what says so."""
    if isinstance(read[0], Problem):
        raise Refused(read[0])
    match taken[0].status:
        case "conflict":
            raise conflict(_KNOWN_OTHERWISE, [Error(detail=_KNOWN_OTHERWISE, pointer=_place(read[0]))])
        case "unknown_member":
            raise NotFound(_UNKNOWN_MEMBER)


def tell(
    sent: Sequence[Any], read: Sequence[Fact | Problem], taken: Sequence[Taken], program: Program
) -> tuple[EventView, ...]:
    """An answer for each event, in the order in which they were sent."""
    answers, rest = [], iter(taken)
    for n, (raw, fact) in enumerate(zip(sent, read, strict=True)):
        errors: list[Error] = []
        if isinstance(fact, Problem):
            status, errors = "invalid", list(fact.errors)
        else:
            status = next(rest).status
            if status == "conflict":
                errors = [Error(detail=_KNOWN_OTHERWISE, pointer=_place(fact))]
            elif status == "unknown_member":
                status, errors = "invalid", [Error(detail=_UNKNOWN_MEMBER, pointer="/member_id")]
        told_id = raw.get("id") if isinstance(raw, dict) else None
        answers.append(
            EventView(
                id=told_id if is_id(told_id) else None,
                status=status,
                errors=tuple(_within(n, error) for error in errors),
                note=_note(fact, program),
            )
        )
    return tuple(answers)


def _note(fact: Fact | Problem, program: Program) -> str | None:
    """A use of what the program doesn't know is kept: it says more than nothing."""
    if not isinstance(fact, Activity) or fact.benefit is None or fact.benefit in program.benefit_ids:
        return None
    return f"kept, but counted for nothing: the program in force has no benefit {fact.benefit!r}"


def _within(n: int, error: Error) -> Error:
    return error.model_copy(update={"pointer": f"/{n}{error.pointer or ''}"})


def _place(fact: Fact) -> str:
    """Where an event says what it is: an order by its order id, anything else by its own id."""
    return "/data/order_id" if fact.type == "order" else "/id"
