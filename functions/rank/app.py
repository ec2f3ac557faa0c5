"""EventBridge Scheduler, hourly → the boards of each program that are to be cut, and who is told of a place.

An operator sees a program's last cuts with `{"program": …}`, and has a missed one made as of a day with
`"as_of": "2026-02-01"`.
"""

from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from membership import logs, runtime
from membership.store.sweeps import Outrun

if TYPE_CHECKING:
    from membership.board import Cut
    from membership.services.cutting import Cutting

logger = logs.logger()

SPARE_MILLISECONDS = 60_000
"""Left to save what was counted and to hand on the rest."""
SHOWN = 24
"""Cuts that are shown of a program."""


class Request(BaseModel):
    """Everything absent: the schedule's own call, which looks at every program."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    program: str | None = None
    as_of: date | None = None
    going_on: bool = False
    """Whether it was handed what another invocation had no time for."""


@logs.entry(logger)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Cut until done or until the time is nearly up; then a fresh invocation goes on from there."""
    request = Request.model_validate(event)
    made = _cut(runtime.cutting(), request, context)
    shown = runtime.cuts().latest(request.program, SHOWN) if request.program else made
    return {"cuts": [cut.model_dump(mode="json") for cut in shown]}


def _cut(cutting: "Cutting", request: Request, context: Any) -> "list[Cut]":
    """What was cut by this invocation: nothing, where there was nothing to do or another one is at it."""
    now = runtime.now()
    sweep = cutting.take(now, request.going_on, request.program, request.as_of)
    if sweep is None:
        return []
    try:
        made = cutting.run(sweep, now, runtime.time_left(context, SPARE_MILLISECONDS))
    except Outrun:
        logger.info("another invocation goes on with it")
        return []
    if made is None or cutting.due(now):
        runtime.hand_on(context.function_name, Request(going_on=True).model_dump_json(exclude_defaults=True))
    for cut in made or ():
        logger.info("cut", extra=cut.model_dump(mode="json"))
    return made or []
