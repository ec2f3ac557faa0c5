"""What the documentation promises exists: links, commands, routes, files, fields; and programs do it."""

import json
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest

from membership.errors import ProgramInvalid
from membership.outcomes import Outcome
from membership.program.document import parse
from membership.program.money import CURRENCIES
from membership.program.reading import program_from
from membership.rehearsal import rehearse
from tests.template import of_type, parameters, resources

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted([*ROOT.glob("README*.md"), *ROOT.glob("docs/**/*.md")])
CHINESE = [page for page in PAGES if page.name.endswith(".zh.md")]
LANGUAGE = ROOT / "docs/reference/program-language.md"

pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


@cache
def text(page: Path) -> str:
    return page.read_text("utf-8")


def prose(page: Path) -> str:
    """A page without its blocks of code."""
    return re.sub(r"^( *)```.*?^\1```", "", text(page), flags=re.DOTALL | re.MULTILINE)


def blocks(page: Path, *languages: str) -> list[str]:
    found = re.findall(r"^ *```(\w+)\n(.*?)^ *```", text(page), re.DOTALL | re.MULTILINE)
    return [block for language, block in found if language in languages]


def anchors(page: Path) -> set[str]:
    """Headings as GitHub makes anchors of them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pages
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", prose(page)) + re.findall(r'(?:src|href)="([^"]+)"', prose(page))
    for target in targets:
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert there.is_relative_to(ROOT), target
        if anchor and there.suffix == ".md":
            assert anchor in anchors(there), target


@pages
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    code = "\n".join([*re.findall(r"`([^`\n]+)`", prose(page)), *blocks(page, "bash", "text")])
    for named in re.findall(r"^\$? ?make ((?:[A-Z]+=\S+ )*)([a-z-]+)", code, re.MULTILINE):
        assert named[1] in targets, f"make {named[1]}"


def test_make_names_no_target_that_it_lacks() -> None:
    makefile = (ROOT / "Makefile").read_text()
    [phony] = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    assert set(phony.split()) <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


@pages
def test_files_exist(page: Path) -> None:
    for named in re.findall(r"\bevents/[a-z_]+/[a-z_]+\.json\b", text(page)):
        assert (ROOT / named).is_file(), named
    for named in re.findall(
        r"`((?:layers|functions|tools|tests|docs|demo|events|requirements)/[\w./-]+)`", prose(page)
    ):
        assert (ROOT / named).exists() or page.parent.name == "recipes", named


@cache
def routes() -> dict[str, set[str]]:
    """Path, its parameters without their names → methods, from the published contract."""
    [contract] = [path for path in ROOT.glob("**/openapi.json") if not is_made(path)]
    paths = json.loads(contract.read_text())["paths"]
    return {re.sub(r"{[^}]+}", "{}", path): {method.upper() for method in paths[path]} for path in paths}


def is_made(path: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(ROOT).parts)


def _same_shape(named: str, known: str) -> bool:
    wanted, parts = named.split("/"), known.split("/")
    return len(wanted) == len(parts) and all(
        there in ("{}", here) for here, there in zip(wanted, parts, strict=True)
    )


def named_routes(page: Path) -> Iterator[tuple[str, str]]:
    path = r"(/v1/[^\s`\"'?|,;)]+|/openapi\.json|/docs)"
    yield from re.findall(rf"\b(GET|POST|PUT|DELETE) {path}", text(page))
    for command in re.findall(r"curl (?:[^\n]*\\\n)*[^\n]*", "\n".join(blocks(page, "bash"))):
        called = re.search(rf"\$(?:BASE|\{{BASE\}}){path}", command)
        assert called, f"a curl without $BASE: {command}"
        asked = re.search(r"-X (\w+)", command)
        yield (
            asked[1] if asked else "POST" if re.search(r" (-d|--data\S*|--json) ", command) else "GET",
            called[1],
        )


@pages
def test_routes_exist(page: Path) -> None:
    known = routes()
    for method, route in named_routes(page):
        matching = [path for path in known if _same_shape(re.sub(r"{[^}]+}", "{}", route), path)]
        assert any(method in known[path] for path in matching), f"{method} {route}"


def test_every_route_is_shown() -> None:
    shown = [*named_routes(ROOT / "docs/how-to/call-the-api.md")]
    for path, methods in routes().items():
        for method in methods:
            assert any(method == m and _same_shape(re.sub(r"{[^}]+}", "{}", r), path) for m, r in shown), (
                f"{method} {path}"
            )


def test_every_outcome_is_described() -> None:
    page = text(ROOT / "docs/reference/outcomes.md")
    union, _ = get_args(Outcome)
    for model in get_args(union):
        kind = model.model_fields["type"].default
        section = page.partition(f"\n## {kind}\n")[2].partition("\n## ")[0]
        assert section, kind
        for name in set(model.model_fields) - {"type", "at", "fact"}:
            assert f"`{name}`" in section, f"{kind}: {name}"


def test_every_parameter_and_environment_is_described() -> None:
    page = text(ROOT / "docs/how-to/deploy.md")
    for name in parameters():
        assert f"`{name}`" in page, name
    for environment in set(tomllib.loads((ROOT / "samconfig.toml").read_text())) - {"version"}:
        assert f"`{environment}`" in page, environment


def test_every_alarm_is_answered() -> None:
    for page in ("alarms.md", "alarms.zh.md"):
        rows = re.findall(r"^\| `(\w+)` \|", text(ROOT / "docs/how-to" / page), re.MULTILINE)
        assert sorted(rows) == sorted(of_type(resources(), "AWS::CloudWatch::Alarm")), page


COMMAND = re.compile(r"`(sam|make|aws|GET|\.venv/bin/python) |\(operate\.md#")


def test_each_alarm_has_a_command_to_look_and_one_to_act_and_says_whether_it_can_be_repeated() -> None:
    for page in ("alarms.md", "alarms.zh.md"):
        for row in re.findall(r"^\| (`\w+` \| .*) \|$", text(ROOT / "docs/how-to" / page), re.MULTILINE):
            name, _, look, do, again = row.split(" | ")
            assert COMMAND.search(look), f"{page}: {name}: {look}"
            assert COMMAND.search(do), f"{page}: {name}: {do}"
            assert again.startswith(("yes", "能")), f"{page}: {name}"


@pytest.mark.parametrize("page", CHINESE, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_in_chinese_shows_what_the_one_in_english_does(page: Path) -> None:
    both = (page, page.with_name(page.name.replace(".zh.md", ".md")))
    one, other = (blocks(page, "bash", "yaml", "json") for page in both)
    assert [_without_notes(block) for block in one] == [_without_notes(block) for block in other]
    one, other = (re.findall(r"^#+ ", prose(page), re.MULTILINE) for page in both)
    assert one == other


def _without_notes(block: str) -> str:
    return re.sub(r" *#.*", "", block)


# ── Programs ──────────────────────────────────────────────────────────────────────────────────────


def _shown(page: Path) -> list[tuple[str, str]]:
    """Each block of YAML; and the block of text that stands right after it, which is what comes of it."""
    return re.findall(
        r"^```yaml\n(.*?)^```\n(?:\n```text\n(.*?)^```)?", text(page), flags=re.DOTALL | re.MULTILINE
    )


def _completed(block: str, page: Path) -> Any:
    """The program that is meant: a part stands in the one that the page has first, in its own place.

    A list is of tiers, above the first one.
    """
    part = parse(block)
    if "id" in part:
        return part
    whole = next((one for one, _ in _shown(page) if one.startswith("id:")), None)
    base = parse(whole or _shown(LANGUAGE)[0][0])
    if isinstance(part, list):
        return base | {"tiers": [base["tiers"][0], *part]}
    if "ladders" in part:
        del base["tiers"]
    return base | part | {"metrics": base["metrics"] | part.get("metrics", {})}


@pages
def test_programs_do_what_is_said_of_them(page: Path) -> None:
    for block, said in _shown(page):
        flaws, warned = [], []
        try:
            program = program_from(_completed(block, page))
        except ProgramInvalid as error:
            flaws = error.flaws
        else:
            flaws, warned = rehearse(program), program.warnings()
        for flaw in flaws:
            assert flaw.message in text(page), block
            assert flaw.remedy in text(page), block
        for line in said.splitlines():
            assert line in [*(f"{flaw.message}. {flaw.remedy}" for flaw in flaws), *warned], block


def _words_of(schema: Any) -> Iterator[str]:
    """Keys, and words that stand for themselves, wherever they are."""
    if isinstance(schema, list):
        for part in schema:
            yield from _words_of(part)
    elif isinstance(schema, dict):
        told = [*schema.get("properties", ()), *schema.get("enum", ()), schema.get("const")]
        yield from (word for word in told if isinstance(word, str))
        yield from _words_of([*schema.values()])


@pytest.mark.parametrize("name", ["program-language.md", "program-language.zh.md"])
def test_every_word_of_the_language_is_described(name: str) -> None:
    page = LANGUAGE.with_name(name)
    schema = json.loads((ROOT / "docs/reference/program.schema.json").read_text())
    code = " ".join([*re.findall(r"`([^`\n]+)`", prose(page)), *blocks(page, "yaml")])
    known = {*re.findall(r"[a-z][a-z_]*", code)}
    assert {*_words_of(schema)} - CURRENCIES - known == set()


def test_every_page_can_be_found() -> None:
    index = ROOT / "docs/index.md"
    linked = {(index.parent / target).resolve() for target in re.findall(r"\]\(([^)#\s]+)", prose(index))}
    for page in PAGES:
        if page != index and page.parent != ROOT:
            assert page in linked or page.parent in linked, page.relative_to(ROOT)
