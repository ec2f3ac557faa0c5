"""The presets: each does what its own table says, and no table would pass for another program."""

from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
import yaml

from membership.errors import ProgramInvalid
from membership.program import presets
from membership.program.benefits import BenefitKind
from membership.program.document import parse
from membership.program.examples import Example
from membership.program.reading import program_from, read_program
from membership.program.schema import Program
from membership.program.text import Text
from membership.rehearsal import rehearse

PROGRAMS = {name: read_program(presets.text(name)) for name in presets.names()}

every_preset = pytest.mark.parametrize("name", presets.names())


@pytest.mark.proves(
    "M1",
    "M3",
    "M5",
    "M6",
    "M7",
    "P1",
    "P2",
    "P3",
    "P4",
    "P5",
    "P6",
    "P7",
    "P8",
    "P9",
    "P10",
    "P11",
    "U2",
    "D1",
)
@pytest.mark.parametrize(
    ("name", "example"),
    [
        pytest.param(name, example, id=f"{name}: {example.title}")
        for name, program in PROGRAMS.items()
        for example in program.examples
    ],
)
def test_a_preset_does_what_its_table_says(name: str, example: Example) -> None:
    flaws = rehearse(PROGRAMS[name].model_copy(update={"examples": (example,)}))
    assert not flaws, "\n".join(map(str, flaws))


@every_preset
def test_every_tier_is_reached_in_the_table(name: str) -> None:
    program = PROGRAMS[name]
    assert {
        then.tier for example in program.examples for then in example.then if then.tier
    } == program.tier_ids


DECIDES = (
    "window",
    "metrics",
    "tiers",
    "ladders",
    "validity",
    "downgrade",
    "special_reviews",
    "triggers",
    "badges",
)
"""Where a figure of a program decides about members; its words don't."""


def figures(part: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every figure below."""
    match part:
        case dict():
            for key, value in part.items():
                if key not in ("rewards", "grant", "name"):
                    yield from figures(value, (*path, key))
        case list():
            for n, value in enumerate(part):
                yield from figures(value, (*path, n))
        case str() if part.startswith("top "):
            yield path
        case int() | Decimal() if not isinstance(part, bool):
            yield path


def shifted(document: dict[str, Any], path: tuple[Any, ...], by: int) -> dict[str, Any]:
    changed = deepcopy(document)
    here: Any = changed
    for step in path[:-1]:
        here = here[step]
    old = here[path[-1]]
    if isinstance(old, str):
        here[path[-1]] = f"top {int(old.removeprefix('top ').removesuffix('%')) + by}%"
    else:
        here[path[-1]] = old + by
    return changed


NO_DIFFERENCE = {
    "p6-paid-club": {"metrics.saved.window.months +1": "a term's savings are known for longer than the term"}
}
"""Figures that can be another one, and why."""


def mutants(name: str) -> Iterator[tuple[str, Program]]:
    """The preset with one figure that is one more or less, where such a program can be published at all."""
    document = parse(presets.text(name))
    for path in figures({key: document[key] for key in DECIDES if key in document}):
        for by in (1, -1):
            with suppress(ProgramInvalid):
                yield f"{'.'.join(map(str, path))} {by:+}", program_from(shifted(document, path, by))


@pytest.mark.parametrize(
    "mutant",
    [
        pytest.param(mutant, id=f"{name}: {change}")
        for name in presets.names()
        for change, mutant in mutants(name)
        if change not in NO_DIFFERENCE.get(name, ())
    ],
)
def test_no_figure_can_be_another_one_unseen(mutant: Program) -> None:
    """A table that passes with a changed figure has no example at that boundary."""
    tables = (mutant.model_copy(update={"examples": (example,)}) for example in mutant.examples)
    assert any(rehearse(table) for table in tables)


WARNINGS = {
    "airline-nine-tiers": ["tiers: members find 3 to 5 tiers easy to follow; this ladder has 9"],
}
"""What is seldom meant, and meant here."""


@every_preset
def test_a_preset_gives_cause_for_the_warnings_that_are_meant(name: str) -> None:
    assert PROGRAMS[name].warnings() == WARNINGS.get(name, [])


def texts(benefit: BenefitKind) -> Iterator[Text]:
    """All words that the business wrote itself."""
    if isinstance(benefit, Text):
        yield benefit
    yield from (value for _, value in benefit if isinstance(value, Text) and value)


@every_preset
def test_a_preset_speaks_both_languages(name: str) -> None:
    program = PROGRAMS[name]
    ladders = program.ladders_by_id.values()
    tiers = [tier for ladder in ladders for tier in ladder.tiers]
    said: list[Text] = [program.name, *(tier.name for tier in tiers)]
    said += [ladder.name for ladder in ladders if program.ladders]
    said += [reward.name for tier in tiers for reward in tier.rewards]
    said += [words for tier in tiers for benefit in tier.benefits for words in texts(benefit)]
    said += [metric.name for metric in program.metrics.values() if metric.name]
    said += [special.name for special in program.special_reviews]
    assert all(words.en and words.zh for words in said)


@every_preset
def test_a_preset_comes_back_as_it_was(name: str) -> None:
    program = PROGRAMS[name]
    forms: list[dict[str, Any]] = [{}, {"exclude_none": True}, {"exclude_unset": True}]
    for form in forms:
        plain, as_json = program.model_dump(mode="json", **form), program.model_dump_json(**form)
        assert read_program(as_json) == program
        assert program_from(plain) == program_from(program.model_dump(**form)) == program
        assert Program.model_validate_json(as_json) == program
        assert Program.model_validate_json(as_json).fingerprint == program.fingerprint
    assert read_program(yaml.safe_dump(plain)) == program


@every_preset
def test_a_preset_says_which_schema_it_keeps_to(name: str) -> None:
    first, second, *_ = presets.text(name).splitlines()
    assert first == "# yaml-language-server: $schema=../../../../../docs/reference/program.schema.json"
    assert second.startswith("# ")


def test_ids_of_presets_are_their_own() -> None:
    assert len({program.id for program in PROGRAMS.values()}) == len(PROGRAMS)


def test_there_is_no_other_preset() -> None:
    with pytest.raises(FileNotFoundError):
        presets.text("p0-nothing")
