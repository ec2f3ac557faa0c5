"""The template as data, for tests that hold something against it."""

from functools import cache
from pathlib import Path
from typing import Any

import yaml


class _Template(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """CloudFormation's own tags are read as what they hold: only what has none is looked at."""


def _plain(loader: yaml.SafeLoader, _tag: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return node.value


_Template.add_multi_constructor("!", _plain)


@cache
def resources() -> dict[str, Any]:
    """The template's resources."""
    text = (Path(__file__).parents[1] / "template.yaml").read_text("utf-8")
    found: dict[str, Any] = yaml.load(text, _Template)["Resources"]
    return found
