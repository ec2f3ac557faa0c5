"""Weeks in which a member wants to be told how far it is: each once, whenever somebody looks."""

from datetime import UTC, date, datetime, timedelta

from membership.member.state import Member
from membership.program.messaging import WEEKDAYS
from membership.program.schema import Program

_WEEK = timedelta(days=7)


def next_telling(program: Program, member: Member, today: date) -> date | None:
    """The day on which a review tells the member next, if it ever does: a missed one is made up for."""
    begun = _begun(program, member, today)
    if begun is None:
        return None
    return today if _is_untold(program, member, begun) else begun + _WEEK


def week_to_tell(program: Program, member: Member, today: date) -> date | None:
    """The first day of the present week, where the member is still to be told of it."""
    begun = _begun(program, member, today)
    return begun if begun and _is_untold(program, member, begun) else None


def _begun(program: Program, member: Member, today: date) -> date | None:
    """When the week began, for who wants to be told."""
    day, wants = program.messages.weekly_progress, member.attributes
    if day == "off" or "weekly" not in (wants.opted_in or ()) or "progress" in (wants.opted_out or ()):
        return None
    if member.status != "active" or not member.standings:
        return None
    return today - timedelta(days=(today.weekday() - WEEKDAYS.index(day)) % 7)


def _is_untold(program: Program, member: Member, begun: date) -> bool:
    if member.week_told and member.week_told >= begun - _WEEK:
        return member.week_told < begun
    # Nobody is told of a week that had begun before it was asked for.
    stamp = float(member.attribute_times["opted_in"].split()[0])
    return program.day(datetime.fromtimestamp(stamp, UTC)) <= begun
