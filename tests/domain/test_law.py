"""The law of the domain: what decides knows no store, no environment and no clock, however far it reaches."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import membership

HOUSE = Path(membership.__file__).parent
FORBIDDEN = {
    "boto3",
    "botocore",
    "aws_lambda_powertools",
    "os",
    "random",
    "socket",
    "threading",
    "time",
    "uuid",
}
CLOCKS = {"now", "today", "utcnow", "monotonic"}


def modules(*patterns: str) -> list[str]:
    files = [file for pattern in patterns for file in HOUSE.glob(pattern)]
    return [".".join(("membership", *file.relative_to(HOUSE).with_suffix("").parts)) for file in files]


def source(module: str) -> Path | None:
    """The file of one of our modules; None where it isn't one."""
    place = HOUSE.joinpath(*module.split(".")[1:])
    return next((file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()), None)


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def reached(roots: Iterable[str]) -> dict[str, ast.Module]:
    """These modules, and whatever they import of ours."""
    found: dict[str, ast.Module] = {}
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        file = source(name) if name.startswith("membership.") else None
        if file and name not in found:
            found[name] = ast.parse(file.read_text("utf-8"))
            waiting += imported(found[name])
    return found


def breaches(tree: ast.Module) -> set[str]:
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    clocks = {call.attr for call in calls if isinstance(call, ast.Attribute)} & CLOCKS
    return clocks | {name.split(".")[0] for name in imported(tree)} & FORBIDDEN


EDGES = {"membership.runtime", "membership.logs"}
"""Where the world comes in: clients, clock, environment."""
PURE = reached({*modules("program/**/*.py", "member/**/*.py", "*.py")} - EDGES)
SERVICES = modules("services/*.py")


@pytest.mark.parametrize("module", sorted(PURE))
def test_it_knows_nothing_of_the_world(module: str) -> None:
    assert not breaches(PURE[module])


@pytest.mark.parametrize("module", SERVICES)
def test_a_service_is_given_its_ports(module: str) -> None:
    packages = {name.split(".")[0] for name in imported(reached([module])[module])}
    assert not packages & {"boto3", "botocore", "aws_lambda_powertools", "os"}


def test_the_core_knows_no_service() -> None:
    assert not [name for name in PURE if name.startswith(("membership.services", "membership.store"))]


def test_the_store_knows_no_service() -> None:
    found = {name: {*imported(reached([name])[name])} for name in modules("store/*.py")}
    assert not [name for name, used in found.items() if any("membership.services" in one for one in used)]


def test_the_law_sees_what_it_forbids() -> None:
    """Else the test above could not fail."""
    assert "membership.story" in PURE
    assert breaches(reached(["membership.runtime"])["membership.runtime"])
    assert breaches(ast.parse("from datetime import datetime\nmoment = datetime.now()\n")) == {"now"}
