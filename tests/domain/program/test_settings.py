"""Every setting of a program is read by something: it changes a decision or what people are told.

A setting that is shown, saved and read by nobody is a lie to who sets it; the last test here fails
for a new setting until it has a row.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from membership.acts import AdjustPoints
from membership.errors import ProgramInvalid
from membership.facts import Act, Activity, Attributes, Enrolment, Fact, Order, Profile, Referral, Refund
from membership.outcomes import MessageDue
from membership.program.catalogue import Redeemable
from membership.program.examples import Example, ExpectedNotice, ExpectedPoints, ExpectedValue, Given, Then
from membership.program.in_words import program_in_words
from membership.program.metrics import Rank
from membership.program.reading import program_from, read_program
from membership.program.schema import Ladder, Program, Versions
from membership.simulation import Life
from tests.domain.program.documents import SMALL, changed, counts, small, tier_with

AT = datetime(2026, 12, 31, 20, tzinfo=UTC)
WHO = {"id": "f", "member_id": "m", "occurred_at": AT, "recorded_at": AT}
FACTS: tuple[Order | Activity, ...] = (
    Order(**WHO, order_id="o", amount=5_000),
    Order(**WHO, order_id="o", amount=50_000),
    *(
        Activity(**WHO, kind=kind, quality=n, value=n)
        for kind in ("feedback", "review", "share")
        for n in (1, 3, 5)
    ),
)
LATER: tuple[Fact, ...] = (
    *(
        Activity(**WHO | {"occurred_at": AT - timedelta(days=ago)}, kind="feedback", quality=quality)
        for ago, quality in ((0, 3), (0, 5), (1, 5), (2, 5), (40, 3), (300, 3), (330, 3))
    ),
    *(
        Order(**WHO | {"occurred_at": AT - timedelta(days=ago)}, order_id="o", amount=300_000)
        for ago in (0, 20, 50, 100, 290, 400)
    ),
    Order(**WHO, order_id="o", amount=13_900, plan="club"),
    Referral(**WHO, friend="b", stage="bought", day=AT.date()),
    Referral(**WHO, friend="b", stage="registered", day=AT.date()),
    Referral(**WHO, friend="c", stage="registered", day=AT.date()),
)
DAYS = [date(2026, 12, 31), *(date(2027, 1, 1) + timedelta(days=n) for n in (0, 1, 3, 31, 62, 90, 180, 366))]
FIGURES = [
    {"spend": spend, "orders": orders, "feedback": feedback}
    for spend in (0, 100_000, 500_000)
    for orders in (0, 3, 6)
    for feedback in (0, 2)
]


def decisions(program: Program) -> list[Any]:
    """What the program makes of days, facts, figures and tiers."""
    made: list[Any] = [program.id, program.day(AT), program.unknown_members]
    for metric, window in program.tallied.values():
        made += [metric.gain(fact) for fact in FACTS]
        made += [counts(window, date(2025, 5, 5), date(2026, 5, 5))]
    made += [metric.reached(date(2024, 1, 1), date(2026, 5, 5)) for metric in program.elapsing.values()]
    made += [tier_with(program, **figures) for figures in FIGURES]
    made += _of_time(program)
    for ladder in program.ladders_by_id.values():
        made += _of_ladder(program, ladder)
    older = small(window="calendar_year", tiers=[*SMALL["tiers"], {"id": "old", "qualify": {"orders": 99}}])
    versions = Versions({1: older, 2: program})
    made += [versions.in_force(AT + timedelta(days=days))[0] for days in (-400, 0, 400)]
    # A member that joined long ago, and is in its year when the version begins.
    made += [versions.in_force(AT + timedelta(days=days), date(2020, 1, 1))[0] for days in (-100, 0)]
    made += [versions.successor("old", program)]
    made += [(one.id, one.when, program.ladder_of(one).id) for one in program.special_reviews]
    made += [trigger.when.kind for trigger in program.triggers]
    if program.triggers or program.badges:
        made += _on_occasions(program)
    return [*made, program.refunds, *_of_messages(program), *_of_points(program)]


def _of_messages(program: Program) -> list[Any]:
    """What a member is told that rises late in the evening, and wants to be told each week."""
    life = Life(program, "m")
    for n, ago in enumerate((timedelta(days=2), timedelta(days=1), timedelta(hours=5, minutes=30))):
        told = {"id": f"e{n}", "member_id": "m", "occurred_at": AT - ago, "recorded_at": AT - ago}
        wants = Attributes(opted_in=("weekly",), timezone="Asia/Shanghai")
        life.tell([Order(**told, order_id=f"o{n}", amount=500_000), Profile(**told, attributes=wants)])
    life.pass_to(AT + timedelta(days=8))
    sent = [one for one in life.outcomes if isinstance(one, MessageDue)]
    return [(one.about, one.text, one.not_before, one.month) for one in sent]


def _of_points(program: Program) -> list[Any]:
    """What somebody's points come to who buys, does, and gives back this and that."""
    if program.points is None:
        return []
    life, made = Life(program, "m"), list[Any]()

    def told(n: int, day: str) -> dict[str, Any]:
        at = program.midnight(date.fromisoformat(day)) + timedelta(hours=9)
        return {"id": f"p{n}", "member_id": "m", "occurred_at": at, "recorded_at": at}

    person = Attributes(birthday="11-20", labels=("vip",))
    story: list[Fact] = [
        Enrolment(**told(0, "2026-01-01"), attributes=person),
        Order(**told(1, "2026-01-02"), order_id="a", amount=99_90),
        Order(**told(2, "2026-01-03"), order_id="b", amount=139_00, plan="club"),
        *(Activity(**told(n, "2026-01-04"), kind="review", quality=n, value=n) for n in (3, 4, 5)),
        *(Order(**told(n, "2026-02-01"), order_id=f"g{n}", amount=400_00) for n in (6, 7, 8)),
        Order(**told(9, "2026-11-11"), order_id="c", amount=30_00),
        Activity(**told(10, "2026-11-12"), kind="review", quality=5, value=5),
        Order(**told(11, "2026-11-13"), order_id="d", amount=30_00),
        Act(**told(12, "2026-12-01"), by="me", reason="spent", action=AdjustPoints(points=-1_000)),
        Refund(**told(13, "2026-12-02"), order_id="g8", amount=400_00),
        Order(**told(14, "2026-12-10"), order_id="e", amount=30_00),
    ]
    for fact in story:
        life.tell([fact])
        assert life.member
        made.append((life.member.points.lots, life.member.points.debt))
    life.pass_to(program.midnight(date(2030, 1, 1)))
    made += [(one.type, one.at) for one in life.outcomes if one.type.startswith("points.")]
    return made


