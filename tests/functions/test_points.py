"""Points over the API: what an event earned and why, the account, the statement, and what is done by hand."""

from datetime import timedelta
from typing import Any

import pytest

from tests.functions.conftest import NOW, Client, Cloud, order
from tests.functions.test_rank import Functions, functions, settle
from tests.programs import rules

__all__ = ["functions"]

CLUB = """
id: club
metrics: {spend: {sum: order.amount}}
tiers:
  - id: basic
  - {id: gold, qualify: {spend: 1000}, benefits: [{id: rate, points_rate: 1.5}]}
validity: lifetime
points:
  earn: {order: {points: 1}, activities: {check_in: {points: 5, per_day: 1}}}
  pending_days: 14
  refunds: negative
campaigns:
  - {id: festival, name: {en: Festival, zh: 节日}, from: '11-24', to: '11-24', points: 3}
"""


@pytest.fixture
def operator(cloud: Cloud) -> Client:
    client = Client(cloud, cloud.issue("club"))
    assert client.put("/v1/program", CLUB).status == 200
    return client


@pytest.fixture
def till(cloud: Cloud, operator: Client) -> Client:
    return Client(cloud, cloud.issue("club", "storefront"))


def told(client: Client, **event: Any) -> Any:
    answer = client.post("/v1/events?wait=true", order(**event))
    assert answer.json["data"][0]["status"] == "accepted", answer.body
    return answer.json["members"][0]


def cart(amount: str, *lines: tuple[str, str]) -> dict[str, Any]:
    return {
        "order_id": f"o{amount}",
        "amount": amount,
        "currency": "CNY",
        "lines": [{"id": id_, "amount": part} for id_, part in lines],
    }


@pytest.mark.proves("B2")
def test_who_waits_is_told_what_the_order_earned_and_why(till: Client) -> None:
    told(till, id="e1", data=cart("1000.00"))
    lines = ("tea", "33.30"), ("cup", "66.60")
    [earned] = told(till, id="e2", occurred_at=NOW.isoformat(), data=cart("99.90", *lines))["earned"]
    assert earned == {
        "order_id": "o99.90",
        "event_id": "e2",
        "points": 449,
        "available_on": "2026-12-08",
        "through": "2028-11-30",
        "version": 1,
        "multipliers": [
            {"by": "tier", "name": "the tier", "times": "1.5×"},
            {"by": "festival", "name": "Festival", "times": "3×"},
        ],
        "capped": False,
        "lines": [{"id": "tea", "points": 150}, {"id": "cup", "points": 299}],
    }


def test_who_asks_again_is_told_the_same(till: Client) -> None:
    first = told(till, id="e1", data=cart("10.00"))["earned"]
    again = till.post("/v1/events?wait=true", order(id="e1", data=cart("10.00"))).json
    assert again["data"][0]["status"] == "duplicate"
    assert again["members"][0]["earned"] == first


def test_an_activity_beyond_the_most_of_a_day_is_said_to_be(till: Client) -> None:
    check_in = {"type": "activity", "data": {"kind": "check_in"}}
    told(till, id="e1", data=cart("10.00"))
    earned = [told(till, id=f"c{n}", **check_in)["earned"][0] for n in (1, 2)]
    assert [(one["points"], one["capped"]) for one in earned] == [(5, False), (0, True)]


@pytest.mark.parametrize(
    ("lines", "pointer"),
    [
        ([("a", "9.00")], "/data/lines"),
        ([("a", "9.99"), ("b", "0.02")], "/data/lines"),
        ([("a", "10.001")], "/data/lines/0/amount"),
    ],
)
def test_lines_are_the_whole_order(till: Client, lines: list[tuple[str, str]], pointer: str) -> None:
    answer = till.post("/v1/events", order(data=cart("10.00", *lines)))
    assert (answer.status, answer.pointers) == (422, [pointer])


