"""A member's figures on a day: metric → how much."""

from datetime import date

from membership.member.state import Member
from membership.program.schema import Program


def joined(program: Program, member: Member) -> date | None:
    """The day from which tenure runs: as the shop says, else the first day we heard of the member."""
    if member.attributes.joined:
        return member.attributes.joined
    return program.day(member.first_seen) if member.first_seen else None


def figures(program: Program, member: Member, day: date) -> dict[str, int]:
    """Every metric as it stands on `day`, from the facts known now."""
    found: dict[str, int] = {}
    for name, (_, window) in program.tallied.items():
        tally = member.tallies.get(name, {})
        found[name] = sum(amount for bucket, amount in tally.items() if window.counts(bucket, day))
    start = joined(program, member) if program.elapsing else None
    for name, metric in program.elapsing.items():
        found[name] = metric.reached(start, day) if start else 0
    return found
