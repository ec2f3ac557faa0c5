"""Whom a trigger is for, and how long after its day an occasion is one."""

from datetime import timedelta

from membership.member.state import Member
from membership.program.schema import Program
from membership.program.triggers import Trigger

LATE = timedelta(days=7)
"""An occasion that nobody knew of, or looked at, until so long after its day is over."""


def concerns(program: Program, member: Member, trigger: Trigger, about: str | None = None) -> bool:
    """Whether the member has the label and the tier that the trigger asks for; `about` is the tier that the
    occasion is about, where it is about one."""
    if trigger.segment is not None and trigger.segment not in (member.attributes.labels or ()):
        return False
    if trigger.tier is None:
        return True
    return trigger.tier in ([about] if about is not None else shown_tiers(program, member))


def shown_tiers(program: Program, member: Member) -> list[str]:
    """The tier that counts, in each ladder."""
    return [program.ladders_by_id[ladder].shown(standing)[1] for ladder, standing in member.standings.items()]
