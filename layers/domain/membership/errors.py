"""What can go wrong, by who has to act on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar, NamedTuple


class MembershipError(Exception):
    """Base of every error that this package raises on purpose."""

    names_nobody: ClassVar[bool] = True
    """Whether its words may be logged: they hold nothing of a member, and nothing that was sent."""


class Flaw(NamedTuple):
    """One thing that is wrong in what a user sent: where, what was there, what to do."""

    path: str
    value: object
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path or 'document'}: {self.message} (found {self.value!r}). {self.remedy}"


class ProgramInvalid(MembershipError):
    """A program that can't be put in force; carries every flaw found, not just the first."""

    names_nobody = False

    def __init__(self, flaws: list[Flaw]) -> None:
        self.flaws = flaws
        super().__init__("\n".join(str(flaw) for flaw in flaws))


class Contradicts(ProgramInvalid):
    """A program that is sound by itself, but not after the versions before it."""


class RebuildNeeded(MembershipError):
    """The stored member can't take this fact; only the whole ledger tells what it should be."""

    names_nobody = False


class MetricsChanged(RebuildNeeded):
    """The program adds up otherwise since the fact's time than when the member was added up."""


class Contended(MembershipError):
    """Another writer kept winning; the caller's own retry (stream, client) is the next step."""


class NotFound(MembershipError):
    """Nothing there, or nothing that this caller may know of: both answer alike."""


class NoSuchMember(NotFound):
    """The same words whoever else may have a member of this id."""

    def __init__(self) -> None:
        super().__init__("there is no such member")


class NoProgram(NotFound):
    """A program of which no version was ever put: of its members nothing can be decided."""


class Unsettleable(MembershipError):
    """The domain fails on this member's facts: a fault of ours, mended by a new version and a rebuild."""


class Impossible(MembershipError):
    """The member, or the approval, is not in a state in which this can be done."""

    names_nobody = False


class ActInvalid(MembershipError):
    """Something that an operator asks for can't be; `flaw.path` is the field."""

    names_nobody = False

    def __init__(self, flaw: Flaw) -> None:
        self.flaw = flaw
        super().__init__(str(flaw))


@contextmanager
def faults_of_ours(program: str) -> Iterator[None]:
    """Whatever else the pure domain raises is our bug, and concerns this member alone."""
    try:
        yield
    except MembershipError:
        raise
    except Exception as fault:
        raise Unsettleable(f"{program}: a member's facts can't be settled") from fault
