"""What pydantic found wrong, said to a person who writes programs: what it is and what to write instead."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic_core import ErrorDetails

from membership.program.benefits import BENEFITS
from membership.program.flaws import Fault
from membership.program.metrics import METRICS
from membership.program.places import keys_at, kinds_at, locate, shown, type_at
from membership.program.schema import Program
from membership.program.text import Text

_EXAMPLES = {
    "id": "id: gold",
    "metrics": "metrics: {spend: {sum: order.amount}}",
    "tiers": "tiers: [{id: bronze}, {id: silver, qualify: {spend: 1000}}]",
    "count": "count: 2",
    "of": "of: [{…}, {…}]",
    "metric": "metric: spend",
    "gte": "gte: 5000",
    "unit": "unit: year",
}
_METRICS = "{sum: order.amount}, {count: order}, {points: {referral: 200}} or {since: joined, unit: year}"


def fault_of(detail: ErrorDetails, document: Mapping[str, Any]) -> Fault:
    """One of pydantic's errors as a fault, at the same place."""
    place, context = detail["loc"], detail.get("ctx") or {}
    _, value = locate(document, place)
    if detail["type"] == "extra_forbidden":
        name, known = str(place[-1]), keys_at(Program, place[:-1])
        _, written = locate(document, place[:-1])
        unused = [key for key in known if key not in written]
        if name == "window" and place[0] == "ladders":
            remedy = "Write it in each metric that its rules ask for: a metric may have a window of its own."
            return Fault((), "belongs to metrics, not to ladders", remedy)
        return Fault((), f"{name!r} is not known here", _nearest(name, known, unused))
    message, remedy = _said(detail["type"], place, shown(value), context) or (detail["msg"], "Change it.")
    return Fault((), message, remedy)


def _said(
    kind: str, place: tuple[int | str, ...], value: Any, context: Mapping[str, Any]
) -> tuple[str, str] | None:
    name = str(place[-1]) if place else ""
    match kind:
        case "missing":
            return "is missing", f"Add it: `{_EXAMPLES[name]}`." if name in _EXAMPLES else "Add it."
        case _ if value is None:
            return "is empty", "Write a value, or remove the key."
        case "union_tag_not_found" | "union_tag_invalid" | "model_attributes_type" if place[
            0
        ] == "metrics" and (name != "window"):
            close = _close(str(next(iter(value), "")), METRICS) if isinstance(value, Mapping) else None
            return "is not a metric", f"Did you mean {close}?" if close else f"Write one of {_METRICS}."
        case "union_tag_not_found" if "benefits" in place[-2:-1]:
            if not isinstance(value, Mapping):
                return "doesn't say in which language", f"Write {{en: {value}}}, {{zh: …}} or both."
            unknown = [key for key in value if key not in ("id", "name", "segment", "unless")]
            close = next(filter(None, (_close(str(key), [*BENEFITS, "en", "zh"]) for key in unknown)), None)
            offered = f"Write one of {', '.join(BENEFITS)}; or {{en: …, zh: …}}."
            return "is not a benefit", f"Did you mean {close}?" if close else offered
        case "union_tag_not_found" | "union_tag_invalid" | "model_attributes_type" if kinds := kinds_at(
            Program, place
        ):
            written = value.get("kind") if isinstance(value, Mapping) else value
            return f"is not a kind of {name}", _nearest(str(written), kinds)
        case "literal_error":
            known = re.findall(r"'([^']+)'", str(context["expected"]))
            return "is not one of the words for this", _nearest(str(value), known)
        case "string_pattern_mismatch":
            slug = re.sub("[^a-z0-9_-]+", "-", str(value).casefold()).strip("-0123456789_")[:40]
            return "is not an id", f"Use a to z, 0 to 9, - and _, and begin with a letter: {slug or 'gold'}."
        case "tuple_type" if name in ("count", "excluding"):
            return "is not a kind of activity", "Write one, as review, or more: [review, share]."
        case "string_type" if name == "id":
            return "is not an id", "Begin with a letter, as gold."
        case "string_type":
            return "is not text", f"Put it in quotes: '{value}'." if isinstance(
                value, int
            ) else "Write words."
        case "string_too_short" | "too_short":
            return "is empty", "Write at least one."
        case "string_too_long" | "too_long":
            return "is too long", f"Write at most {context['max_length']}."
        case "int_type" | "int_from_float" | "int_parsing":
            return "is not a whole number", "Write a whole number, without quotes or units, as 30."
        case "greater_than":
            return f"is not more than {context['gt']}", f"Write more than {context['gt']}."
        case "greater_than_equal":
            return f"is less than {context['ge']}", f"Write {context['ge']} or more."
        case "less_than_equal":
            return f"is more than {context['le']}", f"Write {context['le']} or less."
        case "model_type" | "model_attributes_type" | "dict_type":
            if type_at(Program, place) is Text:
                return "doesn't say in which language", f"Write {{en: {value}}}, {{zh: …}} or both."
            return "is not a mapping", "Write keys and values: {key: value}."
        case "tuple_type":
            return "is not a list", "Write […], or a line beginning with - for each."
        case "timezone_aware":
            return "doesn't say in which time zone", "Write it with its offset: 2026-12-01T00:00:00+08:00."
        case _ if kind.startswith("datetime"):
            return "is not a moment", "Write it as 2026-12-01T00:00:00+08:00."
        case "string_unicode":
            return "has half of a character", "Write it again."
    return None


def _close(name: str, known: Iterable[str]) -> str | None:
    return next(iter(get_close_matches(name, list(known), n=1, cutoff=0.6)), None)


def _nearest(name: str, known: list[str], offered: list[str] | None = None) -> str:
    if close := _close(name, known):
        return f"Did you mean {close}?"
    offered = known if offered is None else offered
    return f"Write one of: {', '.join(offered)}." if offered else "Remove it."
