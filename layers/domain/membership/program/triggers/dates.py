"""Days of the calendar: the member's own, and everybody's."""

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from typing_extensions import override

from membership.facts import Attributes
from membership.program.calendar import day_of_year
from membership.program.flaws import unsound
from membership.program.text import Text
from membership.program.triggers.base import Dated, last_yearly, next_yearly


class Birthday(Dated):
    """On the member's birthday, once a calendar year; who was born on 29 February has it on the 28th where a
    year has none."""

    kind: Literal["birthday"] = "birthday"

    @property
    @override
    def in_words(self) -> Text:
        return Text.ours(en="On your birthday", zh="生日当天")

    @override
    def last(self, attributes: Attributes, day: date) -> date | None:
        return last_yearly(attributes.birthday, day) if attributes.birthday else None

    @override
    def following(self, attributes: Attributes, day: date) -> date | None:
        return next_yearly(attributes.birthday, day) if attributes.birthday else None


def _written(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _there_is_one(written: str) -> str:
    whole = written if len(written) == 10 else f"2000-{written}"
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", whole):
        try:
            day = date.fromisoformat(whole)
        except ValueError:
            pass
        else:
            if 1970 <= day.year <= 2200:
                return written
    raise unsound("is no day", "Write '10-01' for one of each year, or 2026-10-01 for one alone.")


class OnDate(Dated):
    """On a day of each year, or on one day alone; in the program's zone."""

    kind: Literal["date"] = "date"
    on: Annotated[
        str, BeforeValidator(_written, json_schema_input_type=str), AfterValidator(_there_is_one)
    ] = Field(description="'10-01' is a day of each year, 2026-10-01 is that one.")

    @property
    def _only(self) -> date | None:
        return date.fromisoformat(self.on) if len(self.on) == 10 else None

    @property
    @override
    def in_words(self) -> Text:
        if only := self._only:
            return Text(en=f"On {only}", zh=f"{only} 当天")
        en, zh = day_of_year(date.fromisoformat(f"2000-{self.on}"))
        return Text(en=f"On {en} each year", zh=f"每年 {zh}")

    @override
    def last(self, attributes: Attributes, day: date) -> date | None:
        if only := self._only:
            return only if only <= day else None
        return last_yearly(self.on, day)

    @override
    def following(self, attributes: Attributes, day: date) -> date | None:
        if only := self._only:
            return only if only > day else None
        return next_yearly(self.on, day)
