"""Every kind of metric over days: what adds up, what is capped, what a refund takes back, what time ends."""

from typing import Any

import pytest

from tests.domain.playing import Played

YEAR = "calendar_year"
SPEND = {"sum": "order.amount"}
TIERS: list[dict[str, Any]] = [{"id": "one"}, {"id": "two", "qualify": {"it": 1}}]


def member(it: dict[str, Any], **more: Any) -> Played:
    """Of a program with the metric, and another one that has nothing to do with it."""
    metrics = {"it": it, "spend": SPEND} | more.pop("metrics", {})
    return Played(metrics=metrics, tiers=more.pop("tiers", TIERS), window=more.pop("window", YEAR), **more)


def test_days_count_once_however_much_is_done_on_them() -> None:
    ann = member({"days_with": ["check_in", "order"]})
    ann.do("2026-03-01 00:00", "check_in", times=3)
    ann.order("2026-03-01 23:59")
    ann.do("2026-03-02", "quiz")  # none of them
    ann.order("2026-03-04", times=2)
    assert ann.figure("it", "2026-03-04") == 2
    assert ann.figure("it", "2027-01-01") == 0


def test_a_refund_gives_the_money_back_not_the_day() -> None:
    ann = member({"days_with": "order"})
    ann.refund("2026-03-02", ann.order("2026-03-01", 10), 10)
    assert (ann.figure("it", "2026-03-02"), ann.figure("spend", "2026-03-02")) == (1, 0)


def test_days_by_quality() -> None:
    ann = member({"days_with": "review", "where": {"quality": {"gte": 4}}})
    for day, quality in (("2026-03-01", 3), ("2026-03-02", 4), ("2026-03-03", 5)):
        ann.do(day, "review", quality=quality)
    ann.do("2026-03-04", "review")  # which nobody rated
    assert ann.figure("it", "2026-03-04") == 2


@pytest.mark.parametrize(
    ("done", "longest"),
    [
        ([], 0),
        (["2026-03-01"], 1),
        (["2026-03-01", "2026-03-02", "2026-03-03"], 3),
        (["2026-03-01", "2026-03-03"], 1),
        (["2026-03-01", "2026-03-02", "2026-03-04", "2026-03-05", "2026-03-06"], 3),
        (["2026-03-03", "2026-03-01", "2026-03-02"], 3),  # told late
        (["2026-02-28", "2026-03-01"], 2),
        (["2028-02-28", "2028-02-29", "2028-03-01"], 3),
        (["2028-02-28", "2028-03-01"], 1),  # there is a day in between
        (["2026-12-30", "2026-12-31", "2027-01-01", "2027-01-02"], 4),
    ],
)
def test_a_streak_is_the_longest_run_of_days(done: list[str], longest: int) -> None:
    ann = member({"streak": "check_in"}, window="lifetime")
    ann.enrol("2026-01-01")
    for day in done:
        ann.do(day, "check_in")
    assert ann.figure("it", "2028-12-31") == longest


def test_a_streak_is_cut_where_the_window_is() -> None:
    ann = member({"streak": "check_in"})
    for day in ("2026-12-30", "2026-12-31", "2027-01-01"):
        ann.do(day, "check_in")
    assert (ann.figure("it", "2026-12-31"), ann.figure("it", "2027-01-01")) == (2, 1)


def test_a_streak_that_moves_out_of_its_window_grows_shorter() -> None:
    ann = member({"streak": "check_in", "window": {"kind": "rolling", "days": 5}})
    for day in ("2026-03-01", "2026-03-02", "2026-03-03"):
        ann.do(day, "check_in")
    assert [ann.figure("it", f"2026-03-0{day}") for day in (3, 5, 6, 7, 8)] == [3, 3, 2, 1, 0]


def test_so_many_of_each_kind_a_day() -> None:
    ann = member({"points": {"check_in": 20, "review": 25}, "per_day": 2})
    ann.do("2026-03-01", "check_in", times=5)
    ann.do("2026-03-01", "review", times=1)
    ann.do("2026-03-02 00:00", "check_in", times=1)
    assert ann.figure("it", "2026-03-02") == 2 * 20 + 25 + 20


def test_so_many_of_any_kind_that_is_named_once_for_all() -> None:
    ann = member({"count": ["activity"], "per_day": 3})
    ann.do("2026-03-01", "check_in", times=2)
    ann.do("2026-03-01", "quiz", times=2)
    assert ann.figure("it", "2026-03-01") == 3


def test_the_cap_is_one_of_the_programs_own_day() -> None:
    """23:59 and 0:00 in Samoa are two days there, and one in Greenwich."""
    ann = member({"count": "check_in", "per_day": 1}, timezone="Pacific/Pago_Pago")
    for moment in ("2026-03-01 23:59", "2026-03-02 00:00", "2026-03-02 10:00"):
        ann.do(moment, "check_in")
    assert ann.figure("it", "2026-03-02") == 2


