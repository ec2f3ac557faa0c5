"""Reading members: what they are, how far they are, what they did, and what an order would do."""

from typing import Any
from xml.etree import ElementTree

import pytest

from membership.http import cursors
from tests.functions.conftest import Client, Cloud, order
from tests.programs import rules

READING = ("", "/progress", "/progress.svg", "/benefits", "/history")


def tell(shop: Client, *events: dict[str, Any]) -> None:
    answer = shop.post("/v1/events?wait=true", list(events))
    assert {told["status"] for told in answer.json["data"]} == {"accepted"}, answer.body


@pytest.mark.proves("M2", "D2")
def test_a_member(shop: Client) -> None:
    shop.put("/v1/members/ann", {"birthday": "02-29", "labels": ["vip"], "referrer": "bob"})
    tell(shop, order(amount="6000.00"))
    member = shop.get("/v1/members/ann?lang=zh").json
    assert member == {
        "id": "ann",
        "status": "active",
        "joined": "2026-11-24",
        "attributes": {"birthday": "02-29", "labels": ["vip"], "referrer": "bob"},
        "standings": [
            {
                "ladder": "main",
                "tier": {"id": "silver", "name": "银卡会员"},
                "by": "earned",
                "since": "2026-11-24T08:00:00Z",
                "qualified": True,
                "valid_through": "2027-12-31",
            }
        ],
        "badges": [],
    }


@pytest.mark.proves("M4", "U1")
def test_spend_and_interactions_together_reach_a_tier(neighbour: Client) -> None:
    def activity(n: int) -> dict[str, Any]:
        return order(id=f"a{n}", type="activity", data={"kind": "check_in"})

    def silver() -> bool:
        [standing] = neighbour.get("/v1/members/ann").json["standings"]
        return bool(standing["tier"]["id"] == "silver")

    tell(neighbour, order(amount="1000.00"), *map(activity, range(4)))
    assert not silver(), "four of five interactions"
    tell(neighbour, order(order_id="o2", amount="7000.00"))
    assert not silver(), "no spend makes up for the fifth"
    tell(neighbour, activity(4))
    assert silver()


@pytest.mark.proves("T2")
def test_progress(shop: Client) -> None:
    tell(shop, order(amount="6000.00"))
    progress = shop.get("/v1/members/ann/progress").json
    assert (progress["id"], progress["status"], progress["day"]) == ("ann", "active", "2026-11-24")
    [ladder] = progress["ladders"]
    assert ladder["tier"] == {"id": "silver", "name": "Silver"}
    assert ladder["next"]["tier"] == {"id": "gold", "name": "Gold"}
    assert ladder["percent"] == ladder["next"]["percent"] == 30
    nearest = ladder["next"]["ways"][0]
    [requirement] = nearest["requirements"]
    assert requirement["have"] == {"value": 6000_00, "text": "¥6,000"}
    assert requirement["remaining"]["value"] == 14000_00
    assert "¥14,000" in nearest["remaining"]
    assert ladder["valid_through"] == "2027-12-31"
    # A year from now the member has been one for a year, which keeps silver by itself.
    assert "forecast" not in ladder
    chinese = shop.get("/v1/members/ann/progress?lang=zh").json["ladders"][0]
    assert chinese["next"]["tier"]["name"] == "金卡会员"
    assert "¥14,000" in chinese["next"]["ways"][0]["remaining"]


def test_a_member_on_trial_has_progress_too(shop: Client) -> None:
    tell(shop, order(type="profile", data={"labels": ["new"]}))
    [ladder] = shop.get("/v1/members/ann/progress").json["ladders"]
    assert "tier" not in ladder
    assert ladder["next"]["tier"]["id"] == "silver"
    assert ladder["percent"] == 0
    assert "On trial" in shop.get("/v1/members/ann/progress.svg").body


