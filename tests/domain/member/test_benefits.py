"""What applies to a member now: of several tiers, campaigns and segments, put together."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from membership.facts import Attributes
from membership.member.benefits import Benefits, benefits
from membership.member.standing import Override, Standing
from membership.member.state import Member
from membership.program.reading import program_from
from membership.program.schema import Program

AT = datetime(2026, 11, 10, 4, tzinfo=UTC)
TODAY = date(2026, 11, 10)
CLUB = [
    {"id": "rate", "points_rate": 10},
    {"id": "discount", "discount_percent": 5},
    {"id": "delivery", "free_item": {"en": "delivery"}, "times": 1, "per": "month"},
]
SILVER = [
    {"id": "birthday", "gift": "birthday"},
    {"id": "discount", "discount_percent": 8},
    {"id": "delivery", "free_item": {"en": "delivery"}},
    {"id": "tea", "discount_percent": 50, "on": {"en": "tea"}},
]
GOLD = [
    {"id": "rate", "points_rate": 2},
    {"id": "targeted", "discount_percent": 10, "unless": "high-value"},
    {"id": "events", "invitation": {"en": "private events"}, "segment": "high-value"},
]
FESTIVAL = {
    "id": "festival",
    "name": {"en": "Singles' Day"},
    "from": "11-10",
    "to": "11-11",
    "benefits": [{"id": "sale", "discount_percent": 20}],
}


def program(**more: Any) -> Program:
    return program_from(
        {
            "id": "club",
            "metrics": {"fee": {"paid": "club", "months": 12}, "spend": {"sum": "order.amount"}},
            "ladders": [
                {"id": "card", "tiers": [{"id": "guest"}, {"id": "club", "buy": "fee", "benefits": CLUB}]},
                {
                    "id": "shop",
                    "tiers": [
                        {"id": "regular"},
                        {"id": "silver", "qualify": {"spend": 10}, "benefits": SILVER},
                        {"id": "gold", "qualify": {"spend": 100}, "benefits": GOLD},
                    ],
                },
            ],
        }
        | more
    )


def member(*tiers: str, labels: tuple[str, ...] = (), status: Any = "active") -> Member:
    standings = {
        ladder: Standing(tier=tier, since=AT, earned_on=AT.date())
        for ladder, tier in zip(("card", "shop"), tiers, strict=True)
    }
    attributes = Attributes(labels=labels)
    return Member(id="m", fingerprint="f", status=status, standings=standings, attributes=attributes)


def applying(*tiers: str, day: date = TODAY, more: Any = None, **who: Any) -> Benefits:
    return benefits(program(**more or {}), member(*tiers, **who), day)


def words(found: Benefits) -> list[str]:
    return [one.benefit.in_words("en") for one in found.brought]


@pytest.mark.proves("B1")
def test_the_best_of_each_and_all_that_differs() -> None:
    found = applying("club", "silver")
    assert words(found) == ["10× points", "8% off", "Free delivery", "A birthday gift", "50% off tea"]
    assert (found.discount_percent, found.rate) == (Decimal(8), 1000), "never one after the other"


def test_the_first_tiers_may_bring_nothing() -> None:
    found = applying("guest", "regular")
    assert (words(found), found.discount_percent, found.rate) == ([], 0, 100)


def test_a_rate_below_the_usual_one_is_made_up_for_by_a_ladder_that_says_nothing() -> None:
    """As orders earn by it: the highest of all its tiers."""
    half = program().model_dump(exclude_unset=True)
    half["ladders"][1]["tiers"][2]["benefits"][0]["points_rate"] = "0.5"
    assert benefits(program_from(half), member("guest", "gold"), TODAY).rate == 100


@pytest.mark.parametrize("status", ["trial", "blocked", "left", "merged"])
def test_who_is_no_active_member_has_nothing(status: str) -> None:
    assert words(applying("club", "gold", status=status, more={"campaigns": [FESTIVAL]})) == []


def test_a_tier_that_is_held_or_paid_for_counts() -> None:
    somebody = member("guest", "silver")
    somebody.standings["shop"].overrides["hold"] = Override(tier="gold", since=AT, until=date(2027, 1, 1))
    assert benefits(program(), somebody, AT.date()).rate == 200


@pytest.mark.proves("B7", "M7")
def test_segments_have_benefits_of_their_own() -> None:
    assert words(applying("guest", "gold", labels=("high-value",))) == [
        "2× points",
        "Invitations to private events",
    ]
    assert words(applying("guest", "gold", labels=("frugal",))) == ["2× points", "10% off"]


@pytest.mark.proves("B6")
def test_a_campaign_brings_more_on_its_days() -> None:
    more = {"campaigns": [FESTIVAL]}
    for day, percent in ((9, 8), (10, 20), (11, 20), (12, 8)):
        assert applying("guest", "silver", day=date(2026, 11, day), more=more).discount_percent == percent


@pytest.mark.proves("B6")
def test_a_campaign_may_be_for_some() -> None:
    for_gold = {"campaigns": [FESTIVAL | {"tiers": ["gold"]}]}
    assert applying("guest", "silver", more=for_gold).discount_percent == 8
    assert applying("guest", "gold", more=for_gold).discount_percent == 20
    for_some = {"campaigns": [FESTIVAL | {"segment": "frugal"}]}
    assert applying("guest", "regular", more=for_some).discount_percent == 0
    assert applying("guest", "regular", more=for_some, labels=("frugal",)).discount_percent == 20


def test_what_is_new_since() -> None:
    before, after = applying("guest", "silver"), applying("club", "silver")
    assert [one.benefit.in_words("en") for one in after.beyond(before)] == ["10× points"]
    more = applying("guest", "regular").beyond(after)
    assert more == ()
    better = applying("guest", "gold").beyond(applying("guest", "silver"))
    assert [one.benefit.in_words("en") for one in better] == ["2× points", "10% off"]