def _on_occasions(program: Program) -> list[Any]:
    """What becomes of who rises, is told of a fall and averts it, does something three days in a row, goes
    away, and comes back."""
    life, begin = Life(program, "m"), program.midnight(date(2026, 1, 1)) + timedelta(hours=9)

    def told(days: int) -> dict[str, Any]:
        at, n = begin + timedelta(days=days), len(life.facts)
        return {"id": f"f{n}", "member_id": "m", "occurred_at": at, "recorded_at": at}

    def orders(days: int, *amounts: int) -> None:
        for amount in amounts:
            life.tell([Order(**told(days), order_id=f"o{days}-{amount}", amount=amount * 100)])

    known = Attributes(birthday="03-01", labels=("vip",))
    life.tell([Enrolment(**told(0), attributes=known)])
    orders(1, 900)
    orders(2, 20)
    orders(3, 30)
    orders(4, 100)
    for day in (*range(5, 11), 40):
        life.tell([Activity(**told(day), kind="feedback")])
    life.tell([Refund(**told(20), order_id="o1-900", amount=90_000)])
    orders(25, 1000)
    orders(200, 3000, 1)
    life.pass_to(begin + timedelta(days=500))
    return [
        (one.type, one.at, one.model_dump(exclude={"evidence", "at", "fact"}))
        for one in life.outcomes
        if one.type in ("trigger.fired", "reward.granted", "badge.awarded", "message.due")
    ]


def _of_time(program: Program) -> list[Any]:
    """What windows, boards and terms make of days."""
    made: list[Any] = []
    for metric, window in program.tallied.values():
        tally: dict[int, int] = {}
        for fact in [*FACTS, *LATER]:
            metric.book(tally, window, program.day(fact.occurred_at), fact)
        made += [metric.total(tally, window, day, date(2025, 2, 2)) for day in DAYS]
    made += [metric.figure(dict(FIGURES[-1])) for metric in program.derived.values()]
    made += [metric.told(Attributes(labels=("vip",))) for metric in program.attributed.values()]
    made += [(metric.rank, metric.cut) for metric in program.metrics.values() if isinstance(metric, Rank)]
    return made


def _of_ladder(program: Program, ladder: Ladder) -> list[Any]:
    made: list[Any] = [ladder.id, ladder.value_anchor, ladder.downgrade]
    for tier in ladder.tiers:
        keep, validity = ladder.keep(tier), ladder.validity(tier)
        made += [keep and [keep.met(dict.fromkeys(program.metrics, 0) | figures) for figures in FIGURES]]
        made += [validity.until(date(2026, 5, 5), program.window, date(2026, 5, 5)), validity.kind]
        made += [(reward.id, reward.points, reward.coupon, reward.gift) for reward in tier.rewards]
        made += [tier.promotion, tier.buy, program.deductions(tier)]
    return made


def words(program: Program) -> list[str]:
    return [program_in_words(program, 1, language).model_dump_json() for language in ("en", "zh")]


FEEDBACK = "metrics.feedback"
ANY = {"any": [{"spend": 1000}, {"orders": 3}]}
GIFT = {"id": "gift", "points": 5}