@pytest.mark.proves("T2")
def test_the_picture(shop: Client) -> None:
    tell(shop, order(amount="6000.00"))
    for lang, tier in (("en", "Silver"), ("zh", "银卡会员")):
        answer = shop.get(f"/v1/members/ann/progress.svg?lang={lang}")
        assert answer.headers["Content-Type"] == "image/svg+xml"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        svg = ElementTree.fromstring(answer.body)
        assert svg.get("role") == "img"
        assert tier in "".join(svg.itertext())


@pytest.mark.proves("T4")
def test_history_is_told_in_pages_newest_first(shop: Client) -> None:
    tell(shop, *(order(order_id=f"o{n}", amount="1000.00") for n in range(6)))
    whole = shop.get("/v1/members/ann/history?limit=100").json
    assert "next_cursor" not in whole
    types = [entry["type"] for entry in whole["data"]]
    assert types.index("tier.upgraded") < types.index("member.enrolled")
    found, url = [], "/v1/members/ann/history?limit=2"
    while True:
        page = shop.get(url).json
        assert 1 <= len(page["data"]) <= 2
        found += page["data"]
        if "next_cursor" not in page:
            break
        url = f"/v1/members/ann/history?limit=2&cursor={page['next_cursor']}"
    assert found == whole["data"]
    full = shop.get(f"/v1/members/ann/history?limit={len(found)}").json
    assert (full["data"], "next_cursor" in full) == (found, False), "nothing follows a page that is just full"


@pytest.mark.proves("T4", "U6")
def test_history_says_why(shop: Client) -> None:
    tell(shop, order(amount="6000.00"))
    for lang, told in (("en", "met (¥6,000)"), ("zh", "已满足（¥6,000）")):
        data = shop.get(f"/v1/members/ann/history?lang={lang}").json["data"]
        why = next(entry["why"] for entry in data if entry["data"].get("to_tier") == "silver")
        assert (why["version"], why["day"]) == (1, "2026-11-24")
        assert "¥5,000" in why["rule"]
        assert any(told in seen for seen in why["seen"]), why


@pytest.mark.proves("U6")
def test_history_is_worded_by_the_version_that_decided(cloud: Cloud, operator: Client) -> None:
    tell(operator, order(amount="6000.00"))
    cloud.later(days=1)
    dearer = rules("p2-customer-policy").replace("spend: 5000}", "spend: 9000}")
    assert operator.put("/v1/program", dearer).json["version"] == 2
    cloud.later(days=1)
    data = operator.get("/v1/members/ann/history").json["data"]
    why = next(entry["why"] for entry in data if entry["data"].get("to_tier") == "silver")
    assert "¥5,000" in why["rule"]


def cursor(program: str, resource: str, position: str) -> str:
    return cursors.seal(program, resource, position)


def test_a_cursor_that_is_not_of_this_list(shop: Client) -> None:
    place = "outcome#000000000001#000"
    good = cursor("customer-policy", "history/ann", place)
    tell(shop, order(amount="6000.00"))
    assert shop.get(f"/v1/members/ann/history?cursor={good}").status == 200
    strange = {
        "another program's": cursor("neighbour", "history/ann", place),
        "another member's": cursor("customer-policy", "history/bob", place),
        "another list's": cursor("customer-policy", "deliveries/all", place),
        "of another kind of place": cursor("customer-policy", "history/ann", "fact#order#1"),
        "cut": good[:-1],
        "longer": good + "A",
        "changed": ("A" if good[0] != "A" else "B") + good[1:],
        "padded": good + "=",
        "no cursor": "%00",
        "empty": "",
        "beyond ASCII": "%C3%BC",
    }
    for name, value in strange.items():
        answer = shop.get(f"/v1/members/ann/history?cursor={value}")
        assert (answer.status, answer.problem) == (400, "bad-cursor"), name


