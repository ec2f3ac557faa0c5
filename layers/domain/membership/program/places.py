"""Places in a program: as people write them, what stands there, and what may."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, Tag

from membership.program.criteria import RESERVED, Criterion
from membership.program.triggers import When
from membership.program.validity import Validity
from membership.program.windows import Window

Place = tuple[int | str, ...]


def locate(document: Any, place: Place) -> tuple[str, Any]:
    """The path as people write it, and what stands there; short forms are left as they were written."""
    path, here = "", document
    last: int | str = ""
    for step in place:
        match step:
            case int():
                if isinstance(here, list | tuple):
                    path += f"[{step}]"
                    here = here[step] if step < len(here) else None
            case "[key]":
                here = last
            case str() if step.startswith("<") or step == here or _is_kind(here, step):
                continue  # the name of a kind, which only our unions have
            case "metric" | "gte" if (
                isinstance(here, Mapping) and len(here) == 1 and not RESERVED & here.keys()
            ):
                ((key, value),) = here.items()
                path, here = below(path, key), key if step == "metric" else value
            case _:
                path = below(path, step)
                here = here.get(step) if isinstance(here, Mapping) else None
        last = step
    return path, here


def _is_kind(here: Any, step: str) -> bool:
    # Where it is left out, another key tells it.
    known = isinstance(here, Mapping) and step in _KINDS and step not in here
    return known and here.get("kind", step) == step


def below(path: str, key: str) -> str:
    """The path of a key; one that would read as something else stands in quotes."""
    if not re.fullmatch(r"[^\s.\[\]]{1,64}", key):
        return f"{path}[{key[:64]!r}]"
    return f"{path}.{key}" if path else key


def shortened(words: str, longest: int = 300) -> str:
    """Words that repeat what was sent: as text that can be sent back, and no longer than that."""
    whole = words.encode("utf-8", "backslashreplace").decode()
    return whole if len(whole) <= longest else whole[:longest] + "…"


def shown(value: Any) -> object:
    """The value as JSON can say it, cut where it is long."""
    match value:
        case Decimal():
            whole = value.is_finite() and abs(value.adjusted()) < 15 and value == value.to_integral_value()
            return int(value) if whole else str(value)[:80]
        case date():
            return value.isoformat()
        case int() if value.bit_length() > 128:
            return f"a number of {value.bit_length()} bits"
        case str():
            return shortened(value, 80)
        case Mapping() | list() | tuple() if len(str(value)) > 200:
            return shortened(str(value), 200)
        case Mapping():
            return {shortened(str(key), 80): shown(part) for key, part in value.items()}
        case list() | tuple():
            return [shown(part) for part in value]
    return value


def type_at(model: type[BaseModel], place: Place) -> Any:
    """The type of what may stand at a place; None where that depends on what does."""
    here: Any = model
    for step in place:
        here = _step(here, step)
    return _bare(here)


def keys_at(model: type[BaseModel], place: Place) -> list[str]:
    """The keys that may stand in a mapping; none where they are free or unknown."""
    here = type_at(model, place)
    return list(here.model_fields) if isinstance(here, type) and issubclass(here, BaseModel) else []


def kinds_at(model: type[BaseModel], place: Place) -> list[str]:
    """The kinds that may stand at a place, where each has a name."""
    parts = get_args(type_at(model, place)) if get_origin(type_at(model, place)) in (Union, UnionType) else ()
    fields = [getattr(_bare(part), "model_fields", {}).get("kind") for part in parts]
    return [field.default for field in fields if field is not None]


def _bare(annotation: Any) -> Any:
    """Without what only validators see, and without 'or nothing'."""
    if annotation == "Criterion":  # pydantic leaves forward references inside a tuple as they are
        return _bare(Criterion)
    if get_origin(annotation) is Annotated:
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        some = [argument for argument in get_args(annotation) if argument is not NoneType]
        if len(some) == 1:
            return _bare(some[0])
    return annotation


def _step(annotation: Any, step: int | str) -> Any:
    annotation = _bare(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return next((argument for argument in arguments if _is_called(argument, step)), None)
    if origin is tuple:
        return arguments[0]
    if origin is dict:
        return arguments[1]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        field = annotation.model_fields.get(str(step))
        return field.annotation if field else None
    return None


def _is_called(kind: Any, name: int | str) -> bool:
    if any(isinstance(mark, Tag) and mark.tag == name for mark in get_args(kind)):
        return True
    field = getattr(_bare(kind), "model_fields", {}).get("kind")
    return field is not None and field.default == name


_KINDS = frozenset(
    kind.model_fields["kind"].default for union in (Window, Validity, When) for kind in get_args(_bare(union))
)
