"""When points are gone, and when a member is told so before."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from membership.member.account import Account, Lot, Lots
from membership.program.calendar import month
from membership.program.schema import Program

ONE_DAY = timedelta(days=1)


class Expiry(NamedTuple):
    """What is gone from a day on."""

    day: date
    lots: dict[str, int]

    @property
    def points(self) -> int:
        return sum(self.lots.values())


def expiries(program: Program, account: Account) -> list[Expiry]:
    """Everything that expires if nothing more happens, the earliest first."""
    found: dict[int, dict[str, int]] = {}
    idle = idle_until(program, account)
    for key, amount in account.lots.items():
        expires = Lot.read(key).expires or (idle.toordinal() if idle else 0)
        if expires and amount > 0:
            found.setdefault(expires, {})[key] = amount
    return [Expiry(date.fromordinal(day), found[day]) for day in sorted(found)]


def idle_until(program: Program, account: Account) -> date | None:
    """The day from which everything is gone that has no day of its own, if the member does nothing more."""
    if program.points is None or not program.points.asks_for_silence:
        return None
    # Who has done nothing since the rule began has been silent since then.
    since = account.active_on or (program.effective_from and program.day(program.effective_from))
    return program.points.idle_until(since) if since else None


def gone_by(program: Program, account: Account, today: date) -> Lots:
    """What has to be taken out by a day."""
    return {key: n for one in expiries(program, account) if one.day <= today for key, n in one.lots.items()}


def to_remind_of(program: Program, account: Account, today: date) -> Iterator[Expiry]:
    """Months of which the member has to be told by now that points expire in them, each with all of these."""
    if program.points is None:
        return
    ahead = timedelta(days=program.points.remind_days)
    months: dict[int, list[Expiry]] = {}
    for one in expiries(program, account):
        if one.day > today and month(one.day) > account.reminded:
            months.setdefault(month(one.day), []).append(one)
    for expiring in months.values():
        if expiring[0].day - ahead <= today:
            yield Expiry(expiring[0].day, {key: n for one in expiring for key, n in one.lots.items()})


def points_due_on(program: Program, account: Account, today: date) -> Iterator[date]:
    """Days on which there is something to do about the points, if nothing more happens until then."""
    ahead = timedelta(days=program.points.remind_days) if program.points else timedelta()
    for one in expiries(program, account):
        is_told = month(one.day) <= account.reminded
        yield one.day if is_told else max(today + ONE_DAY, one.day - ahead)
    if account.debt:
        for key in account.lots:
            if (lot := Lot.read(key)).available > today.toordinal():
                yield date.fromordinal(lot.available)
