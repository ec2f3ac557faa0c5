"""Triggers: each kind of occasion at its boundaries, and what it leads to. Days are noons of Shanghai."""

from typing import Any

import pytest

from membership.acts import Block, Leave, Lift, Return, Unblock
from tests.domain.playing import Played

SHOP: dict[str, Any] = {
    "metrics": {
        "spend": {"sum": "order.amount"},
        "orders": {"count": "order"},
        "visits": {"streak": "check_in"},
    },
    "tiers": [
        {"id": "bronze", "name": {"en": "Bronze", "zh": "铜卡"}},
        {"id": "silver", "name": {"en": "Silver", "zh": "银卡"}, "qualify": {"spend": 1000}},
        {"id": "gold", "name": {"en": "Gold", "zh": "金卡"}, "qualify": {"spend": 3000}},
    ],
}
GIFT = {"grant": [{"id": "gift", "gift": "MUG"}]}


def shop(when: Any, **more: Any) -> Played:
    """A shop with one trigger, and who is a member of it."""
    document = SHOP | {
        name: more.pop(name) for name in ("metrics", "tiers", "window", "validity", "points") & more.keys()
    }
    return Played(**document, triggers=[{"id": "t", "when": when, **GIFT, **more}])


def fired(played: Played) -> list[str]:
    """The days on which it did, each with its gift."""
    days = played.days("trigger.fired")
    assert played.days("reward.granted") == days
    return days


# ── Promotion ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.proves("B5")
@pytest.mark.parametrize(
    ("amounts", "tier", "times"),
    [
        ((999,), None, 0),
        ((1000,), None, 1),
        ((1000, 1), None, 1),
        ((1000, 2000), None, 2),
        ((3000,), None, 1),
        ((1000, 2000), "gold", 1),
        ((1000, 2000), "bronze", 0),
    ],
)
def test_a_promotion(amounts: tuple[int, ...], tier: str | None, times: int) -> None:
    """Of who passes a tier by one big order, the one that was reached; never of the first tier."""
    club = shop("promotion", tier=tier)
    club.enrol("2026-03-01")
    for amount in amounts:
        club.order("2026-03-02", amount)
    assert len(fired(club)) == times


def test_who_goes_up_and_down_is_promoted_once_a_cycle() -> None:
    club = shop("promotion", window={"months": 1})
    for month in ("01", "03", "05"):
        club.order(f"2026-{month}-02", 1000)
    club.order("2027-01-02", 1000)
    assert len(club.days("tier.upgraded")) == 1 + 4
    assert fired(club) == ["2026-01-02", "2027-01-02"]


# ── Nearing ───────────────────────────────────────────────────────────────────────────────────────

PERCENT = {"kind": "nearing", "percent": 15}
AMOUNT = {"kind": "nearing", "amount": 100, "metric": "spend"}


@pytest.mark.proves("E3", "B5")
@pytest.mark.parametrize(
    ("when", "spent", "near"),
    [
        (PERCENT, 849, False),
        (PERCENT, 850, True),
        (PERCENT, 999, True),
        (PERCENT, 1000, False),
        (AMOUNT, 899, False),
        (AMOUNT, 900, True),
        (AMOUNT, 1000, False),
        (PERCENT | AMOUNT, 849, False),
        (PERCENT | AMOUNT, 850, True),
        ({"kind": "nearing", "percent": 5} | AMOUNT, 899, False),
        ({"kind": "nearing", "percent": 5} | AMOUNT, 900, True),
    ],
)
def test_near_is_within_so_much(when: Any, spent: int, near: bool) -> None:
    club = shop(when)
    club.order("2026-03-01", spent)
    assert bool(fired(club)) is near


@pytest.mark.parametrize(
    ("rule", "spent", "orders", "near"),
    [
        ({"all": [{"spend": 1000}, {"orders": 5}]}, 900, 5, True),
        ({"all": [{"spend": 1000}, {"orders": 5}]}, 900, 4, False),
        ({"any": [{"spend": 1000}, {"orders": 5}]}, 900, 1, True),
        ({"any": [{"spend": 1000}, {"orders": 5}]}, 800, 4, False),
    ],
)
def test_an_amount_is_near_where_it_would_be_enough(rule: Any, spent: int, orders: int, near: bool) -> None:
    club = shop(AMOUNT, tiers=[{"id": "bronze"}, {"id": "silver", "qualify": rule}])
    club.order("2026-03-01", spent)
    for _ in range(orders - 1):
        club.order("2026-03-01", 0)
    assert bool(fired(club)) is near


