"""Who is calling. Program and role come from the key alone, by way of the authorizer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from membership.http.problems import forbidden, unauthenticated
from membership.store.access import Caller, Right


def caller_of(event: Mapping[str, Any], now: datetime) -> Caller:
    """The caller as the authorizer vouched for it, perhaps a while ago."""
    told = (event.get("requestContext") or {}).get("authorizer") or {}
    match told:
        case {"program": str(program), "role": "storefront" | "operator" as role, "key_id": str(key_id)}:
            return Caller(program=program, role=role, key_id=key_id)
        case {
            "program": str(program),
            "role": "member",
            "key_id": str(key_id),
            "member_id": str(member_id),
            "expires": str(expires),
        }:
            if now.timestamp() >= int(expires):
                raise unauthenticated("The token has ended. Ask the shop for another one.")
            return Caller(program=program, role="member", key_id=key_id, member_id=member_id)
    raise forbidden("Send a key in the header Authorization: Bearer tw_…")


def require(caller: Caller, *roles: Right) -> None:
    """Refuse a caller of any other role."""
    if caller.role not in roles:
        raise forbidden(f"This is for {' and '.join(sorted(roles))} keys; you are a {caller.role} here.")
