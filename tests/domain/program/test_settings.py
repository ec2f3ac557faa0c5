"""Every setting of a program is read by something: it changes a decision or what people are told.

A setting that is shown, saved and read by nobody is a lie to who sets it; the last test here fails
for a new setting until it has a row.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from membership.facts import Activity, Order
from membership.program.reading import program_from, read_program
from membership.program.schema import Program, Versions
from membership.program.wording import program_in_words
from tests.domain.program.documents import SMALL, changed, small, tier_with

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
        made += [window.counts(window.bucket(date(2025, 5, 5)), date(2026, 5, 5))]
    made += [metric.reached(date(2024, 1, 1), date(2026, 5, 5)) for metric in program.elapsing.values()]
    made += [tier_with(program, **figures) for figures in FIGURES]
    ladder = program.ladder
    made += [ladder.notice, ladder.steps]
    for tier in program.tiers:
        keep = ladder.keep(tier)
        made += [keep and [keep.met(dict.fromkeys(program.metrics, 0) | figures) for figures in FIGURES]]
        made += [ladder.validity(tier).until(date(2026, 5, 5)), ladder.validity(tier).kind]
        made += [(reward.id, reward.points, reward.coupon, reward.gift) for reward in tier.rewards]
    older = small()
    made += [
        Versions({1: older, 2: program}).in_force(AT + timedelta(days=days))[0] for days in (-400, 0, 400)
    ]
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

IS_SAID: list[tuple[str, str, Any]] = [
    ("Program.name", "name", {"en": "Club"}),
    ("Tier.name", "tiers[1].name", {"zh": "银卡"}),
    ("Text.en", "tiers[1].name.en", "Silver"),
    ("Text.zh", "tiers[1].name.zh", "银卡"),
    ("Tier.benefits", "tiers[1].benefits", [{"en": "Free tea"}]),
    ("Reward.name", "tiers[1].rewards", [GIFT | {"name": {"en": "A gift"}}]),
    ("Sum.name", "metrics.spend.name", {"en": "shopping"}),
    ("Count.name", "metrics.orders.name", {"en": "visits"}),
    ("Points.name", f"{FEEDBACK}", {"points": {"feedback": 3}, "name": {"en": "merits"}}),
    ("Since.name", f"{FEEDBACK}", {"since": "joined", "unit": "year", "name": {"en": "loyalty"}}),
    # A decision that nobody is told of is as bad as a word that nothing follows from.
    *(row for row in DECIDES if row[0] not in ("Bounds.gte", "Bounds.lte")),
]
STANDARD = {"Lifetime.kind": "window", "WhileQualified.kind": "validity"}
"""Kinds that stand where nothing was written: the rows of the others tell them apart."""


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
    }
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


def test_no_setting_is_left_out() -> None:
    named = {setting for setting, _, _ in [*DECIDES, *IS_SAID]} | set(STANDARD)
    assert set(settings_of(Program, set())) == named