@pytest.mark.proves("E3")
def test_an_approach_is_told_of_once() -> None:
    """And each tier is an approach of its own."""
    club = shop(PERCENT)
    for day in range(1, 6):
        club.order(f"2026-03-{day:02}", 30 if day > 1 else 850)
    assert fired(club) == ["2026-03-01"]
    club.order("2026-05-01", 1600)
    club.order("2026-05-02", 1)
    assert fired(club) == ["2026-03-01", "2026-05-01"]
    [first, second] = club.outcomes("trigger.fired")
    assert (first.tier, second.tier) == ("silver", "gold")
    assert first.missing == ({"spend": 150_00},)
    assert first.evidence.figures == {"spend": 850_00}


@pytest.mark.parametrize(
    ("again", "cooldown", "days"),
    [
        ("2026-03-03", None, ["2026-03-01", "2026-03-31"]),  # not before thirty days have passed
        ("2026-03-30", None, ["2026-03-01", "2026-03-31"]),
        ("2026-03-31", None, ["2026-03-01", "2026-03-31"]),
        ("2026-04-20", None, ["2026-03-01", "2026-04-20"]),
        ("2026-03-03", 0, ["2026-03-01", "2026-03-03"]),
        ("2026-03-03", 90, ["2026-03-01", "2026-05-30"]),
    ],
)
def test_who_moved_away_and_is_near_again_is_told_after_a_pause(
    again: str, cooldown: int | None, days: list[str]
) -> None:
    club = shop(PERCENT, cooldown_days=cooldown)
    order = club.order("2026-03-01", 850)
    club.refund("2026-03-02", order, 1)
    assert club.days("approach.ended") == ["2026-03-02"]
    club.order(again, 1)
    club.pass_to("2026-12-01")
    assert fired(club) == days


def test_time_takes_a_member_away_and_brings_one_near() -> None:
    """As a year turns, as something leaves a window, as membership grows: on that very day."""
    club = shop(PERCENT, window="calendar_year")
    club.order("2026-03-01", 850)
    club.pass_to("2027-06-01")
    assert club.days("approach.ended") == ["2027-01-01"]
    club = shop(PERCENT, window={"days": 10})
    club.order("2026-03-01", 10)
    club.order("2026-03-02", 840)
    club.pass_to("2026-06-01")
    assert club.days("approach.ended") == ["2026-03-11"]
    tenure = {"months": {"since": "joined", "unit": "month"}, "spend": {"sum": "order.amount"}}
    rule = {"all": [{"spend": 1000}, {"months": 10}]}
    club = shop(PERCENT, metrics=tenure, tiers=[{"id": "bronze"}, {"id": "silver", "qualify": rule}])
    club.enrol("2026-01-15")
    club.order("2026-01-15", 1000)
    club.pass_to("2027-01-01")
    assert fired(club) == ["2026-08-15"]
    assert club.days("tier.upgraded")[1:] == ["2026-11-15"]


def test_a_tier_that_is_lifted_to_is_the_one_to_go_on_from() -> None:
    club = shop(PERCENT, tier="gold")
    club.order("2026-03-01", 850)
    assert fired(club) == []
    club.order("2026-03-02", 140)
    club.act("2026-03-03", Lift(ladder="main", tier="silver", until=club.at("2026-12-01").date()))
    club.order("2026-03-04", 10)
    club.order("2026-03-05", 1549)
    assert fired(club) == []
    club.order("2026-03-06", 1)
    assert fired(club) == ["2026-03-06"]


# ── Notice and rescue ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.proves("B5")
@pytest.mark.parametrize(("when", "days"), [("notice", ["2026-03-05"]), ("rescue", ["2026-03-10"])])
def test_a_notice_and_a_rescue(when: str, days: list[str]) -> None:
    """The next of its kind within thirty days is none."""
    club = shop(when, tier="silver")
    order = club.order("2026-03-01", 1000)
    club.refund("2026-03-05", order, 500)
    club.order("2026-03-10", 500, times=1)
    order = club.order("2026-03-11", 1)
    club.refund("2026-03-12", order, 1)
    assert fired(club) == days


