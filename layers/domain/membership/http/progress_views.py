"""Progress with its words."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Literal

from pydantic import Field

from membership.http.benefit_views import BenefitView
from membership.http.member_views import NoticeView, OverrideView
from membership.http.points_views import EarnedView
from membership.http.view import Absent, TierView, View
from membership.member.progress import Goal, Keep, LadderProgress, Node, Progress, Requirement, Value, Way
from membership.member.standing import Source
from membership.member.state import Status
from membership.outcomes import Outcome
from membership.program import wording
from membership.program.schema import Program
from membership.program.text import Language

Percent = int


class FigureView(View):
    """A figure of a metric."""

    value: int = Field(description="In the metric's smallest unit.")
    text: str

    @classmethod
    def of(cls, metric: str, value: int, program: Program, lang: Language) -> "FigureView":
        return cls(value=value, text=wording.amount(metric, value, program, lang))


class RequirementView(View):
    """One metric that has to reach a threshold."""

    metric: str
    name: str
    have: FigureView
    need: FigureView
    remaining: FigureView | None = Field(
        default=Absent, description="What is still missing; absent where met."
    )
    met: bool
    percent: Percent

    @classmethod
    def of(cls, one: Requirement, program: Program, lang: Language) -> "RequirementView":
        missing = wording.remaining(one.metric, one.remaining, program, lang) if not one.met else ""
        return cls(
            metric=one.metric,
            name=wording.metric_name(one.metric, program, lang),
            have=FigureView.of(one.metric, one.have, program, lang),
            need=FigureView.of(one.metric, one.need, program, lang),
            remaining=FigureView(value=one.remaining, text=missing) if missing else None,
            met=one.met,
            percent=one.percent,
        )


class RuleView(View):
    """A rule's tree, with what is reached of each part."""

    kind: Literal["all", "any", "at_least", "metric"]
    text: str
    met: bool
    percent: Percent
    needed: int | None = Field(default=Absent, description="How many of the parts are needed.")
    parts: tuple["RuleView", ...] | None = Absent
    requirement: RequirementView | None = Field(default=Absent, description="Of kind metric.")

    @classmethod
    def of(cls, node: Node, program: Program, lang: Language) -> "RuleView":
        leaf = node.requirement is not None
        return cls(
            kind=node.kind,
            text=wording.rule(node.criterion, program, lang),
            met=node.met,
            percent=node.percent,
            needed=None if leaf else node.needed,
            parts=None if leaf else tuple(cls.of(part, program, lang) for part in node.parts),
            requirement=RequirementView.of(node.requirement, program, lang) if node.requirement else None,
        )


class WayView(View):
    """Requirements that are enough together."""

    percent: Percent
    remaining: str = Field(description="What is still to do, in words; empty where nothing is.")
    requirements: tuple[RequirementView, ...]

    @classmethod
    def of(cls, way: Way, program: Program, lang: Language) -> "WayView":
        return cls(
            percent=way.percent,
            remaining=in_words([way], program, lang),
            requirements=tuple(RequirementView.of(one, program, lang) for one in way.requirements),
        )


class GoalView(View):
    """A rule, how far it is, and every way to meet it."""

    met: bool
    percent: Percent = Field(description="Rounded down; 100 only when met.")
    remaining: str = Field(description="The nearest ways, in words.")
    rule: RuleView
    ways: tuple[WayView, ...] = Field(description="The nearest first.")

    @classmethod
    def fields_of(cls, goal: Goal, program: Program, lang: Language) -> dict[str, Any]:
        return {
            "met": goal.met,
            "percent": goal.percent,
            "remaining": in_words(goal.ways, program, lang),
            "rule": RuleView.of(goal.rule, program, lang),
            "ways": tuple(WayView.of(way, program, lang) for way in goal.ways),
        }


class NextView(GoalView):
    """The next tier, and how far it is."""

    tier: TierView


class KeepView(GoalView):
    """What keeps the present tier."""

    counts_from: date = Field(
        description="The day from which meeting it prolongs the promise; the figures are as seen on that day."
    )
    until: date | None = Field(
        default=Absent, description="The last day on which it helps; absent: no day is set."
    )

    @classmethod
    def of(cls, keep: Keep, program: Program, lang: Language) -> "KeepView":
        goal = cls.fields_of(keep.goal, program, lang)
        return cls(**goal, counts_from=keep.counts_from, until=keep.until)


