"""EventBridge Scheduler, hourly → one fact for each due member of each program whose day has turned.

An operator runs one day of one program with `{"program": …, "as_of": "2026-12-01"}`; the notices of a day
that was missed run from now on. `"simulate": true` dates them at that day: for histories and rehearsals.
"""

from datetime import date
from typing import Any

from aws_lambda_powertools.logging import Logger
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict

from membership import runtime
from membership.errors import MembershipError, NotFound
from membership.reviewing import Place, review, unreviewed

logger = Logger()

SPARE_MILLISECONDS = 20_000
"""Left to write what was begun and to hand on the rest."""


class Request(BaseModel):
    """Everything absent: the schedule's own call, which looks at every program."""

    model_config = ConfigDict(extra="forbid")

    program: str | None = None
    as_of: date | None = None
    simulate: bool = False
    shard: int = 0
    after: str | None = None


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Review until done or until the time is nearly up; then a fresh invocation goes on from there."""
    request = Request.model_validate(event)
    reviewed = runtime.programs().reviewed()
    if request.program not in (None, *reviewed):
        raise NotFound(f"there is no program {request.program!r}")
    done: dict[str, int] = {}
    failed: list[str] = []
    for program in [request.program] if request.program else reviewed:
        try:
            if (count := _review(program, reviewed[program], request, context)) is not None:
                done[program] = count
        except (MembershipError, BotoCoreError, ClientError):
            logger.exception("a program could not be reviewed", extra={"program": program})
            failed.append(program)
    if failed:
        raise ReviewFailed(f"not reviewed: {', '.join(failed)}; the others were")
    return {"reviewed": done}


class ReviewFailed(MembershipError):
    """Some programs could not be reviewed; Lambda and the next hour try again."""


def _review(program: str, reviewed: date | None, request: Request, context: Any) -> int | None:
    """Members reminded; None where the program's day has been reviewed."""
    now = runtime.now()
    _, in_force = runtime.programs().versions(program).in_force(now)
    day = request.as_of or unreviewed(reviewed, in_force, now)
    if day is None:
        return None
    progress = review(
        runtime.ledger(),
        in_force,
        day,
        now,
        Place(request.shard, request.after),
        lambda: context.get_remaining_time_in_millis() > SPARE_MILLISECONDS,
        request.simulate,
    )
    if progress.rest is None:
        runtime.programs().mark_reviewed(program, day)
    else:
        _hand_on(context, request.model_copy(update={"program": program, "as_of": day}), progress.rest)
    logger.info("reviewed", extra={"program": program, "day": str(day), "members": progress.reviewed})
    return progress.reviewed


def _hand_on(context: Any, request: Request, rest: Place) -> None:
    going_on = request.model_copy(update={"shard": rest.shard, "after": rest.after})
    runtime.functions().invoke(
        FunctionName=context.function_name,
        InvocationType="Event",
        Payload=going_on.model_dump_json(exclude_defaults=True),
    )
