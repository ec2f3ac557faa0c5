"""API Gateway's REQUEST authorizer: `Authorization: Bearer …`, a key `tw_…` or a member's token `tm_…` → its
program and role."""

import re
from typing import Any

from membership import logs, runtime
from membership.errors import MembershipError
from membership.store.access import Caller

logger = logs.logger()


class Unauthorized(MembershipError):
    """Its message, this very word, makes the gateway answer 401."""


KEY = re.compile(r"[Bb]earer +(tw_[A-Za-z0-9_-]{40,60})", re.ASCII)
TOKEN = re.compile(r"[Bb]earer +(tm_[A-Za-z0-9_-]{1,300}\.[A-Za-z0-9_-]{43})", re.ASCII)


@logs.entry(logger)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Allow the whole stage: the gateway keeps the answer for the bearer's next calls, whatever they are.

    What a role may do is decided by the functions, from the table of operations.
    """
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    caller = _caller(headers.get("authorization") or "")
    if caller is None:
        raise Unauthorized("Unauthorized")
    member = {"member_id": caller.member_id, "expires": str(caller.expires)} if caller.member_id else {}
    return {
        "principalId": caller.key_id,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": _stage(event["methodArn"])}
            ],
        },
        "context": {"program": caller.program, "role": caller.role, "key_id": caller.key_id} | member,
    }


def _caller(authorization: str) -> Caller | None:
    if key := KEY.fullmatch(authorization):
        return runtime.access().caller(key[1])
    if token := TOKEN.fullmatch(authorization):
        return runtime.access().member(token[1], runtime.now())
    return None


def _stage(method_arn: str) -> str:
    """'…:api-id/stage/GET/v1/program' → '…:api-id/stage/*'."""
    api, stage, _ = method_arn.split("/", 2)
    return f"{api}/{stage}/*"
