"""Points that members earn and spend: for what, how many times, from when, until when."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from math import prod
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr, StrictInt, model_validator

from membership.facts import Activity
from membership.member.account import Lot
from membership.program.calendar import plus_months
from membership.program.flaws import Fault, unsound
from membership.program.kinds import Kind
from membership.program.metrics.base import Bounds
from membership.program.money import to_minor
from membership.program.parts import Amount, Part
from membership.program.rates import ONE, Rate, hundredths
from membership.program.shorthand import spelled_out
from membership.program.text import Name, Text

_Points = Annotated[StrictInt, Field(gt=0, le=10**6)]


class ForMoney(Part):
    """Points for what is spent."""

    points: _Points = Field(default=1, description="So many …")
    per: Amount = Field(
        default=Decimal(1),
        description="… for each amount of this, in whole currency units. What is left over counts in "
        "proportion: the order's points are rounded once, in the end.",
    )
    plans: bool = Field(default=False, description="Whether the fee of a paid plan earns points, too.")


class ForDoing(Part):
    """Points for an activity."""

    points: _Points = Field(description="For each one.")
    per_day: Annotated[StrictInt, Field(ge=1, le=100)] | None = Field(
        default=None, description="No more than so many a day earn them."
    )
    where: dict[Literal["quality", "value"], Bounds] = Field(
        default={}, description="Only activities whose quality or value lies within these bounds."
    )

    def admits(self, activity: Activity) -> bool:
        return all(bounds.admit(getattr(activity, field)) for field, bounds in self.where.items())


def _points_alone(value: Any) -> Any:
    return {"points": value} if isinstance(value, int) and not isinstance(value, bool) else value


Doing = Annotated[
    ForDoing, BeforeValidator(_points_alone, json_schema_input_type=ForDoing | Annotated[int, Field(gt=0)])
]


class Earning(Part):
    """What earns points."""

    order: ForMoney | None = Field(default=None, description="Orders; left out, they earn none.")
    activities: Annotated[dict[Kind, Doing], Field(max_length=50)] = Field(
        default={}, description="Kind of activity → points for each one: `{check_in: 5}`."
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.order is None and not self.activities:
            raise unsound("earns nothing", "Write {order: {points: 1, per: 1}}, or name activities.")
        return self


class After(Part):
    """So many months after they were earned."""

    kind: Literal["after"] = "after"
    after_months: Annotated[StrictInt, Field(ge=1, le=120)] = Field(default=24, description="So many months.")
    at: Literal["day", "end_of_month", "end_of_year"] = Field(
        default="end_of_month", description="To that day, or to the end of its month or year."
    )


class Inactive(Part):
    """All of them, when a member has neither bought nor done anything for so many months."""

    kind: Literal["inactive"] = "inactive"
    inactive_months: Annotated[StrictInt, Field(ge=1, le=120)] = Field(description="So many months.")


class Never(Part):
    """They stay."""

    kind: Literal["never"] = "never"


_Kinds = After | Inactive | Never
Expiry = Annotated[
    _Kinds,
    Field(discriminator="kind"),
    BeforeValidator(
        spelled_out(after_months="after", at="after", inactive_months="inactive"),
        json_schema_input_type=_Kinds | Literal["after", "never"],
    ),
]


class PointsRules(Part):
    """How members earn points, and how long they keep them."""

    name: Name = Field(
        default=Text.ours(en="points", zh="积分"), description="What members read: points, stars."
    )
    earn: Earning = Field(description="What earns points.")
    combine: Literal["multiply", "add", "highest"] = Field(
        default="multiply",
        description="How the tier's rate, campaigns and the birthday month come together: of 2× and 3×, "
        "multiply makes 6×, add 4× (each adds what it has above 1×), highest 3×.",
    )
    birthday_month: Rate | None = Field(
        default=None, description="Orders in the month of the member's birthday earn so many times as much."
    )
    rounding: Literal["down", "half_up"] = Field(
        default="down", description="Of an order's points, once, after everything is multiplied."
    )
    pending_days: Annotated[StrictInt, Field(ge=0, le=365)] = Field(
        default=0,
        description="Points of orders can be spent after so many days, as when the time for returns is over; "
        "those of activities at once.",
    )
    expire: Expiry = Field(
        default=After.model_construct(), description="When points that nobody spent are gone."
    )
    remind_days: Annotated[StrictInt, Field(ge=1, le=365)] = Field(
        default=30, description="So many days before points expire, the member is told, once a month."
    )
    refunds: Literal["clamp", "negative", "pending_only"] = Field(
        default="clamp",
        description="What a refund takes back of points that are spent already: nothing; from what is "
        "earned next; or, with pending_only, nothing at all once points can be spent.",
    )

    _per: int = PrivateAttr(default=100)

    def bind(self, currency: str) -> list[Fault]:
        """Fix amounts in the currency's smallest unit; returns what can't be."""
        faults = []
        if self.earn.order:
            try:
                self._per = to_minor(self.earn.order.per, currency)
            except ValueError as error:
                faults.append(Fault(("earn", "order", "per"), str(error), "Round it."))
        for kind, doing in self.earn.activities.items():
            for field, bounds in doing.where.items():
                try:
                    bounds.bind(field, currency)
                except ValueError as error:
                    faults.append(
                        Fault(("earn", "activities", kind, "where", field), str(error), "Round it.")
                    )
        return faults

    def for_money(self, amount: int, rates: Sequence[int]) -> int:
        """What an order of an amount earns, by rates in hundredths."""
        assert self.earn.order is not None
        return self._rounded(amount * self.earn.order.points, self._per, rates)

    def for_doing(self, doing: ForDoing, rates: Sequence[int]) -> int:
        return self._rounded(doing.points, 1, rates)

    def by_line(self, points: int, amounts: Sequence[int]) -> list[int]:
        """An order's points by its lines: in proportion, and what is left over to the largest remainders."""
        whole = sum(amounts)
        if not whole:
            return [0] * len(amounts)
        shares = [divmod(points * amount, whole) for amount in amounts]
        left = points - sum(share for share, _ in shares)
        first = sorted(range(len(amounts)), key=lambda n: -shares[n][1])[:left]
        return [share + (n in first) for n, (share, _) in enumerate(shares)]

    def _rounded(self, points: int, parts: int, rates: Sequence[int]) -> int:
        """So many parts of a point, as often as the rates say together."""
        match self.combine:
            case "highest" if rates:
                over, under = max(rates), ONE
            case "add":
                over, under = max(0, ONE + sum(rate - ONE for rate in rates)), ONE
            case _:
                over, under = prod(rates), ONE ** len(rates)
        points, parts = points * over, parts * under
        return points // parts if self.rounding == "down" else (2 * points + parts) // (2 * parts)

    @property
    def birthday_rate(self) -> int:
        return hundredths(self.birthday_month) if self.birthday_month else ONE

    def lot(self, day: date, *, pending: bool) -> Lot:
        """In which points of a day go."""
        available = day + timedelta(days=self.pending_days) if pending and self.pending_days else None
        return Lot.of(available, self.expires_on(day))

    def expires_on(self, earned: date) -> date | None:
        """The first day on which points that were earned on a day are gone; None: no day is set."""
        if not isinstance(self.expire, After):
            return None
        day = plus_months(earned, self.expire.after_months)
        match self.expire.at:
            case "day":
                return day
            case "end_of_month":
                return plus_months(day.replace(day=1), 1)
        return date(day.year + 1, 1, 1)

    @property
    def asks_for_silence(self) -> bool:
        """Whether points are gone when a member does nothing for long."""
        return isinstance(self.expire, Inactive)

    def idle_until(self, active_on: date) -> date | None:
        """The first day on which everything is gone, if nothing more is done; None: that costs nothing."""
        if isinstance(self.expire, Inactive):
            return plus_months(active_on, self.expire.inactive_months)
        return None
