"""DELETE /v1/members/{member_id} → nothing left of it. The only function that may delete from the ledger.

Evaluate calls it where more is told of an erased member: `{"forget": {"program": …, "member_id": …}}`.
An operator has all erased who left long ago: `{"ended_before": "2024-01-01", "program": …}`.
"""

from datetime import UTC, date, datetime, time
from typing import Any

from pydantic import BaseModel, ConfigDict

from membership import logs, runtime
from membership.http.serving import Request, Response, Service, respond

logger = logs.logger()
service = Service("erase", logger)

SPARE_MILLISECONDS = 60_000
"""Left for the members of the last page."""


class Ended(BaseModel):
    model_config = ConfigDict(extra="forbid")

    program: str
    ended_before: date
    after: str | None = None


class Forget(BaseModel):
    model_config = ConfigDict(extra="forbid")

    program: str
    member_id: str


@logs.entry(logger)
def handler(event: dict[str, Any], context: Any) -> Response:
    """Erase one member; or what came after it was erased; or all whose membership ended long ago."""
    if "forget" in event:
        told = Forget.model_validate(event["forget"])
        runtime.eraser().erase_again(told.program, told.member_id, runtime.now())
        return {}
    if "ended_before" in event:
        return _retire(Ended.model_validate(event), context)
    return service(event)


def _retire(asked: Ended, context: Any) -> dict[str, Any]:
    """Told again with the `after` of its answer, it goes on from there."""
    from membership.services.retiring import retire

    retired = retire(
        runtime.roster(),
        runtime.ledger(),
        runtime.eraser(),
        asked.program,
        datetime.combine(asked.ended_before, time(), UTC),
        runtime.now(),
        asked.after,
        runtime.time_left(context, SPARE_MILLISECONDS),
    )
    logger.info("retired", extra={"program": asked.program, "erased": retired.erased})
    return retired._asdict()


@service.on("delete_member")
def delete_member(request: Request) -> Response:
    """Erase; a request that was cut off goes on where it stopped when it is sent again."""
    runtime.eraser().erase(request.program, request.id("member_id"), request.now)
    return respond(204)
