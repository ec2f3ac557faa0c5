"""A member as it is now."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from membership.facts import Attributes
from membership.http.view import Absent, TierView, View
from membership.member.figures import joined
from membership.member.standing import Notice, Override, Source, Standing
from membership.member.state import Status
from membership.program.schema import Program, Versions
from membership.program.text import Language
from membership.services.viewing import Seen


class NoticeView(View):
    """An announced downgrade."""

    to_tier: TierView
    falls_on: date = Field(description="The first day in the lower tier.")
    announced_at: datetime

    @classmethod
    def of(cls, notice: Notice, program: Program, lang: Language) -> "NoticeView":
        return cls(
            to_tier=TierView.of(program.tier(notice.to_tier), lang),
            falls_on=notice.falls_on,
            announced_at=notice.announced_at,
        )


class OverrideView(View):
    """A tier that is held, paid for, or lifted to."""

    through: date = Field(description="The last day; then what lies beneath comes back.")
    reason: str | None = Field(default=Absent, description="The operator's.")

    @classmethod
    def of(cls, override: Override) -> "OverrideView":
        return cls(through=date.fromordinal(override.until.toordinal() - 1), reason=override.reason)


class StandingView(View):
    """Where a member is in a ladder."""

    ladder: str
    tier: TierView = Field(description="The tier that counts.")
    by: Source | Literal["earned"] = Field(description="What gives it: hold > paid > lifted > earned.")
    override: OverrideView | None = Field(default=Absent, description="Where the tier is not earned.")
    earned: TierView | None = Field(
        default=Absent, description="What lies beneath, where that is another tier."
    )
    since: datetime = Field(description="Of the earned tier.")
    qualified: bool = Field(description="False where the tier was landed in by a downgrade, not earned.")
    valid_through: date | None = Field(default=Absent, description="The last day of the promise.")
    notice: NoticeView | None = Absent

    @classmethod
    def of(cls, ladder: str, standing: Standing, program: Program, lang: Language) -> "StandingView":
        source, tier = program.ladders_by_id[ladder].shown(standing)
        return cls(
            ladder=ladder,
            tier=TierView.of(program.tier(tier), lang),
            by=source,
            override=OverrideView.of(standing.overrides[source]) if source != "earned" else None,
            earned=TierView.of(program.tier(standing.tier), lang) if tier != standing.tier else None,
            since=standing.since,
            qualified=standing.qualified,
            valid_through=last_day(standing),
            notice=NoticeView.of(standing.notice, program, lang) if standing.notice else None,
        )


def last_day(standing: Standing) -> date | None:
    """The last day of the promise, or of the notice that runs; the standing has the first one after it."""
    end = standing.notice.falls_on if standing.notice else standing.expires_on
    return date.fromordinal(end.toordinal() - 1) if end else None


class BadgeView(View):
    """An honour that the member has for ever."""

    id: str
    name: str
    title: str | None = Field(default=Absent, description="What who has it may be called.")
    since: date

    @classmethod
    def of(cls, id_: str, since: date, versions: Versions, lang: Language) -> "BadgeView":
        """By the last version that knows of it: the member's it stays, whatever became of the rule."""
        known = (program.badge(id_) for _, program in reversed([*versions]))
        badge = next((one for one in known if one), None)
        return cls(
            id=id_,
            name=badge.label().get(lang) if badge else id_,
            title=(badge.title.get(lang) if badge else "") or None,
            since=since,
        )


class MemberView(View):
    """A member as it is now."""

    id: str
    status: Status
    joined: date | None = Field(default=Absent, description="From which tenure runs.")
    attributes: Attributes
    merged_into: str | None = Field(default=Absent, description="The member that goes on for this one.")
    standings: tuple[StandingView, ...]
    badges: tuple[BadgeView, ...] = Field(description="In the order in which they were awarded.")

    @classmethod
    def of(cls, seen: Seen, lang: Language = "en") -> "MemberView":
        member, program = seen.member, seen.program
        return cls(
            id=member.id,
            status=member.status or "trial",
            joined=joined(program, member),
            attributes=member.attributes.model_copy(update={"email": None}),
            merged_into=member.merged_into,
            # Who is blocked, has left or was merged has no tier, whatever lies beneath.
            standings=tuple(
                StandingView.of(ladder, standing, program, lang)
                for ladder, standing in member.standings.items()
                if member.status == "active"
            ),
            badges=tuple(
                BadgeView.of(id_, since, seen.versions, lang)
                for id_, since in member.badges.items()
                if member.status == "active"
            ),
        )