def test_preview_writes_nothing(cloud: Cloud, shop: Client) -> None:
    tell(shop, order(amount="4500.00"))
    before = cloud.dump()
    answer = shop.post("/v1/members/ann/preview", {"amount": "500.00"})
    assert answer.status == 200
    [ladder] = answer.json["progress"]["ladders"]
    assert ladder["tier"]["id"] == "silver"
    decided = {outcome["type"] for outcome in answer.json["outcomes"]}
    assert "tier.upgraded" in decided
    assert "#" not in answer.body, "the made-up order stays behind the curtain"
    [unchanged] = shop.post("/v1/members/ann/preview", {"amount": 499_99}).json["progress"]["ladders"]
    assert unchanged["tier"]["id"] == "regular"
    assert cloud.dump() == before
    assert shop.get("/v1/members/ann").json["standings"][0]["tier"]["id"] == "regular"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/amount"),
        ({"amount": 1.5}, "/amount"),
        ({"amount": True}, "/amount"),
        ({"amount": "-1"}, "/amount"),
        ({"amount": "0.001"}, "/amount"),
        ({"amount": "1.00", "currency": "USD"}, "/currency"),
        ({"amount": "1.00", "occurred_at": "2027-01-01T00:00:00Z"}, "/occurred_at"),
        ({"amount": "1.00", "tier": "diamond"}, "/tier"),
    ],
)
def test_a_preview_that_cannot_be(body: Any, pointer: str, shop: Client) -> None:
    tell(shop, order())
    answer = shop.post("/v1/members/ann/preview", body)
    assert (answer.status, answer.problem) == (422, "invalid")
    assert answer.pointers == [pointer]


def test_whom_nobody_knows_and_whom_another_program_knows_are_alike(shop: Client, neighbour: Client) -> None:
    tell(shop, order(member="ann"))
    for path in READING:
        theirs = neighbour.get(f"/v1/members/ann{path}")
        nobodys = neighbour.get(f"/v1/members/nobody{path}")
        assert theirs == nobodys, path
        assert (theirs.status, theirs.problem) == (404, "not-found")
    cart = {"amount": "1.00"}
    theirs = neighbour.post("/v1/members/ann/preview", cart)
    assert theirs == neighbour.post("/v1/members/nobody/preview", cart)
    assert theirs.status == 404


def test_figures_follow_the_metrics_in_force_before_the_member_is_settled_again(
    cloud: Cloud, operator: Client
) -> None:
    for n in range(3):
        tell(operator, order(order_id=f"o{n}", amount="1000.00"))
    cloud.later(days=1)
    only_large = rules("p2-customer-policy").replace(
        "{count: order}", "{count: order, where: {amount: {gte: 1000}}}"
    )
    assert operator.put("/v1/program", only_large).status == 200
    before = cloud.dump()
    [ladder] = operator.get("/v1/members/ann/progress").json["ladders"]
    orders = [way for way in ladder["next"]["ways"] if way["requirements"][0]["metric"] == "orders"]
    assert orders[0]["requirements"][0]["have"]["value"] == 3
    assert ladder["tier"]["id"] == "regular"
    preview = operator.post("/v1/members/ann/preview", {"amount": "2000.00"}).json
    assert preview["progress"]["ladders"][0]["tier"]["id"] == "silver"
    assert cloud.dump() == before


def test_the_program_in_words(shop: Client) -> None:
    for lang, name in (("en", "Silver"), ("zh", "银卡会员")):
        told = shop.get(f"/v1/program?lang={lang}").json
        assert (told["id"], told["version"], told["language"]) == ("customer-policy", 1, lang)
        [ladder] = told["ladders"]
        assert ladder["tiers"][1]["name"] == name
        assert "¥5,000" in ladder["tiers"][1]["enter"]


def test_a_program_that_is_not_there_yet(cloud: Cloud) -> None:
    early = Client(cloud, cloud.issue("early"))
    for url in ("/v1/program", "/v1/members/ann", "/v1/members/ann/history"):
        answer = early.get(url)
        assert (answer.status, answer.problem) == (404, "not-found")
    assert early.post("/v1/events", order()).status == 404
