"""EventBridge Scheduler, daily → what members of each program have to spend, and which benefits are used.

An operator has today's reports made again with `{}`.
"""

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from membership import logs, runtime
from membership.store.sweeps import Outrun

if TYPE_CHECKING:
    from membership.report import Report
    from membership.services.reporting import Reporting

logger = logs.logger()

SPARE_MILLISECONDS = 60_000
"""Left to save what was counted and to hand on the rest."""


class Request(BaseModel):
    """Nothing: the schedule's own call."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    going_on: bool = False
    """Whether it was handed what another invocation had no time for."""


@logs.entry(logger)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Count until done or until the time is nearly up; then a fresh invocation goes on from there."""
    made = _make(runtime.reporting(), Request.model_validate(event), context)
    return {"reports": [report.model_dump(mode="json", include={"program", "day"}) for report in made]}


def _make(reporting: "Reporting", request: Request, context: Any) -> "list[Report]":
    """What was finished by this invocation."""
    now = runtime.now()
    sweep = reporting.take(now, request.going_on)
    if sweep is None:
        return []
    try:
        made = reporting.run(sweep, now, runtime.time_left(context, SPARE_MILLISECONDS))
    except Outrun:
        logger.info("another invocation goes on with it")
        return []
    if made is None:
        runtime.hand_on(context.function_name, Request(going_on=True).model_dump_json(exclude_defaults=True))
    return made or []
