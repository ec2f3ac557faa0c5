"""A program's own examples: played day by day, and told apart where they are not so."""

from typing import Any

import pytest

from membership.errors import Flaw, ProgramInvalid
from membership.program.reading import program_from
from membership.rehearsal import MOST_THINGS, rehearse

CLUB: dict[str, Any] = {
    "id": "club",
    "timezone": "America/New_York",
    "currency": "USD",
    "window": "calendar_year",
    "metrics": {
        "spend": {"sum": "order.amount"},
        "orders": {"count": "order"},
        "feedback": {"count": "feedback", "where": {"quality": {"gte": 4}}},
        "friends": {"referrals": "bought", "window": "lifetime"},
        "rank": {"rank": "spend"},
        "tenure_years": {"since": "joined", "unit": "year"},
        "vip": {"label": "vip"},
    },
    "tiers": [
        {"id": "bronze", "rewards": [{"id": "hello", "points": 10}]},
        {"id": "silver", "qualify": {"any": [{"spend": 1000}, {"friends": 2}, {"vip": 1}]}},
        {"id": "gold", "qualify": {"all": [{"spend": 2000}, {"feedback": 1}]}},
        {"id": "black", "qualify": {"all": [{"spend": 3000}, {"rank": "top 10%"}]}, "promotion": "reviewed"},
    ],
    "special_reviews": [{"id": "decade", "when": {"tenure_years": 10}}],
    "validity": "through_end_of_next_year",
}


def played(given: list[dict[str, Any]], then: list[dict[str, Any]], **more: Any) -> list[Flaw]:
    of_example = {key: more.pop(key) for key in ("joined", "labels") if key in more}
    example = {"title": "a story", "given": given, "then": then, **of_example}
    return rehearse(program_from(CLUB | {"examples": [example]} | more))


def told(flaws: list[Flaw]) -> list[tuple[str, str]]:
    return [(flaw.path, flaw.message) for flaw in flaws]


BUYS = {"on": "2026-03-01", "order": 1000}


def test_what_is_so_is_no_flaw() -> None:
    then = [
        {"on": "2026-02-28", "status": "trial", "tier": False, "progress": 0},
        {
            "on": "2026-03-01",
            "tier": "silver",
            "by": "earned",
            "status": "active",
            "next": "gold",
            "progress": 25,
            "lacks": "US$1,000 more spend and 1 more piece of feedback",
            "valid_through": "2027-12-31",
            "falls_on": "2028-01-01",
            "notice": False,
            "asked": False,
            "rewards": ["hello"],
        },
        {
            "on": "2027-12-02",
            "notice": {"to": "bronze", "on": "2028-01-01"},
            "keeps": "US$1,000 more spend, or friends: 2 more over the whole membership, or belonging to vip",
        },
        {"on": "2028-01-01", "tier": "bronze", "notice": False, "valid_through": False, "keeps": False},
    ]
    assert told(played([{"on": "2026-02-01", "do": "check_in"}, BUYS], then)) == []


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"tier": "gold"}, "comes out as silver, not as gold"),
        ({"by": "paid"}, "comes out as earned, not as paid"),
        ({"status": "trial"}, "comes out as active, not as trial"),
        ({"next": "black"}, "comes out as gold, not as black"),
        ({"next": False}, "comes out as gold, not as no next tier"),
        ({"progress": 26}, "comes out as 25, not as 26"),
        ({"valid_through": "2026-12-31"}, "comes out as 2027-12-31, not as 2026-12-31"),
        ({"valid_through": False}, "comes out as 2027-12-31, not as no end"),
        ({"falls_on": False}, "comes out as 2028-01-01, not as no fall"),
        (
            {"notice": {"to": "bronze", "on": "2028-01-01"}},
            "comes out as no notice, not as bronze from 2028-01-01",
        ),
        ({"asked": "promotion"}, "comes out as nothing asked, not as promotion"),
        ({"value": {"fee": 1, "saved": 2}}, "comes out as no paid term, not as fee 1, saved 2"),
        ({"rewards": []}, "comes out as hello, not as none"),
        ({"benefits": ["5% off"]}, "comes out as none, not as 5% off"),
        (
            {"lacks": "nothing"},
            "comes out as US$1,000 more spend and 1 more piece of feedback, not as nothing",
        ),
    ],
    ids=str,
)
def test_what_is_not_so_is_told_with_what_is(wrong: dict[str, Any], message: str) -> None:
    [name] = wrong
    assert told(played([BUYS], [{"on": "2026-03-01"} | wrong])) == [(f"examples[0].then[0].{name}", message)]


