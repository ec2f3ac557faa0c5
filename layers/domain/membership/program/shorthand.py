"""Short forms that people write, spelled out before they are checked."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args

from pydantic import BaseModel


def spelled_out(**telling: str) -> Callable[[Any], Any]:
    """Reads `calendar_year` as `{kind: calendar_year}`, and a mapping without a kind by the key that tells
    it: with `months="rolling"`, `{months: 12}` as `{kind: rolling, months: 12}`."""

    def read(value: Any) -> Any:
        if isinstance(value, str):
            return {"kind": value}
        if isinstance(value, Mapping) and "kind" not in value:
            kind = next((telling[key] for key in value if key in telling), None)
            return {"kind": kind, **value} if kind else value
        return value

    return read


def kind_or_name(kinds: Any) -> Any:
    """What an editor may offer where `spelled_out` reads: each kind, and the name of each that needs no
    more."""
    alone = [
        kind.model_fields["kind"].default
        for kind in get_args(kinds)
        if not any(field.is_required() for field in kind.model_fields.values())
    ]
    return kinds | Literal[tuple(alone)]


def one_or_many(value: Any) -> Any:
    """`order` is short for `[order]`."""
    return [value] if isinstance(value, str) else value


def tagged(kinds: Any) -> Mapping[str, type[BaseModel]]:
    """The kinds of a union by their tags: `Annotated[Sum, Tag("<sum>")]` is found under 'sum'."""
    found = {}
    for kind in get_args(kinds):
        model, tag = get_args(kind)
        found[tag.tag.strip("<>")] = model
    return found


def first_key(value: Any, kinds: Mapping[str, Any]) -> str | None:
    """Which of the kinds a mapping or a model is, told by the key that only this kind has."""
    keys = value if isinstance(value, Mapping) else getattr(type(value), "model_fields", ())
    return next((key for key in keys if isinstance(key, str) and key in kinds), None)
