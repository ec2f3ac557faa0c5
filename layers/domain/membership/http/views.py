"""What is answered. Amounts are integers of the smallest unit, each with its words beside it."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from membership.facts import Attributes, Fact, Order
from membership.http.problems import Error
from membership.member.earning import Earned, Factor
from membership.member.figures import joined
from membership.member.standing import Notice, Override, Source, Standing
from membership.member.state import Status
from membership.outcomes import Envelope, Evidence
from membership.program import wording
from membership.program.rates import times
from membership.program.schema import Program, Tier, Versions
from membership.program.text import Language, Text
from membership.settling import Committed
from membership.viewing import Seen, see

if TYPE_CHECKING:
    from membership.certifying import Shown

_ONE_DAY = timedelta(days=1)

Absent = None
"""Fields without a value are left out of the answer."""


class View(BaseModel):
    """Built when first used, as only one of the answers is asked for at a cold start."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class TierView(View):
    id: str
    name: str

    @classmethod
    def of(cls, tier: Tier, lang: Language) -> "TierView":
        return cls(id=tier.id, name=tier.label().get(lang))


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


class WhyView(View):
    """The evidence in words."""

    version: int = Field(description="Of the program that decided.")
    day: date = Field(description="The day by whose figures it was decided.")
    rule: str
    seen: tuple[str, ...] = Field(description="Each part of the rule, with what it saw.")


class OutcomeView(View):
    """Something that was decided about a member."""

    id: str
    type: str
    at: datetime
    data: dict[str, Any]
    why: WhyView | None = Absent

    @classmethod
    def of(
        cls,
        envelope: Envelope,
        versions: Versions | None = None,
        lang: Language = "en",
        named: bool = True,
    ) -> "OutcomeView":
        """With the evidence in words where the versions are given that it may speak of; `named`: with the
        operator who did it, which is nothing for members' eyes."""
        evidence = getattr(envelope.open(), "evidence", None) if versions else None
        return cls(
            id=envelope.id,
            type=envelope.type,
            at=envelope.at,
            data={name: value for name, value in envelope.data.items() if named or name != "by"},
            why=why(evidence, versions, lang) if evidence and versions else None,
        )


_BY = {
    "tier": Text(en="the tier", zh="会员等级"),
    "birthday_month": Text(en="the month of the birthday", zh="生日当月"),
}


class MultiplierView(View):
    """Something that made it worth more, or less."""

    by: str = Field(description="`tier`, `birthday_month`, or a campaign's id.")
    name: str
    times: str = Field(description="As 1.5×.")

    @classmethod
    def of(cls, factor: Factor, program: Program, lang: Language) -> "MultiplierView":
        campaign = next((one for one in program.campaigns if one.id == factor.by), None)
        name = campaign.label() if campaign else _BY[factor.by]
        return cls(by=factor.by, name=name.get(lang), times=times(factor.rate))


class LinePointsView(View):
    """What a line of an order earned."""

    id: str
    points: int


class EarnedView(View):
    """What was earned by something, and why."""

    order_id: str | None = Field(default=Absent, description="Of an order.")
    event_id: str | None = Field(default=Absent, description="Of what has happened.")
    points: int
    available_on: date | None = Field(default=Absent, description="Absent: they can be spent at once.")
    through: date | None = Field(default=Absent, description="The last day; absent: no end is set.")
    version: int = Field(description="Of the program that decided: the one in force when it was done.")
    multipliers: tuple[MultiplierView, ...]
    capped: bool = Field(description="Whether the day had brought as many before as can count.")
    lines: tuple[LinePointsView, ...] = Field(description="Of an order that has lines; together its points.")

    @classmethod
    def of(cls, earned: Earned, versions: Versions, lang: Language) -> "EarnedView":
        fact, program = earned.fact, versions.numbered(earned.version)
        lines = fact.lines if isinstance(fact, Order) else ()
        return cls(
            order_id=fact.order_id if isinstance(fact, Order) else None,
            event_id=fact.id,
            points=earned.points,
            available_on=earned.lot.available_on,
            through=earned.lot.expires_on and earned.lot.expires_on - _ONE_DAY,
            version=earned.version,
            multipliers=tuple(MultiplierView.of(one, program, lang) for one in earned.factors),
            capped=earned.capped,
            lines=tuple(
                LinePointsView(id=line.id, points=points)
                for line, points in zip(lines, earned.lines, strict=True)
            ),
        )


def why(evidence: Evidence, versions: Versions, lang: Language) -> WhyView:
    program = versions.numbered(evidence.version)
    seen = wording.evidence(evidence.rule, evidence.figures, program, lang)
    return WhyView(
        version=evidence.version,
        day=evidence.day,
        rule=wording.rule(evidence.rule, program, lang),
        seen=tuple(one.text for one in seen),
    )


class CertificateView(View):
    """What a certificate says. There is nothing of its holder in it."""

    number: str
    program: str = Field(description="The program's name.")
    tier: str = Field(description="As it was called then.")
    reached_on: date
    stands: bool = Field(description="Whether its holder has that tier today, or a higher one.")

    @classmethod
    def of(cls, shown: "Shown", lang: Language) -> "CertificateView":
        certificate, program = shown.issued.certificate, shown.seen.program
        return cls(
            number=certificate.number,
            program=program.name.get(lang) or program.id,
            tier=certificate.tier.get(lang),
            reached_on=certificate.date,
            stands=shown.stands,
        )


class HistoryView(View):
    """Outcomes, newest first."""

    data: tuple[OutcomeView, ...]
    next_cursor: str | None = Field(default=Absent, description="Absent on the last page.")


class ProgramView(wording.ProgramInWords):
    """The program in force, in words made from the tree that decides."""

    effective_from: datetime | None = Absent


class EventView(View):
    """What became of an event."""

    id: str | None = Field(default=Absent, description="The event's own id, where it has one.")
    status: Literal["accepted", "duplicate", "conflict", "invalid"] = Field(
        description="accepted: durable. duplicate: known already, with the same content. conflict: known "
        "with another content, which stays. invalid: not taken, see errors."
    )
    errors: tuple[Error, ...] = ()
    note: str | None = Field(default=Absent, description="What an accepted event should be looked at for.")


class SettledView(View):
    """A member that events of the request were about, settled before the answer."""

    member: MemberView
    outcomes: tuple[OutcomeView, ...] = Field(description="What this request led to.")
    earned: tuple[EarnedView, ...] = Field(default=(), description="Points that its events earned, and why.")


class EventsView(View):
    """An answer for each event, in the order in which they were sent."""

    data: tuple[EventView, ...]
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