DECIDES: list[tuple[str, str, Any]] = [
    ("Program.id", "id", "other"),
    ("Program.currency", "currency", "JPY"),
    ("Program.timezone", "timezone", "America/New_York"),
    ("Program.metrics", f"{FEEDBACK}", {"count": "review"}),
    ("Program.window", "window", "calendar_year"),
    ("CalendarYear.kind", "window", {"kind": "calendar_year"}),
    (
        "Program.tiers",
        "tiers[3]",
        {"id": "top", "qualify": {"all": [{"spend": 5000}, {"feedback": 2}, {"orders": 6}]}},
    ),
    ("Program.validity", "validity", "lifetime"),
    ("ForLife.kind", "validity", {"kind": "lifetime"}),
    ("ThroughEndOfNextYear.kind", "validity", {"kind": "through_end_of_next_year"}),
    ("Program.downgrade", "downgrade", {"steps": "never"}),
    ("Downgrade.notice_days", "downgrade.notice_days", 45),
    ("Downgrade.steps", "downgrade.steps", "to_qualified"),
    ("Program.unknown_members", "unknown_members", "refuse"),
    ("Program.effective_from", "effective_from", "2027-06-01T00:00:00Z"),
    ("Tier.id", "tiers[2].id", "top"),
    ("Tier.qualify", "tiers[1].qualify", {"spend": 1000}),
    ("Tier.keep", "tiers[1].keep", {"orders": 3}),
    ("Tier.validity", "tiers[1].validity", "through_end_of_next_year"),
    ("Tier.rewards", "tiers[1].rewards", [GIFT]),
    ("Reward.id", "tiers[1].rewards", [GIFT | {"id": "other"}]),
    ("Reward.points", "tiers[1].rewards", [GIFT | {"points": 6}]),
    ("Reward.coupon", "tiers[1].rewards", [{"id": "gift", "coupon": "X"}]),
    ("Reward.gift", "tiers[1].rewards", [{"id": "gift", "gift": "mug"}]),
    ("All.all", "tiers[1].qualify", {"all": [{"spend": 1000}]}),
    ("Any_.any", "tiers[1].qualify", ANY),
    ("AtLeast.at_least", "tiers[1].qualify", {"at_least": {"count": 1, "of": ANY["any"]}}),
    ("Some.count", "tiers[1].qualify", {"at_least": {"count": 1, "of": [*ANY["any"], {"feedback": 2}]}}),
    ("Some.of", "tiers[1].qualify", {"at_least": {"count": 2, "of": [*ANY["any"], {"feedback": 2}]}}),
    ("Comparison.metric", "tiers[1].qualify.all[0]", {"metric": "feedback", "gte": 1}),
    ("Comparison.gte", "tiers[1].qualify.all[0]", {"metric": "spend", "gte": 2000}),
    ("Sum.sum", f"{FEEDBACK}", {"sum": "order.amount"}),
    ("Sum.window", "metrics.spend.window", "calendar_year"),
    ("Sum.where", "metrics.spend.where", {"amount": {"gte": 100}}),
    ("Bounds.gte", "metrics.spend.where", {"amount": {"gte": 51}}),
    ("Bounds.lte", "metrics.spend.where", {"amount": {"lte": 100}}),
    ("Count.count", f"{FEEDBACK}.count", ["feedback", "share"]),
    ("Count.excluding", f"{FEEDBACK}", {"count": "activity", "excluding": "share"}),
    ("Count.window", f"{FEEDBACK}.window", "calendar_year"),
    ("Count.where", f"{FEEDBACK}.where", {"quality": {"gte": 3}}),
    ("Points.points", f"{FEEDBACK}", {"points": {"feedback": 3}}),
    ("Points.window", f"{FEEDBACK}", {"points": {"feedback": 3}, "window": "calendar_year"}),
    ("Points.where", f"{FEEDBACK}", {"points": {"feedback": 3}, "where": {"value": {"lte": 3}}}),
    ("Since.since", f"{FEEDBACK}", {"since": "joined", "unit": "year"}),
    ("Since.unit", f"{FEEDBACK}", {"since": "joined", "unit": "month"}),
]

CLUB = {"paid": "club", "months": 12}
SIDE = {"ladders": [{"id": "earned", "tiers": SMALL["tiers"]}, {"id": "side", "tiers": [{"id": "one"}]}]}
YEARLY = {"sum": "order.amount", "window": "calendar_year"}
MERITS = {"points": {"feedback": 3}, "window": "calendar_year"}
EXCHANGE = {"add_to": "spend", "every": 3, "of": "orders", "gives": 5}
NIGHT = {"from": "22:00", "to": "06:00"}
REVIEW = {"id": "loyal", "when": {"orders": 9}}

