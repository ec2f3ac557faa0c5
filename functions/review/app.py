"""EventBridge Scheduler, hourly → one fact for each due member of each program whose day has turned.

An operator runs one day of one program with `{"program": …, "as_of": "2026-12-01"}`.
"""

from datetime import date
from typing import Any

from aws_lambda_powertools.logging import Logger
from pydantic import BaseModel, ConfigDict

from membership import runtime
from membership.reviewing import Place, review, unreviewed

logger = Logger()

SPARE_MILLISECONDS = 20_000
"""Left to write what was begun and to hand on the rest."""


class Request(BaseModel):
    """Everything absent: the schedule's own call, which looks at every program."""

    model_config = ConfigDict(extra="forbid")

    program: str | None = None
    as_of: date | None = None
    shard: int = 0
    after: str | None = None


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Review until done or until the time is nearly up; then a fresh invocation goes on from there."""
    request = Request.model_validate(event)
    now, programs = runtime.now(), runtime.programs()
    done: dict[str, int] = {}
    for program, reviewed in programs.reviewed().items():
        if request.program not in (None, program):
            continue
        _, in_force = programs.versions(program).in_force(now)
        day = request.as_of or unreviewed(reviewed, in_force, now)
        if day is None:
            continue
        progress = review(
            runtime.ledger(),
            in_force,
            day,
            now,
            Place(request.shard, request.after),
            lambda: context.get_remaining_time_in_millis() > SPARE_MILLISECONDS,
        )
        done[program] = progress.reviewed
        if progress.rest is None:
            programs.mark_reviewed(program, day)
        else:
            _hand_on(context, program, day, progress.rest)
        logger.info("reviewed", extra={"program": program, "day": str(day), "members": progress.reviewed})
    return {"reviewed": done}


def _hand_on(context: Any, program: str, day: date, rest: Place) -> None:
    going_on = Request(program=program, as_of=day, shard=rest.shard, after=rest.after)
    runtime.functions().invoke(
        FunctionName=context.function_name,
        InvocationType="Event",
        Payload=going_on.model_dump_json(exclude_defaults=True),
    )