def test_who_falls_was_not_rescued() -> None:
    club = shop("rescue")
    order = club.order("2026-03-01", 1000)
    club.refund("2026-03-05", order, 500)
    club.pass_to("2026-06-01")
    assert club.falls()
    assert fired(club) == []


# ── Birthday ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.proves("B5")
@pytest.mark.parametrize(
    ("birthday", "days"),
    [
        ("03-01", ["2026-03-01", "2027-03-01", "2028-03-01"]),
        ("02-29", ["2026-02-28", "2027-02-28", "2028-02-29"]),
        ("02-28", ["2026-02-28", "2027-02-28", "2028-02-28"]),
        ("12-31", ["2026-12-31", "2027-12-31"]),
        ("01-10", ["2026-01-10", "2027-01-10", "2028-01-10"]),
        ("01-09", ["2027-01-09", "2028-01-09"]),
        (None, []),
    ],
)
def test_a_birthday(birthday: str | None, days: list[str]) -> None:
    """Once a year as the day begins; of who joins on the day, as it joins; 29 February is the 28th else."""
    club = shop("birthday")
    club.enrol("2026-01-10", birthday=birthday)
    club.pass_to("2028-11-01")
    assert fired(club) == days
    assert [one.at for one in club.outcomes("trigger.fired")[1:]] == [
        club.at(f"{day} 00:00") for day in days[1:]
    ]


@pytest.mark.parametrize(
    ("told", "days"),
    [
        ("2026-03-01 23:59", ["2026-03-01", "2027-03-01"]),
        ("2026-03-02 00:00", ["2027-03-01"]),
        ("2026-02-20", ["2026-03-01", "2027-03-01"]),
    ],
)
def test_a_birthday_that_is_told_late_is_over(told: str, days: list[str]) -> None:
    club = shop("birthday")
    club.enrol("2026-01-10")
    club.enrol(told, birthday="03-01")
    club.pass_to("2027-04-01")
    assert fired(club) == days


def test_another_birthday_in_the_same_year_is_none() -> None:
    club = shop("birthday")
    club.enrol("2026-01-10", birthday="03-01")
    club.enrol("2026-04-01", birthday="05-01")
    club.pass_to("2027-12-01")
    assert fired(club) == ["2026-03-01", "2027-05-01"]


# ── Dates ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.proves("B5")
@pytest.mark.parametrize(
    ("on", "joined", "days"),
    [
        ("10-01", "2026-09-30 23:59", ["2026-10-01", "2027-10-01"]),
        ("10-01", "2026-10-01 00:00", ["2026-10-01", "2027-10-01"]),
        ("10-01", "2026-10-01 23:59", ["2026-10-01", "2027-10-01"]),
        ("10-01", "2026-10-02 00:00", ["2027-10-01"]),
        ("2026-10-01", "2026-09-30", ["2026-10-01"]),
        ("2026-10-01", "2026-10-02", []),
        ("02-29", "2027-01-01", ["2027-02-28"]),
    ],
)
def test_a_date(on: str, joined: str, days: list[str]) -> None:
    """Who joins on the day takes part; who joins on the next one doesn't."""
    club = shop({"on": on})
    club.enrol(joined)
    club.pass_to("2027-12-01")
    assert fired(club) == days


def test_a_date_is_the_programs_own() -> None:
    club = Played(
        **SHOP, timezone="Pacific/Pago_Pago", triggers=[{"id": "t", "when": {"on": "10-01"}, **GIFT}]
    )
    club.enrol("2026-09-01")
    club.pass_to("2026-10-02")
    [one] = club.outcomes("trigger.fired")
    assert one.at.isoformat() == "2026-10-01T00:00:00-11:00"


# ── Streaks ───────────────────────────────────────────────────────────────────────────────────────

RUN = {"metric": "visits", "days": 3}


