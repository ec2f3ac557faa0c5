"""What became of events."""

from typing import Literal

from pydantic import Field

from membership.http.problems import Error
from membership.http.view import Absent, View


class EventView(View):
    """What became of an event."""

    id: str | None = Field(default=Absent, description="The event's own id, where it has one.")
    status: Literal["accepted", "duplicate", "conflict", "invalid"] = Field(
        description="accepted: durable. duplicate: known already, with the same content. conflict: known "
        "with another content, which stays. invalid: not taken, see errors."
    )
    errors: tuple[Error, ...] = ()
    note: str | None = Field(default=Absent, description="What an accepted event should be looked at for.")


class ToldView(View):
    """An answer for each event, in the order in which they were sent."""

    data: tuple[EventView, ...]