class ForecastView(View):
    """What happens if nothing more happens."""

    falls_on: date = Field(
        description="The first day in a lower tier. A notice comes before it, at the latest."
    )


class ValueView(View):
    """What a paid term has brought so far."""

    fee: int = Field(description="In the currency's smallest unit.")
    saved: int
    through: date = Field(description="The last day that is paid for.")
    text: str

    @classmethod
    def of(cls, value: Value, program: Program, lang: Language) -> "ValueView":
        text = wording.value(value.fee, value.saved, program, lang)
        return cls(fee=value.fee, saved=value.saved, through=value.through, text=text)


class LadderView(View):
    """How far a member is on one ladder."""

    ladder: str
    name: str | None = Absent
    tier: TierView | None = Field(default=Absent, description="The tier that counts; absent on trial.")
    by: Source | Literal["earned"] | None = Field(default=Absent, description="What gives the tier.")
    override: OverrideView | None = Field(default=Absent, description="Where the tier is not earned.")
    percent: Percent = Field(description="Of the way to the next tier; 100 in the highest.")
    next: NextView | None = Field(default=Absent, description="Absent in the highest tier.")
    keep: KeepView | None = Field(default=Absent, description="Absent where nothing is asked for.")
    valid_through: date | None = Field(default=Absent, description="The last day of the promise.")
    forecast: ForecastView | None = Field(default=Absent, description="Absent where the tier stays.")
    notice: NoticeView | None = Absent
    value: ValueView | None = Field(
        default=Absent, description="Of a paid tier: what it brought against its fee."
    )

    @classmethod
    def of(cls, one: LadderProgress, program: Program, lang: Language) -> "LadderView":
        upper = None
        if one.next and one.goal:
            upper = NextView(
                **NextView.fields_of(one.goal, program, lang),
                tier=TierView.of(one.next, lang),
            )
        return cls(
            ladder=one.ladder.id,
            name=one.ladder.name.get(lang) or None,
            tier=TierView.of(one.tier, lang) if one.tier else None,
            by=one.source if one.tier else None,
            override=OverrideView.of(one.override) if one.override else None,
            percent=upper.percent if upper else 100,
            next=upper,
            keep=KeepView.of(one.keep, program, lang) if one.keep else None,
            valid_through=one.valid_through,
            forecast=ForecastView(falls_on=one.falls_on) if one.falls_on else None,
            notice=NoticeView.of(one.notice, program, lang) if one.notice else None,
            value=ValueView.of(one.value, program, lang) if one.value else None,
        )


class ProgressView(View):
    """How far a member is, on a day."""

    id: str
    status: Status
    day: date = Field(description="The program's day that it is told for.")
    currency: str
    ladders: tuple[LadderView, ...]

    @classmethod
    def of(
        cls, member_id: str, status: Status | None, progress: Progress, program: Program, lang: Language
    ) -> "ProgressView":
        return cls(
            id=member_id,
            status=status or "trial",
            day=progress.day,
            currency=program.currency,
            ladders=tuple(LadderView.of(one, program, lang) for one in progress.ladders),
        )


class DecidedView(View):
    """Something that would be decided."""

    type: str
    data: dict[str, Any]

    @classmethod
    def of(cls, outcome: Outcome) -> "DecidedView":
        data = outcome.model_dump(mode="json", exclude={"type", "at", "fact", "evidence"}, exclude_none=True)
        return cls(type=outcome.type, data=data)


class PreviewView(View):
    """What an order would lead to. Nothing was changed, and nothing was promised."""

    progress: ProgressView
    outcomes: tuple[DecidedView, ...]
    points: EarnedView | None = Field(default=Absent, description="What it would earn.")
    brings: tuple[BenefitView, ...] = Field(
        description="Benefits that it would add, or make better, to those that the member has."
    )


SHOWN_WAYS = 3
"""A sentence names the nearest ways; the list has them all."""


def in_words(ways: Iterable[Way], program: Program, lang: Language) -> str:
    missing: list[Mapping[str, int]] = [{one.metric: one.remaining for one in way.missing} for way in ways]
    return wording.lacking(missing, program, lang, SHOWN_WAYS)