@pytest.mark.parametrize(
    ("orders", "points"),
    [([1], 2), ([0], 0), ([199], 398), ([10, 10, 10], 60)],
)
def test_points_for_whole_units_spent(orders: list[int], points: int) -> None:
    ann = member({"points": {}, "per_unit_spent": 2})
    ann.enrol("2026-01-01")
    for amount in orders:
        ann.order("2026-03-01", amount)
    assert ann.figure("it", "2026-03-01") == points


def test_points_for_spending_and_doing_and_what_a_refund_takes_back() -> None:
    ann = member({"points": {"review": 25}, "per_unit_spent": 3})
    order = ann.order("2026-03-01", 100)
    ann.do("2026-03-02", "review")
    assert ann.figure("it", "2026-03-02") == 325
    ann.refund("2026-03-03", order, 40)
    assert ann.figure("it", "2026-03-03") == 60 * 3 + 25
    ann.refund("2026-03-04", order, 60)
    assert ann.figure("it", "2026-03-04") == 25, "the review stays"


@pytest.mark.parametrize(("stage", "friends"), [("registered", 2), ("bought", 1)])
def test_friends(stage: str, friends: int) -> None:
    ann = member({"referrals": stage})
    ann.friend("2026-03-01", "bea", "registered")
    ann.friend("2026-03-02", "cem", "registered")
    ann.friend("2026-03-05", "bea", "bought")
    assert ann.figure("it", "2026-03-05") == friends


def test_a_friend_who_gave_everything_back_has_not_bought() -> None:
    ann = member({"referrals": "bought"})
    ann.friend("2026-03-05", "bea", "bought")
    ann.friend("2026-04-01", "bea", "bought", undone=True, day="2026-03-05")
    assert ann.figure("it", "2026-04-01") == 0
    ann.friend("2026-05-01", "bea", "bought", day="2026-03-05")
    assert ann.figure("it", "2026-05-01") == 1


def test_a_friend_is_taken_back_from_the_year_that_it_was_counted_in() -> None:
    ann = member({"referrals": "bought"})
    ann.friend("2026-12-31", "bea", "bought")
    ann.friend("2027-01-02", "cem", "bought")
    ann.friend("2027-01-03", "bea", "bought", undone=True, day="2026-12-31")
    assert (ann.figure("it", "2026-12-31"), ann.figure("it", "2027-01-03")) == (0, 1)


MOTHERS = {"add_to": "spend", "every": 3, "of": "friends", "gives": 500}


@pytest.mark.parametrize(
    ("friends", "spent", "worth"),
    [(0, 0, 0), (2, 700, 700), (3, 0, 500), (5, 700, 1_200), (6, 700, 1_700)],
)
def test_three_friends_are_worth_five_hundred_of_spend(friends: int, spent: int, worth: int) -> None:
    ann = member(MOTHERS, metrics={"friends": {"referrals": "registered"}})
    ann.enrol("2026-01-01")
    for n in range(friends):
        ann.friend("2026-03-01", f"friend-{n}", "registered")
    ann.order("2026-03-02", spent)
    assert ann.figure("it", "2026-03-02") == worth * 100


def test_what_is_worth_something_enters_a_tier_and_goes_when_its_part_does() -> None:
    tiers = [{"id": "one"}, {"id": "two", "qualify": {"it": 1000}}]
    it = member(
        MOTHERS,
        metrics={"friends": {"referrals": "registered"}},
        tiers=tiers,
        validity="while_qualified",
        window={"kind": "rolling", "months": 12},
    )
    for n in range(3):
        it.friend("2026-03-01", f"friend-{n}", "registered")
    it.order("2026-05-01", 500)
    assert it.earned == "two"
    it.pass_to("2027-04-01")
    assert it.falls() == [("2027-03-01", "one")], "the friends leave the year first"


def test_exchange_of_money() -> None:
    ann = member(
        {"add_to": "points", "every": 100, "of": "spend", "gives": 7},
        metrics={"points": {"points": {"review": 25}}},
    )
    ann.order("2026-03-01", 99)
    assert ann.figure("it", "2026-03-01") == 0
    ann.order("2026-03-02", 101)
    ann.do("2026-03-02", "review")
    assert ann.figure("it", "2026-03-02") == 2 * 7 + 25


CLUB: dict[str, Any] = {"paid": "club", "months": 12}


