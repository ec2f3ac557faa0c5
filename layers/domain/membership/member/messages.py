"""What a member is told of an outcome, in the business's two languages: its own words, or else ours."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple

from membership.member.certificates import number_of
from membership.member.deciding import Case
from membership.member.progress import Goal, LadderProgress, progress
from membership.member.state import Member
from membership.outcomes import (
    ApprovalDecided,
    ApprovalRequested,
    BadgeAwarded,
    Celebration,
    Certificate,
    DowngradeAnnounced,
    DowngradeAverted,
    MemberAbsorbed,
    MemberBlocked,
    MemberLeft,
    MemberReturned,
    MemberUnblocked,
    MessageDue,
    Outcome,
    OverrideEnded,
    OverrideEnding,
    PointsAdjusted,
    PointsExpired,
    PointsExpiring,
    PointsTakenBack,
    RedemptionCancelled,
    RewardGranted,
    TierDowngraded,
    TierOverridden,
    TierRenewed,
    TierReplaced,
    TierUpgraded,
    TriggerFired,
)
from membership.program.flaws import Fault, Unsound
from membership.program.kinds import listed
from membership.program.messaging import (
    MESSAGES,
    OF_ADJUSTMENTS,
    OF_DEBTS,
    OVERRIDDEN,
    TRIGGERED,
    Purpose,
    faults_in,
    filled,
    nearest,
)
from membership.program.parts import Reward
from membership.program.schema import Program
from membership.program.text import NO_WORDS, Language, Text
from membership.program.wording import lacking, nothing_more

_NOT_TOLD = {
    "type",
    "at",
    "fact",
    "evidence",
    "by",
    "standings",
    "granted",
    "fired",
    "approaches",
    "badges",
    "lots",
    "lapsed",
    "parts",
    "redeemed",
    "stocked",
}
"""What is nothing for the member's eyes, or no news."""
SHOWN_WAYS = 3
"""A message names the nearest ways; the progress page has them all."""
_ONE_DAY = timedelta(days=1)

Fields = Mapping[str, Text]


def message_for(
    outcome: Outcome, together: Sequence[Outcome], program: Program, member: Member, recorded_at: datetime
) -> MessageDue | None:
    """The message that an outcome calls for, if any; `together` is all that was decided with it.

    `recorded_at`: of the fact that led to it.
    """
    if isinstance(outcome, TriggerFired):
        return _of_trigger(outcome, program)
    fields = _fields(outcome, together, program, member)
    if fields is None:
        return None
    return MessageDue(
        at=outcome.at,
        fact=outcome.fact,
        about=outcome.type,
        purpose=MESSAGES[outcome.type].purpose,
        text=worded(program, outcome.type, fields, _ours(outcome)),
        details=outcome.model_dump(mode="json", exclude=_NOT_TOLD, exclude_none=True),
        celebration=_celebration(outcome, together, program, member, recorded_at)
        if isinstance(outcome, TierUpgraded)
        else None,
    )


def _of_trigger(outcome: TriggerFired, program: Program) -> MessageDue | None:
    """In the trigger's own words, with what they leave open filled in."""
    trigger = program.trigger(outcome.trigger)
    if trigger is None or trigger.message is None:
        return None
    fields = {
        "tier": _name(program, outcome.tier) if outcome.tier else NO_WORDS,
        "lacks": _both(lambda language: lacking(outcome.missing, program, language, SHOWN_WAYS)),
    }
    return MessageDue(
        at=outcome.at,
        fact=outcome.fact,
        about=f"trigger.{outcome.kind}",
        purpose=TRIGGERED[outcome.kind],
        text=filled(trigger.message, fields),
        details=outcome.model_dump(mode="json", exclude=_NOT_TOLD, exclude_none=True),
    )


def _ours(outcome: Outcome) -> Text | None:
    """Our own words, where they are others than the kind of message has."""
    match outcome:
        case TierOverridden(source=source):
            return OVERRIDDEN.get(source)
        case PointsAdjusted(points=taken) if taken < 0:
            return OF_ADJUSTMENTS
        case PointsTakenBack(debt=debt) if debt:
            return OF_DEBTS
    return None


def worded(program: Program, about: str, fields: Fields, ours: Text | None = None) -> Text:
    """The message in the program's words, where it has some and they come to anything; else in ours."""
    fields = {"program": _title(program), **fields}
    ours = filled(ours or MESSAGES[about].words, fields)
    template = program.messages.templates.get(about)
    theirs = filled(template, fields) if template else NO_WORDS
    return Text(en=theirs.en or ours.en, zh=theirs.zh or ours.zh)


