"""The template as data, for tests that hold something against it."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FUNCTIONS = sorted(path.parent.name for path in (Path(__file__).parents[1] / "functions").glob("*/app.py"))
"""Every one, as its folder is called."""


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
def _template() -> dict[str, Any]:
    text = (Path(__file__).parents[1] / "template.yaml").read_text("utf-8")
    found: dict[str, Any] = yaml.load(text, _Template)
    return found


def resources() -> dict[str, Any]:
    """The template's resources."""
    found: dict[str, Any] = _template()["Resources"]
    return found


def of_type(resources: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The properties of each resource of a kind."""
    return {name: one["Properties"] for name, one in resources.items() if one["Type"] == kind}


def create_table(client: Any, resource: str, name: str) -> None:
    """One of the template's tables, as far as who reads and writes has to do with it."""
    told = resources()[resource]["Properties"]
    kept = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
    client.create_table(TableName=name, **{key: told[key] for key in kept if key in told})


def parameters() -> dict[str, Any]:
    """The template's parameters."""
    found: dict[str, Any] = _template()["Parameters"]
    return found
