"""Tokens of members: signed, short-lived, kept nowhere. Whoever holds one may read one member."""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

PREFIX = "tm_"
LONGEST_MINUTES = 60
"""A token can't be taken back one by one, so it has to end soon."""


class Claim(NamedTuple):
    program: str
    member_id: str
    expires: int
    """Second since 1970 from which it is worth nothing."""


def mint(claim: Claim, secret: str) -> str:
    """The token of a claim."""
    # Ids hold no `#`, so the claim reads back in one way only.
    told = _text(f"{claim.program}#{claim.member_id}#{claim.expires}".encode())
    return f"{PREFIX}{told}.{_signature(told, secret)}"


def claimed(token: str) -> Claim | None:
    """What a token says of itself, which nobody has checked yet; None where it is no token."""
    try:
        told = urlsafe_b64decode(_padded(token.removeprefix(PREFIX).partition(".")[0])).decode()
        program, member_id, expires = told.split("#")
        return Claim(program, member_id, int(expires))
    except ValueError:
        return None


def is_genuine(token: str, secrets: Iterable[str]) -> bool:
    """Whether one of the secrets has signed it."""
    told, _, signature = token.removeprefix(PREFIX).partition(".")
    return any(hmac.compare_digest(signature, _signature(told, secret)) for secret in secrets)


def expiry(now: datetime, minutes: int) -> int:
    return int(now.timestamp()) + 60 * minutes


def _signature(told: str, secret: str) -> str:
    return _text(hmac.digest(secret.encode(), told.encode(), "sha256"))


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _padded(text: str) -> str:
    return text + "=" * (-len(text) % 4)
