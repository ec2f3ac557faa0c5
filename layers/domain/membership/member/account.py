"""A member's points: lots that expire together, what is owed, and what has come in and gone out.

An account is a value: whatever is done to it makes another one. Facts put points in, outcomes take them
out and put them back; sums commute, so in whatever order they come the account is the same.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple, Self

from pydantic import BaseModel, ConfigDict

Lots = Mapping[str, int]
"""Lot → points."""


class Lot(NamedTuple):
    """Points that become available together, and expire together."""

    available: int
    """Ordinal of the first day on which they can be spent; 0: they can be already."""
    expires: int
    """Ordinal of the first day on which they are gone; 0: no day is set."""

    @classmethod
    def of(cls, available: date | None, expires: date | None) -> Self:
        return cls(available.toordinal() if available else 0, expires.toordinal() if expires else 0)

    @classmethod
    def read(cls, key: str) -> Self:
        available, _, expires = key.partition("-")
        return cls(int(available), int(expires))

    @property
    def key(self) -> str:
        return f"{self.available}-{self.expires}"

    @property
    def expires_on(self) -> date | None:
        return date.fromordinal(self.expires) if self.expires else None

    @property
    def available_on(self) -> date | None:
        return date.fromordinal(self.available) if self.available else None

    def is_pending(self, today: int) -> bool:
        return self.available > today

    def is_over(self, today: int) -> bool:
        return 0 < self.expires <= today


class Account(BaseModel):
    """What comes in less what goes out is what is there: `balance` is told by two sums that have to agree."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    lots: dict[str, int] = {}
    """Lot → points in it. While a ledger is read again it may be less than nothing."""
    debt: int = 0
    """Taken back when it was spent already: what comes in pays it first."""
    lapsed: dict[str, int] = {}
    """Lot → points of it that expired: of an order that is given back later they are not taken once more."""

    earned: int = 0
    granted: int = 0
    adjusted: int = 0
    spent: int = 0
    expired: int = 0
    taken_back: int = 0

    active_on: date | None = None
    """The last day on which the member bought or did something."""
    reminded: int = 0
    """The latest month, as year × 12 + month, of whose expiry the member was told."""
    counted: dict[str, int] = {}
    """Of activities of which only so many a day earn points: day, version and kind → how many there were."""

    def __hash__(self) -> int:  # nothing ever changes it, so all members without points share one
        return hash((self.debt, self.earned, self.spent))

    @property
    def balance(self) -> int:
        """All points that are there, pending ones too, less what is owed."""
        return sum(self.lots.values()) - self.debt

    def spendable(self, day: date) -> int:
        """What can be spent on a day."""
        return max(0, sum(amount for _, _, amount in self._open(day)) - self.debt)

    def pending(self, day: date) -> int:
        """What is earned, and can't be spent yet."""
        today = day.toordinal()
        return sum(amount for key, amount in self.lots.items() if Lot.read(key).is_pending(today))

    def draw(self, amount: int, day: date) -> dict[str, int]:
        """The lots that pay so much, those that expire first before others; the account stays as it is.

        Raises ValueError where there is not enough.
        """
        if amount > self.spendable(day):
            raise ValueError(f"{amount} points are more than the {self.spendable(day)} that there are")
        return self.drawn(amount, day)

    def drawn(self, amount: int, day: date) -> dict[str, int]:
        """As much of it as the lots have on that day, whatever is owed."""
        drawn: dict[str, int] = {}
        for _, key, there in sorted(self._open(day)):
            if amount <= 0:
                break
            if there > 0:
                drawn[key] = min(there, amount)
                amount -= drawn[key]
        return drawn

    def _open(self, day: date) -> Iterable[tuple[int, str, int]]:
        """When it expires, lot and points, of what is neither pending nor over; what never does, last."""
        today = day.toordinal()
        for key, amount in self.lots.items():
            lot = Lot.read(key)
            if not lot.is_pending(today) and not lot.is_over(today):
                yield lot.expires or date.max.toordinal(), key, amount

    def put(self, lots: Lots, **totals: int) -> "Account":
        """With these in it; `totals` are added to what the account has come to, as `spent=-100`."""
        return self._with(lots, 1, totals)

    def take(self, lots: Lots, **totals: int) -> "Account":
        """Without these, as `take(lots, spent=100)`."""
        return self._with(lots, -1, totals)

    def _with(self, lots: Lots, sign: int, totals: Mapping[str, int]) -> "Account":
        summed = {name: getattr(self, name) + amount for name, amount in totals.items()}
        return self.model_copy(update={"lots": added(self.lots, lots, sign), **summed})

    def aged(self, day: date) -> "Account":
        """Lots that have become available by a day are kept with those that were before."""
        today = day.toordinal()
        ripe = {key: amount for key, amount in self.lots.items() if 0 < Lot.read(key).available <= today}
        if not ripe:
            return self
        left: dict[str, int] = {key: amount for key, amount in self.lots.items() if key not in ripe}
        for key, amount in ripe.items():
            left = added(left, {Lot(0, Lot.read(key).expires).key: amount})
        return self.model_copy(update={"lots": left})


def added(one: Lots, other: Lots, sign: int = 1) -> dict[str, int]:
    """Both together, without what comes to nothing."""
    total = dict(one)
    for key, amount in other.items():
        if left := total.get(key, 0) + sign * amount:
            total[key] = left
        else:
            total.pop(key, None)
    return total
