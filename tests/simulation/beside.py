"""What a program has beside its tiers: points, a catalogue, triggers, and when its messages come.

None of it moves anybody between tiers, so the oracle of the tiers needn't know of it.
"""

from collections.abc import Mapping
from typing import Any

CATALOGUE = [
    {"id": "mug", "points": 20, "gift": "MUG", "stock": 3},
    {"id": "voucher", "points": 10, "coupon": "VOUCHER", "codes": "uploaded"},
    {"id": "ticket", "points": 50, "coupon": "TICKET", "codes": "uploaded", "stock": 2, "per_member": 2},
    {"id": "tea", "points": 200, "coupon": "TEA", "codes": "generated", "per_member": 3},
]
UPLOADED = ("voucher", "ticket")
TRIGGERS = [
    {"id": "birthday", "when": "birthday", "grant": [{"id": "cake", "gift": "CAKE"}]},
    {
        "id": "risen",
        "when": "promotion",
        "grant": [{"id": "bonus", "points": 30}, {"id": "pin", "gift": "PIN"}],
    },
    {"id": "back", "when": {"after_days": 25}, "grant": [{"id": "again", "coupon": "AGAIN"}]},
    {
        "id": "nearly",
        "when": {"kind": "nearing", "percent": 40},
        "grant": [{"id": "boost", "coupon": "BOOST"}],
        "message": {"en": "$lacks to go to $tier.", "zh": "距离$tier还差$lacks。"},
    },
]
MOST_A_MONTH = 5
POINTS = {
    "earn": {"order": {"points": 1, "per": 5}, "activities": {"check_in": {"points": 10, "per_day": 2}}},
    "pending_days": 3,
    "birthday_month": 2,
    "expire": {"after_months": 2},
}

BESIDE: Mapping[str, Mapping[str, Any]] = {
    "nothing": {},
    "points": {"points": POINTS, "catalogue": CATALOGUE},
    "points that are owed": {
        "points": POINTS | {"refunds": "negative", "pending_days": 0, "expire": {"inactive_months": 3}},
        "catalogue": CATALOGUE,
        "triggers": TRIGGERS,
    },
    "triggers": {
        "points": POINTS | {"refunds": "pending_only"},
        "catalogue": CATALOGUE,
        "triggers": TRIGGERS,
        "messages": {"quiet": {"from": "21:00", "to": "08:00"}, "most_per_month": MOST_A_MONTH},
    },
}
