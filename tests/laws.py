"""What holds of any member's history, whoever made it."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from membership.outcomes import Envelope
from tests.oracle import Rules

NOTICE = timedelta(seconds=30 * 86_400)


def every_rise_and_fall_is_justified(told: Iterable[Envelope], rules: Sequence[Rules]) -> None:
    """I5, I6, and every reward once per tier and cycle, or as often as its trigger fired (I8).

    `rules`: the versions, in their order.
    """
    announced: datetime | None = None
    granted: dict[tuple[Any, ...], int] = defaultdict(int)
    fired: dict[tuple[Any, ...], int] = defaultdict(int)
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
            case "trigger.fired":
                fired[data["trigger"], data.get("ladder"), data.get("tier"), data["occasion"]] += 1
            case "reward.granted" if "trigger" in data:
                granted[data["trigger"], data["reward"]["id"]] += 1
            case "reward.granted":
                name = {"prime": "gold"}.get(data["tier"], data["tier"])
                granted[name, data["reward"]["id"], data["cycle"]] += 1
    assert all(times == 1 for times in fired.values()), "a trigger once an occasion"
    for trigger, _, _, _ in fired:
        times = sum(n for (one, *_), n in fired.items() if one == trigger)
        given = {n for (one, *_), n in granted.items() if one == trigger}
        assert given <= {times}, f"{trigger} has fired {times} times, and given {given}"
    once = [times for (_, *about), times in granted.items() if len(about) == 2]
    assert all(times == 1 for times in once), "a reward once per tier and cycle"