def test_a_flaw_says_what_there_is_and_what_to_do() -> None:
    [flaw] = played([BUYS], [{"on": "2026-03-01", "tier": "gold"}])
    assert flaw.value == "gold"
    there = "In 'a story' there is by 2026-03-01: spend US$1,000, 1 order, 0 pieces of feedback,"
    assert flaw.remedy.startswith(there)
    assert flaw.remedy.endswith("Change the rules, or what is expected.")


def test_figures_are_compared_in_their_own_units() -> None:
    then = {"on": "2026-03-01", "figures": {"spend": "1000.00", "orders": 1, "tenure_years": 0, "vip": 0}}
    assert told(played([BUYS], [then])) == []
    wrong = {"on": "2026-03-01", "figures": {"spend": "999.99", "orders": 2}}
    assert told(played([BUYS], [wrong])) == [
        ("examples[0].then[0].figures.spend", "comes out as US$1,000, not as US$999.99"),
        ("examples[0].then[0].figures.orders", "comes out as 1 order, not as 2 orders"),
    ]
    for name, remedy in (("spent", "Did you mean spend?"), ("rank", None)):
        [flaw] = played([BUYS], [{"on": "2026-03-01", "figures": {name: 1}}])
        assert (flaw.path, flaw.message) == (f"examples[0].then[0].figures.{name}", "there is no such figure")
        assert remedy is None or flaw.remedy == remedy


def test_every_difference_is_told_not_just_the_first() -> None:
    then = [{"on": "2026-03-01", "tier": "gold", "progress": 1}, {"on": "2026-03-02", "tier": "bronze"}]
    assert [flaw.path for flaw in played([BUYS], then)] == [
        "examples[0].then[0].tier",
        "examples[0].then[0].progress",
        "examples[0].then[1].tier",
    ]


def test_a_line_counts_from_its_moment_on() -> None:
    given = [{"on": "2026-12-31 23:59", "order": 999}, {"on": "2027-01-01 00:00", "order": 1}]
    then = [
        {"on": "2026-12-31 23:58", "progress": 0},
        {"on": "2026-12-31 23:59", "tier": "bronze", "progress": 99},
        {"on": "2027-01-01", "tier": "bronze", "progress": 0},
    ]
    assert told(played(given, then)[1:]) == [], "days are the program's own"
    assert told(played(given, then)[:1]) == [("examples[0].then[0]", "there is no member yet")]


def test_lines_are_played_in_order_of_time_whatever_their_order() -> None:
    then = [{"on": "2026-05-01", "tier": "silver"}, {"on": "2026-02-01", "tier": "bronze"}]
    assert told(played([BUYS, {"on": "2026-02-01", "order": 1}], then)) == []


def test_the_nights_in_between_are_reviewed() -> None:
    """Nothing is given after the order: notice and fall are the clock's."""
    then = [
        {"on": "2027-11-30", "notice": False},
        {"on": "2027-12-02", "notice": {"to": "bronze", "on": "2028-01-01"}},
        {"on": "2027-12-31 23:59", "tier": "silver"},
        {"on": "2028-01-01", "tier": "bronze"},
    ]
    assert told(played([BUYS], then)) == []


