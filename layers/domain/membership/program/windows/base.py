"""What every window can tell. Days are dates in the program's zone; periods are [first, last]."""

from abc import ABC, abstractmethod
from datetime import date
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from membership.program.text import Text


class WindowKind(BaseModel, ABC):
    """Facts are added up in buckets; a window tells which bucket a day falls in, and which count."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    in_words: ClassVar[Text]
    """A sentence: what counts."""
    within: ClassVar[Text]
    """Tells a figure of this window from that of another: after the words in English, before in Chinese."""

    @abstractmethod
    def bucket(self, day: date) -> int:
        """The bucket of a fact that occurred on `day`."""

    @abstractmethod
    def counts(self, bucket: int, day: date) -> bool:
        """Whether the bucket lies in the window as seen on `day`."""

    @abstractmethod
    def outlived(self, bucket: int, day: date) -> bool:
        """Whether nothing decided on `day` or later can depend on the bucket any more."""

    @abstractmethod
    def last_day(self, day: date) -> date | None:
        """The last day on which facts of `day` still count, None if they always do."""

    @abstractmethod
    def closed_before(self, day: date) -> date | None:
        """The last day of the period before the one of `day`, None if there are no periods."""

    def changes_after(self, day: date) -> date | None:
        """The next day on which something leaves the window by itself, None if nothing ever does."""
        last = self.last_day(day)
        return None if last is None else date.fromordinal(last.toordinal() + 1)
