"""Programs for the tests of the program language: the two presets, and a small one to change."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from typing import Any

from pydantic import TypeAdapter

from membership.program import presets
from membership.program.criteria import Criterion
from membership.program.reading import program_from, read_program
from membership.program.schema import Ladder, Program
from membership.program.windows import Window

P1 = read_program(presets.text("p1-ecommerce"))
P2 = read_program(presets.text("p2-customer-policy"))

SMALL: Mapping[str, Any] = {
    "id": "small",
    "metrics": {
        "spend": {"sum": "order.amount"},
        "orders": {"count": "order"},
        "feedback": {"count": "feedback"},
    },
    "tiers": [
        {"id": "bronze"},
        {"id": "silver", "qualify": {"all": [{"spend": 1000}, {"orders": 3}]}},
        {"id": "gold", "qualify": {"all": [{"spend": 5000}, {"orders": 6}]}},
    ],
}

GONE = object()
"""Takes the place away instead of changing it."""


def changed(path: str, value: Any, document: Mapping[str, Any] = SMALL) -> dict[str, Any]:
    """The document with one place changed; the path is written as in the messages: 'tiers[1].qualify'."""
    whole: dict[str, Any] = deepcopy(dict(document))
    *way, last = (
        int(step) if step.isdigit() else step for step in path.replace("[", ".").replace("]", "").split(".")
    )
    here: Any = whole
    for step in way:
        here = here[int(step)] if isinstance(here, list) else here.setdefault(step, {})
    if value is GONE:
        del here[last]
    elif isinstance(here, list) and last == len(here):
        here.append(value)
    else:
        here[last] = value
    return whole


def small(**settings: Any) -> Program:
    return program_from({**deepcopy(dict(SMALL)), **settings})


def criterion(tree: Any) -> Criterion:
    """A criterion by itself, its thresholds taken as they are written."""
    made: Criterion = TypeAdapter(Criterion).validate_python(tree)
    for comparison in made.comparisons():
        comparison.bind(int(comparison.gte))
    return made


def main(program: Program) -> Ladder:
    """The ladder that `tiers` alone make, or the first one."""
    return next(iter(program.ladders_by_id.values()))


def counts(window: Window, fact: date, seen: date, joined: date = date(2020, 1, 1)) -> bool:
    """Whether what was done on a day is in the window as it is seen on another."""
    bucket = window.bucket(fact)
    return bucket is not None and window.start(bucket) in window.span(seen, joined)


def outlived(window: Window, fact: date, seen: date) -> bool:
    """Whether no decision from that day on can depend on it any more."""
    bucket = window.bucket(fact)
    return bucket is None or window.start(bucket) < window.horizon(seen)


def tier_with(program: Program, **figures: int) -> str:
    """The highest tier whose rule these figures meet; what isn't named is nothing."""
    seen = dict.fromkeys(program.metrics, 0) | figures
    met = [tier.id for tier in main(program).tiers if tier.qualify is None or tier.qualify.met(seen)]
    return met[-1]
