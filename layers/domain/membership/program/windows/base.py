"""What every window can tell. Days are dates in the program's zone; spans are [first, last]."""

from abc import ABC, abstractmethod
from datetime import date
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from membership.program.text import Text


class Span(NamedTuple):
    """Days, both ends included."""

    first: date
    last: date

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last


ALWAYS = Span(date.min, date.max)


class WindowKind(BaseModel, ABC):
    """The time in which facts count, as seen on some day.

    `joined` is the day on which the member joined: only windows that follow the member look at it. Sums are
    kept in buckets, as coarse as the window allows; one that follows the member, or moves, needs single days.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    @property
    @abstractmethod
    def in_words(self) -> Text:
        """A sentence: what counts."""

    @property
    @abstractmethod
    def within(self) -> Text:
        """Tells a figure of this window from that of another: after the words in English, before in
        Chinese."""

    @abstractmethod
    def span(self, day: date, joined: date) -> Span:
        """The days of which the facts count as seen on `day`."""

    @abstractmethod
    def leaves(self, day: date, joined: date) -> date | None:
        """The first day on which facts of `day` no longer count; None: they always do."""

    @abstractmethod
    def horizon(self, day: date) -> date:
        """No fact before it matters to anything decided on `day` or later, whenever the member joined."""

    @abstractmethod
    def cycle(self, day: date, joined: date) -> int:
        """Names the time in which an entry reward is given once."""

    @property
    def most_days(self) -> int | None:
        """How many days it can hold; None: any number."""
        return None

    def bucket(self, day: date) -> int | None:
        """The bucket of a fact that occurred on `day`; None: such a fact never counts."""
        return day.toordinal()

    def start(self, bucket: int) -> date:
        """The first day of a bucket. No bucket lies partly in a span."""
        return date.fromordinal(bucket)

    def closed_before(self, day: date, joined: date) -> date | None:  # noqa: ARG002
        """The last day of the period before the one of `day`; None where there are no periods."""
        return None
