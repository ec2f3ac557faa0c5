"""The demo's program: a preset, and what demo/program.yaml changes in it."""

from functools import cache
from typing import Any

import yaml

from membership.program import presets
from membership.program.reading import program_from
from membership.program.schema import Program
from tools.sam import ROOT

FILE = ROOT / "demo" / "program.yaml"


class _Exact(yaml.SafeLoader):
    """Leaves decimals as they are written: JSON, in which the program is put, has no exact ones."""


_Exact.add_constructor("tag:yaml.org,2002:float", lambda _, node: node.value)


def document() -> dict[str, Any]:
    """The program as it is put. The preset is what is loaded: what the file doesn't name stays as it is."""
    changes = yaml.load(FILE.read_text("utf-8"), _Exact)
    merged: dict[str, Any] = overlaid(yaml.load(presets.text(changes.pop("preset")), _Exact), changes)
    return merged


@cache
def program() -> Program:
    """The same, as the engine reads it."""
    return program_from(document())


def overlaid(base: Any, changes: Any) -> Any:
    """Mappings are merged, things with an id matched by it, null takes away, all else replaces."""
    if isinstance(base, dict) and isinstance(changes, dict):
        kept = {key: value for key, value in base.items() if changes.get(key, ...) is not None}
        new = {key: overlaid(base.get(key), value) for key, value in changes.items() if value is not None}
        return kept | new
    if _have_ids(base) and _have_ids(changes):
        by_id = {part["id"]: part for part in changes}
        merged = [overlaid(part, by_id.pop(part["id"], {})) for part in base]
        return merged + list(by_id.values())
    return changes


def _have_ids(parts: Any) -> bool:
    return isinstance(parts, list) and all(isinstance(part, dict) and "id" in part for part in parts)