@pytest.mark.proves("B5")
@pytest.mark.parametrize(
    ("every", "done", "days"),
    [
        (False, [1, 2], []),
        (False, [1, 2, 3], [3]),
        (False, [1, 2, 4, 5], []),
        (False, [1, 2, 3, 4, 5, 6, 7], [3]),
        (True, [1, 2, 3, 4, 5], [3]),
        (True, [1, 2, 3, 4, 5, 6, 7], [3, 6]),
        (False, [1, 2, 3, 5, 6, 7], [3, 7]),
        (True, [1, 2, 3, 5, 6, 7], [3, 7]),
    ],
)
def test_days_in_a_row(every: bool, done: list[int], days: list[int]) -> None:
    club = shop(RUN | {"every": every})
    for day in done:
        club.do(f"2026-03-{day:02}", "check_in", times=2)
    assert fired(club) == [f"2026-03-{day:02}" for day in days]


def test_a_run_goes_on_over_the_end_of_a_window() -> None:
    club = shop(RUN, window="calendar_year")
    for when in ("2026-12-31", "2027-01-01", "2027-01-02"):
        club.do(when, "check_in")
    assert fired(club) == ["2027-01-02"]


# ── Coming back ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.proves("B5")
@pytest.mark.parametrize(
    ("days", "back"),
    [
        (["2026-03-01", "2026-03-30"], []),
        (["2026-03-01", "2026-03-31"], ["2026-03-31"]),
        (["2026-03-01", "2026-03-31", "2026-04-01"], ["2026-03-31"]),
        (["2026-03-01", "2026-05-01", "2026-07-01"], ["2026-05-01", "2026-07-01"]),
        (["2026-03-01"], []),
    ],
)
def test_coming_back_after_so_many_days(days: list[str], back: list[str]) -> None:
    club = shop({"after_days": 30})
    for day in days:
        club.do(day, "check_in", times=2)
    club.pass_to("2026-12-01")
    assert fired(club) == back


def test_only_what_a_member_does_itself_is_presence() -> None:
    """Not a review, a profile, a refund, a friend's purchase, nor what an operator does."""
    club = shop({"after_days": 30}, window="calendar_year")
    order = club.order("2026-01-01", 1000)
    club.enrol("2026-01-20", birthday="03-01")
    club.refund("2026-01-25", order, 1)
    club.friend("2026-01-26", "bob", "bought")
    club.act("2026-01-27", Lift(ladder="main", tier="gold", until=club.at("2026-12-01").date()))
    club.pass_to("2026-01-30")
    club.do("2026-01-31", "share")
    assert fired(club) == ["2026-01-31"]


@pytest.mark.parametrize(
    ("away", "back", "days"), [(Leave(), Return(), ["2026-06-02"]), (Block(), Unblock(), [])]
)
def test_who_had_left_comes_back_and_who_was_blocked_was_not_away(
    away: Any, back: Any, days: list[str]
) -> None:
    club = shop({"after_days": 30})
    club.order("2026-01-01", 1000)
    club.act("2026-01-02", away)
    club.do("2026-03-01", "share")
    club.act("2026-06-01", back)
    club.do("2026-06-02", "share")
    assert fired(club) == days


# ── Points ────────────────────────────────────────────────────────────────────────────────────────

POINTS = {"earn": {"order": {"points": 1}}, "expire": {"after_months": 12, "at": "day"}, "remind_days": 30}


@pytest.mark.proves("B5")
def test_points_that_will_expire() -> None:
    """As the member is told of them: once a month of theirs."""
    club = shop("points_expiring", points=POINTS)
    club.order("2026-03-05", 10)
    club.order("2026-03-20", 20)
    club.order("2026-04-02", 40)
    club.pass_to("2027-06-01")
    assert fired(club) == club.days("points.expiring") == ["2027-02-03", "2027-03-03"]


def test_points_that_a_trigger_gives_are_in_the_account() -> None:
    """And expire as others do."""
    club = shop("promotion", points=POINTS, grant=[{"id": "bonus", "points": 500}])
    club.order("2026-03-05", 1000)
    assert (club.member.points.granted, club.member.points.balance) == (500, 1500)
    club.pass_to("2027-03-04 23:59")
    assert club.member.points.balance == 1500
    club.pass_to("2027-03-05 00:00")
    assert club.member.points.balance == 0