def test_a_term_runs_from_the_day_of_its_fee_to_the_eve_of_the_same_day() -> None:
    ann = member(CLUB)
    ann.order("2027-02-28", 139, plan="club")
    days = ("2027-02-27", "2027-02-28", "2028-02-27", "2028-02-28")
    assert [ann.figure("it", day) for day in days] == [0, 1, 1, 0]
    assert ann.figure("spend", "2027-02-28") == 0, "a fee is no spend"


def test_a_renewal_before_the_end_is_added_to_it_and_one_after_begins_anew() -> None:
    ann = member({"paid": "club", "days": 30})
    ann.order("2026-03-01", 9, plan="club")
    ann.order("2026-03-20", 9, plan="club")
    assert [ann.figure("it", day) for day in ("2026-04-29", "2026-04-30")] == [1, 0]
    ann.order("2026-05-10", 9, plan="club")
    assert [ann.figure("it", day) for day in ("2026-05-09", "2026-06-08", "2026-06-09")] == [0, 1, 0]


@pytest.mark.parametrize(("back", "runs"), [(138, 1), (139, 0)])
def test_a_fee_that_is_given_back_in_full_buys_nothing(back: int, runs: int) -> None:
    ann = member(CLUB)
    order = ann.order("2026-03-01", 139, plan="club")
    ann.refund("2026-03-05", order, back)
    assert ann.figure("it", "2026-03-05") == runs


def test_when_a_first_fee_is_given_back_the_second_runs_from_its_own_day() -> None:
    ann = member({"paid": "club", "days": 30})
    first = ann.order("2026-03-01", 9, plan="club")
    ann.order("2026-03-20", 9, plan="club")
    ann.refund("2026-03-21", first, 9)
    assert [ann.figure("it", day) for day in ("2026-03-19", "2026-04-18", "2026-04-19")] == [0, 1, 0]


def test_the_fee_of_another_plan_buys_nothing() -> None:
    ann = member(CLUB)
    ann.order("2026-03-01", 139, plan="gym")
    ann.enrol("2026-03-01")
    assert ann.figure("it", "2026-03-01") == 0


def test_a_label_is_the_shops_to_give_and_to_take() -> None:
    ann = member({"label": "vip"})
    ann.enrol("2026-03-01", labels=("new",))
    assert (ann.figure("it", "2026-03-01"), ann.earned) == (0, "one")
    ann.enrol("2026-03-02", labels=("vip", "new"))
    assert (ann.figure("it", "2026-03-02"), ann.earned) == (1, "two")
    ann.enrol("2026-03-03", labels=())
    assert ann.figure("it", "2026-03-03") == 0
    ann.pass_to("2026-05-01")
    assert ann.falls() == [("2026-04-03", "one")], "with a notice, as any other"


TOP_10 = [{"id": "one"}, {"id": "two", "qualify": {"it": "top 10%"}}]


@pytest.mark.parametrize(
    ("place", "members", "among_the_top"),
    [
        (1, 1, False),  # the first of one is all of it
        (1, 9, False),
        (1, 10, True),
        (2, 10, False),
        (10, 100, True),
        (11, 100, False),
        (100, 1_000, True),
        (101, 1_000, False),
        (1_000_000, 10_000_000, True),
        (1_000_001, 10_000_000, False),
    ],
)
def test_the_top_tenth(place: int, members: int, among_the_top: bool) -> None:
    ann = member({"rank": "spend"}, tiers=TOP_10)
    ann.order("2026-03-10", 10)
    ann.rank("2026-04-01", "it", place, members)
    assert (ann.earned == "two") is among_the_top


@pytest.mark.parametrize(
    ("cut", "on", "holds_to", "gone_on"),
    [
        ("monthly", "2026-04-01", "2026-04-30", "2026-05-01"),
        ("monthly", "2028-02-01", "2028-02-29", "2028-03-01"),
        ("quarterly", "2026-04-01", "2026-06-30", "2026-07-01"),
        ("yearly", "2027-01-01", "2027-12-31", "2028-01-01"),
    ],
)
def test_a_place_holds_from_one_cut_to_the_next(cut: str, on: str, holds_to: str, gone_on: str) -> None:
    ann = member({"rank": "spend", "cut": cut}, tiers=TOP_10)
    ann.order("2026-03-10", 10)
    ann.rank(on, "it", 1, 10)
    assert [ann.figure("it", day) for day in (on, holds_to, gone_on)] == [9_000, 9_000, 0]


def test_a_metric_has_its_own_window() -> None:
    ann = member({"count": "order", "window": {"kind": "rolling", "days": 30}}, window="lifetime")
    ann.order("2026-03-01", 10)
    ann.order("2026-03-20", 10)
    assert (ann.figure("it", "2026-04-10"), ann.figure("spend", "2026-04-10")) == (1, 20_00)
