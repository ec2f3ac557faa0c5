"""From YAML or JSON to a program, or to every flaw in it with its place, its value and a remedy."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from membership.errors import Flaw, ProgramInvalid
from membership.program.document import check_shape, parse
from membership.program.flaws import Fault, Unsound
from membership.program.places import locate, shortened, shown
from membership.program.remedies import fault_of
from membership.program.schema import Program

MOST_FLAWS = 50
"""Nobody mends more at once; and an answer stays small, whatever was sent."""


def read_program(source: str | bytes) -> Program:
    """A program from YAML or JSON text. Raises ProgramInvalid with every flaw found."""
    return program_from(parse(source))


def program_from(document: Any) -> Program:
    """A program from a parsed document. Raises ProgramInvalid with every flaw found."""
    check_shape(document)
    try:
        return Program.model_validate(document)
    except ValidationError as error:
        details = _causes(error.errors(include_url=False))
        flaws = [flaw for detail in details for flaw in _flaws(document, detail)]
        raise ProgramInvalid(flaws[:MOST_FLAWS]) from None


def _causes(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without the lists that seem too short only because something in them is wrong."""
    return [
        detail
        for detail in details
        if detail["type"] != "too_short"
        or not any(
            other is not detail and other["loc"][: len(detail["loc"])] == detail["loc"] for other in details
        )
    ]


def _flaws(document: Mapping[str, Any], detail: ErrorDetails) -> list[Flaw]:
    cause = (detail.get("ctx") or {}).get("error")
    faults = cause.faults if isinstance(cause, Unsound) else (fault_of(detail, document),)
    return [_flaw(document, detail["loc"], fault) for fault in faults]


def _flaw(document: Mapping[str, Any], place: tuple[int | str, ...], fault: Fault) -> Flaw:
    path, value = locate(document, (*place, *fault.place))
    typed = "Write : , { } [ ] with the keyboard in English. " if _is_full_width(path, value) else ""
    return Flaw(shortened(path), shown(value), shortened(fault.message), shortened(typed + fault.remedy))


def _is_full_width(path: str, value: Any) -> bool:
    """A sign of a Chinese keyboard where the language has its own: YAML takes it for part of a word."""
    written = path + (value if isinstance(value, str) else "")
    return re.search("[：，｛｝［］]", written) is not None and path[-3:] not in (".en", ".zh")
