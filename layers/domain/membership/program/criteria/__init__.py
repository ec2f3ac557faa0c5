"""The tree that decides: all / any / at_least over comparisons of metrics with thresholds.

A new kind of branch is one new file here and one line in `_Branch`.
"""

import sys
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Discriminator, Tag

from membership.program.criteria.all import All
from membership.program.criteria.any import Any_
from membership.program.criteria.at_least import AtLeast, Some
from membership.program.criteria.base import Branch, CriterionKind, Figures, Way
from membership.program.criteria.comparison import Comparison
from membership.program.criteria.short_forms import spelled_out
from membership.program.shorthand import first_key, tagged

_Branch = Annotated[All, Tag("<all>")] | Annotated[Any_, Tag("<any>")] | Annotated[AtLeast, Tag("<at_least>")]

_BRANCHES = tagged(_Branch)

RESERVED = frozenset({*_BRANCHES, "metric", "gte"})
"""Words of the language, which no metric may be called by."""

MOST_WAYS = 64
MOST_COMPARISONS = 32
"""What a member can still be told. They also bound the work that a program can make."""


def _kind(value: Any) -> str:
    return f"<{first_key(value, _BRANCHES) or 'comparison'}>"


Criterion = Annotated[
    _Branch | Annotated[Comparison, Tag("<comparison>")],
    Discriminator(_kind),
    BeforeValidator(lambda value: spelled_out(value, _BRANCHES)),
]

_HAVE_PARTS: tuple[type[BaseModel], ...] = (Some, *_BRANCHES.values())
for _model in _HAVE_PARTS:
    # Where pydantic looks for the name once it builds them, which is when they are first used.
    vars(sys.modules[_model.__module__])["Criterion"] = Criterion

__all__ = [
    "MOST_COMPARISONS",
    "MOST_WAYS",
    "RESERVED",
    "All",
    "Any_",
    "AtLeast",
    "Branch",
    "Comparison",
    "Criterion",
    "CriterionKind",
    "Figures",
    "Some",
    "Way",
]
