"""DELETE /v1/members/{member_id} → nothing left of it. The only function that may delete from the ledger.

Evaluate calls it where more is told of an erased member: `{"forget": {"program": …, "member_id": …}}`.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict

from membership import logs, runtime
from membership.http.serving import Request, Response, Service, respond

logger = logs.logger()
service = Service("erase", logger)


class Forget(BaseModel):
    model_config = ConfigDict(extra="forbid")

    program: str
    member_id: str


@logs.entry(logger)
def handler(event: dict[str, Any], context: Any) -> Response:
    """Erase one member; or take away what came after it was erased."""
    if "forget" in event:
        told = Forget.model_validate(event["forget"])
        runtime.eraser().erase_again(told.program, told.member_id, runtime.now())
        return {}
    return service(event)


@service.on("delete_member")
def delete_member(request: Request) -> Response:
    """Erase; a request that was cut off goes on where it stopped when it is sent again."""
    runtime.eraser().erase(request.program, request.id("member_id"), request.now)
    return respond(204)