def _fields(outcome: Outcome, together: Sequence[Outcome], program: Program, member: Member) -> Fields | None:
    """What the words of the message can name; None: nobody is told."""
    match outcome:
        case TierUpgraded(from_tier=str(before)):
            return {
                "tier": _name(program, outcome.to_tier),
                "before": _name(program, before),
                "through": _last_day(outcome.expires_on),
                "rewards": _rewards(together),
            }
        case DowngradeAnnounced():
            return {
                "tier": _name(program, outcome.from_tier),
                "lower": _name(program, outcome.to_tier),
                "day": _same(outcome.falls_on.isoformat()),
                "ways": _both(lambda language: lacking(outcome.prevented_by, program, language, SHOWN_WAYS)),
            }
        case DowngradeAverted():
            return {"tier": _name(program, outcome.tier)}
        case TierRenewed() if not any(
            isinstance(other, DowngradeAverted | TierDowngraded) for other in together
        ):
            return {"tier": _name(program, outcome.tier), "through": _last_day(outcome.expires_on)}
        case TierDowngraded():
            return {"tier": _name(program, outcome.to_tier), "before": _name(program, outcome.from_tier)}
        case TierOverridden():
            return {
                "tier": _name(program, outcome.tier),
                "through": _last_day(outcome.until),
                "reason": _same(outcome.reason),
            }
        case OverrideEnding():
            return {
                "tier": _name(program, outcome.tier),
                "lower": _name(program, outcome.to_tier),
                "through": _last_day(outcome.until),
            }
        case OverrideEnded():
            return {
                "tier": _name(program, outcome.to_tier),
                "before": _name(program, outcome.from_tier),
                "reason": _same(outcome.reason),
            }
        case ApprovalRequested(kind="promotion"):
            return {"tier": _name(program, outcome.tier)}
        case ApprovalDecided(kind="promotion", verdict="decline"):
            return {"tier": _name(program, outcome.tier), "reason": _same(outcome.reason)}
        case TierReplaced():
            return {"tier": _name(program, member.standings[outcome.ladder].tier)}
        case MemberBlocked() | MemberUnblocked() | MemberLeft() | MemberReturned() | MemberAbsorbed():
            return {"reason": _same(outcome.reason)}
        case BadgeAwarded():
            badge = program.badge(outcome.badge)
            return {"badge": badge.label() if badge else _same(outcome.badge)}
        case PointsExpiring() | PointsExpired() | PointsAdjusted() | PointsTakenBack():
            return _fields_of_points(outcome, program)
        case RedemptionCancelled():
            return {
                "reward": outcome.name,
                "points": _same(f"{outcome.points:,}"),
                "unit": _unit(program),
                "reason": _same(outcome.reason),
            }
        case _:
            return None


def _fields_of_points(
    outcome: PointsExpiring | PointsExpired | PointsAdjusted | PointsTakenBack, program: Program
) -> Fields | None:
    fields = {
        "points": _same(f"{abs(outcome.points):,}"),
        "unit": _unit(program),
    }
    match outcome:
        case PointsExpiring():
            return fields | {"day": _same(outcome.expires_on.isoformat())}
        case PointsAdjusted():
            return fields | {"reason": _same(outcome.reason)}
        case PointsTakenBack(points=taken, debt=0) if taken <= 0:
            return None
        case PointsTakenBack():
            return fields | {"debt": _same(f"{outcome.debt:,}")}
    return fields


def _celebration(
    outcome: TierUpgraded,
    together: Sequence[Outcome],
    program: Program,
    member: Member,
    recorded_at: datetime,
) -> Celebration:
    tier = _name(program, outcome.to_tier)
    # Of what can't be guessed of a member, the very moment of recording: our own clock, to the microsecond.
    number = number_of(program.id, member.id, outcome.to_tier, outcome.fact, recorded_at.isoformat())
    return Celebration(
        popup=filled(_POPUP, {"tier": tier}),
        announcement=filled(_ANNOUNCEMENT, {"tier": tier}),
        gift_pack=tuple(one.id for one in _given(together)),
        certificate=Certificate(number=number, tier=tier, date=program.day(outcome.at)),
    )


_POPUP = Text.ours(en="Congratulations: you are $tier now!", zh="恭喜！您已成为$tier！")
_ANNOUNCEMENT = Text.ours(en="A member has reached $tier.", zh="一位会员晋升为$tier。")


# ── Each week ─────────────────────────────────────────────────────────────────────────────────────


def weekly_message(case: Case, week: date) -> MessageDue:
    """How far the member is, in words: to the next tier, or what keeps the highest one."""
    ladders = progress(case.program, case.member, case.at).ladders
    rising = [one for one in ladders if one.next]
    # Of several ladders, the one in which the least is left to do.
    ladder = max(rising, key=lambda one: one.goal.percent if one.goal else 0) if rising else ladders[0]
    about = "progress.weekly" if ladder.next else "progress.top"
    return MessageDue(
        at=case.at,
        fact=case.fact.key,
        about=about,
        purpose=MESSAGES[about].purpose,
        text=worded(case.program, about, _fields_of_week(ladder, case.program)),
        details=_details_of_week(ladder),
        week=week,
    )


def _fields_of_week(ladder: LadderProgress, program: Program) -> Fields:
    keep = ladder.keep.goal if ladder.keep else None
    return {
        "tier": ladder.tier.label() if ladder.tier else NO_WORDS,
        "next": ladder.next.label() if ladder.next else NO_WORDS,
        "percent": _same(str(ladder.goal.percent if ladder.goal else 100)),
        "ways": _to_do(ladder.goal, program),
        "keep": _to_do(keep, program),
        "through": _same(ladder.valid_through.isoformat() if ladder.valid_through else None),
    }