@pytest.mark.proves("T3")
def test_a_preview_tells_the_points_that_a_cart_would_earn(till: Client, cloud: Cloud) -> None:
    told(till, id="e1", data=cart("1000.00"))
    before = cloud.dump()
    asked = {"amount": "100.00", "lines": [{"id": "a", "amount": "25.00"}, {"id": "b", "amount": "75.00"}]}
    points = till.post("/v1/members/ann/preview", asked).json["points"]
    assert (points["points"], points["lines"][0]) == (450, {"id": "a", "points": 113})
    assert "event_id" not in points
    assert cloud.dump() == before
    wrong = till.post("/v1/members/ann/preview", asked | {"amount": "99.00"})
    assert (wrong.status, wrong.pointers) == (422, ["/lines"])


@pytest.mark.proves("B2", "B3")
def test_the_account(till: Client, operator: Client, cloud: Cloud) -> None:
    told(till, id="e1", data=cart("100.00"))
    told(till, id="c1", type="activity", data={"kind": "check_in"})
    assert till.get("/v1/members/ann/points").json == {
        "id": "ann",
        "day": "2026-11-24",
        "name": "points",
        "balance": 5,
        "debt": 0,
        "pending": [{"points": 300, "available_on": "2026-12-08"}],
        "expiring": [{"points": 305, "through": "2028-11-30"}],
        "lasting": 0,
        "totals": {"earned": 305, "granted": 0, "adjusted": 0, "spent": 0, "expired": 0, "taken_back": 0},
    }
    cloud.now += timedelta(days=14)
    act = {"type": "adjust_points", "by": "Li Wei", "reason": "a broken vase"}
    taken = operator.post("/v1/members/ann/actions", act | {"id": "a1", "points": -305})
    assert taken.status == 200
    refund = {"type": "refund", "data": {"order_id": "o100.00", "amount": "100.00", "currency": "CNY"}}
    told(till, id="r1", occurred_at=cloud.now.isoformat(), **refund)
    account = till.get("/v1/members/ann/points?lang=zh").json
    assert (account["name"], account["balance"], account["debt"]) == ("积分", 0, 300)


@pytest.mark.proves("B2", "G2")
def test_points_are_adjusted_by_operators_with_a_reason(till: Client, operator: Client) -> None:
    told(till, id="e1", data=cart("10.00"))
    act = {"id": "a1", "type": "adjust_points", "points": 50, "by": "Li Wei", "reason": "a broken vase"}
    assert till.post("/v1/members/ann/actions", act).problem == "forbidden"
    for _ in range(2):
        assert operator.post("/v1/members/ann/actions", act).status == 200
    assert till.get("/v1/members/ann/points").json["balance"] == 50
    too_many = operator.post("/v1/members/ann/actions", act | {"id": "a2", "points": -51})
    assert (too_many.status, too_many.problem) == (409, "conflict")
    nothing = operator.post("/v1/members/ann/actions", act | {"id": "a3", "points": 0})
    assert (nothing.status, nothing.pointers) == (422, ["/points"])


@pytest.mark.proves("T4")
def test_the_statement_page_by_page(till: Client, operator: Client, cloud: Cloud) -> None:
    told(till, id="e1", data=cart("1000.00"))
    told(till, id="c1", type="activity", data={"kind": "check_in"})
    told(till, id="c2", type="activity", data={"kind": "check_in"})
    cloud.now += timedelta(hours=1)
    act = {"id": "a1", "type": "adjust_points", "points": 50, "by": "Li Wei", "reason": "a broken vase"}
    operator.post("/v1/members/ann/actions", act)
    cloud.now += timedelta(hours=1)
    refund = {"type": "refund", "data": {"order_id": "o1000.00", "amount": "400.00", "currency": "CNY"}}
    told(till, id="r1", occurred_at=cloud.now.isoformat(), **refund)
    seen, cursor = list[Any](), ""
    while cursor is not None:
        page = till.get(f"/v1/members/ann/points/entries?limit=2{cursor and '&cursor=' + cursor}").json
        assert len(page["data"]) <= 2
        seen += page["data"]
        cursor = page.get("next_cursor")
    assert [(one["type"], one["points"]) for one in seen[:2]] == [
        ("points.taken_back", -1_200),
        ("points.adjusted", 50),
    ]
    assert sorted((one["type"], one["points"]) for one in seen[2:]) == [
        ("points.earned", 0),
        ("points.earned", 5),
        ("points.earned", 3_000),
    ]
    assert sum(one["points"] for one in seen) == 1_855
    assert "by" not in seen[1]["data"]
    [named] = [
        one["data"]["by"]
        for one in operator.get("/v1/members/ann/points/entries").json["data"]
        if one["type"] == "points.adjusted"
    ]
    assert named.startswith("Li Wei (")
    assert till.get("/v1/members/bob/points/entries").status == 404
    assert till.get("/v1/members/ann/points/entries?cursor=abc").problem == "bad-cursor"