DECIDES += [
    ("Program.changes", "changes", "next_cycle"),
    ("Program.refunds", "refunds", "never"),
    ("Program.special_reviews", "special_reviews", [REVIEW]),
    ("SpecialReview.id", "special_reviews", [REVIEW | {"id": "other"}]),
    ("SpecialReview.when", "special_reviews", [REVIEW | {"when": {"orders": 10}}]),
    ("SpecialReview.ladder", "special_reviews", [REVIEW | {"ladder": "side"}]),
    ("Program.ladders", "ladders", SIDE["ladders"]),
    ("LadderRules.id", "ladders[1].id", "other"),
    ("LadderRules.tiers", "ladders[1].tiers[1]", {"id": "two", "qualify": {"orders": 1}}),
    ("LadderRules.validity", "ladders[0].validity", "lifetime"),
    ("LadderRules.downgrade", "ladders[0].downgrade", {"steps": "never"}),
    ("LadderRules.value_anchor", "ladders[1].value_anchor", {"fee": "club", "saved": "saved"}),
    ("ValueAnchor.fee", "ladders[1].value_anchor", {"fee": "club2", "saved": "saved"}),
    ("ValueAnchor.saved", "ladders[1].value_anchor", {"fee": "club", "saved": "saved2"}),
    ("Downgrade.grace_days", "downgrade.grace_days", 30),
    ("Downgrade.months_between", "downgrade.months_between", 6),
    ("Tier.promotion", "tiers[1].promotion", "reviewed"),
    ("Tier.buy", "tiers[1].buy", "club"),
    ("Tier.deduct", "tiers[1].deduct", {"orders": 3}),
    ("Tier.replaces", "tiers[1].replaces", ["old"]),
    ("AnniversaryYear.kind", "window", "anniversary_year"),
    ("YearFrom.kind", "window", {"kind": "year_from", "month": 3, "day": 1}),
    ("YearFrom.month", "window", {"kind": "year_from", "month": 4, "day": 1}),
    ("YearFrom.day", "window", {"kind": "year_from", "month": 3, "day": 31}),
    ("Rolling.kind", "window", {"kind": "rolling", "months": 1}),
    ("Rolling.months", "window", {"kind": "rolling", "months": 2}),
    ("Rolling.days", "window", {"kind": "rolling", "days": 2}),
    ("Dates.kind", "window", {"kind": "dates", "from": "2026-01-01", "to": "2026-12-31"}),
    ("Dates.from_", "window", {"kind": "dates", "from": "2026-11-30", "to": "2026-12-31"}),
    ("Dates.to", "window", {"kind": "dates", "from": "2026-01-01", "to": "2026-11-10"}),
    ("Months.kind", "validity", {"kind": "for_months", "months": 12}),
    ("Months.months", "validity", {"kind": "for_months", "months": 13}),
    ("ThroughEndOfMonth.kind", "validity", {"kind": "through_end_of_month", "months": 12}),
    ("ThroughEndOfMonth.months", "validity", {"kind": "through_end_of_month", "months": 13}),
    ("ThroughMonth.kind", "validity", {"kind": "through_month", "month": 3}),
    ("ThroughMonth.month", "validity", {"kind": "through_month", "month": 4}),
    ("ThroughMonth.years_after", "validity", {"kind": "through_month", "month": 3, "years_after": 1}),
    ("Days.days_with", FEEDBACK, {"days_with": "feedback"}),
    ("Days.where", FEEDBACK, {"days_with": "feedback", "where": {"quality": {"gte": 5}}}),
    ("Days.window", FEEDBACK, {"days_with": "feedback", "window": "calendar_year"}),
    ("Streak.streak", FEEDBACK, {"streak": "feedback"}),
    ("Streak.where", FEEDBACK, {"streak": "feedback", "where": {"quality": {"gte": 5}}}),
    ("Streak.window", FEEDBACK, {"streak": "feedback", "window": "calendar_year"}),
    ("Count.per_day", FEEDBACK, {"count": "feedback", "per_day": 1}),
    ("Points.per_day", FEEDBACK, {"points": {"feedback": 3}, "per_day": 1}),
    ("Points.per_unit_spent", FEEDBACK, {"points": {"feedback": 3}, "per_unit_spent": 2}),
    ("Sum.carry_over", "metrics.spend", {**YEARLY, "carry_over": 100}),
    ("Count.carry_over", "metrics.orders", {"count": "order", "window": "calendar_year", "carry_over": 1}),
    ("Points.carry_over", "metrics.orders", MERITS | {"carry_over": 1}),
    ("Referrals.referrals", FEEDBACK, {"referrals": "bought"}),
    ("Referrals.window", FEEDBACK, {"referrals": "bought", "window": "calendar_year"}),
    ("Paid.paid", FEEDBACK, CLUB),
    ("Paid.months", FEEDBACK, CLUB | {"months": 1}),
    ("Paid.days", FEEDBACK, {"paid": "club", "days": 3}),
    ("Rank.rank", FEEDBACK, {"rank": "spend", "cut": "yearly"}),
    ("Rank.cut", FEEDBACK, {"rank": "spend", "cut": "monthly"}),
    ("Exchange.add_to", FEEDBACK, EXCHANGE | {"add_to": "orders"}),
    ("Exchange.every", FEEDBACK, EXCHANGE | {"every": 4}),
    ("Exchange.of", FEEDBACK, EXCHANGE | {"of": "spend"}),
    ("Exchange.gives", FEEDBACK, EXCHANGE | {"gives": 6}),
    ("Label.label", FEEDBACK, {"label": "vip"}),
    ("Program.messages", "messages", {"most_per_month": 4}),
    ("Messages.templates", "messages.templates", {"tier.upgraded": {"en": "$tier!", "zh": "$tier！"}}),
    ("Messages.quiet", "messages.quiet", NIGHT),
    ("Messages.most_per_month", "messages.most_per_month", 1),
    ("Messages.weekly_progress", "messages.weekly_progress", "monday"),
    ("Quiet.from_", "messages.quiet", NIGHT | {"from": "23:00"}),
    ("Quiet.to", "messages.quiet", NIGHT | {"to": "05:30"}),
]

EARN = {"order": {"points": 1}, "activities": {"review": 5}}
FESTIVAL = {"id": "festival", "from": "2026-11-11", "to": "2026-11-12", "points": 3}
BOTH = ["order", "review"]


def _activity(**more: Any) -> dict[str, Any]:
    return {"review": {"points": 5, **more}}


