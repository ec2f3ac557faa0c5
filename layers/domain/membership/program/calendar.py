"""Days, months and years as people count them."""

from datetime import MAXYEAR, date

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
"""As English has them, whatever language the machine speaks."""


def plus_months(day: date, months: int) -> date:
    """The same day of another month, or its last one: a year after 29 February is 28 February."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > MAXYEAR:
        return date.max
    return date(year, month + 1, min(day.day, _days(year, month + 1)))


def _days(year: int, month: int) -> int:
    return 31 if month == 12 else (date(year, month + 1, 1) - date(year, month, 1)).days


def months_between(start: date, day: date) -> int:
    """Whole months from `start` to `day`; negative before."""
    months = (day.year - start.year) * 12 + day.month - start.month
    return months if plus_months(start, months) <= day else months - 1


def years_between(start: date, day: date) -> int:
    """Whole years from `start` to `day`; negative before."""
    return months_between(start, day) // 12


def day_of_year(day: date) -> tuple[str, str]:
    """'1 March', '3 月 1 日'."""
    return f"{day.day} {MONTHS[day.month - 1]}", f"{day.month} 月 {day.day} 日"


def month(day: date) -> int:
    """Months counted through the years."""
    return day.year * 12 + day.month - 1


def quarter(day: date) -> int:
    """Quarters counted through the years."""
    return day.year * 4 + (day.month - 1) // 3


def first_day_of_quarter(number: int) -> date:
    """The day on which a quarter begins."""
    return date(number // 4, number % 4 * 3 + 1, 1)
