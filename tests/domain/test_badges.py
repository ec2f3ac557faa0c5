"""Badges: awarded once for ever, as their rule is met for the first time."""

from typing import Any

import pytest

from membership.acts import Block, Unblock
from tests.domain.playing import Played

SHOP: dict[str, Any] = {
    "window": "calendar_year",
    "metrics": {
        "spend": {"sum": "order.amount"},
        "years": {"since": "joined", "unit": "year"},
    },
    "tiers": [{"id": "bronze"}, {"id": "silver", "qualify": {"spend": 9000}}],
}


def shop(when: Any, **more: Any) -> Played:
    return Played(**SHOP, badges=[{"id": "b", "name": {"en": "Brave", "zh": "勇者"}, "when": when, **more}])


@pytest.mark.proves("E8")
@pytest.mark.parametrize(("amount", "days"), [(999, []), (1000, ["2026-03-01"]), (1001, ["2026-03-01"])])
def test_a_badge_is_awarded_where_its_rule_is_met(amount: int, days: list[str]) -> None:
    club = shop({"spend": 1000})
    club.order("2026-03-01", amount)
    assert club.days("badge.awarded") == days


@pytest.mark.proves("E8")
def test_it_is_awarded_once_for_ever() -> None:
    """What earned it may be given back, the year may turn, and the rule may be met again."""
    club = shop({"spend": 1000})
    order = club.order("2026-03-01", 1000)
    club.refund("2026-03-02", order, 1000)
    club.order("2026-03-03", 1000)
    club.order("2027-03-03", 1000)
    [awarded] = club.outcomes("badge.awarded")
    assert awarded.evidence.figures == {"spend": 1000_00}
    assert {badge: str(day) for badge, day in club.member.badges.items()} == {"b": "2026-03-01"}
    [message] = [one for one in club.outcomes("message.due") if one.about == "badge.awarded"]
    assert (message.text.en, message.text.zh) == (
        "You have earned the badge Brave.",
        "您获得了徽章：勇者。",
    )


def test_time_alone_brings_one_on_its_day() -> None:
    club = shop({"all": [{"years": 2}]})
    club.enrol("2024-02-29")
    club.pass_to("2030-01-01")
    assert club.days("badge.awarded") == ["2026-02-28"]


def test_what_is_told_late_counts_in_its_own_year() -> None:
    """An order of December that is told in January completes what the year had."""
    club = shop({"spend": 1000})
    club.order("2026-12-30", 999)
    club.order("2027-01-02", 1)
    assert not club.days("badge.awarded")
    club.order("2026-12-31", 1)
    assert club.days("badge.awarded") == ["2027-01-02"]


def test_who_is_on_trial_or_blocked_has_to_wait() -> None:
    club = shop({"years": 1})
    club.do("2024-03-01", "visit")
    club.pass_to("2026-01-01")
    assert not club.days("badge.awarded")
    club.order("2026-01-02", 1)
    assert club.days("badge.awarded") == ["2026-01-02"]
    other = shop({"years": 1})
    other.enrol("2024-03-01")
    other.act("2024-06-01", Block())
    other.pass_to("2026-01-01")
    assert not other.days("badge.awarded")
    other.act("2026-01-02", Unblock())
    assert other.days("badge.awarded") == ["2026-01-02"]