POINTS: list[tuple[str, str, Any]] = [
    ("Program.points", "points", {"earn": {"order": {"points": 2}}}),
    ("PointsRules.earn", "points.earn", {"order": {"points": 2}}),
    ("PointsRules.combine", "points.combine", "add"),
    ("PointsRules.birthday_month", "points.birthday_month", 2),
    ("PointsRules.rounding", "points.rounding", "half_up"),
    ("PointsRules.pending_days", "points.pending_days", 7),
    ("PointsRules.expire", "points.expire", "never"),
    ("PointsRules.remind_days", "points.remind_days", 15),
    ("PointsRules.refunds", "points.refunds", "negative"),
    ("Earning.order", "points.earn.order", {"points": 2}),
    ("Earning.activities", "points.earn.activities", {"review": 6}),
    ("ForMoney.points", "points.earn.order.points", 3),
    ("ForMoney.per", "points.earn.order.per", 7),
    ("ForMoney.plans", "points.earn.order.plans", True),
    ("ForDoing.points", "points.earn.activities", _activity(points=6)),
    ("ForDoing.per_day", "points.earn.activities", _activity(per_day=2)),
    ("ForDoing.where", "points.earn.activities", _activity(where={"quality": {"gte": 4}})),
    ("After.after_months", "points.expire", {"after_months": 6}),
    ("After.at", "points.expire", {"after_months": 24, "at": "day"}),
    ("After.kind", "points.expire", {"kind": "after", "after_months": 3}),
    ("Inactive.kind", "points.expire", {"kind": "inactive", "inactive_months": 5}),
    ("Inactive.inactive_months", "points.expire", {"inactive_months": 6}),
    ("Never.kind", "points.expire", {"kind": "never"}),
    ("Program.campaigns", "campaigns", [FESTIVAL]),
    ("Campaign.id", "campaigns", [FESTIVAL | {"id": "other"}]),
    ("Campaign.from_", "campaigns", [FESTIVAL | {"from": "2026-11-12"}]),
    ("Campaign.to", "campaigns", [FESTIVAL | {"to": "2026-11-13"}]),
    ("Campaign.points", "campaigns", [FESTIVAL | {"points": 4}]),
    ("Campaign.for_", "campaigns", [FESTIVAL | {"for": BOTH}]),
    ("Campaign.segment", "campaigns", [FESTIVAL | {"segment": "staff"}]),
    ("Campaign.tiers", "campaigns", [FESTIVAL | {"tiers": ["gold"]}]),
    ("Tier.benefits", "tiers[1].benefits", [{"id": "rate", "points_rate": "1.5"}]),
]
DECIDES += [row for row in POINTS if row[0] not in ("Campaign.id",)]

STREAK = {"streak": "feedback"}


def on(when: Any, **more: Any) -> list[dict[str, Any]]:
    """One trigger."""
    return [{"id": "t", "when": when, "grant": [GIFT], **more}]


NEAR = {"kind": "nearing", "percent": 15}
LEFT = {"kind": "nearing", "amount": 60, "metric": "spend"}
RUN = {"kind": "streak", "metric": "feedback", "days": 3}
BADGE = {"id": "b", "when": {"orders": 2}}

DECIDES += [
    ("Program.triggers", "triggers", on("promotion")),
    ("Promotion.kind", "triggers", on({"kind": "promotion"})),
    ("Notice.kind", "triggers", on("notice")),
    ("Rescue.kind", "triggers", on("rescue")),
    ("Birthday.kind", "triggers", on("birthday")),
    ("PointsExpiring.kind", "triggers", on("points_expiring")),
    ("OnDate.kind", "triggers", on({"kind": "date", "on": "06-18"})),
    ("OnDate.on", "triggers", on({"on": "2026-06-19"})),
    ("Nearing.kind", "triggers", on(NEAR)),
    ("Nearing.percent", "triggers", on(NEAR | {"percent": 20})),
    ("Nearing.amount", "triggers", on(LEFT | {"amount": 40})),
    ("Nearing.metric", "triggers", on(LEFT | {"metric": "orders"})),
    ("InARow.kind", "triggers", on(RUN)),
    ("InARow.metric", "triggers", on(RUN | {"metric": "other"})),
    ("InARow.days", "triggers", on(RUN | {"days": 4})),
    ("InARow.every", "triggers", on(RUN | {"every": True})),
    ("Returns.kind", "triggers", on({"kind": "returns", "after_days": 100})),
    ("Returns.after_days", "triggers", on({"after_days": 20})),
    ("Trigger.id", "triggers", [on("promotion")[0] | {"id": "other"}]),
    ("Trigger.when", "triggers", on("rescue")),
    ("Trigger.tier", "triggers", on("promotion", tier="gold")),
    ("Trigger.segment", "triggers", on("promotion", segment="staff")),
    ("Trigger.grant", "triggers", on("promotion", grant=[GIFT | {"points": 6}])),
    ("Trigger.message", "triggers", on("promotion", message={"en": "Well done!"})),
    ("Trigger.cooldown_days", "triggers", on("birthday", cooldown_days=400)),
    ("Program.badges", "badges", [BADGE]),
    ("Badge.id", "badges", [BADGE | {"id": "other"}]),
    ("Badge.when", "badges", [BADGE | {"when": {"orders": 3}}]),
]

UNSAID = {"Bounds.gte", "Bounds.lte", "Program.changes", "Tier.replaces"}
UNSAID |= {"Messages.templates"}
UNSAID |= {"SpecialReview.id", "SpecialReview.ladder", "Paid.paid"}
UNSAID |= {"Trigger.message"}
UNSAID |= {"LadderRules.value_anchor", "ValueAnchor.fee", "ValueAnchor.saved"}
"""Said where they matter, not among the rules: with a bound's metric, in what a version changes, to the
member whose fee it is; to who is told something on an occasion."""

