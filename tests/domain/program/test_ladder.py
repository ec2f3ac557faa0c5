"""A ladder's order is checked when the program is read; versions come into force in theirs."""

from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest

from membership.errors import ProgramInvalid
from membership.program.reading import program_from
from membership.program.schema import Program, Versions
from tests.domain.program.documents import P1, P2, SMALL, changed, main, small


@pytest.mark.parametrize(
    ("program", "lower", "higher"),
    [
        (program, *pair)
        for program in (P1, P2)
        for pair in combinations(range(1, len(main(program).tiers)), 2)
    ],
    ids=lambda value: value.id if isinstance(value, Program) else str(value),
)
def test_swapped_tiers_are_refused(program: Program, lower: int, higher: int) -> None:
    document = program.model_dump(mode="json")
    tiers = document["tiers"]
    tiers[lower], tiers[higher] = tiers[higher], tiers[lower]
    with pytest.raises(ProgramInvalid) as refusal:
        program_from(document)
    assert {flaw.path for flaw in refusal.value.flaws} <= {
        f"tiers[{n}].qualify" for n in range(lower, higher + 1)
    }
    assert all("from the lowest to the highest" in flaw.remedy for flaw in refusal.value.flaws)


@pytest.mark.parametrize(
    ("silver", "gold", "message"),
    [
        ({"spend": 1000}, {"spend": 1000}, "whoever enters 'silver' with spend 1000 has entered 'gold' too"),
        ({"spend": "99.50"}, {"spend": 50}, "with spend 99.50 has entered"),
        ({"orders": 5}, {"any": [{"spend": 9000}, {"orders": 5}]}, "with orders 5 has entered"),
        (
            {"any": [{"spend": 1000}, {"all": [{"orders": 9}, {"feedback": 2}]}]},
            {"any": [{"spend": 5000}, {"orders": 8}]},
            "with orders 9 and feedback 2 has entered",
        ),
    ],
)
def test_a_way_that_skips_its_tier(silver: Any, gold: Any, message: str) -> None:
    tiers = [{"id": "bronze"}, {"id": "silver", "qualify": silver}, {"id": "gold", "qualify": gold}]
    with pytest.raises(ProgramInvalid, match=message):
        program_from({**SMALL, "tiers": tiers})


@pytest.mark.parametrize(
    ("silver", "gold"),
    [
        ({"spend": 1000}, {"spend": 1001}),
        ({"spend": 1000}, {"all": [{"spend": 1000}, {"orders": 1}]}),
        ({"spend": 1000}, {"orders": 5}),
        ({"any": [{"spend": 1000}, {"orders": 5}]}, {"all": [{"spend": 1000}, {"orders": 5}]}),
    ],
)
def test_a_ladder_that_rises(silver: Any, gold: Any) -> None:
    tiers = [{"id": "bronze"}, {"id": "silver", "qualify": silver}, {"id": "gold", "qualify": gold}]
    ladder = main(program_from({**SMALL, "tiers": tiers}))
    assert [tier.id for tier in ladder.above("bronze")] == ["silver", "gold"]
    assert [tier.id for tier in ladder.below("gold")] == ["bronze", "silver"]
    assert ladder.rank("bronze") == 0
    assert ladder.tier("gold").id == "gold"
    with pytest.raises(KeyError):
        ladder.rank("platinum")


def test_a_rule_to_stay_may_differ_from_the_one_to_enter() -> None:
    program = program_from(changed("tiers[2].keep", {"orders": 2}))
    ladder = main(program)
    bronze, silver, gold = ladder.tiers
    assert ladder.keep(bronze) is None
    assert ladder.keep(silver) == silver.qualify
    assert ladder.keep(gold) == gold.keep != gold.qualify


@pytest.mark.parametrize(
    ("document", "warnings"),
    [
        (dict(SMALL), ["metrics.feedback: no tier asks for it"]),
        (
            changed("tiers", [{"id": "bronze"}, {"id": "silver", "qualify": {"spend": 1}}]),
            [
                "tiers: members find 3 to 5 tiers easy to follow; this ladder has 2",
                "metrics.orders: no tier asks for it",
                "metrics.feedback: no tier asks for it",
            ],
        ),
        (
            changed("tiers[1].keep", {"feedback": 1}),
            ["tiers[1].keep: asks for more than `qualify`: who enters may be given notice at once"],
        ),
        (
            changed("tiers[1].keep", {"feedback": 1}) | {"validity": "through_end_of_next_year"},
            [],
        ),
        (
            changed("tiers[1].keep", {"feedback": 1}) | {"downgrade": {"steps": "never"}},
            ["tiers[1].keep: nobody is asked for it, because no tier is ever taken away"],
        ),
    ],
)
def test_warnings(document: dict[str, Any], warnings: list[str]) -> None:
    assert program_from(document).warnings() == warnings


FALLS = (
    "tiers[{n}].validity: while_qualified with a rule to stay that counts anew each year: "
    "as a year begins its members fall, whatever they did before; "
    "through_end_of_next_year leaves them a year to earn it again"
)
FLAPS = (
    "tiers[{n}].keep: counts anew each year, while `qualify` counts without end: "
    "who falls would enter again at once"
)
YEARLY = {"sum": "order.amount", "window": "calendar_year"}


