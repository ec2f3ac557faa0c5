"""Reading what was sent: bytes to JSON, and the ids that everybody shares."""

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import unquote

from pydantic import Field

from membership.http.problems import Refused, invalid_parameter, malformed, too_large
from membership.http.words import ID, IN_WORDS

LARGEST_BODY = 1_000_000
"""Bytes; a hundred events are a tenth of it."""

_WHOLE_ID = re.compile(ID[1:-1])

Id = Annotated[
    str,
    Field(
        pattern=ID,
        description="1 to 128 letters, digits and . _ : @ + = - (a letter or digit first).",
    ),
]
"""Holds no `#`, which keys are put together with, and nothing that doesn't show."""


def raw_body(event: Mapping[str, Any], largest: int = LARGEST_BODY) -> bytes:
    """The bytes that were sent, whichever way the gateway hands them over."""
    body = event.get("body")
    if not body:
        raise malformed("The body is missing.")
    if len(body) > 2 * largest:  # before anything is copied
        raise _too_large(largest)
    try:
        sent = b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
    except ValueError:
        raise malformed("The body is not readable as bytes.") from None
    if len(sent) > largest:
        raise _too_large(largest)
    return bytes(sent)


def json_body(event: Mapping[str, Any]) -> Any:
    """The body as JSON.

    The standard library's parser rather than pydantic's faster one, because only it tells of a key
    that stands twice: two readers of such a body may each see another amount. Numbers with a point stay
    floats here, so that whatever reads on refuses them at their place.
    """
    try:
        return json.loads(
            raw_body(event).decode("utf-8"), object_pairs_hook=_object, parse_constant=_constant
        )
    except UnicodeDecodeError:
        raise malformed("The body is not UTF-8.") from None
    except json.JSONDecodeError as error:
        raise malformed(f"The body is not JSON: line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise malformed("The body is nested too deeply.") from None
    except ValueError:  # a number of more digits than Python converts
        raise malformed("The body has a number that is far too long.") from None


def is_id(value: object) -> bool:
    """Whether it is an id, and so can be repeated to whoever sent it."""
    return isinstance(value, str) and _WHOLE_ID.fullmatch(value) is not None


def path_id(event: Mapping[str, Any], name: str) -> str:
    """An id from the path. No id holds `%`, so undoing the escapes once more than needed does no harm."""
    found = unquote((event.get("pathParameters") or {}).get(name) or "")
    if not is_id(found):
        raise invalid_parameter(name, IN_WORDS[ID])
    return found


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise malformed("The body has an object in which a key stands twice.")
    return found


def _constant(name: str) -> Any:
    raise malformed(f"{name} is not JSON.")


def _too_large(largest: int) -> Refused:
    return too_large(f"Send at most {largest:,} bytes.")
