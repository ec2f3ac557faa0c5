"""What is kept of a member: all of it can be taken along, and all of it goes."""

import json
import re
from functools import cache
from typing import Any

import pytest

from functions.dispatch import app as dispatch
from membership import runtime
from membership.channels import DELIVERED, Delivery
from membership.channels import Answer as Answered
from membership.services.dispatching import Dispatcher
from membership.store import items
from tests.functions.conftest import Client, Cloud, order

PROGRAM = """
id: cafe
name: {en: Café, zh: 咖啡馆}
metrics:
  spend: {sum: order.amount}
  friends: {referrals: bought}
tiers:
  - {id: regular}
  - {id: silver, name: {en: Silver, zh: 银卡}, qualify: {spend: 1000}}
  - {id: gold, name: {en: Gold, zh: 金卡}, qualify: {spend: 5000}, promotion: reviewed}
points: {earn: {order: {points: 1, per: 1}}}
catalogue:
  - {id: film, points: 100, coupon: FILM, codes: uploaded}
"""
MAIL = "ann.lee@shop.example"
SAID = "as agreed with Mrs Lee by phone"
PERSONAL = (
    r"\bann\b",
    r"\banna\b",
    re.escape(MAIL),
    "window seat",
    "02-29",
    "o-ann",
    "FILM-1",
    SAID,
    "till-7",
)
"""Words that are of her and of nobody else: ids, what she told, what she bought and got."""


