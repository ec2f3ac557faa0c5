"""Whatever is sent: a program, or what is wrong with it, and never anything else."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from membership.errors import Flaw, ProgramInvalid
from membership.program import presets
from membership.program.document import parse
from membership.program.in_words import program_in_words
from membership.program.reading import program_from, read_program
from membership.program.schema import Program
from tests.domain.program.documents import P1, P2, SMALL, changed

# Most of a preset are its examples; one of them leaves more slips for the rules.
SOURCES = ["\n\n  - title".join(presets.text(name).split("\n\n  - title")[:2]) for name in presets.names()]
DOCUMENTS: list[Any] = [
    *(program.model_dump(mode="json", exclude_none=True, exclude={"examples"}) for program in (P1, P2)),
    *(json.loads(json.dumps(parse(source), default=str)) for source in SOURCES),
]

WORDS = ["lifetime", "spend", "CNY", "UTC", "any", "order", "1e999999", "\ud800", "2026-02-30"]
keys = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=20), st.sampled_from(WORDS))
scalars = st.one_of(keys, st.floats(), st.decimals())
odd_values = st.recursive(
    scalars,
    lambda part: (
        st.lists(part, max_size=3)
        | st.dictionaries(
            st.sampled_from(["all", "any", "at_least", "spend", "count", "kind", "en"]), part, max_size=3
        )
        | st.dictionaries(keys, part, max_size=3)
    ),
    max_leaves=6,
)


def places(node: Any, place: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [place]
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        found += places(value, (*place, key))
    return found


@st.composite
def mangled(draw: st.DrawFn) -> Any:
    """A preset in which something else stands in one to three places."""
    document = json.loads(json.dumps(draw(st.sampled_from(DOCUMENTS)), default=str))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(places(document)))
        value = draw(odd_values)
        if not place:
            return value
        here = document
        for step in place[:-1]:
            here = here[step]
        here[place[-1]] = value
    return document


def flaws_of(read: Any, source: Any) -> list[Flaw]:
    try:
        program = read(source)
    except ProgramInvalid as refusal:
        return refusal.flaws
    assert isinstance(program, Program)
    assert read_program(program.model_dump_json()) == program
    for language in ("en", "zh"):
        program_in_words(program, 1, language).model_dump_json().encode()
    return []


def is_read_or_refused(read: Any, source: Any) -> None:
    for flaw in flaws_of(read, source):
        assert flaw.message
        assert flaw.remedy
        assert len(json.dumps(flaw.value)) < 2_000
        str(flaw).encode()


@given(mangled())
@example({"\ud800": {"\ud800": "\ud800"}})
@example({"tiers": [{"qualify": {"\ud800": {"\ud800": 1}}, "\ud800": {"\ud800": 1}}]})
@example({"metrics": {"\ud800": {"points": {"\ud800": "\ud800"}}}})
@example({**DOCUMENTS[0], "tiers": [{"id": "a"}, {"id": "b", "qualify": {"": None, "\ud800": None}}]})
@example({5: 1, "\ud800": {None: {}}})
@example(
    {
        "metrics": {"x": {"count": ["\ud800"], "where": {"\ud800": 1}}},
        "timezone": "\ud800",
        "window": "\ud800",
    }
)
@settings(max_examples=400, deadline=None)
def test_a_document(document: Any) -> None:
    is_read_or_refused(program_from, document)


@given(st.binary(max_size=200) | st.text(alphabet="{}[]:,-&*!#'\"\n \tab1.%@|>?~", max_size=60))
@example(b"\xef\xbb\xbf")
@example("!!set {a}")
@example("? a")
@example("- !!binary x")
@example("{a: !!timestamp 2026-01-01}")
@example("&a a: *a")
@settings(max_examples=400, deadline=None)
def test_text_or_bytes(source: str | bytes) -> None:
    is_read_or_refused(read_program, source)


@given(st.sampled_from(SOURCES), st.data())
@settings(max_examples=300, deadline=None)
def test_a_preset_with_a_slip(source: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(start, min(len(source), start + 8)))
    slip = data.draw(st.text(alphabet="{}[]:,-&*!#'\"\n \tab1.%：，", max_size=4))
    is_read_or_refused(read_program, source[:start] + slip + source[end:])


@st.composite
def written(draw: st.DrawFn, places: int) -> Any:
    """A number in one of the ways in which it may be written, and all of them mean the same."""
    digits, exponent = draw(st.integers(1, 9_999)), draw(st.integers(-places, 6))
    number = Decimal(digits).scaleb(exponent)
    ways = [f"{number:f}", f"{number:e}", f"{number:E}", str(number), f"{digits}e{exponent}"]
    if number == number.to_integral_value():
        ways += [f"{number:f}.000" if "." not in f"{number:f}" else f"{number:f}00", str(int(number))]
    return Decimal(draw(st.sampled_from(ways)))


@st.composite
def whole_programs(draw: st.DrawFn) -> Any:
    """The small program with every number in it drawn, in JSON or in YAML."""
    document = json.loads(json.dumps(dict(SMALL)))
    document["metrics"]["spend"]["where"] = {"amount": {"gte": draw(written(2))}}
    document["metrics"]["feedback"]["where"] = {"quality": {"gte": draw(written(0))}}
    spend, orders = draw(written(2)), draw(written(0))
    document["tiers"][1]["qualify"] = {"all": [{"spend": spend}, {"metric": "orders", "gte": orders}]}
    document["tiers"][2]["qualify"] = {
        "all": [{"spend": spend * 2}, {"any": [{"orders": orders * 2}, {"feedback": draw(written(0))}]}]
    }
    document["tiers"][2]["keep"] = draw(st.none() | st.fixed_dictionaries({"spend": written(2)}))
    if document["tiers"][2]["keep"] is None:
        del document["tiers"][2]["keep"]
    document["validity"] = draw(st.sampled_from(["lifetime", "while_qualified", "through_end_of_next_year"]))
    document["window"] = draw(st.sampled_from(["lifetime", {"kind": "calendar_year"}]))
    document["name"] = {"en": draw(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20))}
    return document


def in_text(node: Any) -> str:
    """JSON in which a number stands as it was written; YAML reads it too."""
    if isinstance(node, Decimal):
        return str(node)
    if isinstance(node, dict):
        return "{" + ", ".join(f"{json.dumps(key)}: {in_text(part)}" for key, part in node.items()) + "}"
    if isinstance(node, list):
        return "[" + ", ".join(map(in_text, node)) + "]"
    return json.dumps(node, ensure_ascii=False)


@given(whole_programs())
@settings(max_examples=200, deadline=None)
def test_a_program_is_kept_as_it_was_read(document: Any) -> None:
    program = read_program(in_text(document))
    stored = program.model_dump_json(exclude_unset=True)
    kept = Program.model_validate_json(stored)
    assert kept == program
    assert kept.model_dump_json(exclude_unset=True) == stored
    assert kept.fingerprint == program.fingerprint
    assert read_program("\ufeff# the same as YAML\n" + in_text(document)) == program


@pytest.mark.parametrize("figure", ["1000", "1000.0", "1e3", "1E+3", "10.00e2", "0.1e4"])
def test_a_number_is_one_however_it_is_written(figure: str) -> None:
    whole = in_text(changed("tiers[1].qualify", {"spend": 1000}))
    program = read_program(whole.replace('{"spend": 1000}', f'{{"spend": {figure}}}'))
    assert program.model_dump_json(exclude_unset=True) == read_program(whole).model_dump_json(
        exclude_unset=True
    )
    bounded = changed("metrics.feedback.where", {"quality": {"gte": Decimal(figure)}})
    plain = changed("metrics.feedback.where", {"quality": {"gte": 1000}})
    assert program_from(bounded).fingerprint == program_from(plain).fingerprint