def test_days_and_times() -> None:
    given = [
        {"on": "2026-03-01", "do": "feedback", "quality": 3, "times": 5},
        {"on": "2026-03-01", "order": 100, "times": 2, "daily_through": "2026-03-10"},
    ]
    then = [
        {"on": "2026-03-09", "lacks": "US$200 more spend and 1 more piece of feedback", "tier": "silver"},
        {"on": "2026-03-10", "lacks": "1 more piece of feedback", "tier": "silver"},
    ]
    assert told(played([*given], then)) == []


def test_a_refund_takes_back_what_its_order_gave() -> None:
    given = [BUYS | {"id": "A"}, {"on": "2026-03-05", "refund": 1, "of": "A"}]
    then = [{"on": "2026-03-05", "asked": "refund", "notice": {"to": "bronze", "on": "2026-04-05"}}]
    assert told(played(given, then)) == []


def test_friends_count_once_they_have_bought_and_not_when_all_went_back() -> None:
    given = [
        {"on": "2026-03-01", "friend": "registered", "times": 3},
        {"on": "2026-03-02", "friend": "bought", "times": 2},
        {"on": "2026-03-03", "friend": "returned"},
    ]
    then = [
        {"on": "2026-03-01", "tier": "bronze"},
        {"on": "2026-03-02", "tier": "silver"},
        {
            "on": "2026-03-03",
            "keeps": "friends: 1 more over the whole membership, or US$1,000 more spend, or belonging to vip",
        },
    ]
    assert told(played(given, then, joined="2026-01-01")) == []
    given = [{"on": "2026-03-03", "friend": "returned"}]
    assert told(played(given, [{"on": "2026-03-03", "tier": "bronze"}], joined="2026-01-01")) == [
        ("examples[0].given[0].friend", "no friend has bought by then")
    ]


def test_labels_from_the_first_and_later() -> None:
    assert (
        told(played([], [{"on": "2026-01-02", "tier": "silver"}], joined="2026-01-02", labels=["vip"])) == []
    )
    given = [{"on": "2026-01-03", "order": 1}, {"on": "2026-01-04", "labels": ["vip"]}]
    then = [{"on": "2026-01-03", "tier": "bronze"}, {"on": "2026-01-04", "tier": "silver"}]
    assert told(played(given, then)) == []


def test_who_needs_enrolling_is_enrolled() -> None:
    then = [{"on": "2026-02-01", "status": "active", "tier": "bronze"}]
    checks_in = [{"on": "2026-02-01", "do": "check_in"}]
    assert told(played(checks_in, then, unknown_members="refuse")) == []
    assert told(played(checks_in, then)) != []


def test_a_reviewed_tier_needs_an_answer() -> None:
    given = [
        {"on": "2026-03-20", "order": 3000},
        {"on": "2026-04-01", "ranked": 1, "among": 10},
        {"on": "2026-04-02", "act": "approve"},
    ]
    then = [
        {"on": "2026-04-01", "tier": "silver", "asked": "promotion"},
        {"on": "2026-04-02", "tier": "black", "asked": False, "next": False, "progress": 100},
    ]
    assert told(played(given, then)) == []
    declined = [*given[:2], given[2] | {"act": "decline"}]
    assert told(played(declined, [then[0], {"on": "2026-04-02", "tier": "silver", "asked": False}])) == []
    missed = [given[0], given[1] | {"ranked": 2}]
    assert told(played(missed, [{"on": "2026-04-02", "tier": "silver", "asked": False}])) == []


