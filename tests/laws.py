"""What holds of any member's history, whoever made it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from membership.outcomes import Envelope
from tests.oracle import Rules

NOTICE = timedelta(seconds=30 * 86_400)


def every_rise_and_fall_is_justified(told: Iterable[Envelope], rules: Sequence[Rules]) -> None:
    """I5, I6, and every reward once per tier and cycle (I8). `rules`: the versions, in their order."""
    announced: datetime | None = None
    granted: dict[tuple[Any, ...], int] = defaultdict(int)
    for envelope in told:
        data = envelope.data
        evidence = data.get("evidence") or {}
        version = rules[evidence.get("version", 1) - 1]
        seen = defaultdict(int, evidence.get("figures", {}))
        match envelope.type:
            case "tier.upgraded":
                witnessed = data.get("from_tier") and version.tier(data["to_tier"]).qualify(seen)  # type: ignore[misc]
                assert not data.get("from_tier") or witnessed or (data["by"] and data["reason"])
                announced = None
            case "tier.will_downgrade":
                announced = datetime.fromisoformat(data["announced_at"])
                begins = rules[0].midnight(date.fromisoformat(data["falls_on"]))
                assert begins - announced >= NOTICE
                assert all(data["prevented_by"]), "there is something to do against it"
            case "tier.kept":
                announced = None
            case "member.absorbed" if "main" in data["standings"]:
                inherited = data["standings"]["main"].get("notice")
                announced = datetime.fromisoformat(inherited["announced_at"]) if inherited else None
            case "tier.downgraded":
                assert announced is not None, "no fall without a notice"
                assert envelope.at - announced >= NOTICE, "counted from when it could be told"
                assert not version.tier(data["from_tier"]).kept(seen), "the rule to keep is false"
                announced = None
            case "reward.granted":
                name = {"prime": "gold"}.get(data["tier"], data["tier"])
                granted[name, data["reward"]["id"], data["cycle"]] += 1
    assert all(times == 1 for times in granted.values()), "a reward once per tier and cycle"
