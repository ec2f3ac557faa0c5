"""P1 and P2: every threshold one below, at it and one above, every branch by itself."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import yaml

from membership.facts import Activity, Fact, Order
from membership.program import presets
from membership.program.reading import program_from, read_program
from membership.program.schema import Program
from tests.domain.program.documents import P1, P2, counts, main, tier_with

YUAN = 100


def table(*rows: tuple[dict[str, int], str, int, str, str]) -> list[tuple[dict[str, int], str]]:
    """Others' figures, the metric in question, its threshold, the tier below it, the tier from it on."""
    cases = []
    for others, metric, threshold, below, reached in rows:
        cases += [
            ({**others, metric: threshold - 1}, below),
            ({**others, metric: threshold}, reached),
            ({**others, metric: threshold + 1}, reached),
        ]
    return cases


def said(value: object) -> str:
    return "·".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else str(value)


@pytest.mark.parametrize(
    ("figures", "tier"),
    table(
        ({"interactions": 5}, "spend", 1000 * YUAN, "bronze", "silver"),
        ({"spend": 1000 * YUAN}, "interactions", 5, "bronze", "silver"),
        ({"interactions": 15, "feedback": 1}, "spend", 3000 * YUAN, "silver", "gold"),
        ({"spend": 3000 * YUAN, "feedback": 1}, "interactions", 15, "silver", "gold"),
        ({"spend": 3000 * YUAN, "interactions": 15}, "feedback", 1, "silver", "gold"),
        ({"interactions": 30, "feedback": 3}, "spend", 8000 * YUAN, "gold", "platinum"),
        ({"spend": 8000 * YUAN, "feedback": 3}, "interactions", 30, "gold", "platinum"),
        ({"spend": 8000 * YUAN, "interactions": 30}, "feedback", 3, "gold", "platinum"),
    ),
    ids=said,
)
def test_p1(figures: dict[str, int], tier: str) -> None:
    assert tier_with(P1, **figures) == tier


SPENDS_MUCH = {"spend": 100_000 * YUAN}


@pytest.mark.parametrize(
    ("figures", "tier"),
    table(
        # Silver: spend, or orders, or tenure.
        ({}, "spend", 5000 * YUAN, "regular", "silver"),
        ({}, "orders", 6, "regular", "silver"),
        ({}, "tenure_years", 1, "regular", "silver"),
        # Gold: spend, or orders, or contribution.
        ({}, "spend", 20_000 * YUAN, "silver", "gold"),
        ({}, "orders", 12, "silver", "gold"),
        ({}, "contribution", 2000, "regular", "gold"),
        # Platinum: spend and orders …
        ({"orders": 18}, "spend", 50_000 * YUAN, "gold", "platinum"),
        ({"spend": 50_000 * YUAN}, "orders", 18, "gold", "platinum"),
        # … or tenure and spend.
        ({"tenure_years": 3}, "spend", 30_000 * YUAN, "gold", "platinum"),
        ({"spend": 30_000 * YUAN}, "tenure_years", 3, "gold", "platinum"),
        # Diamond: spend, and any two of the three.
        (
            {"orders": 24, "tenure_years": 5, "contribution": 5000},
            "spend",
            100_000 * YUAN,
            "platinum",
            "diamond",
        ),
        ({**SPENDS_MUCH, "tenure_years": 5}, "orders", 24, "platinum", "diamond"),
        ({**SPENDS_MUCH, "orders": 24}, "tenure_years", 5, "platinum", "diamond"),
        ({**SPENDS_MUCH, "contribution": 5000}, "orders", 24, "platinum", "diamond"),
        ({**SPENDS_MUCH, "orders": 24}, "contribution", 5000, "platinum", "diamond"),
        ({**SPENDS_MUCH, "contribution": 5000}, "tenure_years", 5, "platinum", "diamond"),
        ({**SPENDS_MUCH, "tenure_years": 5}, "contribution", 5000, "platinum", "diamond"),
        # With two of them met, the third makes no difference.
        ({**SPENDS_MUCH, "tenure_years": 5, "contribution": 5000}, "orders", 24, "diamond", "diamond"),
    ),
    ids=said,
)
def test_p2(figures: dict[str, int], tier: str) -> None:
    assert tier_with(P2, **figures) == tier


@pytest.mark.parametrize("alone", [{"orders": 24}, {"tenure_years": 5}, {"contribution": 5000}], ids=said)
def test_one_of_the_two_is_no_diamond(alone: dict[str, int]) -> None:
    assert tier_with(P2, **SPENDS_MUCH, **alone) != "diamond"


def test_without_the_spend_two_of_the_two_are_no_diamond() -> None:
    assert tier_with(P2, orders=24, tenure_years=5, contribution=5000) == "gold"


AT = datetime(2026, 3, 1, tzinfo=UTC)
ORDER = Order(id="f", member_id="m", occurred_at=AT, recorded_at=AT, order_id="o", amount=19_900)


def activity(kind: str) -> Activity:
    return Activity(id="f", member_id="m", occurred_at=AT, recorded_at=AT, kind=kind)


@pytest.mark.parametrize(
    ("program", "fact", "gains"),
    [
        (P1, ORDER, {"spend": 19_900}),
        (P1, activity("check_in"), {"interactions": 1}),
        (P1, activity("share"), {"interactions": 1}),
        (P1, activity("feedback"), {"feedback": 1}),
        (P2, ORDER, {"spend": 19_900, "orders": 1}),
        (P2, activity("referral"), {"contribution": 200}),
        (P2, activity("campaign"), {"contribution": 100}),
        (P2, activity("check_in"), {}),
    ],
)
def test_what_a_fact_adds(program: Program, fact: Fact, gains: dict[str, int]) -> None:
    gained = {name: metric.gain(fact) for name, (metric, _) in program.tallied.items()}
    assert {name: amount for name, amount in gained.items() if amount} == gains


@pytest.mark.parametrize(
    ("program", "on", "counts_in_2026", "tier_ends"),
    [
        (P1, date(2025, 12, 31), True, None),
        (P2, date(2025, 12, 31), False, date(2027, 1, 1)),
        (P2, date(2026, 1, 1), True, date(2028, 1, 1)),
    ],
)
def test_window_and_validity(
    program: Program, on: date, counts_in_2026: bool, tier_ends: date | None
) -> None:
    window = program.window
    assert counts(window, on, date(2026, 6, 1)) is counts_in_2026
    assert main(program).validity(main(program).tiers[1]).until(on, window, on) == tier_ends


def test_welcome_gift() -> None:
    assert [(tier.id, reward.points) for tier in main(P2).tiers for reward in tier.rewards] == [
        ("regular", 100)
    ]


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_comes_back_as_it_was(name: str) -> None:
    program = read_program(presets.text(name))
    forms: list[dict[str, Any]] = [{}, {"exclude_none": True}, {"exclude_unset": True}]
    for form in forms:
        plain, as_json = program.model_dump(mode="json", **form), program.model_dump_json(**form)
        assert read_program(as_json) == program
        assert read_program(yaml.safe_dump(plain)) == program
        assert program_from(plain) == program_from(program.model_dump(**form)) == program
        assert Program.model_validate_json(as_json) == program
        assert Program.model_validate_json(as_json).fingerprint == program.fingerprint


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_gives_no_cause_for_a_warning(name: str) -> None:
    assert read_program(presets.text(name)).warnings() == []


def test_there_is_no_other_preset() -> None:
    with pytest.raises(FileNotFoundError):
        presets.text("p0-nothing")
