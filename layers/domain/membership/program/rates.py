"""How many times the usual points: exact, in hundredths."""

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field

from membership.program.flaws import unsound
from membership.program.numbers import Number, more_than_nothing

ONE = 100
"""Once, in hundredths."""
_MOST = 100


def _in_hundredths(number: Decimal) -> Decimal:
    if number > _MOST:
        raise unsound(f"is more than {_MOST} times", f"Write at most {_MOST}.")
    if number * ONE != int(number * ONE):
        raise unsound("is finer than a hundredth", "Round it, as 1.25.")
    return number


Rate = Annotated[
    Number,
    AfterValidator(more_than_nothing),
    AfterValidator(_in_hundredths),
    Field(description="Times the usual points, as 1.5.", examples=["1.5", "3"]),
]


def hundredths(rate: Decimal) -> int:
    return int(rate * ONE)


def times(rate: int) -> str:
    """150 → '1.5×'."""
    whole, part = divmod(rate, ONE)
    return f"{whole}.{part:02}".rstrip("0").rstrip(".") + "×"
