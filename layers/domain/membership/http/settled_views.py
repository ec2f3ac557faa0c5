"""What became of events, and of the members that they were about."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import Field

from membership.facts import Fact
from membership.http.event_views import EventView, ToldView
from membership.http.member_views import MemberView
from membership.http.outcome_views import OutcomeView
from membership.http.points_views import EarnedView
from membership.http.view import Absent, View
from membership.program.schema import Versions
from membership.services.settling import Committed
from membership.services.viewing import see


class SettledView(View):
    """A member that events of the request were about, settled before the answer."""

    member: MemberView
    outcomes: tuple[OutcomeView, ...] = Field(description="What this request led to.")
    earned: tuple[EarnedView, ...] = Field(default=(), description="Points that its events earned, and why.")


class EventsView(ToldView):
    """An answer for each event, in the order in which they were sent."""

    members: tuple[SettledView, ...] | None = Field(
        default=Absent,
        description="With wait=true. Left out: members that others are busy with, or that were erased.",
    )

    @classmethod
    def settled(
        cls,
        told: tuple[EventView, ...],
        settled: Mapping[str, Committed | None],
        versions: Versions,
        now: datetime,
        facts: Iterable[Fact],
    ) -> "EventsView":
        asked = {(fact.member_id, fact.key) for fact in facts}
        members = tuple(
            SettledView(
                member=MemberView.of(see(versions, committed.member, now)),
                outcomes=tuple(OutcomeView.of(outcome) for outcome in committed.outcomes),
                earned=tuple(
                    EarnedView.of(one, versions, "en")
                    for one in committed.earned
                    if (one.fact.member_id, one.fact.key) in asked
                ),
            )
            for committed in settled.values()
            if committed and committed.member.status != "erased"
        )
        return cls(data=told, members=members)
