"""What a validator found wrong, seen from where it stands; `reading` adds the path to there and the value."""

from typing import NamedTuple


class Fault(NamedTuple):
    """A place below the validator's own, what is wrong there, and what to do about it."""

    place: tuple[str | int, ...]
    message: str
    remedy: str


class Unsound(ValueError):
    """Raised by validators that know a remedy, or more than one fault."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        said = "; ".join(fault.message for fault in faults)
        super().__init__(
            said.encode("ascii", "backslashreplace").decode()
        )  # pydantic dies of half a character


def unsound(message: str, remedy: str) -> Unsound:
    """One fault, right where the validator stands."""
    return Unsound(Fault((), message, remedy))