def test_a_special_member_is_lifted_by_two_tiers_at_most() -> None:
    answer = {"on": "2026-01-02", "act": "approve", "tier": "gold", "until": "2027-01-01"}
    then = [
        {"on": "2026-01-01", "tier": "bronze", "asked": "special"},
        {"on": "2026-01-02", "tier": "gold", "by": "lifted"},
        {"on": "2026-12-31", "tier": "gold"},
        {"on": "2027-01-01", "tier": "bronze", "by": "earned"},
    ]
    given = [{"on": "2026-01-02 10:00", "order": 1}, answer]
    assert told(played(given, then, joined="2015-12-31")) == []
    given = [answer | {"tier": "black"}]
    assert told(played(given, [then[0]], joined="2015-12-31")) == []
    assert told(played(given, [then[0], {"on": "2026-01-02", "tier": "bronze"}], joined="2015-12-31")) == [
        ("examples[0].given[0].tier", "is not one or two tiers above the member's")
    ]
    given = [{key: answer[key] for key in ("on", "act", "tier")}]
    assert told(played(given, [{"on": "2026-01-02", "tier": "bronze"}], joined="2015-12-31")) == [
        ("examples[0].given[0].until", "is missing")
    ]


def test_operators_acts() -> None:
    given = [
        {"on": "2026-03-01", "order": 10},
        {"on": "2026-03-02", "act": "hold", "tier": "gold", "until": "2026-09-01"},
        {"on": "2026-03-03", "act": "release"},
        {"on": "2026-03-04", "act": "lift", "tier": "silver", "until": "2026-09-01"},
        {"on": "2026-03-06", "act": "block"},
        {"on": "2026-03-07", "order": 5000},
        {"on": "2026-03-08", "act": "unblock"},
        {"on": "2026-03-09", "act": "leave"},
        {"on": "2026-03-10", "act": "return"},
    ]
    then = [
        {"on": "2026-03-02", "tier": "gold", "by": "hold"},
        {"on": "2026-03-03", "tier": "bronze", "by": "earned"},
        {"on": "2026-03-04", "tier": "silver", "by": "lifted"},
        {"on": "2026-03-06", "status": "blocked"},
        {"on": "2026-03-08", "status": "active", "tier": "silver"},
        {"on": "2026-03-09", "status": "left"},
        {"on": "2026-03-10", "status": "active"},
        {"on": "2026-09-01", "tier": "bronze", "by": "earned"},
    ]
    assert told(played(given, then)) == []


@pytest.mark.parametrize(
    ("act", "message"),
    [
        ("unblock", "changes nothing by then"),
        ("approve", "nothing of that is asked by then"),
        ("release", "nothing is held or lifted by then"),
    ],
)
def test_an_act_that_can_not_be_is_a_flaw(act: str, message: str) -> None:
    given = [BUYS, {"on": "2026-03-02", "act": act}]
    assert told(played(given, [{"on": "2026-03-02", "tier": "silver"}])) == [
        ("examples[0].given[1].act", message)
    ]


def test_acts_are_held_to_what_operators_may_do() -> None:
    far = [BUYS, {"on": "2026-03-02", "act": "lift", "tier": "gold", "until": "2026-09-01"}]
    assert told(played(far, [{"on": "2026-03-02", "tier": "gold"}])) == []
    low = [BUYS, {"on": "2026-03-02", "act": "lift", "tier": "bronze", "until": "2026-09-01"}]
    assert told(played(low, [{"on": "2026-03-02", "tier": "silver"}])) == [
        ("examples[0].given[1].tier", "is not one or two tiers above the member's")
    ]
    soon = [BUYS, {"on": "2026-03-02", "act": "hold", "tier": "gold", "until": "2026-03-20"}]
    assert told(played(soon, [{"on": "2026-03-02", "tier": "silver"}])) == [
        ("examples[0].given[1].until", "is less than the notice of 30 days away")
    ]


def test_two_that_prove_to_be_one() -> None:
    given = [
        {"on": "2026-03-01", "order": 600},
        {"on": "2026-03-01", "who": "her other account", "order": 500},
        {"on": "2026-03-02", "who": "her other account", "act": "merge"},
        {"on": "2026-03-03", "who": "her other account", "order": 900},
        {"on": "2026-03-03", "do": "feedback", "quality": 5},
    ]
    then = [
        {"on": "2026-03-01", "tier": "bronze"},
        {"on": "2026-03-02", "tier": "silver", "rewards": ["hello"]},
        {"on": "2026-03-03", "tier": "gold"},
    ]
    assert told(played(given, then)) == []


