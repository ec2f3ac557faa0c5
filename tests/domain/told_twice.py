"""Programs that are told twice: to the engine in its own language, to the oracle in plain Python."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any

from membership.outcomes import Envelope
from membership.program.reading import program_from
from membership.program.schema import Program
from tests.oracle import Rules, Tier, Told

Document = dict[str, Any]

PERK = {"benefits": [{"id": "perk", "gift": "birthday"}]}
"""Something that can be used."""

P1: Document = {
    "id": "ecommerce",
    "window": "lifetime",
    "metrics": {
        "spend": {"sum": "order.amount"},
        "interactions": {"count": "activity", "excluding": "feedback"},
        "feedback": {"count": "feedback"},
    },
    "tiers": [
        {"id": "bronze"},
        {"id": "silver", "qualify": {"all": [{"spend": 1000}, {"interactions": 5}]}, **PERK},
        {"id": "gold", "qualify": {"all": [{"spend": 3000}, {"interactions": 15}, {"feedback": 1}]}, **PERK},
        {"id": "platinum", "qualify": {"all": [{"spend": 8000}, {"interactions": 30}, {"feedback": 3}]}},
    ],
    "validity": "while_qualified",
}
P1_RULES = Rules(
    yearly=False,
    validity="while_qualified",
    counts=lambda kind: {"feedback": "feedback", "benefit_used": None}.get(kind, "interactions"),
    tiers=(
        Tier("bronze"),
        Tier("silver", lambda f: f["spend"] >= 1_000_00 and f["interactions"] >= 5),
        Tier("gold", lambda f: f["spend"] >= 3_000_00 and f["interactions"] >= 15 and f["feedback"] >= 1),
        Tier("platinum", lambda f: f["spend"] >= 8_000_00 and f["interactions"] >= 30 and f["feedback"] >= 3),
    ),
)

P2: Document = {
    "id": "customer-policy",
    "window": "calendar_year",
    "metrics": {
        "spend": {"sum": "order.amount"},
        "orders": {"count": "order"},
        "contribution": {"points": {"referral": 200, "campaign": 100}},
        "tenure_years": {"since": "joined", "unit": "year"},
    },
    "tiers": [
        {"id": "regular", "rewards": [{"id": "welcome", "points": 100}]},
        {"id": "silver", "qualify": {"any": [{"spend": 5000}, {"orders": 6}, {"tenure_years": 1}]}, **PERK},
        {
            "id": "gold",
            "qualify": {"any": [{"spend": 20000}, {"orders": 12}, {"contribution": 2000}]},
            **PERK,
        },
        {
            "id": "platinum",
            "qualify": {
                "any": [
                    {"all": [{"spend": 50000}, {"orders": 18}]},
                    {"all": [{"tenure_years": 3}, {"spend": 30000}]},
                ]
            },
        },
        {
            "id": "diamond",
            "qualify": {
                "all": [
                    {"spend": 100000},
                    {
                        "at_least": {
                            "count": 2,
                            "of": [{"orders": 24}, {"tenure_years": 5}, {"contribution": 5000}],
                        }
                    },
                ]
            },
        },
    ],
    "validity": "through_end_of_next_year",
}
P2_RULES = Rules(
    yearly=True,
    validity="next_year",
    points={"referral": 200, "campaign": 100},
    counts_orders=True,
    tiers=(
        Tier("regular", rewards=("welcome",)),
        Tier("silver", lambda f: f["spend"] >= 5_000_00 or f["orders"] >= 6 or f["tenure_years"] >= 1),
        Tier("gold", lambda f: f["spend"] >= 20_000_00 or f["orders"] >= 12 or f["contribution"] >= 2_000),
        Tier(
            "platinum",
            lambda f: (
                (f["spend"] >= 50_000_00 and f["orders"] >= 18)
                or (f["tenure_years"] >= 3 and f["spend"] >= 30_000_00)
            ),
        ),
        Tier(
            "diamond",
            lambda f: (
                f["spend"] >= 100_000_00
                and [f["orders"] >= 24, f["tenure_years"] >= 5, f["contribution"] >= 5_000].count(True) >= 2
            ),
        ),
    ),
)

GOLD, PLATINUM = 2, 3
KEEP_FOR_LESS = {
    "any": [
        {"spend": 8000},
        {"orders": 6},
        {"contribution": 1000},
        {"all": [{"orders": 2}, {"tenure_years": 2}]},
    ]
}


def kept_for_less(f: Mapping[str, int]) -> bool:
    return (
        f["spend"] >= 8_000_00
        or f["orders"] >= 6
        or f["contribution"] >= 1_000
        or (f["orders"] >= 2 and f["tenure_years"] >= 2)
    )


def with_tier(document: Document, n: int, **changes: Any) -> Document:
    changed = deepcopy(document)
    changed["tiers"][n] |= changes
    return changed


BOX = {"rewards": [{"id": "box", "gift": "box"}]}
GOLD_KEPT = with_tier(P2, GOLD, keep=KEEP_FOR_LESS, **BOX)
GOLD_KEPT_RULES = P2_RULES.with_tier(GOLD, keep=kept_for_less, rewards=("box",))
CONFIRMED = with_tier(with_tier(GOLD_KEPT, GOLD, promotion="reviewed"), PLATINUM, promotion="reviewed") | {
    "special_reviews": [
        {"id": "loyal", "when": {"all": [{"tenure_years": 2}, {"orders": 1}]}},
        {"id": "big", "when": {"spend": 30000}},
    ],
    "refunds": "at_next_review",
}
CONFIRMED_RULES = (
    GOLD_KEPT_RULES.with_tier(GOLD, reviewed=True)
    .with_tier(PLATINUM, reviewed=True)
    .but(
        special={
            "loyal": lambda f: f["tenure_years"] >= 2 and f["orders"] >= 1,
            "big": lambda f: f["spend"] >= 30_000_00,
        },
        refunds="at_next_review",
    )
)

PROGRAMS: dict[str, tuple[Document, Rules]] = {
    "P1": (P1, P1_RULES),
    "P2": (P2, P2_RULES),
    "gold kept for less": (GOLD_KEPT, GOLD_KEPT_RULES),
    "while qualified": (P2 | {"validity": "while_qualified"}, P2_RULES.but(validity="while_qualified")),
    "for life": (P2 | {"validity": "lifetime"}, P2_RULES.but(validity="lifetime")),
    "refunds cost no tier": (GOLD_KEPT | {"refunds": "never"}, GOLD_KEPT_RULES.but(refunds="never")),
    "confirmed by operators": (CONFIRMED, CONFIRMED_RULES),
}


def _dearer(document: Document, rules: Rules) -> tuple[Document, Rules]:
    """Gold for half as much again."""
    qualify = {"any": [{"spend": 30000}, {"orders": 18}, {"contribution": 3000}]}

    def met(f: Mapping[str, int]) -> bool:
        return f["spend"] >= 30_000_00 or f["orders"] >= 18 or f["contribution"] >= 3_000

    return with_tier(document, GOLD, qualify=qualify), rules.with_tier(GOLD, qualify=met)


def _cheaper(document: Document, rules: Rules) -> tuple[Document, Rules]:
    """Gold for half as much: whoever has done that has it, or may have it, as it begins."""
    qualify = {"any": [{"spend": 10000}, {"orders": 9}, {"contribution": 1000}]}

    def met(f: Mapping[str, int]) -> bool:
        return f["spend"] >= 10_000_00 or f["orders"] >= 9 or f["contribution"] >= 1_000

    return with_tier(document, GOLD, qualify=qualify), rules.with_tier(GOLD, qualify=met)


def _dearer_with_the_year(document: Document, rules: Rules) -> tuple[Document, Rules]:
    document, rules = _dearer(document, rules)
    return document | {"changes": "next_cycle"}, rules.but(with_the_year=True)


def _counted_otherwise(document: Document, rules: Rules) -> tuple[Document, Rules]:
    """Contribution by half: whoever is added up has to be added up again."""
    halved = {"points": {"referral": 100, "campaign": 50}}
    changed = document | {"metrics": document["metrics"] | {"contribution": halved}}
    return changed, rules.but(points={"referral": 100, "campaign": 50})


def _by_another_name(document: Document, rules: Rules) -> tuple[Document, Rules]:
    changed = with_tier(document, GOLD, id="prime", replaces=["gold"])
    return changed, rules.with_tier(GOLD, id="prime", replaces="gold")


def back_again(document: Document, rules: Rules) -> tuple[Document, Rules]:
    """As it was before any of them."""
    return with_tier(document, GOLD, replaces=["prime"]), rules.with_tier(GOLD, replaces="prime")


NEXT: dict[str, Callable[[Document, Rules], tuple[Document, Rules]]] = {
    "gold is dearer": _dearer,
    "gold is cheaper": _cheaper,
    "gold is dearer from each one's next year on": _dearer_with_the_year,
    "counted otherwise": _counted_otherwise,
    "gold is called prime": _by_another_name,
}
"""Versions that may follow any program that counts by years."""


def read(document: Document, zone: str, since: datetime | None = None) -> Program:
    when = {"effective_from": since.isoformat()} if since else {}
    return program_from(deepcopy(document) | {"timezone": zone} | when)


NAMED = {
    "member.enrolled": ("status",),
    "member.absorbed": ("member",),
    "fact.ignored": ("reason",),
    "tier.upgraded": ("to_tier",),
    "tier.downgraded": ("to_tier",),
    "tier.renewed": ("tier",),
    "tier.kept": ("tier",),
    "tier.undermined": ("tier",),
    "tier.will_downgrade": ("from_tier", "to_tier"),
    "tier.overridden": ("source", "tier"),
    "tier.override_ends": ("source", "to_tier"),
    "tier.override_ended": ("source", "to_tier"),
    "approval.requested": ("kind", "tier"),
    "approval.decided": ("kind", "verdict", "tier"),
    "approval.withdrawn": ("kind", "tier"),
}


BESIDE_TIERS = ("message.", "points.", "trigger.", "approach.", "badge.", "reward.redeemed", "redemption.")


def as_told(envelope: Envelope) -> Told | None:
    """An outcome as the oracle tells it; None for what is decided beside the tiers."""
    if envelope.type.startswith(BESIDE_TIERS) or "trigger" in envelope.data:
        return None
    if envelope.type == "reward.granted":
        return (envelope.type, envelope.data["tier"], envelope.data["reward"]["id"])
    return (envelope.type, *(str(envelope.data[name]) for name in NAMED.get(envelope.type, ())))
