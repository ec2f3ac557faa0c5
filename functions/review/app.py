"""EventBridge Scheduler, hourly → one fact for each due member of each program whose day has turned, and for
each member whom a version that has begun concerns.

An operator runs one day of one program with `{"program": …, "as_of": "2026-12-01"}`; the notices of a day
that was missed run from now on. `"simulate": true` dates them at that day: for histories and rehearsals.
"""

from datetime import date
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict

from membership import logs, runtime
from membership.errors import MembershipError, NotFound
from membership.services.eve import uncut
from membership.services.rearming import Rearming
from membership.services.reviewing import Place, review, unreviewed
from membership.store.sweeps import Outrun

logger = logs.logger()

SPARE_MILLISECONDS = 20_000
"""Left to write what was begun and to hand on the rest."""


class Request(BaseModel):
    """Everything absent: the schedule's own call, which looks at every program."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    program: str | None = None
    as_of: date | None = None
    simulate: bool = False
    shard: int = 0
    after: str | None = None
    versions: bool = False
    """Go on with looking at everybody for the sake of versions that have begun, and do nothing else."""


@logs.entry(logger)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Review until done or until the time is nearly up; then a fresh invocation goes on from there."""
    request = Request.model_validate(event)
    if request.versions:
        return {"versions": _look_at_everybody(runtime.rearming(), context, going_on=True)}
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
    told: dict[str, Any] = {"reviewed": done}
    if request.program is None:
        told["versions"] = _look_at_everybody(runtime.rearming(), context, going_on=False)
    if failed:
        raise ReviewFailed(f"not reviewed: {', '.join(failed)}; the others were")
    return told


class ReviewFailed(MembershipError):
    """Some programs could not be reviewed; Lambda and the next hour try again."""


def _review(program: str, reviewed: date | None, request: Request, context: Any) -> int | None:
    """Members reminded; None where the program's day has been reviewed, or has to wait for a board."""
    now = runtime.now()
    versions = runtime.programs().versions(program)
    _, in_force = versions.in_force(now)
    day = request.as_of or unreviewed(reviewed, in_force, now)
    if day is None:
        return None
    if request.as_of is None and any(uncut(runtime.cuts(), versions, now)):
        # A place ends where the next one begins: nobody may fall in between.
        logger.info("waits until the boards are cut", extra={"program": program, "day": str(day)})
        return None
    progress = review(
        runtime.ledger(),
        in_force,
        day,
        now,
        Place(request.shard, request.after),
        runtime.time_left(context, SPARE_MILLISECONDS),
        request.simulate,
    )
    if progress.rest is None:
        runtime.programs().mark_reviewed(program, day)
    else:
        rest = {"shard": progress.rest.shard, "after": progress.rest.after}
        _hand_on(context, request.model_copy(update={"program": program, "as_of": day, **rest}))
    logger.info("reviewed", extra={"program": program, "day": str(day), "members": progress.reviewed})
    return progress.reviewed


def _look_at_everybody(rearming: Rearming, context: Any, going_on: bool) -> dict[str, int]:
    """Program → version that has begun, for which everybody has now been looked at."""
    now = runtime.now()
    sweep = rearming.take(now, going_on)
    if sweep is None:
        return {}
    try:
        done = rearming.run(sweep, now, runtime.time_left(context, SPARE_MILLISECONDS))
    except Outrun:
        logger.info("another invocation goes on with it")
        return {}
    if done is None:
        _hand_on(context, Request(versions=True))
    return done or {}


def _hand_on(context: Any, request: Request) -> None:
    runtime.hand_on(context.function_name, request.model_dump_json(exclude_defaults=True))