def _to_do(goal: Goal | None, program: Program) -> Text:
    ways = _missing(goal)
    return _both(lambda language: lacking(ways, program, language, SHOWN_WAYS) or nothing_more(language))


def _details_of_week(ladder: LadderProgress) -> dict[str, Any]:
    told = {
        "ladder": ladder.ladder.id,
        "tier": ladder.tier.id if ladder.tier else None,
        "next": ladder.next.id if ladder.next else None,
        "percent": ladder.goal.percent if ladder.goal else None,
        "ways": _missing(ladder.goal) if ladder.goal else None,
        "keep": _missing(ladder.keep.goal) if ladder.keep else None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _missing(goal: Goal | None) -> list[dict[str, int]]:
    """By way, the nearest first: metric → how much of it is missing. Empty where nothing is."""
    if goal is None or goal.met:
        return []
    return [{one.metric: one.remaining for one in way.missing} for way in goal.ways]


# ── To look at ────────────────────────────────────────────────────────────────────────────────────


class Specimen(NamedTuple):
    """A message as it would read."""

    about: str
    purpose: Purpose
    words: Literal["given", "saved", "standard"]
    text: Text
    fields: Fields


def specimen(
    program: Program, about: str, today: date, template: Text | None, given: Mapping[str, str]
) -> Specimen:
    """The message in the template's words, the program's, or ours; with samples for what isn't given.

    Raises Unsound; its faults are in `about`, in a language of `template`, or in one of the `fields`.
    """
    if about not in MESSAGES:
        raise Unsound(Fault(("about",), f"there is no message {about!r}", nearest(about, MESSAGES)))
    kind = MESSAGES[about]
    names = ("program", *kind.fields)
    faults = [
        Fault(("template", *fault.place), fault.message, fault.remedy)
        for fault in (faults_in(template, kind) if template else ())
    ]
    faults += [
        Fault(("fields", name), f"there is no field ${name}", nearest(name, names, sign="$"))
        for name in given
        if name not in names
    ]
    if faults:
        raise Unsound(*faults)
    samples = _samples(program, today)
    fields = {name: _same(given[name]) if name in given else samples[name] for name in names}
    saved = program.messages.templates.get(about)
    return Specimen(
        about,
        kind.purpose,
        "given" if template else "saved" if saved else "standard",
        filled(template or saved or kind.words, fields),
        fields,
    )


def _samples(program: Program, today: date) -> Fields:
    """As of a member between the lowest and the highest tier of the first ladder."""
    tiers = next(iter(program.ladders_by_id.values())).tiers
    lower, tier, upper = tiers[0], tiers[min(1, len(tiers) - 1)], tiers[min(2, len(tiers) - 1)]
    rule = upper.qualify or tier.qualify
    ways = [*rule.ways()] if rule else []
    to_do = _both(lambda language: lacking(ways, program, language, SHOWN_WAYS) or nothing_more(language))
    return {
        "program": _title(program),
        "tier": tier.label(),
        "before": lower.label(),
        "lower": lower.label(),
        "next": upper.label(),
        "day": _same((today + timedelta(days=31)).isoformat()),
        "through": _same((today + timedelta(days=30)).isoformat()),
        "ways": to_do,
        "keep": to_do,
        "percent": _same("60"),
        "reason": Text.ours(en="as a sample", zh="示例"),
        "rewards": Text.ours(en="Birthday gift", zh="生日礼包"),
        "badge": program.badges[0].label() if program.badges else Text.ours(en="First steps", zh="初来乍到"),
        "points": _same("1,200"),
        "unit": _unit(program),
        "debt": _same("300"),
        "reward": Text.ours(en="Coffee beans", zh="咖啡豆"),
    }


# ── Words ─────────────────────────────────────────────────────────────────────────────────────────


def _unit(program: Program) -> Text:
    return program.points.name if program.points else Text.ours(en="points", zh="积分")


def _title(program: Program) -> Text:
    return program.name if program.name else _same(program.id)


def _name(program: Program, tier: str) -> Text:
    return program.tier(tier).label()


def _rewards(together: Iterable[Outcome]) -> Text:
    given = _given(together)
    return _both(lambda language: listed([one.name.get(language) or one.id for one in given], language))


def _given(together: Iterable[Outcome]) -> list[Reward]:
    """With a promotion: by the tiers entered, and by triggers that are about it."""
    promoting = {one.trigger for one in together if isinstance(one, TriggerFired) and one.kind == "promotion"}
    return [
        one.reward
        for one in together
        if isinstance(one, RewardGranted) and (one.tier or one.trigger in promoting)
    ]


def _last_day(end: date | None) -> Text:
    """Outcomes have the first day after it."""
    return _same((end - _ONE_DAY).isoformat() if end else None)


def _both(words: Callable[[Language], str]) -> Text:
    return Text(en=words("en") or None, zh=words("zh") or None)


def _same(words: str | None) -> Text:
    return Text(en=words or None, zh=words or None)
