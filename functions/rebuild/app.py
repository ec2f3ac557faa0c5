"""`{"program": …, "member_id": …}` → the member, made again from the whole ledger."""

from typing import Any

from pydantic import BaseModel, ConfigDict

from membership import logs, runtime

logger = logs.logger()


class Request(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)

    program: str
    member_id: str


@logs.entry(logger)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Rebuild, take the 'parked' mark away, and tell what the ledger called for that had not been decided."""
    request = Request.model_validate(event)
    committed = runtime.settling().rebuild(request.program, request.member_id, runtime.now())
    logger.info("rebuilt", extra={"program": request.program, "outcomes": len(committed.outcomes)})
    return {
        "member": committed.member.model_dump(mode="json", exclude_defaults=True),
        "outcomes": [outcome.model_dump(mode="json") for outcome in committed.outcomes],
    }
