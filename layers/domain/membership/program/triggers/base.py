"""What every occasion of a trigger can tell."""

from abc import ABC, abstractmethod
from datetime import date
from typing import ClassVar, Literal

from membership.facts import Attributes
from membership.program.parts import Part
from membership.program.text import Text

About = Literal["member", "ladder", "tier"]


class WhenKind(Part, ABC):
    """An occasion. Deciding whether it is there takes the member: `member/deciding/triggering.py`."""

    about: ClassVar[About] = "member"
    """What an occasion is one of: a member's; one in each ladder; one for each tier."""
    pause: ClassVar[int] = 0
    """Days between two of them where the trigger doesn't say."""
    fields: ClassVar[frozenset[str]] = frozenset()
    """What a message may name."""

    kind: str

    @property
    @abstractmethod
    def in_words(self) -> Text:
        """When it is, as it begins a sentence."""


class Dated(WhenKind):
    """An occasion that the calendar brings, and nobody's doing."""

    @abstractmethod
    def last(self, attributes: Attributes, day: date) -> date | None:
        """The latest one up to a day, that day included; None: there was none."""

    @abstractmethod
    def following(self, attributes: Attributes, day: date) -> date | None:
        """The first one after a day; None: none is to come."""


def yearly(month_and_day: str, year: int) -> date:
    """'03-01' of a year; 29 February is the 28th where a year has none."""
    month, day = int(month_and_day[:2]), int(month_and_day[3:])
    if (month, day) == (2, 29) and (year % 4 or (year % 100 == 0 and year % 400)):
        return date(year, 2, 28)
    return date(year, month, day)


def last_yearly(month_and_day: str, day: date) -> date:
    """The latest one up to a day."""
    this = yearly(month_and_day, day.year)
    return this if this <= day else yearly(month_and_day, day.year - 1)


def next_yearly(month_and_day: str, day: date) -> date:
    """The first one after a day."""
    this = yearly(month_and_day, day.year)
    return this if this > day else yearly(month_and_day, day.year + 1)