@pytest.mark.parametrize(
    ("given", "then", "path", "remedy"),
    [
        ([BUYS], {"tier": "sliver"}, "then[0].tier", "Did you mean silver?"),
        ([BUYS], {"next": "platinum"}, "then[0].next", "Known here: black, bronze, gold, silver."),
        (
            [BUYS],
            {"notice": {"to": "brnze", "on": "2027-01-01"}},
            "then[0].notice.to",
            "Did you mean bronze?",
        ),
        ([BUYS], {"ladder": "side"}, "then[0].ladder", "Known here: main."),
        ([BUYS, {"on": "2026-03-02", "refund": 1, "of": "A"}], {}, "given[1].of", "Known here: none."),
        (
            [{"on": "2026-03-02", "refund": 1, "of": "A"}, BUYS | {"id": "A", "on": "2026-03-03"}],
            {},
            "given[0].of",
            None,
        ),
        ([BUYS, {"on": "2026-03-02", "act": "merge", "who": "x"}], {}, "given[1].who", "Known here: none."),
        (
            [{"on": "2026-03-02", "ranked": 1, "among": 2}],
            {},
            "given[0].on",
            "Write the day of a cut, as 2026-04-01.",
        ),
        (
            [{"on": "2026-03-01", "ranked": 1, "among": 2, "of": "spend"}],
            {},
            "given[0].of",
            "Known here: rank.",
        ),
        ([{"on": "2026-03-01", "order": "0.001"}], {}, "given[0].order", "Round it."),
        ([], {}, "then[0]", "Write `joined`, or give something before."),
    ],
    ids=str,
)
def test_names_that_nobody_knows(
    given: list[dict[str, Any]], then: dict[str, Any], path: str, remedy: str | None
) -> None:
    [flaw] = played(given, [{"on": "2026-03-01"} | then])
    assert flaw.path == f"examples[0].{path}"
    assert remedy is None or flaw.remedy == remedy


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({"on": "2026-03-01"}, "says nothing"),
        ({"on": "2026-03-01", "order": 1, "do": "share"}, "is order and do at once"),
        ({"on": "2026-03-01", "do": "share", "saved": 1}, "is not said of do"),
        ({"on": "2026-03-01", "refund": 1}, "is missing"),
        ({"on": "2026-03-01", "ranked": 1}, "is missing"),
        ({"on": "2026-03-01", "act": "merge"}, "is missing"),
        ({"on": "2026-03-01", "act": "hold", "tier": "gold"}, "is missing"),
        ({"on": "2026-03-01", "ranked": 3, "among": 2}, "is beyond all 2"),
        ({"on": "2026-03-01", "order": 1, "id": "A", "times": 2}, "would be several orders'"),
        ({"on": "2026-03-01", "order": -1}, "is less than 0"),
        ({"on": "1026-03-01", "order": 1}, "lies far from our times"),
        ({"on": "2026-02-29", "order": 1}, "is not a day"),
    ],
    ids=str,
)
def test_lines_that_say_nothing_plain(line: dict[str, Any], message: str) -> None:
    with pytest.raises(ProgramInvalid) as refused:
        played([line], [{"on": "2026-03-01"}])
    assert message in {flaw.message for flaw in refused.value.flaws}


def test_examples_that_take_too_long_are_not_played() -> None:
    line = {"on": "2026-01-01", "do": "share", "times": 100, "daily_through": "2026-12-31"}
    [flaw] = played([line], [{"on": "2026-01-01", "tier": "bronze"}])
    assert (flaw.path, flaw.message) == ("examples", "tell of 36,500 things that happen")
    assert str(f"{MOST_THINGS:,}") in flaw.remedy


def test_an_example_of_a_century_is_not_played() -> None:
    [flaw] = played([BUYS], [{"on": "2126-03-01", "tier": "bronze"}])
    assert (flaw.path, flaw.message) == ("examples[0]", "goes from 2026 to 2126")
