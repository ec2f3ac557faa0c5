"""DELETE /v1/members/{member_id} → nothing left of it. The only function that may delete from the ledger."""

from typing import Any

from aws_lambda_powertools.logging import Logger

from membership import runtime
from membership.http.serving import Request, Response, Service, respond

logger = Logger()
service = Service("erase", logger)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Response:
    """Erase one member."""
    return service(event)


@service.on("delete_member")
def delete_member(request: Request) -> Response:
    """Erase; a request that was cut off goes on where it stopped when it is sent again."""
    runtime.eraser().erase(request.program, request.id("member_id"), request.now)
    return respond(204)
