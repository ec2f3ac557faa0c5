"""What members have to spend and a program to give, and which benefits are used: summed over all. Pure.

Sums are made part by part, and a part is what a sweep notes on its way: they add up in any order.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict

from membership.member.expiring import expiries
from membership.member.state import Member
from membership.program.schema import Program

_ONE_DAY = timedelta(days=1)


class Sums(BaseModel):
    """Of some members of a program."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    members: int = 0
    """Who takes part; not who is blocked, or has left."""
    with_points: int = 0
    outstanding: int = 0
    """That can be spent."""
    pending: int = 0
    debt: int = 0
    suspended: int = 0
    """Of who is blocked or has left: it comes back with them."""
    lasting: int = 0
    """To which no end is set."""
    expiring: dict[str, int] = {}
    """Month of the last day, as 2028-04 → how much is gone after it."""
    earned: int = 0
    granted: int = 0
    adjusted: int = 0
    spent: int = 0
    expired: int = 0
    taken_back: int = 0
    used: dict[str, int] = {}
    """Benefit/tier → how often it was used."""
    in_tier: dict[str, int] = {}
    """Tier → members in whom it counts."""

    def add(self, program: Program, member: Member, today: date) -> None:
        account = member.points.aged(today)
        for name in ("earned", "granted", "adjusted", "spent", "expired", "taken_back"):
            setattr(self, name, getattr(self, name) + getattr(account, name))
        self.used = _together(self.used, member.used)
        if member.status not in ("trial", "active"):
            self.suspended += account.spendable(today) + account.pending(today)
            return
        self.members += 1
        tiers = [
            program.ladders_by_id[ladder].shown(standing)[1]
            for ladder, standing in member.standings.items()
            if ladder in program.ladders_by_id and standing.tier in program.ladders_by_id[ladder]
        ]
        self.in_tier = _together(self.in_tier, dict.fromkeys(tiers, 1))
        self.with_points += bool(account.lots)
        self.outstanding += account.spendable(today)
        self.pending += account.pending(today)
        self.debt += account.debt
        ends = expiries(program, account)
        self.lasting += max(0, sum(account.lots.values()) - sum(one.points for one in ends))
        months = ((one.day - _ONE_DAY, one.points) for one in ends if one.day > today)
        for last, points in months:
            self.expiring = _together(self.expiring, {f"{last:%Y-%m}": points})

    @classmethod
    def of_all(cls, parts: Iterable[bytes]) -> Self:
        """Of the members of all parts."""
        whole = cls()
        for part in map(cls.model_validate_json, parts):
            for name in cls.model_fields:
                one, other = getattr(whole, name), getattr(part, name)
                setattr(whole, name, one + other if isinstance(one, int) else _together(one, other))
        return whole


def _together(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    if not other:
        return dict(one)
    return {key: one.get(key, 0) + other.get(key, 0) for key in sorted({*one, *other})}


class Report(BaseModel):
    """A program on a day."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    program: str
    day: date
    """Of the program."""
    at: datetime
    """When it was begun: what was settled while it was made may be in it."""
    sums: Sums

    @property
    def issued(self) -> int:
        return self.sums.earned + self.sums.granted + self.sums.adjusted

    @property
    def breakage(self) -> int:
        """How much of what was ever issued has expired unspent, in hundredths of a per cent."""
        return 10_000 * self.sums.expired // self.issued if self.issued > 0 else 0
