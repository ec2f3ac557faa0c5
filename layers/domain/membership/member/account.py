"""A member's points: lots that expire together, what is owed, and what has come in and gone out.

An account is a value: whatever is done to it makes another one. Facts put points in, outcomes take them
out and put them back; sums commute, so in whatever order they come the account is the same.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

Lots = Mapping[str, int]
"""Lot → points."""

COUNTED_DAYS = 8
"""So long it is remembered how often something capped was done on a day."""
LAPSED_DAYS = 92
"""So long it is remembered what expired of a lot. A refund that comes even later takes nothing."""


_LAST = date.max.toordinal()


class Lot(NamedTuple):
    """Points that become available together, and expire together."""

    available: int
    """Ordinal of the first day on which they can be spent; 0: they can be already."""
    expires: int
    """Ordinal of the first day on which they are gone; 0: no day is set."""

    @classmethod
    def of(cls, available: date | None, expires: date | None) -> Self:
        return cls(available.toordinal() if available else 0, expires.toordinal() if expires else 0)

    @staticmethod
    @lru_cache(4096)  # members share days, and each settling asks for all of theirs
    def read(key: str) -> "Lot":
        available, _, expires = key.partition("-")
        return Lot(int(available), int(expires))

    @property
    def key(self) -> str:
        return f"{self.available}-{self.expires}"

    @property
    def expires_on(self) -> date | None:
        return date.fromordinal(self.expires) if self.expires else None

    @property
    def available_on(self) -> date | None:
        return date.fromordinal(self.available) if self.available else None

    def on(self, today: int) -> "Lot":
        """As it is kept on a day: nothing asks since when points are available."""
        return Lot(0, self.expires) if 0 < self.available <= today else self

    def is_pending(self, today: int) -> bool:
        return self.available > today

    def is_over(self, today: int) -> bool:
        return 0 < self.expires <= today


_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def _packed(lots: Lots) -> str:
    """A third of the room: in base 36, each day as so many days after the one before.

    `fusk.3c,v.4rd,0.5j.k0`: 120 points that are gone on day 740036, 6,169 a month later, and with those 199
    that can be spent from 720 days before.
    """
    found, last = list[str](), 0
    for lot, points in sorted((Lot.read(key)[::-1], points) for key, points in lots.items()):
        expires, available = lot
        parts = [expires - last, points, *([expires - available] if available else [])]
        found.append(".".join(map(_digits, parts)))
        last = expires
    return ",".join(found)


def _unpacked(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    lots, expires = dict[str, int](), 0
    for lot in value.split(",") if value else ():
        later, points, *before = (int(part, 36) for part in lot.split("."))
        expires += later
        lots[Lot(expires - before[0] if before else 0, expires).key] = points
    return lots


def _digits(number: int) -> str:
    if number < 0:
        return "-" + _digits(-number)
    found = _DIGITS[number % 36]
    while number := number // 36:
        found = _DIGITS[number % 36] + found
    return found


class Account(BaseModel):
    """What comes in less what goes out is what is there: `balance` is told by two sums that have to agree."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    lots: Annotated[
        dict[str, int], BeforeValidator(_unpacked), PlainSerializer(_packed, str, when_used="json")
    ] = Field(default_factory=dict)
    """Lot → points in it. While a ledger is read again it may be less than nothing."""
    debt: int = 0
    """Taken back when it was spent already: what comes in pays it first."""
    lapsed: dict[str, int] = Field(default_factory=dict)
    """Lot → points of it that expired: of an order that is given back later they are not taken once more."""

    earned: int = 0
    granted: int = 0
    adjusted: int = 0
    spent: int = 0
    expired: int = 0
    taken_back: int = 0

    active_on: date | None = None
    """The last day on which the member bought or did something, or was given something: kept where points
    are gone after a long silence."""
    idle_on: date | None = None
    """The last day on which everything was gone because the member had done nothing for long."""
    reminded: int = 0
    """The latest month, counted through the years, of whose expiry the member was told."""
    counted: dict[str, int] = Field(default_factory=dict)
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

    def drawn(self, amount: int, day: date, *, pending: bool = False) -> dict[str, int]:
        """As much of it as the lots have on that day, whatever is owed."""
        drawn: dict[str, int] = {}
        for _, key, there in sorted(self._open(day, pending=pending)):
            if amount <= 0:
                break
            if there > 0:
                drawn[key] = min(there, amount)
                amount -= drawn[key]
        return drawn

    def _open(self, day: date, *, pending: bool = False) -> Iterator[tuple[int, str, int]]:
        """When it expires, lot and points, of what is neither pending nor over; what never does, last."""
        today = day.toordinal()
        for key, amount in self.lots.items():
            lot = Lot.read(key)
            if (pending or not lot.is_pending(today)) and not lot.is_over(today):
                yield lot.expires or _LAST, key, amount

    def put(self, lots: Lots, **totals: int) -> "Account":
        """With these in it; `totals` are added to what the account has come to, as `spent=-100`."""
        return self._with(lots, 1, totals)

    def take(self, lots: Lots, **totals: int) -> "Account":
        """Without these, as `take(lots, spent=100)`."""
        return self._with(lots, -1, totals)

    def _with(self, lots: Lots, sign: int, totals: Mapping[str, int]) -> "Account":
        summed = {name: getattr(self, name) + amount for name, amount in totals.items()}
        return self.model_copy(update={"lots": added(self.lots, lots, sign), **summed})

    @property
    def changes_with_time(self) -> bool:
        return bool(self.lots or self.lapsed or self.counted)

    def aged(self, day: date) -> "Account":
        """As it is kept on a day: what has become available together with what was before, and without what
        nothing asks for any more."""
        today = day.toordinal()
        news: dict[str, dict[str, int]] = {}
        if any(0 < Lot.read(key).available <= today for key in self.lots):
            lots: dict[str, int] = {}
            for key, amount in self.lots.items():
                lots = added(lots, {Lot.read(key).on(today).key: amount})
            news["lots"] = lots
        if any(int(key.partition(".")[0]) < today - COUNTED_DAYS for key in self.counted):
            news["counted"] = {
                key: n
                for key, n in self.counted.items()
                if int(key.partition(".")[0]) >= today - COUNTED_DAYS
            }
        if any(0 < Lot.read(key).expires < today - LAPSED_DAYS for key in self.lapsed):
            news["lapsed"] = {
                key: amount
                for key, amount in self.lapsed.items()
                if not 0 < Lot.read(key).expires < today - LAPSED_DAYS
            }
        return self.model_copy(update=news) if news else self


def added(one: Lots, other: Lots, sign: int = 1) -> dict[str, int]:
    """Both together, without what comes to nothing."""
    total = dict(one)
    for key, amount in other.items():
        if left := total.get(key, 0) + sign * amount:
            total[key] = left
        else:
            total.pop(key, None)
    return total
