"""From YAML or JSON to a program, or to every flaw in it with its place and remedy."""

import re
from collections.abc import Hashable, Iterable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from membership.errors import Flaw, ProgramInvalid
from membership.program.schema import Program, UnknownMetric


class _Loader(yaml.SafeLoader):
    """YAML as people mean it: no dates, no yes/no booleans, exact decimals, no key twice."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":bool"))]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.MarkedYAMLError(problem=f"{key!r} stands here twice", problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: Decimal(node.value.replace("_", "")))


def read_program(source: str | bytes) -> Program:
    """A program from YAML (JSON is YAML too). Raises ProgramInvalid with every flaw found."""
    try:
        document = yaml.load(source, Loader=_Loader)  # noqa: S506: a subclass of SafeLoader
    except (yaml.YAMLError, ArithmeticError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).split("\n")[0]
        raise ProgramInvalid([Flaw(place, None, f"not readable: {problem}", "Write it as YAML or JSON.")]) from None
    if not isinstance(document, dict):
        raise ProgramInvalid([Flaw("", document, "a program is a mapping", "Start from a preset.")])
    return program_from(document)


def program_from(document: Mapping[str, Any]) -> Program:
    """A program from a parsed document. Raises ProgramInvalid with every flaw found."""
    try:
        return Program.model_validate(document)
    except ValidationError as error:
        raise ProgramInvalid([_flaw(document, detail) for detail in error.errors()]) from None


def _flaw(document: Any, detail: ErrorDetails) -> Flaw:
    cause = (detail.get("ctx") or {}).get("error")
    if isinstance(cause, UnknownMetric):
        return Flaw(cause.place, cause.name, f"there is no metric {cause.name!r}", _nearest(cause.name, cause.known))
    path, message = _path(document, detail["loc"]), detail["msg"].removeprefix("Value error, ")
    if placed := re.match(r"at (\S+): (.*)", message):
        return Flaw(placed[1], None, placed[2], "Change it there.")
    found = None if detail["type"] == "missing" or isinstance(detail["input"], dict | list) else detail["input"]
    if detail["type"] == "extra_forbidden":
        name = str(detail["loc"][-1])
        close = get_close_matches(name, _all_keys(), n=1, cutoff=0.6)
        return Flaw(path, found, f"{name!r} is not known", f"Did you mean {close[0]!r}?" if close else "Remove it.")
    return Flaw(path, found, message, _remedy(detail))


def _path(document: Any, loc: tuple[int | str, ...]) -> str:
    """The place as people write it: without the names of kinds, which only our unions have."""
    path, here = "", document
    for step in loc:
        if isinstance(step, int):
            path += f"[{step}]"
            here = here[step] if isinstance(here, list) and step < len(here) else None
        elif not step.startswith("<") and not (isinstance(here, Mapping) and here.get("kind") == step):
            path += f".{step}" if path else step
            here = here.get(step) if isinstance(here, Mapping) else None
    return path


def _nearest(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, known := sorted(known), n=1, cutoff=0.6)
    return f"Did you mean {close[0]!r}?" if close else f"Known here: {', '.join(known)}."


def _all_keys() -> set[str]:
    schema = Program.model_json_schema()
    return {key for model in (schema, *schema["$defs"].values()) for key in model.get("properties", {})}


def _remedy(detail: ErrorDetails) -> str:
    match detail["type"]:
        case "missing":
            return "Add it."
        case "union_tag_not_found" | "union_tag_invalid":
            tags = str((detail.get("ctx") or {}).get("expected_tags", "sum, count, points, since"))
            return "Write one of: " + re.sub("[<>']", "", tags) + "."
        case _:
            return "Change the value."