@pytest.fixture
def office(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("EMAIL_SENDER", "club@shop.example")
    client = Client(cloud, cloud.issue("cafe"))
    assert client.put("/v1/program", PROGRAM).status == 200
    assert client.put("/v1/catalogue/film/codes", {"codes": ["FILM-1"]}).status == 200
    return client


@pytest.fixture
def till(cloud: Cloud, office: Client) -> Client:
    return Client(cloud, cloud.issue("cafe", "storefront"))


class Lambda:
    """As far as functions call each other: what they ask for is done later."""

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def invoke(self, FunctionName: str, InvocationType: str, Payload: str) -> None:  # noqa: N803
        self.asked.append(json.loads(Payload))


def drain(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stream brings evaluate every fact, until nothing new comes of it."""
    functions = Lambda()
    monkeypatch.setattr(runtime, "functions", cache(lambda: functions))
    before = None
    while before != (now := cloud.dump()):
        before = now
        facts = [item for item in now["ledger"] if item["sk"]["S"].startswith("fact#")]
        if facts:
            cloud.invoke("evaluate", {"Records": [{"dynamodb": {"NewImage": item}} for item in facts]})
        while functions.asked:
            cloud.invoke("erase", functions.asked.pop())


def live(cloud: Cloud, office: Client, till: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ann's life, with everything that leaves a trace; Bob has recommended her, and Anna was her, too."""
    told = {"referrer": "bob", "birthday": "02-29", "labels": ["window seat"], "opted_out": ["offers"]}
    assert till.put("/v1/members/bob", {}).status == 200
    assert till.put("/v1/members/ann", told | {"email": MAIL}).status == 200
    assert till.post("/v1/events?wait=true", order("ann", "o-ann", "6000.00")).status == 200
    refund = {**order("ann", "o-ann", "500.00"), "id": "till-7", "type": "refund"}
    assert till.post("/v1/events?wait=true", refund).status == 200
    assert till.post("/v1/members/ann/redemptions", {"id": "r-ann", "reward": "film"}).status == 200
    assert till.put("/v1/members/anna", {"labels": ["window seat"]}).status == 200
    merge = {"id": "m1", "type": "merge", "into": "ann", "by": "Li Wei", "reason": SAID}
    assert office.post("/v1/members/anna/actions", merge).status == 200
    drain(cloud, monkeypatch)
    for item in cloud.dump()["ledger"]:
        if item["sk"]["S"].startswith("outcome#") and (out := items.read_outcome(item)).type in DELIVERED:
            delivery = Delivery.of(out.model_dump(mode="json"), cloud.now)
            runtime.deliveries().save(delivery, None)


def exported(office: Client, member: str = "ann", limit: int = 7) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    query = f"?limit={limit}"
    while True:
        page = office.get(f"/v1/members/{member}/export{query}").json
        assert 1 <= len(page["data"]) <= limit
        found += page["data"]
        if "next_cursor" not in page:
            return found
        query = f"?limit={limit}&cursor={page['next_cursor']}"


def hers(cloud: Cloud) -> list[Any]:
    """Items of either table that say anything of her."""
    told = re.compile("|".join(PERSONAL))
    return [item for items in cloud.dump().values() for item in items if told.search(repr(item))]


@pytest.mark.proves("G1")
def test_an_export_has_everything_that_is_kept(
    cloud: Cloud, office: Client, till: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(cloud, office, till, monkeypatch)
    found = exported(office)
    assert exported(office, limit=100) == found, "whatever the pages"
    text = json.dumps(found)
    assert all(re.search(word, text) for word in PERSONAL)
    whole = {(one["sort"], json.dumps(one["data"], sort_keys=True)) for one in found}
    elsewhere = set()
    for item in hers(cloud):
        kind, sk = item["pk"]["S"].partition("#")[0], item["sk"]["S"]
        if sk in ("state",) or sk.startswith(("fact#", "outcome#")):
            sort = "state" if sk == "state" else sk.partition("#")[0]
            assert (sort, json.dumps(json.loads(item["body"]["S"]), sort_keys=True)) in whole
        else:
            elsewhere.add(kind)
    assert elsewhere == {"member", "approval", "delivery", "certificate"}
    assert [one["data"] for one in found if one["sort"] == "refunded"] == [
        {"order_id": "o-ann", "refunded": 50000}
    ]
    assert [one["approval"]["kind"] for one in found if "approval" in one] == ["promotion"]
    delivered = [one for one in found if one["data"].get("type") in DELIVERED]
    assert {one["delivery"]["status"] for one in delivered} == {"pending"}


def test_an_export_is_of_who_goes_on(
    cloud: Cloud, office: Client, till: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(cloud, office, till, monkeypatch)
    assert office.get("/v1/members/anna/export").problem == "conflict"
    assert office.get("/v1/members/nobody/export").problem == "not-found"
    cursor = office.get("/v1/members/ann/export?limit=1").json["next_cursor"]
    assert office.get(f"/v1/members/bob/export?cursor={cursor}").problem == "bad-cursor"


@pytest.mark.proves("G1")
def test_what_she_wants_is_on_record_with_when_and_by_whose_key(
    cloud: Cloud, office: Client, till: Client
) -> None:
    [shop] = [one["key_id"] for one in office.get("/v1/keys").json["data"] if one["role"] == "storefront"]
    assert till.put("/v1/members/ann", {"opted_in": ["weekly"]}).status == 200
    cloud.later(hours=1)
    told = {"type": "profile", "data": {"opted_in": [], "opted_out": ["offers"]}}
    event = {**order("ann"), **told, "id": "no-more"}
    assert till.post("/v1/events?wait=true", event).json["data"][0]["status"] == "accepted"
    assert office.post("/v1/events", event).json["data"][0]["status"] == "duplicate", "whoever tells it again"
    kept = exported(office)
    wanted = [
        (one["data"]["attributes"], one["data"]["told_by"], one["data"]["recorded_at"])
        for one in kept
        if one["data"].get("type") in ("enrolment", "profile")
    ]
    assert wanted == [
        ({"opted_in": ["weekly"]}, shop, "2026-11-24T08:00:00Z"),
        ({"opted_out": ["offers"], "opted_in": []}, shop, "2026-11-24T09:00:00Z"),
    ]
    [state] = [one["data"] for one in kept if one["sort"] == "state"]
    assert state["attribute_times"]["opted_out"].endswith(" no-more"), "which fact decides"


@pytest.mark.proves("G1")
def test_nothing_is_left_of_her_and_nothing_brings_her_back(
    cloud: Cloud, office: Client, till: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    live(cloud, office, till, monkeypatch)
    bob, friends = till.get("/v1/members/bob/progress").json, exported(office, "bob")
    assert office.delete("/v1/members/ann").status == 204
    assert till.put("/v1/members/ann", {"labels": ["window seat"]}).problem == "not-found"
    told = [order("ann", "o-ann-2", "9000.00"), order("anna", "o-ann-3", "9000.00")]
    told.append({**order("ann"), "id": "till-7", "type": "profile", "data": {"birthday": "02-29"}})
    answer = till.post("/v1/events?wait=true", told)
    assert {one["status"] for one in answer.json["data"]} == {"accepted"}
    assert answer.json["members"] == []
    assert hers(cloud), "until the stream has brought it"
    drain(cloud, monkeypatch)
    left = hers(cloud)
    assert {(item["pk"]["S"], item["sk"]["S"]) for item in left} == {
        ("member#cafe#ann", "state"),
        ("member#cafe#anna", "state"),
    }
    tombs = [json.loads(item["body"]["S"]) for item in left]
    assert tombs == [{"id": who, "fingerprint": "", "status": "erased"} for who in ("ann", "anna")]
    for path in ("", "/progress", "/history", "/export", "/redemptions"):
        assert office.get(f"/v1/members/ann{path}").status == 404
    assert till.get("/v1/members/bob/progress").json == bob, "what she has brought him is his"
    assert exported(office, "bob") == friends


@pytest.mark.proves("G1")
def test_who_left_long_ago_is_erased_where_the_shop_asks_for_that(
    cloud: Cloud, office: Client, till: Client
) -> None:
    def act(member: str, kind: str) -> None:
        told = {"id": f"{kind}-{member}", "type": kind, "by": "Li Wei", "reason": "as she wishes"}
        assert office.post(f"/v1/members/{member}/actions", told).status == 200

    for member in ("left", "blocked", "back", "late", "stays"):
        assert till.put(f"/v1/members/{member}", {"labels": ["window seat"]}).status == 200
    act("left", "leave")
    act("blocked", "block")
    act("back", "leave")
    cloud.later(days=100)
    act("back", "return")
    act("late", "leave")
    cloud.later(days=100)
    asked = {"program": "cafe", "ended_before": "2027-02-01"}
    assert cloud.invoke("erase", asked) == {"erased": 2, "after": None}
    assert cloud.invoke("erase", asked) == {"erased": 0, "after": None}
    assert cloud.invoke("erase", asked | {"program": "another"})["erased"] == 0
    kept = {
        member: till.get(f"/v1/members/{member}").status
        for member in ("left", "blocked", "back", "late", "stays")
    }
    assert kept == {"left": 404, "blocked": 404, "back": 200, "late": 200, "stays": 200}
    assert not [item for item in cloud.dump()["ledger"] if item["pk"]["S"] in ("cafe#left", "cafe#blocked")]


@pytest.mark.proves("G1")
def test_what_waits_in_the_queue_is_not_sent(
    cloud: Cloud, office: Client, till: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each outcome is in the queue as the bus brings it: some for the first time, one after an attempt."""
    live(cloud, office, till, monkeypatch)
    outcomes = [
        items.read_outcome(item).model_dump(mode="json")
        for item in cloud.dump()["ledger"]
        if item["pk"]["S"] == "cafe#ann" and item["sk"]["S"].startswith("outcome#")
    ]
    waiting = [one for one in outcomes if one["type"] in DELIVERED]
    assert waiting
    assert office.delete("/v1/members/ann").status == 204
    sent: list[Delivery] = []

    def send(delivery: Delivery, *_: Any) -> Answered:
        sent.append(delivery)
        return Answered(delivered=True)

    dispatcher = Dispatcher(runtime.deliveries(), {"webhook": send}, runtime.now)
    wiring = dispatch.Wiring(lambda: dispatcher, lambda *_: None, lambda *_: None)
    records = [
        {
            "messageId": str(n),
            "receiptHandle": str(n),
            "body": json.dumps({"detail": one}),
            "attributes": {"ApproximateReceiveCount": str(1 + n % 3)},
        }
        for n, one in enumerate(waiting)
    ]
    assert dispatch.dispatch({"Records": records}, wiring) == {"batchItemFailures": []}
    assert sent == []
    found, _ = runtime.deliveries().page("cafe", ["cancelled"], 100)
    assert all((one.member_id, one.payload, one.log) == ("", {}, ()) for one in found)
    assert not [item for item in hers(cloud) if item["sk"]["S"] == "delivery"]
