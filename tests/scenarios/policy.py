"""A small yearly policy to change one thing of."""

from typing import Any

from membership.program.reading import program_from
from membership.program.schema import Program

BRONZE: dict[str, Any] = {"id": "bronze"}
SILVER: dict[str, Any] = {"id": "silver", "qualify": {"spend": 1000}}
GOLD: dict[str, Any] = {"id": "gold", "qualify": {"spend": 5000}}
TOP: dict[str, Any] = {"id": "top", "qualify": {"spend": 9000}}
REVIEWED = {"promotion": "reviewed"}


def policy(*tiers: dict[str, Any], **settings: Any) -> Program:
    return program_from(
        {
            "id": "policy",
            "window": "calendar_year",
            "metrics": {"spend": {"sum": "order.amount"}},
            "validity": "through_end_of_next_year",
            "tiers": list(tiers or (BRONZE, SILVER, GOLD, TOP)),
        }
        | settings
    )


def terms(months: int, counted: int) -> Program:
    """Tiers for so many months, by what so many before came to; who falls, falls to what that still meets."""
    return policy(
        BRONZE,
        SILVER,
        GOLD,
        window={"kind": "rolling", "months": counted},
        validity={"kind": "for_months", "months": months},
        downgrade={"steps": "to_qualified"},
    )