BENEFITS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "Discount": ({"discount_percent": 5}, {"discount_percent": 6, "on": {"en": "tea"}}),
    "PointsRate": ({"points_rate": 2}, {"points_rate": 3}),
    "Service": ({"service": {"en": "A line"}}, {"service": {"en": "A person"}}),
    "Gift": ({"gift": "birthday"}, {"gift": "festivals", "item": {"en": "a cake"}}),
    "EarlyAccess": ({"early_access_hours": 24}, {"early_access_hours": 48, "to": {"en": "offers"}}),
    "Invitation": ({"invitation": {"en": "dinners"}}, {"invitation": {"en": "concerts"}}),
    "FreeItem": (
        {"free_item": {"en": "tea"}, "times": 1, "per": "week"},
        {"free_item": {"en": "cake"}, "times": 2, "per": "year"},
    ),
}
"""Kind → an entry, and every setting of it as another one."""
OF_ANY = {"id": "other", "name": {"en": "Care"}, "segment": "vip", "unless": "staff"}


def of_benefits() -> Iterator[tuple[str, str, Any]]:
    """Each setting of each kind, one at a time."""
    for kind, (entry, others) in BENEFITS.items():
        for name, value in (others | OF_ANY).items():
            if kind != "PointsRate" or name not in ("segment", "unless"):
                yield f"{kind}.{name}", "tiers[1].benefits", [{"id": "perk"} | entry | {name: value}]


IS_SAID: list[tuple[str, str, Any]] = [
    *of_benefits(),
    *(
        (f"Spoken.{name}", "tiers[1].benefits", [{"en": "Tea", name: value}])
        for name, value in (OF_ANY | {"en": "Cake", "zh": "茶"}).items()
        if name not in ("id", "name")
    ),
    ("Program.name", "name", {"en": "Club"}),
    ("LadderRules.name", "ladders[1].name", {"en": "Side"}),
    ("SpecialReview.name", "special_reviews", [REVIEW | {"name": {"en": "Loyal for long"}}]),
    *(
        (f"{kind}.name", f"{FEEDBACK}.name", {"en": "something else"})
        for kind in ("Days", "Streak", "Referrals", "Paid", "Rank", "Label", "Exchange")
    ),
    ("PointsRules.name", "points.name", {"zh": "星星"}),
    ("Campaign.id", "campaigns", [FESTIVAL | {"id": "other"}]),
    ("Campaign.name", "campaigns", [FESTIVAL | {"name": {"en": "Festival"}}]),
    ("Trigger.name", "triggers", on("promotion", name={"en": "Well done"})),
    ("Badge.name", "badges", [BADGE | {"name": {"en": "Brave"}}]),
    ("Badge.title", "badges", [BADGE | {"title": {"en": "The Brave"}}]),
    ("Tier.name", "tiers[1].name", {"zh": "银卡"}),
    ("Text.en", "tiers[1].name.en", "Silver"),
    ("Text.zh", "tiers[1].name.zh", "银卡"),
    ("Tier.benefits", "tiers[1].benefits", [{"en": "Free tea"}]),
    ("Campaign.benefits", "campaigns", [FESTIVAL | {"benefits": [{"id": "sale", "discount_percent": 20}]}]),
    ("Reward.name", "tiers[1].rewards", [GIFT | {"name": {"en": "A gift"}}]),
    ("Sum.name", "metrics.spend.name", {"en": "shopping"}),
    ("Count.name", "metrics.orders.name", {"en": "visits"}),
    ("Points.name", f"{FEEDBACK}", {"points": {"feedback": 3}, "name": {"en": "merits"}}),
    ("Since.name", f"{FEEDBACK}", {"since": "joined", "unit": "year", "name": {"en": "loyalty"}}),
    # A decision that nobody is told of is as bad as a word that nothing follows from.
    *(row for row in DECIDES if row[0] not in UNSAID),
]
REFUSED = {
    "PointsRate.segment": ("tiers[1].benefits", [{"id": "perk", "points_rate": 2, "segment": "vip"}]),
    "PointsRate.unless": ("tiers[1].benefits", [{"id": "perk", "points_rate": 2, "unless": "vip"}]),
    "Paid.where": (FEEDBACK, CLUB | {"where": {"amount": {"gte": 1}}}),
    "Paid.window": (FEEDBACK, CLUB | {"window": "calendar_year"}),
    "Paid.carry_over": (FEEDBACK, CLUB | {"carry_over": 1}),
    "Rank.where": (FEEDBACK, {"rank": "spend", "where": {"amount": {"gte": 1}}}),
    "Rank.window": (FEEDBACK, {"rank": "spend", "window": "calendar_year"}),
    "Rank.carry_over": (FEEDBACK, {"rank": "spend", "carry_over": 1}),
    "Referrals.where": (FEEDBACK, {"referrals": "bought", "where": {"amount": {"gte": 1}}}),
    "Referrals.carry_over": (FEEDBACK, {"referrals": "bought", "carry_over": 1}),
    "Days.carry_over": (FEEDBACK, {"days_with": "feedback", "carry_over": 1}),
    "Streak.carry_over": (FEEDBACK, {"streak": "feedback", "carry_over": 1}),
}
"""Settings that every metric has, where they would mean nothing."""
REHEARSED = {Example, Given, Then, ExpectedNotice, ExpectedPoints, ExpectedValue}
"""Told of in examples: tests/domain/test_rehearsal.py has them all."""
SOLD = {Redeemable}
"""Rewards of the catalogue: tests/domain/program/test_catalogue.py has them all."""
STANDARD = {"Lifetime.kind": "window", "WhileQualified.kind": "validity"}
"""Kinds that stand where nothing was written: the rows of the others tell them apart."""


