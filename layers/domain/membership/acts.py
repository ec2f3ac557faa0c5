"""What operators do to a member: kept in facts, with who, when and why, that nothing edits."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from membership.member.standing import Standing


class _Action(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Hold(_Action):
    """Keep a member in a tier until a day, whatever it earns, pays or was lifted to meanwhile."""

    type: Literal["hold"] = "hold"
    ladder: str
    tier: str
    until: date


class Lift(_Action):
    """Put a member into a higher tier than it has earned, until a day."""

    type: Literal["lift"] = "lift"
    ladder: str
    tier: str
    until: date


class Release(_Action):
    """End a hold or a lift before its day."""

    type: Literal["release"] = "release"
    ladder: str
    source: Literal["hold", "lifted"]


class Block(_Action):
    """Take the membership for good: nothing that the member does earns anything."""

    type: Literal["block"] = "block"


class Unblock(_Action):
    """Give it back, as it was; what was done meanwhile stays without effect."""

    type: Literal["unblock"] = "unblock"


class Leave(_Action):
    """The member ends its membership."""

    type: Literal["leave"] = "leave"


class Return(_Action):
    """The member comes back, to what it had."""

    type: Literal["return"] = "return"


class AdjustPoints(_Action):
    """Give points, or take some that are there."""

    type: Literal["adjust_points"] = "adjust_points"
    points: int
    """Less than 0 to take them."""


class Decide(_Action):
    """Answer an approval. The fact's key is the approval's, so that of two operators at once one decides."""

    type: Literal["decide"] = "decide"
    approval: str
    verdict: Literal["approve", "decline"]
    tier: str | None = None
    """For a special review: the tier to lift to."""
    until: date | None = None


class Merge(_Action):
    """This member and another one proved to be one person: the other one goes on for both."""

    type: Literal["merge"] = "merge"
    into: str


class Absorb(_Action):
    """The other side of a merge, told by the settling of the member that went away."""

    type: Literal["absorb"] = "absorb"
    member: str
    standings: dict[str, Standing]
    granted: dict[str, int]
    fired: dict[str, int] = {}
    approaches: dict[str, str] = {}
    badges: dict[str, date] = {}
    redeemed: dict[str, int] = {}
    absorbed: tuple[str, ...] = ()
    """Members that it had absorbed before."""


Action = Annotated[
    Hold | Lift | Release | Block | Unblock | Leave | Return | AdjustPoints | Decide | Merge | Absorb,
    Field(discriminator="type"),
]
