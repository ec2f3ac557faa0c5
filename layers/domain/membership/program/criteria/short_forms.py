"""What people write for a criterion, spelled out; and what they write that can't be one."""

from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel

from membership.program.flaws import Fault, Unsound, unsound


def spelled_out(value: Any, branches: Collection[str]) -> Any:
    match value:
        case BaseModel():
            return value
        case list() | tuple():
            raise unsound("a list alone doesn't say how much of it", "Write {all: […]} or {any: […]}.")
        case Mapping() if not value:
            raise unsound("says nothing", "Write a criterion, as {spend: 5000}.")
        case Mapping():
            return _mapping(value, branches)
    raise unsound("is not a criterion", "Write a metric and the least that it has to be: {spend: 5000}.")


def _mapping(value: Mapping[Any, Any], branches: Collection[str]) -> Mapping[Any, Any]:
    keys = [str(key) for key in value]
    side_by_side = f"{' and '.join(keys)} stand side by side"
    kinds = [key for key in keys if key in branches]
    if set(keys) == {"at_least", "of"}:
        raise unsound(side_by_side, f"Write {{at_least: {{count: {value['at_least']}, of: […]}}}}.")
    if kinds and len(keys) > 1:
        raise unsound(side_by_side, f"Nest one in the other: {{{kinds[0]}: [{{…}}, {{…}}]}}.")
    if kinds or {"metric", "gte"}.intersection(keys):
        return value
    if any(key.isdecimal() for key in keys[1:]) and len(keys) > 1:
        raise unsound("a comma splits a number", "Write thousands without it: {spend: 1000}.")
    if len(keys) > 1:
        each = ", ".join(f"{{{key}: …}}" for key in keys)
        raise unsound(side_by_side, f"Write {{all: [{each}]}} for each, {{any: …}} for one of them.")
    ((metric, gte),) = value.items()
    if isinstance(gte, Mapping | list):
        raise Unsound(Fault((metric,), "is not a number", f"Write the number alone: {{{metric}: 5000}}."))
    return {"metric": metric, "gte": gte}