def in_ladders(more: dict[str, Any], *, ladders: bool = True, **anchor: Any) -> dict[str, Any]:
    """The same with a second ladder, and metrics that a paid one has need of."""
    saved = {"sum": "order.saved", "window": {"months": 12}}
    metrics = {**SMALL["metrics"], "club": CLUB, "club2": CLUB, "saved": saved, "saved2": saved}
    document = {"id": "small", "metrics": metrics, **more}
    if ladders:
        side = {"id": "side", "tiers": [{"id": "one"}], **anchor}
        document["ladders"] = [{"id": "main", "tiers": SMALL["tiers"]}, side]
    return document


def with_points(setting: str) -> dict[str, Any]:
    """And with a festival, where the setting is one of it."""
    points: dict[str, Any] = {"earn": EARN}
    match setting:
        case "PointsRules.combine":
            points["birthday_month"] = 2
        case "Inactive.inactive_months":
            points["expire"] = {"inactive_months": 5}
        case "After.at":
            points["expire"] = {"after_months": 24}
    festival = setting == "PointsRules.combine" or (
        setting.startswith("Campaign.") and setting != "Program.campaigns"
    )
    return {**SMALL, "points": points, **({"campaigns": [FESTIVAL]} if festival else {})}


def base(setting: str) -> dict[str, Any]:
    """What the change is compared with: the same document but for the one setting."""
    same: dict[str, tuple[str, Any]] = {
        "Reward.id": ("tiers[1].rewards", [GIFT]),
        "Reward.points": ("tiers[1].rewards", [GIFT]),
        "Reward.name": ("tiers[1].rewards", [GIFT]),
        "Some.of": ("tiers[1].qualify", {"at_least": {"count": 2, "of": ANY["any"]}}),
        "Some.count": ("tiers[1].qualify", {"at_least": {"count": 2, "of": [*ANY["any"], {"feedback": 2}]}}),
        "Bounds.gte": ("metrics.spend.where", {"amount": {"gte": 50}}),
        "Bounds.lte": ("metrics.spend.where", {"amount": {"lte": 1000}}),
        "Count.excluding": (FEEDBACK, {"count": "activity"}),
        "Points.window": (FEEDBACK, {"points": {"feedback": 3}}),
        "Points.where": (FEEDBACK, {"points": {"feedback": 3}}),
        "Points.name": (FEEDBACK, {"points": {"feedback": 3}}),
        "Since.unit": (FEEDBACK, {"since": "joined", "unit": "year"}),
        "Since.name": (FEEDBACK, {"since": "joined", "unit": "year"}),
        "Program.refunds": ("validity", "through_end_of_next_year"),
        "Tier.deduct": ("validity", "through_end_of_next_year"),
        "SpecialReview.id": ("special_reviews", [REVIEW]),
        "Quiet.from_": ("messages.quiet", NIGHT),
        "Quiet.to": ("messages.quiet", NIGHT),
        "SpecialReview.when": ("special_reviews", [REVIEW]),
        "SpecialReview.name": ("special_reviews", [REVIEW]),
        "YearFrom.month": ("window", {"kind": "year_from", "month": 3, "day": 1}),
        "YearFrom.day": ("window", {"kind": "year_from", "month": 3, "day": 1}),
        "Rolling.months": ("window", {"kind": "rolling", "months": 1}),
        "Rolling.days": ("window", {"kind": "rolling", "days": 1}),
        "Dates.from_": ("window", {"kind": "dates", "from": "2026-01-01", "to": "2026-12-31"}),
        "Dates.to": ("window", {"kind": "dates", "from": "2026-01-01", "to": "2026-12-31"}),
        "Months.months": ("validity", {"kind": "for_months", "months": 12}),
        "ThroughEndOfMonth.months": ("validity", {"kind": "through_end_of_month", "months": 12}),
        "ThroughMonth.month": ("validity", {"kind": "through_month", "month": 3}),
        "ThroughMonth.years_after": ("validity", {"kind": "through_month", "month": 3}),
        "Days.where": (FEEDBACK, {"days_with": "feedback"}),
        "Days.window": (FEEDBACK, {"days_with": "feedback"}),
        "Days.name": (FEEDBACK, {"days_with": "feedback"}),
        "Streak.where": (FEEDBACK, {"streak": "feedback"}),
        "Streak.window": (FEEDBACK, {"streak": "feedback"}),
        "Streak.name": (FEEDBACK, {"streak": "feedback"}),
        "Points.per_day": (FEEDBACK, {"points": {"feedback": 3}}),
        "Points.per_unit_spent": (FEEDBACK, {"points": {"feedback": 3}}),
        "Sum.carry_over": ("metrics.spend", YEARLY),
        "Count.carry_over": ("metrics.orders", {"count": "order", "window": "calendar_year"}),
        "Points.carry_over": ("metrics.orders", MERITS),
        "Referrals.referrals": (FEEDBACK, {"referrals": "registered"}),
        "Referrals.window": (FEEDBACK, {"referrals": "bought"}),
        "Referrals.name": (FEEDBACK, {"referrals": "bought"}),
        "Paid.paid": (FEEDBACK, CLUB | {"paid": "other"}),
        "Paid.months": (FEEDBACK, CLUB),
        "Paid.days": (FEEDBACK, {"paid": "club", "days": 4}),
        "Paid.name": (FEEDBACK, CLUB),
        "Rank.rank": (FEEDBACK, {"rank": "orders", "cut": "yearly"}),
        "Rank.cut": (FEEDBACK, {"rank": "spend", "cut": "yearly"}),
        "Rank.name": (FEEDBACK, {"rank": "spend", "cut": "yearly"}),
        "Label.label": (FEEDBACK, {"label": "staff"}),
        "Label.name": (FEEDBACK, {"label": "staff"}),
        **{
            f"Trigger.{name}": ("triggers", on("promotion"))
            for name in ("id", "name", "when", "tier", "segment", "grant", "message")
        },
        "Trigger.cooldown_days": ("triggers", on("birthday")),
        "Nearing.percent": ("triggers", on(NEAR)),
        "Nearing.amount": ("triggers", on(LEFT)),
        "Nearing.metric": ("triggers", on(LEFT)),
        "OnDate.on": ("triggers", on({"on": "06-18"})),
        "Returns.after_days": ("triggers", on({"after_days": 100})),
        **{f"Badge.{name}": ("badges", [BADGE]) for name in ("id", "name", "title", "when")},
        **{f"Exchange.{name}": (FEEDBACK, EXCHANGE) for name in ("add_to", "every", "of", "gives", "name")},
    }
    kind = setting.partition(".")[0]
    if kind in BENEFITS:
        return changed("tiers[1].benefits", [{"id": "perk"} | BENEFITS[kind][0]])
    if kind == "Spoken":
        return changed("tiers[1].benefits", [{"en": "Tea"}])
    if setting == "Program.points":
        return dict(SMALL)
    if setting in [row[0] for row in POINTS] + ["PointsRules.name", "Campaign.name", "Campaign.benefits"]:
        return with_points(setting)
    if setting == "Program.changes":
        return {**SMALL, "window": "calendar_year", "effective_from": "2026-06-01T00:00:00Z"}
    if setting == "Program.ladders":
        return (
            {name: part for name, part in SMALL.items() if name != "tiers"}
            | SIDE
            | {"ladders": SIDE["ladders"][:1]}
        )
    if setting.startswith(("LadderRules.", "SpecialReview.ladder")):
        return in_ladders({"special_reviews": [REVIEW]})
    if setting == "PointsExpiring.kind":
        return {**SMALL, "points": {"earn": EARN}}
    if setting.startswith("InARow."):
        document = changed("metrics", SMALL["metrics"] | {"feedback": STREAK, "other": {"streak": "order"}})
        return document if setting == "InARow.kind" else document | {"triggers": on(RUN)}
    if setting.startswith("ValueAnchor."):
        return in_ladders({}, value_anchor={"fee": "club", "saved": "saved"})
    if setting == "Tier.buy":
        return in_ladders({"tiers": SMALL["tiers"]}, ladders=False)
    return changed(*same[setting]) if setting in same else dict(SMALL)


