"""Numbers as people write them in a program: exact, and never a truth value or a float in disguise."""

import re
from decimal import Decimal
from typing import Annotated, Any
from unicodedata import normalize

from pydantic import BeforeValidator, Field

from membership.program.flaws import Unsound, unsound

LARGEST = 10**15
"""Of any figure, in its smallest unit."""

_NUMBER = re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?", re.ASCII)
_DRESSED = re.compile(
    r"(?:[<>=≥\s]|[A-Z]{2,3}|[¥$€£]){0,4}"
    r"(?P<figure>[0-9]{1,3}(?:[,_' ][0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?)"
    r"\s*(?:[A-Z]{3}|[¥$€£]|元)?\s*"
)
"""A number in the dress of its currency or of a comparison: '¥5,000', '>= 5000', '5 000 CNY'."""


def exact(value: Any) -> Decimal:
    match value:
        case bool():
            raise unsound("is not a number", "Write a number, as 5000.")
        case int() if value.bit_length() > 128:
            raise unsound("is too large", f"Write less than {LARGEST}.")
        case int() | Decimal():
            number = Decimal(value)
        case str() if _NUMBER.fullmatch(value):
            number = Decimal(value)
        case str():
            raise _not_a_number(value)
        case float():
            raise unsound("is a rounded number", f"Write it in quotes, which keeps it exact: '{value}'.")
        case None:
            raise unsound("is empty", "Write a number, as 5000.")
        case _:
            raise unsound("is not a number", "Write it alone, as 5000.")
    if not number.is_finite():
        raise unsound("is not a number", "Write a number, as 5000.")
    if not number:
        return Decimal(0)
    if number.adjusted() > 15:
        raise unsound("is too large", f"Write less than {LARGEST}.")
    if number.adjusted() < -20:  # before it is written out: 1e-999999999 has a billion digits
        raise unsound("is too small", "Round it.")
    return _canonical(number)


def more_than_nothing(number: Decimal) -> Decimal:
    """The number, if it is. Raises Unsound for 0 and less."""
    if number <= 0:
        raise unsound("is not more than 0", "Write more than 0.")
    return number


def _canonical(number: Decimal) -> Decimal:
    """1000, 1000.0 and 1e3 are one number, and are kept in the one way that can be read back: 1000."""
    text = f"{number:f}"
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)


def _not_a_number(text: str) -> Unsound:
    if dressed := _DRESSED.fullmatch(normalize("NFKC", text)):
        figure = re.sub("[,_' ]", "", dressed["figure"])
        return unsound("is not a plain number", f"Write it alone, without separators or units: {figure}.")
    return unsound("is not a number", "Write a number, as 5000.")


_Quoted = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$")]

Number = Annotated[Decimal, BeforeValidator(exact, json_schema_input_type=float | _Quoted)]
"""An exact number: an integer, a YAML decimal, or a decimal in quotes (JSON has no other exact ones)."""
