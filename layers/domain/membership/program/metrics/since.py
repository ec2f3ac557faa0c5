"""Tenure: whole years, months or days since the member joined."""

from datetime import date, timedelta
from typing import Literal

from pydantic import Field
from typing_extensions import override

from membership.program.calendar import months_between, plus_months
from membership.program.metrics.base import Elapsed, Measure
from membership.program.text import Language

_LONGEST = {"year": 150, "month": 1_800, "day": 55_000}
_UNITS = {"year": "年", "month": "月", "day": "天"}


class Since(Elapsed):
    """Time since the member joined."""

    since: Literal["joined"] = Field(description="The day on which the member joined.")
    unit: Literal["year", "month", "day"] = Field(description="Only whole ones count.")

    @property
    def measure(self) -> Measure:
        match self.unit:
            case "year":
                return "years"
            case "month":
                return "months"
            case "day":
                return "days"

    @property
    def longest(self) -> int:
        return _LONGEST[self.unit]

    @override
    def in_words(self, language: Language, currency: str) -> str:
        if language == "zh":
            return f"入会满的整{_UNITS[self.unit]}数。"
        return f"Whole {self.unit}s since joining."

    def reached(self, start: date, day: date) -> int:
        if day < start:
            return 0
        if self.unit == "day":
            return (day - start).days
        months = months_between(start, day)
        return months // 12 if self.unit == "year" else months

    def reaches(self, start: date, units: int) -> date:
        match self.unit:
            case "year":
                return plus_months(start, 12 * units)
            case "month":
                return plus_months(start, units)
            case "day":
                return start + timedelta(days=min(units, (date.max - start).days))