@pytest.mark.parametrize(("setting", "place", "written"), DECIDES)
def test_a_setting_decides(setting: str, place: str, written: Any) -> None:
    before = program_from(base(setting))
    after = program_from(changed(place, written, base(setting)))
    assert decisions(after) != decisions(before)


@pytest.mark.parametrize(("setting", "place", "written"), IS_SAID)
def test_a_setting_is_said(setting: str, place: str, written: Any) -> None:
    before = program_from(base(setting))
    after = program_from(changed(place, written, base(setting)))
    assert words(after) != words(before)


@pytest.mark.parametrize(("setting", "place", "written"), [*DECIDES, *IS_SAID])
def test_a_setting_is_kept(setting: str, place: str, written: Any) -> None:
    program = program_from(changed(place, written, base(setting)))
    kept = read_program(program.model_dump_json(exclude_unset=True))
    assert kept == program
    assert (decisions(kept), words(kept)) == (decisions(program), words(program))


def settings_of(model: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[str]:
    seen.add(model)
    for name, field in model.model_fields.items():
        yield f"{model.__name__}.{name}"
        for inner in models_in(field.annotation):
            if inner not in seen:
                yield from settings_of(inner, seen)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from models_in(argument)


@pytest.mark.parametrize("setting", REFUSED)
def test_a_setting_that_means_nothing_is_refused(setting: str) -> None:
    with pytest.raises(ProgramInvalid) as refused:
        program_from(changed(*REFUSED[setting]))
    place, _ = REFUSED[setting]
    path = refused.value.flaws[0].path
    assert path.startswith(place)
    assert f".{setting.split('.')[1]}" in path


def test_no_setting_is_left_out() -> None:
    named = {setting for setting, _, _ in [*DECIDES, *IS_SAID]} | {*STANDARD, *REFUSED}
    left_out = {"Program.examples", "Program.catalogue"}
    assert set(settings_of(Program, REHEARSED | SOLD)) - left_out == named
