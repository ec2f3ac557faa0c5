"""Years of the program's own: from a day of the calendar to the eve of the same day a year later."""

from abc import abstractmethod
from datetime import date, timedelta

from typing_extensions import override

from membership.program.windows.base import Span, WindowKind


class Yearly(WindowKind):
    """Every member's years begin on one day of the calendar, so a year is one bucket, named by its first
    part."""

    @abstractmethod
    def begins(self, year: int) -> date:
        """The first day of the year that begins in that calendar year."""

    @property
    def most_days(self) -> int:
        return 366

    @override
    def bucket(self, day: date) -> int:
        return day.year if day >= self.begins(day.year) else day.year - 1

    @override
    def start(self, bucket: int) -> date:
        return self.begins(bucket)

    @override
    def span(self, day: date, joined: date) -> Span:
        year = self.bucket(day)
        return Span(self.begins(year), self.begins(year + 1) - timedelta(days=1))

    @override
    def leaves(self, day: date, joined: date) -> date:
        return self.begins(self.bucket(day) + 1)

    @override
    def horizon(self, day: date) -> date:
        # A tier earned last year may stand through this one, so last year's refunds still matter.
        return self.begins(self.bucket(day) - 1)

    @override
    def cycle(self, day: date, joined: date) -> int:
        return self.bucket(day)

    @override
    def closed_before(self, day: date, joined: date) -> date:
        return self.begins(self.bucket(day)) - timedelta(days=1)
