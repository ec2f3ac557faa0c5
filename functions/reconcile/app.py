"""EventBridge Scheduler, daily → a sample of members, made again from their ledgers and compared.

An operator looks at one member with `{"program": …, "member_id": …}`, and at all of a program's with
`{"program": …, "everybody": true}`.
"""

import json
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.metrics import Metrics, MetricUnit
from pydantic import BaseModel, ConfigDict

from membership import logs, runtime
from membership.store import keys
from membership.store.sweeps import Outrun

if TYPE_CHECKING:
    from membership.services.reconciling import Report

logger = logs.logger()
metrics = Metrics()

SPARE_MILLISECONDS = 60_000
"""Left to save how far it came and to hand on the rest."""


class Request(BaseModel):
    """Everything absent: the schedule's own call."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    program: str | None = None
    member_id: str | None = None
    everybody: bool = False
    going_on: bool = False
    """Whether it was handed what another invocation had no time for."""


@logs.entry(logger)
@metrics.log_metrics
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell how many were looked at, and who differs. Nothing is changed."""
    request = Request.model_validate(event)
    now = runtime.now()
    if request.everybody or request.going_on:
        report = _everybody(request, context)
    elif request.program and request.member_id:
        report = runtime.reconciling().one(request.program, request.member_id, now)
    else:
        report = runtime.reconciling().sample(json.dumps(keys.anywhere(runtime.random_text(9))), now)
    metrics.add_metric("MembersReconciled", MetricUnit.Count, report.checked)
    metrics.add_metric("MembersDiffer", MetricUnit.Count, report.different)
    for one in report.differences:
        told = {"program": one.program, "member_digest": one.member_digest, "parts": one.parts}
        logger.error("a member differs from its ledger", extra=told)
    return {
        "checked": report.checked,
        "different": report.different,
        "differences": [
            {"program": one.program, "member_id": one.member_id, "parts": one.parts}
            for one in report.differences
        ],
    }


def _everybody(request: Request, context: Any) -> "Report":
    from membership.services.reconciling import Report

    now = runtime.now()
    sweep = runtime.reconciling().take(request.program, now, request.going_on)
    if sweep is None:
        logger.info("another invocation is at it")
        return Report()
    try:
        report, done = runtime.reconciling().run(sweep, now, runtime.time_left(context, SPARE_MILLISECONDS))
    except Outrun:
        logger.info("another invocation goes on with it")
        return Report()
    if not done:
        runtime.hand_on(context.function_name, Request(going_on=True).model_dump_json(exclude_defaults=True))
    logger.info("reconciled", extra={"checked": report.checked, "different": report.different, "done": done})
    return report
