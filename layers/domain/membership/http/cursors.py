"""Cursors: where a list goes on.

There is no secret here, and none is needed. A cursor holds nothing but a position inside a partition
whose name comes from the caller's key and path, never from the cursor; whoever makes one up reads on
from another place of a list that is theirs to read anyway. The digest is for accidents: a cursor that was
cut, changed, or carried over from another list or program is refused instead of answered with nonsense.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256

from membership.http.problems import bad_cursor

_DIGEST = 6


def seal(program: str, resource: str, position: str | None) -> str | None:
    """A cursor of one list: `resource` names it within the program ('deliveries/failed'). None at its end."""
    if position is None:
        return None
    told = _digest(program, resource, position) + position.encode()
    return urlsafe_b64encode(told).decode().rstrip("=")


def unseal(cursor: str | None, program: str, resource: str, positions: re.Pattern[str]) -> str | None:
    """The position in a cursor of this very list, None at its begin; `positions` is what they look like."""
    if cursor is None:
        return None
    try:
        told = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        position = told[_DIGEST:].decode("ascii")
    except ValueError:
        raise bad_cursor() from None
    known = positions.fullmatch(position) and seal(program, resource, position) == cursor
    if not known:
        raise bad_cursor()
    return position


def _digest(program: str, resource: str, position: str) -> bytes:
    return sha256("\n".join((program, resource, position)).encode()).digest()[:_DIGEST]
