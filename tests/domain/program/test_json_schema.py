"""The published JSON Schema says what the model says, and helps where programs are written."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from membership.program import presets
from membership.program.document import parse
from membership.program.reading import read_program
from tests.domain.program.documents import SMALL, changed
from tools import schema

PUBLISHED: dict[str, Any] = json.loads(schema.PATH.read_text("utf-8"))


def test_it_is_what_the_model_says() -> None:
    assert schema.PATH.read_text("utf-8") == schema.text(), "run python -m tools.schema and commit"


def test_it_names_its_dialect_and_no_place_of_its_own() -> None:
    assert PUBLISHED["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "$id" not in PUBLISHED


def properties(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    match node:
        case dict():
            for name, found in node.get("properties", {}).items():
                yield f"{path}.{name}", found
            for key, value in node.items():
                yield from properties(value, f"{path}/{key}")
        case list():
            for value in node:
                yield from properties(value, path)


def test_every_key_is_described() -> None:
    for path, found in properties(PUBLISHED):
        if "const" not in found:  # `kind: lifetime` needs no more words than its own
            named = found.get("$ref", "").rpartition("/")[2]
            assert found.get("description") or PUBLISHED["$defs"].get(named, {}).get("description"), path


def test_every_part_is_described() -> None:
    for name, definition in PUBLISHED["$defs"].items():
        assert definition.get("description") or all(part["description"] for part in definition["anyOf"]), name


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_leads_an_editor_to_it(name: str) -> None:
    first = presets.text(name).splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    folder = schema.ROOT / "layers/domain/membership/program/presets"
    assert (folder / first).resolve() == schema.PATH


# What follows needs a validator, which is not among the tools of every developer.


def accepts(document: Any) -> bool:
    jsonschema = pytest.importorskip("jsonschema")
    return bool(jsonschema.Draft202012Validator(PUBLISHED).is_valid(document))


@pytest.mark.parametrize("name", presets.names())
def test_it_accepts_the_presets(name: str) -> None:
    assert accepts(parse(presets.text(name)))
    assert accepts(read_program(presets.text(name)).model_dump(mode="json"))
    assert accepts(read_program(presets.text(name)).model_dump(mode="json", exclude_none=True))


RULE = "tiers[1].qualify"


@pytest.mark.parametrize(
    ("place", "written"),
    [
        (RULE, {"spend": 5000}),
        (RULE, {"spend": 99.9}),
        (RULE, {"spend": "99.90"}),
        (RULE, {"metric": "spend", "gte": 5000}),
        (RULE, {"any": [{"all": [{"spend": 1}]}, {"at_least": {"count": 1, "of": [{"orders": 1}]}}]}),
        ("window", "calendar_year"),
        ("window", {"kind": "calendar_year"}),
        ("tiers[1].validity", "lifetime"),
        ("metrics.x", {"count": ["review", "share"], "window": "lifetime"}),
        ("effective_from", "2026-12-01T00:00:00+08:00"),
    ],
)
def test_it_accepts_what_the_model_reads(place: str, written: Any) -> None:
    assert accepts(changed(place, written))


@pytest.mark.parametrize(
    ("place", "written"),
    [
        (RULE, {"spend": 0}),
        (RULE, {"spend": "5,000"}),
        (RULE, {"spend": 1, "orders": 2}),
        (RULE, {"metric": "spend"}),
        (RULE, {"all": []}),
        (RULE, [{"spend": 1}]),
        (RULE, {"at_least": {"count": 0, "of": [{"orders": 1}]}}),
        ("window", "calender_year"),
        ("windwo", "lifetime"),
        ("currency", "RMB"),
        ("metrics.Spend", {"count": "order"}),
        ("metrics.x", {"count": []}),
        ("metrics.x", {"counts": "review"}),
        ("downgrade.notice_days", 29),
        ("name", "Club"),
        ("id", "My Club"),
    ],
)
def test_it_refuses_what_the_model_refuses(place: str, written: Any) -> None:
    assert accepts(SMALL)
    assert not accepts(changed(place, written))
