"""API Gateway's REQUEST authorizer: a key in `Authorization: Bearer tw_…` → its program and role."""

import re
from typing import Any

from aws_lambda_powertools.logging import Logger

from membership import runtime

logger = Logger()


class Unauthorized(Exception):
    """Its message, this very word, makes the gateway answer 401."""


BEARER = re.compile(r"[Bb]earer +(tw_[A-Za-z0-9_-]{40,60})", re.ASCII)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Allow the whole stage: the gateway keeps the answer for the key's next calls, whatever they are.

    What a role may do is decided by the functions, from the table of operations.
    """
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    bearer = BEARER.fullmatch(headers.get("authorization") or "")
    caller = runtime.access().caller(bearer[1]) if bearer else None
    if caller is None:
        raise Unauthorized("Unauthorized")
    return {
        "principalId": caller.key_id,
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": _stage(event["methodArn"])}
            ],
        },
        "context": {"program": caller.program, "role": caller.role, "key_id": caller.key_id},
    }


def _stage(method_arn: str) -> str:
    """'…:api-id/stage/GET/v1/program' → '…:api-id/stage/*'."""
    api, stage, _ = method_arn.split("/", 2)
    return f"{api}/{stage}/*"