def test_a_merged_members_points_are_shown_with_those_of_who_goes_on(
    till: Client, operator: Client, cloud: Cloud
) -> None:
    told(till, id="e1", data=cart("10.00"))
    told(till, id="e2", member_id="bea", data=cart("20.00"))
    merge = {"id": "m1", "type": "merge", "into": "ann", "by": "Li Wei", "reason": "one phone number"}
    assert operator.post("/v1/members/bea/actions", merge).status == 200
    settle(cloud)
    told(till, id="c1", type="activity", data={"kind": "check_in"})
    for member in ("ann", "bea"):
        account = till.get(f"/v1/members/{member}/points").json
        assert (account["id"], account["balance"], account["pending"][0]["points"]) == ("ann", 5, 90)
        entries = till.get(f"/v1/members/{member}/points/entries").json["data"]
        assert sum(one["points"] for one in entries) == 95


def test_a_program_without_points_has_none_to_show(neighbour: Client) -> None:
    neighbour.put("/v1/members/ann", {})
    assert neighbour.get("/v1/members/ann/points").status == 404
    assert neighbour.get("/v1/members/ann/points/entries").status == 404


@pytest.mark.proves("B3")
def test_reports_are_made_daily_and_read_by_operators(till: Client, operator: Client, cloud: Cloud) -> None:
    told(till, id="e1", data=cart("100.00"))
    assert operator.get("/v1/reports/points").json == {"data": []}
    made = cloud.invoke("report", {})["reports"]
    assert {"program": "club", "day": "2026-11-24"} in made
    cloud.now += timedelta(days=15)
    cloud.invoke("report", {})
    newest, first = operator.get("/v1/reports/points").json["data"]
    assert (newest["day"], newest["outstanding"], newest["pending"]) == ("2026-12-09", 300, 0)
    assert (first["outstanding"], first["pending"], first["expiring"]) == (0, 300, {"2028-11": 300})
    assert (first["issued"], first["breakage_percent"]) == (300, "0.00")
    page = operator.get("/v1/reports/points?limit=1").json
    older = operator.get(f"/v1/reports/points?limit=1&cursor={page['next_cursor']}").json
    assert older == {"data": [first]}
    assert operator.get("/v1/reports/benefits").json["data"][0]["uses"] == []
    assert till.get("/v1/reports/points").problem == "forbidden"


def test_a_report_without_time_hands_on(operator: Client, functions: Functions, cloud: Cloud) -> None:
    assert operator.get("/v1/reports/points").json == {"data": []}
    assert cloud.invoke("report", {}, lambda: 1) == {"reports": []}
    assert functions.handed_on == [("report", {"going_on": True})]
    assert cloud.invoke("report", {}) == {"reports": []}, "somebody seems to be at it"
    assert cloud.invoke("report", {"going_on": True})["reports"]


def test_presets_with_points_say_so(cloud: Cloud) -> None:
    client = Client(cloud, cloud.issue("three-cards"))
    assert client.put("/v1/program", rules("p8-three-cards")).status == 200
    words = client.get("/v1/program?lang=en").json
    assert words["points"][0] == "Orders earn 1 for each ¥1."
    assert [tier["benefits"][0]["text"] for tier in words["ladders"][0]["tiers"]] == [
        "1× points",
        "1.5× points",
        "2× points",
    ]