# ── For whom, and what it leads to ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("limits", "days"),
    [
        ({}, ["2026-10-01"]),
        ({"tier": "silver"}, ["2026-10-01"]),
        ({"tier": "gold"}, []),
        ({"segment": "vip"}, ["2026-10-01"]),
        ({"segment": "staff"}, []),
    ],
)
def test_a_trigger_is_for_a_tier_or_a_segment(limits: dict[str, str], days: list[str]) -> None:
    club = shop({"on": "2026-10-01"}, **limits)
    club.enrol("2026-03-01", labels=("vip",))
    club.order("2026-03-01", 1000)
    club.pass_to("2026-11-01")
    assert fired(club) == days


@pytest.mark.parametrize(
    ("away", "back", "days"),
    [
        (None, None, ["2026-10-01"]),
        ("2026-09-01", None, []),
        ("2026-09-01", "2026-10-02", []),
        ("2026-09-01", "2026-10-01", ["2026-10-01"]),
    ],
)
@pytest.mark.parametrize(("goes", "comes"), [(Block(), Unblock()), (Leave(), Return())])
def test_who_is_away_on_the_day_has_none(
    goes: Any, comes: Any, away: str | None, back: str | None, days: list[str]
) -> None:
    club = shop({"on": "2026-10-01"})
    club.enrol("2026-03-01")
    if away:
        club.act(away, goes)
    if back:
        club.act(back, comes)
    club.pass_to("2026-11-01")
    assert fired(club) == days


@pytest.mark.parametrize(
    ("counts", "days"), [("2026-10-05", ["2026-10-01"]), ("2026-10-08", []), ("2026-09-30", ["2026-10-01"])]
)
def test_nothing_fires_for_who_is_on_trial(counts: str, days: list[str]) -> None:
    """Who was known on the day, and does what counts within a week of it, has it then."""
    club = shop({"on": "2026-10-01"}, metrics={"spend": {"sum": "order.amount"}})
    club.do("2026-09-01", "visit")
    club.pass_to("2026-09-29")
    club.order(counts, 1)
    club.pass_to("2026-11-01")
    assert [str(one.occasion) for one in club.outcomes("trigger.fired")] == days


def test_a_message_in_the_words_of_the_trigger() -> None:
    words = {"en": "$lacks to $tier, $$5 off", "zh": "$lacks即可成为$tier"}
    club = shop(PERCENT, message=words)
    club.order("2026-03-01", 850)
    [message] = [one for one in club.outcomes("message.due") if one.about == "trigger.nearing"]
    assert message.text.en == "¥150 more spend to Silver, $5 off"
    assert message.text.zh == "再消费 ¥150即可成为银卡"
    assert (message.details["trigger"], message.details["tier"]) == ("t", "silver")


def test_a_trigger_may_only_give_and_one_may_only_tell() -> None:
    told = [{"id": "told", "when": "birthday", "message": {"en": "Happy birthday"}}]
    given = [
        {"id": "given", "when": "birthday", "grant": [{"id": "a", "points": 1}, {"id": "b", "points": 2}]}
    ]
    club = Played(**SHOP, triggers=[*told, *given])
    club.enrol("2026-03-01", birthday="03-01")
    assert [one.trigger for one in club.outcomes("trigger.fired")] == ["told", "given"]
    assert [(one.trigger, one.reward.id) for one in club.outcomes("reward.granted")] == [
        ("given", "a"),
        ("given", "b"),
    ]
    assert [one.about for one in club.outcomes("message.due")] == ["trigger.birthday"]


def test_a_gift_pack_has_what_the_promotion_brings() -> None:
    club = Played(
        **SHOP,
        triggers=[
            {"id": "up", "when": "promotion", **GIFT},
            {"id": "day", "when": "birthday", "grant": [{"id": "cake", "gift": "CAKE"}]},
        ],
    )
    club.order("2026-03-01", 1)
    club.enrol("2026-03-02", birthday="04-01")
    club.order("2026-04-01", 999)
    [message] = [one for one in club.outcomes("message.due") if one.celebration]
    assert message.celebration.gift_pack == ("gift",)