def with_keep(keep: Any, qualify: Any, **settings: Any) -> dict[str, Any]:
    """Three tiers over figures of a year and of a life, of which the second is of interest."""
    metrics = {
        "spend": {"sum": "order.amount"},
        "this_year": YEARLY,
        "years": {"since": "joined", "unit": "year"},
    }
    silver = {"id": "silver", "qualify": qualify} | ({"keep": keep} if keep else {})
    top = {"all": [{"spend": 9000}, {"this_year": 9000}, {"years": 9}]}
    gold = {"id": "gold", "qualify": top, "validity": "lifetime"}
    return {"id": "x", "metrics": metrics, "tiers": [{"id": "bronze"}, silver, gold]} | settings


PROMISE = {"validity": "through_end_of_next_year"}


@pytest.mark.parametrize(
    ("document", "warnings"),
    [
        # Everybody falls at the turn of the year
        (with_keep(None, {"this_year": 1}), [FALLS]),
        (with_keep(None, {"any": [{"this_year": 1}, {"years": 1}]}), [FALLS]),
        (with_keep(None, {"this_year": 1}, **PROMISE), []),
        (with_keep(None, {"this_year": 1}, validity="lifetime"), []),
        (with_keep(None, {"this_year": 1}, downgrade={"steps": "never"}), []),
        (with_keep(None, {"spend": 1}), []),
        (with_keep({"any": [{"this_year": 1}, {"spend": 1}]}, {"spend": 1}), []),
        # Who falls rises again at once
        (with_keep({"this_year": 1}, {"spend": 1}, **PROMISE), [FLAPS]),
        (with_keep({"this_year": 1}, {"years": 1}, **PROMISE), [FLAPS]),
        (with_keep({"this_year": 1}, {"any": [{"this_year": 2}, {"years": 1}]}, **PROMISE), [FLAPS]),
        (with_keep({"this_year": 1}, {"all": [{"this_year": 2}, {"years": 1}]}, **PROMISE), []),
        (with_keep({"this_year": 1}, {"spend": 1}, validity="lifetime"), []),
        (with_keep({"this_year": 1}, {"spend": 1}, **PROMISE, downgrade={"steps": "never"}), []),
        (with_keep({"this_year": 1}, {"spend": 1}), [FALLS, FLAPS]),
    ],
)
def test_warnings_of_the_turn_of_the_year(document: dict[str, Any], warnings: list[str]) -> None:
    said = [one for one in program_from(document).warnings() if "year" in one]
    assert said == [one.format(n=1) for one in warnings]


def test_a_program_whose_own_window_closes_is_warned_too() -> None:
    document = dict(SMALL) | {"window": "calendar_year"}
    said = program_from(document).warnings()
    assert said[1:] == [FALLS.format(n=1), FALLS.format(n=2)]
    assert program_from(document | PROMISE).warnings() == said[:1]


NEW_YEAR = datetime(2027, 1, 1, tzinfo=UTC)
LATER = NEW_YEAR + timedelta(days=180)


def starting(at: datetime | None) -> Program:
    return small(effective_from=at and at.isoformat())


@pytest.mark.parametrize(
    ("starts", "at", "number"),
    [
        ({1: None}, datetime(1997, 1, 1, tzinfo=UTC), 1),
        ({1: NEW_YEAR}, datetime(1997, 1, 1, tzinfo=UTC), 1),  # the first one always held
        ({1: None, 2: NEW_YEAR}, NEW_YEAR - timedelta(microseconds=1), 1),
        ({1: None, 2: NEW_YEAR}, NEW_YEAR, 2),
        ({1: None, 2: NEW_YEAR, 3: LATER}, NEW_YEAR, 2),
        ({1: None, 2: NEW_YEAR, 3: LATER}, LATER, 3),
        ({1: None, 2: LATER, 3: NEW_YEAR}, LATER, 2),  # each from its own time
        ({1: None, 2: NEW_YEAR, 3: NEW_YEAR}, NEW_YEAR, 3),  # put later, meant instead
    ],
)
def test_the_version_in_force(starts: dict[int, datetime | None], at: datetime, number: int) -> None:
    versions = Versions({n: starting(start) for n, start in starts.items()})
    assert versions.in_force(at)[0] == number


@pytest.mark.parametrize(
    ("path", "value", "added_up_anew"),
    [
        ("metrics.spend.where", {"amount": {"gte": 10}}, True),
        ("metrics.spend.window", "calendar_year", True),
        ("metrics.visits", {"count": "visit"}, True),
        ("window", "calendar_year", True),
        ("timezone", "UTC", True),
        ("currency", "USD", True),
        ("metrics.spend.name", {"en": "shopping"}, False),
        ("name", {"en": "Another"}, False),
        ("tiers[1].qualify", {"spend": 7}, False),
        ("downgrade.steps", "never", False),
    ],
)
def test_only_what_changes_the_sums_changes_the_fingerprint(
    path: str, value: Any, added_up_anew: bool
) -> None:
    assert (program_from(changed(path, value)).fingerprint != small().fingerprint) is added_up_anew
