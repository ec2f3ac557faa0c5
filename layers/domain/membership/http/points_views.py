"""What is answered of points: how many there are, until when, and where they came from and went."""

from datetime import date, datetime, timedelta
from typing import Any

from pydantic import Field

from membership.http.views import Absent, EarnedView, View
from membership.member.account import Account, Lot
from membership.member.earning import Earned
from membership.member.expiring import expiries
from membership.member.statement import Entry
from membership.program.schema import Program, Versions
from membership.program.text import Language

_ONE_DAY = timedelta(days=1)


class PointsUntilView(View):
    """Points that are gone after a day."""

    points: int
    through: date | None = Field(default=Absent, description="The last day; absent: no end is set.")


class PendingView(View):
    """Points that can be spent from a day on."""

    points: int
    available_on: date


class PointsTotalsView(View):
    """All that ever came in and went out."""

    earned: int
    granted: int = Field(description="With rewards.")
    adjusted: int = Field(description="By operators; less than 0 where they took more than they gave.")
    spent: int
    expired: int
    taken_back: int


class PointsView(View):
    """A member's points on a day."""

    id: str
    day: date = Field(description="The program's day that it is told for.")
    name: str
    balance: int = Field(description="That can be spent.")
    debt: int = Field(description="Of refunds, that is paid by what can be spent next.")
    pending: tuple[PendingView, ...] = Field(description="That can be spent later, the next ones first.")
    expiring: tuple[PointsUntilView, ...] = Field(
        description="What there is, by when it is gone; what is gone first is spent first."
    )
    lasting: int = Field(description="Points to which no end is set.")
    totals: PointsTotalsView

    @classmethod
    def of(
        cls, member_id: str, account: Account, program: Program, day: date, lang: Language
    ) -> "PointsView":
        here = account.aged(day)
        ends = [one for one in expiries(program, here) if one.day > day]
        waiting: dict[date, int] = {}
        for key, points in here.lots.items():
            if from_day := Lot.read(key).available_on:
                waiting[from_day] = waiting.get(from_day, 0) + points
        return cls(
            id=member_id,
            day=day,
            name=program.points.name.get(lang) if program.points else "",
            balance=here.spendable(day),
            debt=here.debt,
            pending=tuple(PendingView(points=n, available_on=one) for one, n in sorted(waiting.items())),
            expiring=tuple(PointsUntilView(points=one.points, through=one.day - _ONE_DAY) for one in ends),
            lasting=max(0, sum(here.lots.values()) - sum(one.points for one in expiries(program, here))),
            totals=PointsTotalsView(**{name: getattr(here, name) for name in PointsTotalsView.model_fields}),
        )


class PointsEntryView(View):
    """One line of a statement."""

    at: datetime
    type: str = Field(description="points.earned, or the type of the outcome.")
    points: int = Field(description="What came in, less than 0 where it went out.")
    earned: EarnedView | None = Absent
    data: dict[str, Any] | None = Field(default=Absent, description="Of an outcome.")

    @classmethod
    def of(cls, entry: Entry, versions: Versions, lang: Language, *, named: bool) -> "PointsEntryView":
        cause = entry.cause
        if isinstance(cause, Earned):
            earned = EarnedView.of(cause, versions, lang)
            return cls(at=entry.at, type="points.earned", points=entry.points, earned=earned)
        hidden = {"type", "at"} if named else {"type", "at", "by"}
        data = cause.model_dump(mode="json", exclude=hidden, exclude_none=True)
        return cls(at=entry.at, type=cause.type, points=entry.points, data=data)


class PointsEntriesView(View):
    """A statement, newest first."""

    data: tuple[PointsEntryView, ...]
    next_cursor: str | None = Field(default=Absent, description="Absent on the last page.")
