"""Whether a member is told, and when: opt-outs, the most of a month, quiet hours.

A message that one of them stands against is kept all the same, and says which: the history tells why nothing
came, and nobody sends it.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from membership.facts import Review
from membership.member.deciding import Case
from membership.member.messages import message_for, weekly_message
from membership.member.weekly import week_to_tell
from membership.outcomes import DowngradeAnnounced, MessageDue, Outcome, OverrideEnding

SPARE = timedelta(hours=1)
"""What bringing a message may take: a notice that is left no more than this doesn't wait."""


def tell(case: Case, decided: Sequence[Outcome]) -> Iterator[MessageDue]:
    """Every message that is due of what was decided together. Who calls applies each at once."""
    for outcome in decided:
        if message := message_for(outcome, decided, case.program, case.member, case.fact.recorded_at):
            yield _sent(case, message, _latest(case, outcome))
    # In reviews alone, which come in any case: no order is made slower by it.
    if isinstance(case.fact, Review) and (week := week_to_tell(case.program, case.member, case.today)):
        yield _sent(case, weekly_message(case, week), None)


def _sent(case: Case, message: MessageDue, latest: datetime | None) -> MessageDue:
    member, rules = case.member, case.program.messages
    message = message.model_copy(update={"language": member.attributes.language})
    if message.purpose in (member.attributes.opted_out or ()):
        return message.model_copy(update={"withheld": "opted_out"})
    waits = _waits(case, latest)
    if rules.most_per_month is None:
        return message.model_copy(update={"not_before": waits})
    month = case.program.day(waits or case.told).isoformat()[:7]
    if message.purpose != "notice" and member.pushes.get(month, 0) >= rules.most_per_month:
        return message.model_copy(update={"withheld": "cap"})
    return message.model_copy(update={"not_before": waits, "month": month})


def _waits(case: Case, latest: datetime | None) -> datetime | None:
    """Until when it waits for the end of quiet hours; not beyond the time that a notice has to run."""
    quiet, own = case.program.messages.quiet, case.member.attributes.timezone
    ends = quiet.ends(case.told, ZoneInfo(own) if own else case.program.zone) if quiet else None
    if ends and latest and case.told <= latest < ends + SPARE:
        return None
    return ends


def _latest(case: Case, outcome: Outcome) -> datetime | None:
    """The last moment at which a notice still runs its full time."""
    match outcome:
        case DowngradeAnnounced(falls_on=day) | OverrideEnding(until=day):
            ladder = case.program.ladders_by_id[outcome.ladder]
            return case.program.midnight(day).astimezone(UTC) - ladder.notice
    return None
