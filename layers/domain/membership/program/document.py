"""Text to plain mappings, lists and scalars: what people mean by it, within bounds."""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn

from membership.errors import Flaw, ProgramInvalid
from membership.program.places import below, shortened, shown

LARGEST = 256 * 1024
"""Bytes; the presets have up to twenty thousand, most of them examples."""
DEEPEST = 24
MOST_NODES = 20_000


def parse(source: str | bytes) -> Any:
    """The document in YAML or JSON text. Raises ProgramInvalid where it can't be read."""
    size = len(source if isinstance(source, bytes) else source.encode("utf-8", "surrogatepass"))
    if size > LARGEST:
        refuse("", None, f"is {size:,} bytes long", f"Write at most {LARGEST:,}.")
    text = _decoded(source)
    if text.lstrip().startswith("{"):
        try:
            return _from_json(text)
        except json.JSONDecodeError:
            pass  # YAML has braces too, and more to say of what is wrong
        except RecursionError:
            refuse_depth("")
    # Programs at rest are JSON: most processes never need YAML.
    from membership.program.yaml_text import from_yaml

    return from_yaml(text)


def _decoded(source: str | bytes) -> str:
    if isinstance(source, str):
        return source.removeprefix("\ufeff")
    try:
        return source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = f"byte {error.start + 1}"
        refuse(place, f"0x{source[error.start]:02x}", "is not text in UTF-8", "Save the file as UTF-8.")


def _from_json(text: str) -> Any:
    return json.loads(
        text,
        parse_int=integer,
        parse_float=decimal,
        parse_constant=str,
        object_pairs_hook=_no_key_twice,
    )


def integer(digits: str) -> int | Decimal | str:
    """Thousands of digits are no integer that anybody means; as a decimal they are cheap to refuse."""
    return int(digits) if len(digits) <= 30 else decimal(digits)


def decimal(text: str) -> Decimal | str:
    """Exactly what was written; what no decimal can hold stays text, and is no number then."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return text


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            refuse("", key, f"{key!r} stands twice in one place", "Keep one of them.")
        found[key] = value
    return found


def check_shape(document: Any) -> None:
    """Words for keys, a bounded depth and size: what follows may then recurse without a care.

    Counts what an alias stands for each time: a few of them can stand for billions of nodes.
    """
    if not isinstance(document, Mapping):
        refuse("", shown(document), "a program is a mapping of keys and values", "Start from a preset.")
    nodes = 0
    waiting: list[tuple[str, Any, int]] = [("", document, 1)]
    while waiting:
        path, here, depth = waiting.pop()
        nodes += 1
        if depth > DEEPEST:
            refuse_depth(path)
        if nodes > MOST_NODES:
            refuse("", None, f"has more than {MOST_NODES:,} parts", "Write less; aliases count each time.")
        match here:
            case Mapping():
                for key, value in here.items():
                    if not isinstance(key, str):
                        refuse(
                            path, str(key), f"the key {key!r} is not a word", f"Put it in quotes: '{key}'."
                        )
                    waiting.append((below(path, key), value, depth + 1))
            case list() | tuple():
                waiting += [(f"{path}[{n}]", value, depth + 1) for n, value in enumerate(here)]


def refuse_depth(path: str) -> NoReturn:
    message, remedy = f"is nested more than {DEEPEST} deep", "Nest less; an alias can't stand for itself."
    refuse(path, None, message, remedy)


def refuse(path: str, value: object, message: str, remedy: str) -> NoReturn:
    raise ProgramInvalid([Flaw(shortened(path), shown(value), shortened(message), shortened(remedy))])
