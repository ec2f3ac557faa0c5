"""What is answered of points: how many there are, until when, and where they came from and went."""

from datetime import date, datetime, timedelta
from typing import Any

from pydantic import Field

from membership.facts import Order
from membership.http.view import Absent, View
from membership.member.account import Account, Lot
from membership.member.earning import Earned, Factor
from membership.member.expiring import expiries
from membership.member.statement import Entry
from membership.program.rates import times
from membership.program.schema import Program, Versions
from membership.program.text import Language, Text

_ONE_DAY = timedelta(days=1)


_ONE_DAY = timedelta(days=1)


_BY = {
    "tier": Text.ours(en="the tier", zh="会员等级"),
    "birthday_month": Text.ours(en="the month of the birthday", zh="生日当月"),
}


class MultiplierView(View):
    """Something that made it worth more, or less."""

    by: str = Field(description="`tier`, `birthday_month`, or a campaign's id.")
    name: str
    times: str = Field(description="As 1.5×.")

    @classmethod
    def of(cls, factor: Factor, program: Program, lang: Language) -> "MultiplierView":
        campaign = next((one for one in program.campaigns if one.id == factor.by), None)
        name = campaign.label() if campaign else _BY[factor.by]
        return cls(by=factor.by, name=name.get(lang), times=times(factor.rate))


class LinePointsView(View):
    """What a line of an order earned."""

    id: str
    points: int


class EarnedView(View):
    """What was earned by something, and why."""

    order_id: str | None = Field(default=Absent, description="Of an order.")
    event_id: str | None = Field(default=Absent, description="Of what has happened.")
    points: int
    available_on: date | None = Field(default=Absent, description="Absent: they can be spent at once.")
    through: date | None = Field(default=Absent, description="The last day; absent: no end is set.")
    version: int = Field(description="Of the program that decided: the one in force when it was done.")
    multipliers: tuple[MultiplierView, ...]
    capped: bool = Field(description="Whether the day had brought as many before as can count.")
    lines: tuple[LinePointsView, ...] = Field(description="Of an order that has lines; together its points.")

    @classmethod
    def of(cls, earned: Earned, versions: Versions, lang: Language) -> "EarnedView":
        fact, program = earned.fact, versions.numbered(earned.version)
        lines = fact.lines if isinstance(fact, Order) else ()
        return cls(
            order_id=fact.order_id if isinstance(fact, Order) else None,
            event_id=fact.id,
            points=earned.points,
            available_on=earned.lot.available_on,
            through=earned.lot.expires_on and earned.lot.expires_on - _ONE_DAY,
            version=earned.version,
            multipliers=tuple(MultiplierView.of(one, program, lang) for one in earned.factors),
            capped=earned.capped,
            lines=tuple(
                LinePointsView(id=line.id, points=points)
                for line, points in zip(lines, earned.lines, strict=True)
            ),
        )


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
