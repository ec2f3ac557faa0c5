"""What operators do to members: holds, lifts, blocks, merges, approvals; each with who, when and why."""

import re
from typing import Any

import pytest

from membership import runtime
from membership.channels import Delivery
from membership.services.evaluating import evaluate, read_batch
from tests.functions.conftest import NOW, Client, Cloud, order

PROGRAM = """
id: house
name: {en: House, zh: 会员之家}
metrics:
  spend: {sum: order.amount}
  orders: {count: order}
  biggest: {count: order, where: {amount: {gte: 150000}}}
window: {kind: calendar_year}
validity: {kind: through_end_of_next_year}
tiers:
  - {id: regular}
  - {id: silver, qualify: {spend: 5000}}
  - {id: gold, qualify: {spend: 20000}}
  - {id: diamond, qualify: {spend: 1000000}, promotion: reviewed}
special_reviews:
  - {id: great-order, name: {en: One great order, zh: 单笔大额订单}, when: {biggest: 1}}
"""


@pytest.fixture
def house(cloud: Cloud) -> Client:
    client = Client(cloud, cloud.issue("house"))
    assert client.put("/v1/program", PROGRAM).status == 200
    return client


@pytest.fixture
def counter(cloud: Cloud, house: Client) -> Client:
    return Client(cloud, cloud.issue("house", "storefront"))


def act(kind: str, n: int = 1, **told: Any) -> dict[str, Any]:
    return {"id": f"{kind}-{n}", "type": kind, "by": "Li Wei", "reason": "as agreed by phone"} | told


def buy(house: Client, amount: str, member: str = "ann", order_id: str = "o1") -> Any:
    answer = house.post("/v1/events?wait=true", order(member, order_id, amount))
    assert answer.json["data"][0]["status"] == "accepted"
    return answer.json["members"][0]


def standing(house: Client, member: str = "ann") -> Any:
    return house.get(f"/v1/members/{member}").json["standings"][0]


def types(answer: Any) -> list[str]:
    return [one["type"] for one in answer.json["outcomes"] if one["type"] != "message.due"]


# ── Holds and lifts ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.proves("G2")
def test_a_lift_shows_the_member_why_and_ends_on_its_day(house: Client) -> None:
    buy(house, "6000.00")
    answer = house.post("/v1/members/ann/actions", act("lift", tier="gold", until="2027-06-01"))
    assert (answer.status, answer.json["status"]) == (200, "accepted")
    assert types(answer) == ["tier.overridden"]
    shown = standing(house)
    assert (shown["tier"]["id"], shown["by"], shown["earned"]["id"]) == ("gold", "lifted", "silver")
    assert shown["override"] == {"through": "2027-05-31", "reason": "as agreed by phone"}
    [told] = [one for one in answer.json["outcomes"] if one["type"] == "message.due"]
    assert "as agreed by phone" in told["data"]["text"]["en"]
    assert "by" not in told["data"]["details"], "operators aren't named to members"
    assert standing(house)["by"] == "lifted"


def test_the_same_request_again_is_answered_as_the_first_one_was(cloud: Cloud, house: Client) -> None:
    buy(house, "6000.00")
    asked = act("lift", tier="gold", until="2027-06-01")
    first = house.post("/v1/members/ann/actions", asked).json
    before = cloud.dump()
    cloud.later(minutes=3)
    again = house.post("/v1/members/ann/actions", asked).json
    assert again == first | {"status": "duplicate"}
    assert cloud.dump() == before
    other = house.post("/v1/members/ann/actions", asked | {"tier": "silver"})
    assert (other.status, other.problem) == (409, "conflict")
    assert cloud.dump() == before


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"tier": "platinum"}, "/tier"),
        ({"tier": "regular"}, "/tier"),
        ({"tier": "diamond"}, "/tier"),
        ({"until": "2026-12-24"}, "/until"),
        ({"until": "2026-13-01"}, "/until"),
        ({"ladder": "paid"}, "/ladder"),
        ({"reason": ""}, "/reason"),
        ({"by": None}, "/by"),
        ({"sum": 3}, "/sum"),
        ({"type": "praise"}, "/type"),
        ({"id": "a#b"}, "/id"),
    ],
)
def test_what_cannot_be_done_is_told_at_its_place(
    cloud: Cloud, house: Client, changes: dict[str, Any], pointer: str
) -> None:
    buy(house, "100.00")
    before = cloud.dump()
    asked = act("lift", tier="silver", until="2027-06-01") | changes
    answer = house.post("/v1/members/ann/actions", {k: v for k, v in asked.items() if v is not None})
    assert (answer.status, answer.problem, answer.pointers) == (422, "invalid", [pointer])
    assert cloud.dump() == before


def test_nobody_is_lifted_by_more_than_two_tiers_however_often(house: Client) -> None:
    buy(house, "100.00")
    assert house.post("/v1/members/ann/actions", act("lift", tier="gold", until="2027-06-01")).status == 200
    again = house.post("/v1/members/ann/actions", act("lift", 2, tier="diamond", until="2027-06-01"))
    assert (again.status, again.pointers) == (422, ["/tier"])
    longer = house.post("/v1/members/ann/actions", act("lift", 3, tier="gold", until="2027-09-01"))
    assert types(longer) == ["tier.overridden"]


@pytest.mark.proves("D5")
def test_a_hold_can_be_released(house: Client) -> None:
    buy(house, "6000.00")
    house.post("/v1/members/ann/actions", act("hold", tier="gold", until="2027-12-31"))
    assert standing(house)["by"] == "hold"
    answer = house.post("/v1/members/ann/actions", act("release", source="hold"))
    assert types(answer) == ["tier.override_ended"]
    assert (standing(house)["by"], standing(house)["tier"]["id"]) == ("earned", "silver")
    again = house.post("/v1/members/ann/actions", act("release", 2, source="hold"))
    assert (again.status, again.problem) == (409, "conflict")


# ── Blocked, left, merged ─────────────────────────────────────────────────────────────────────────


@pytest.mark.proves("U8")
def test_a_blocked_member_earns_nothing_until_somebody_says_why_not(
    cloud: Cloud, house: Client, counter: Client
) -> None:
    buy(house, "6000.00")
    house.post("/v1/members/ann/actions", act("block", reason="invented complaints"))
    assert house.get("/v1/members/ann").json["status"] == "blocked"
    assert house.get("/v1/members/ann").json["standings"] == []
    assert house.get("/v1/members/ann/progress").json["ladders"] == []
    assert "This membership has ended." in house.get("/v1/members/ann/progress.svg").body
    cloud.later(days=1)
    bought = house.post(
        "/v1/events?wait=true", order("ann", "o2", "90000.00", occurred_at="2026-11-25T15:00:00+08:00")
    )
    assert bought.json["members"][0]["outcomes"] == []
    second = house.post("/v1/members/ann/actions", act("block", 2))
    assert (second.status, second.problem) == (409, "conflict")
    house.post("/v1/members/ann/actions", act("unblock", reason="it was somebody else"))
    assert standing(house)["tier"]["id"] == "silver"
    history = house.get("/v1/members/ann/history").json["data"]
    told = {one["type"]: one["data"].get("reason") for one in history}
    assert all("Li Wei" in one["data"]["by"] for one in history if one["type"] == "member.blocked")
    shown = counter.get("/v1/members/ann/history").json["data"]
    assert [one["id"] for one in shown] == [one["id"] for one in history]
    assert not any("by" in one["data"] for one in shown), "a storefront shows it to the member"
    assert told["member.blocked"] == "invented complaints"
    assert told["member.unblocked"] == "it was somebody else"


def test_a_storefront_may_tell_that_a_member_leaves_and_nothing_else(
    cloud: Cloud, house: Client, counter: Client
) -> None:
    buy(house, "6000.00")
    before = cloud.dump()
    answer = counter.post("/v1/members/ann/actions", act("block"))
    assert (answer.status, answer.problem) == (403, "forbidden")
    assert cloud.dump() == before
    assert counter.post("/v1/members/ann/actions", act("leave")).json["member"]["status"] == "left"
    assert counter.post("/v1/members/ann/actions", act("return")).json["member"]["status"] == "active"


def settle_all(cloud: Cloud) -> None:
    """What the ledger's stream brings to evaluate, until nothing new comes of it."""
    before = None
    while before != (now := cloud.dump()):
        before = now
        items = [item for item in now["ledger"] if item["sk"]["S"].startswith("fact#")]
        batch = read_batch({"dynamodb": {"NewImage": item}} for item in items)
        evaluate(batch, runtime.settling(), runtime.ledger(), cloud.now, (), lambda *_: None, workers=1)


def test_two_members_who_are_one_go_on_as_one(cloud: Cloud, house: Client) -> None:
    buy(house, "12000.00", "ann", "o1")
    buy(house, "9000.00", "bob", "o2")
    answer = house.post("/v1/members/ann/actions", act("merge", into="bob"))
    assert types(answer) == ["member.merged"]
    settle_all(cloud)
    ann, bob = (house.get(f"/v1/members/{one}").json for one in ("ann", "bob"))
    assert (ann["status"], ann["merged_into"]) == ("merged", "bob")
    assert bob["standings"][0]["tier"]["id"] == "gold", "12 000 and 9 000 are 21 000"
    history = house.get("/v1/members/bob/history?limit=100").json["data"]
    assert {"member.absorbed", "member.merged"} <= {one["type"] for one in history}
    assert {one["type"] for one in history if one["data"].get("to_tier") == "regular"} == {"tier.upgraded"}
    # What is still told of the one is the other's; an order that both know is one order.
    house.post("/v1/events", [order("ann", "o3", "100.00"), order("ann", "o2", "9000.00")])
    settle_all(cloud)
    progress = house.get("/v1/members/ann/progress").json
    assert progress["id"] == "bob", "who asks for the one is shown the other"
    have = progress["ladders"][0]["next"]["ways"][0]["requirements"][0]["have"]["value"]
    assert have == 21100_00
    before = cloud.dump()
    circle = house.post("/v1/members/bob/actions", act("merge", into="ann"))
    assert (circle.status, circle.problem) == (409, "conflict")
    alone = house.post("/v1/members/bob/actions", act("merge", into="bob"))
    assert (alone.status, alone.pointers) == (422, ["/into"])
    nobody = house.post("/v1/members/bob/actions", act("merge", into="nobody"))
    assert (nobody.status, nobody.problem) == (404, "not-found")
    settle_all(cloud)
    assert cloud.dump() == before


@pytest.mark.parametrize(("away", "back"), [("block", "unblock"), ("leave", "return")])
def test_a_member_that_is_away_may_go_on_for_another_one(
    cloud: Cloud, house: Client, away: str, back: str
) -> None:
    buy(house, "21000.00", "ann", "o1")
    buy(house, "1000.00", "bob", "o2")
    house.post("/v1/members/bob/actions", act(away))
    house.post("/v1/members/ann/actions", act("merge", into="bob"))
    settle_all(cloud)
    assert house.get("/v1/members/bob").json["standings"] == [], "who is away stays away"
    since = house.get("/v1/members/ann/history?limit=100").json["data"][-1]["at"]
    cloud.later(hours=1)
    house.post("/v1/members/bob/actions", act(back))
    settle_all(cloud)
    assert (standing(house, "bob")["tier"]["id"], standing(house, "bob")["since"]) == ("gold", since)
    history = house.get("/v1/members/bob/history?limit=100").json["data"]
    assert {"member.absorbed", "member.merged"} <= {one["type"] for one in history}


def test_a_history_of_two_is_read_in_pages_newest_first(cloud: Cloud, house: Client) -> None:
    buy(house, "6000.00", "ann", "o1")
    buy(house, "6000.00", "bob", "o2")
    house.post("/v1/members/ann/actions", act("merge", into="bob"))
    settle_all(cloud)
    whole = house.get("/v1/members/bob/history?limit=100").json["data"]
    found, cursor = [], ""
    while True:
        page = house.get(f"/v1/members/bob/history?limit=2{cursor}").json
        found += page["data"]
        if "next_cursor" not in page:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert [one["id"] for one in found] == [one["id"] for one in whole]
    assert [one["at"] for one in whole] == sorted((one["at"] for one in whole), reverse=True)
    assert len({one["id"] for one in whole}) == len(whole) > 6


# ── Approvals ─────────────────────────────────────────────────────────────────────────────────────


def asked(house: Client, status: str = "open") -> list[Any]:
    found: list[Any] = house.get(f"/v1/approvals?status={status}").json["data"]
    return found


def decision(verdict: str, **told: Any) -> dict[str, Any]:
    return {"id": "d1", "verdict": verdict, "by": "Chen Jie", "reason": "looked at it closely"} | told


@pytest.mark.proves("U3")
def test_a_reviewed_promotion_waits_for_an_operator(house: Client) -> None:
    buy(house, "1000000.00")
    assert standing(house)["tier"]["id"] == "gold"
    [one] = [one for one in asked(house) if one["kind"] == "promotion"]
    assert (one["member_id"], one["tier"]["id"]) == ("ann", "diamond")
    assert "¥1,000,000" in one["why"]["seen"][0]
    answer = house.post(f"/v1/approvals/{one['id']}", decision("approve"))
    assert types(answer) == ["approval.decided", "tier.upgraded", "approval.withdrawn"], "at the top now"
    assert standing(house)["tier"]["id"] == "diamond"
    assert [done["answer"]["reason"] for done in asked(house, "approved")] == ["looked at it closely"]


@pytest.mark.proves("U3", "G2")
def test_of_two_operators_at_once_one_decides(cloud: Cloud, house: Client) -> None:
    buy(house, "1000000.00")
    [one] = [one for one in asked(house) if one["kind"] == "promotion"]
    first = house.post(f"/v1/approvals/{one['id']}", decision("decline"))
    assert types(first) == ["approval.decided"]
    before = cloud.dump()
    second = house.post(f"/v1/approvals/{one['id']}", decision("approve", id="d2", by="Wang Fang"))
    assert (second.status, second.problem) == (409, "conflict")
    assert "Chen Jie" in second.json["detail"]
    again = house.post(f"/v1/approvals/{one['id']}", decision("decline"))
    assert again.json["status"] == "duplicate"
    assert cloud.dump() == before
    assert standing(house)["tier"]["id"] == "gold"


@pytest.mark.proves("U4")
def test_a_special_member_is_lifted_with_thanks(house: Client) -> None:
    buy(house, "150000.00")
    house.post("/v1/members/ann/actions", act("hold", tier="regular", until="2027-12-31"))
    [one] = [one for one in asked(house) if one["kind"] == "special"]
    assert (one["condition"], one["member_id"]) == ("great-order", "ann")
    for wrong, pointer in (
        ({}, "/tier"),
        ({"tier": "gold"}, "/until"),
        ({"tier": "diamond", "until": "2027-12-31"}, "/tier"),
        ({"tier": "gold", "until": "2026-12-01"}, "/until"),
    ):
        answer = house.post(f"/v1/approvals/{one['id']}", decision("approve", **wrong))
        assert (answer.status, answer.pointers) == (422, [pointer]), wrong
    house.post("/v1/members/ann/actions", act("release", source="hold"))
    told = decision("approve", tier="diamond", until="2027-12-31", reason="thank you for a great order")
    answer = house.post(f"/v1/approvals/{one['id']}", told)
    assert types(answer) == ["approval.decided", "tier.overridden"]
    assert standing(house)["override"]["reason"] == "thank you for a great order"


def test_an_approval_of_another_program_is_none(house: Client, neighbour: Client) -> None:
    buy(house, "1000000.00")
    [one] = [one for one in asked(house) if one["kind"] == "promotion"]
    assert asked(neighbour) == []
    answer = neighbour.post(f"/v1/approvals/{one['id']}", decision("approve"))
    assert (answer.status, answer.problem) == (404, "not-found")


# ── Erased ────────────────────────────────────────────────────────────────────────────────────────


def test_nothing_is_left_of_an_erased_member(cloud: Cloud, house: Client) -> None:
    buy(house, "1000000.00", "ann")
    buy(house, "6000.00", "bob", "o2")
    house.post("/v1/events?wait=true", [{**order("ann", "o1", "1.00"), "id": "r1", "type": "refund"}])
    house.post("/v1/members/bob/actions", act("merge", into="ann"))
    settle_all(cloud)
    refused = house.delete("/v1/members/bob")
    assert (refused.status, refused.problem) == (409, "conflict")
    assert house.delete("/v1/members/ann").status == 204
    left = cloud.dump()
    assert left["ledger"] == []
    members = [item for item in left["state"] if item["pk"]["S"].startswith(("member#", "approval#"))]
    assert sorted(item["pk"]["S"] for item in members) == ["member#house#ann", "member#house#bob"]
    assert all('"status":"erased"' in item["body"]["S"] for item in members)
    assert not any("o1" in str(item) for item in members)
    for path in ("", "/progress", "/history"):
        assert house.get(f"/v1/members/ann{path}").status == 404
    assert house.delete("/v1/members/ann").status == 204, "a second try of a request that was cut off"
    assert house.delete("/v1/members/nobody").status == 404


def test_nothing_brings_an_erased_member_back(cloud: Cloud, house: Client) -> None:
    buy(house, "6000.00")
    house.delete("/v1/members/ann")
    house.post("/v1/events?wait=true", order("ann", "o9", "6000.00"))
    settle_all(cloud)
    assert house.get("/v1/members/ann").status == 404
    assert house.post("/v1/members/ann/actions", act("unblock")).status == 404


# ── Versions ──────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.proves("T1", "D7")
def test_a_version_is_told_in_words_before_and_after_it_is_put(cloud: Cloud, house: Client) -> None:
    dearer = PROGRAM.replace("spend: 5000}", "spend: 6000}")
    before = cloud.dump()
    tried = house.put("/v1/program?check=true", dearer).json
    assert cloud.dump() == before
    words = "Silver, to enter: was “spend of at least ¥5,000”, is “spend of at least ¥6,000”"
    assert words.casefold() in tried["changes"][0].casefold()
    cloud.later(hours=1)
    put = house.put("/v1/program?lang=zh", dearer).json
    assert "升级条件" in put["changes"][0]
    found = house.get("/v1/program/changes").json
    assert (found["from"], found["to"]) == (1, 2)
    assert [one["text"] for one in found["changes"]] == tried["changes"]
    assert house.get("/v1/program/changes?from=2&to=2").json["changes"] == []
    assert house.get("/v1/program/changes?from=1&to=9").status == 404
    versions = house.get("/v1/program/versions").json["data"]
    assert [(one["version"], one["in_force"]) for one in versions] == [(2, True), (1, False)]


@pytest.mark.proves("D7")
def test_nobody_is_stranded_by_a_new_version(cloud: Cloud, house: Client) -> None:
    buy(house, "6000.00")
    cloud.later(hours=1)
    before = cloud.dump()
    gone = PROGRAM.replace("id: silver", "id: argent")
    answer = house.put("/v1/program", gone)
    assert (answer.status, answer.problem) == (409, "conflict")
    assert "replaces: [silver]" in answer.json["errors"][0]["detail"]
    assert cloud.dump() == before
    mapped = PROGRAM.replace("id: silver", "id: argent, replaces: [silver]")
    assert house.put("/v1/program", mapped).status == 200
    assert standing(house)["tier"]["id"] == "argent", "seen at once, and settled with the next fact"
    late = buy(house, "1.00", order_id="o2")
    assert late["outcomes"] == [], "what came before the version is decided by the one before"
    assert late["member"]["standings"][0]["tier"]["id"] == "argent"
    cloud.later(hours=1)
    bought = house.post(
        "/v1/events?wait=true", order("ann", "o3", "1.00", occurred_at="2026-11-24T18:00:00+08:00")
    )
    assert "tier.replaced" in [one["type"] for one in bought.json["members"][0]["outcomes"]]
    assert standing(house)["tier"]["id"] == "argent"


def test_a_program_that_fails_its_own_example_is_not_published(cloud: Cloud, house: Client) -> None:
    story = """
examples:
  - title: Five thousand make silver
    given: [{on: 2027-01-01, order: 4999.99}]
    then: [{on: 2027-01-01, tier: silver}]
"""
    cloud.later(hours=1)
    before = cloud.dump()
    answer = house.put("/v1/program", PROGRAM + story)
    assert (answer.status, answer.problem) == (422, "program-invalid")
    assert answer.pointers == ["/examples/0/then/0/tier"]
    assert "comes out as regular" in answer.json["errors"][0]["detail"]
    assert cloud.dump() == before
    dearer = PROGRAM.replace("spend: 5000}", "spend: 4999}") + story
    assert house.put("/v1/program", dearer).json["changed"] is True


def test_what_is_on_its_way_to_an_erased_member_is_not_sent(cloud: Cloud, operator: Client) -> None:
    told = operator.post("/v1/events?wait=true", order(amount="6000.00")).json["members"][0]["outcomes"]
    outcomes = [one for one in told if one["type"] in ("message.due", "reward.granted")]
    waiting = Delivery.of({**outcomes[0], "program": "customer-policy", "member_id": "ann"}, NOW)
    assert runtime.deliveries().save(waiting, None)
    assert operator.delete("/v1/members/ann").status == 204
    assert operator.post(f"/v1/deliveries/{waiting.id}/resend").problem == "conflict"
    found, _ = runtime.deliveries().page("customer-policy", ["cancelled"], 10)
    assert {one.outcome_id for one in found} == {one["id"] for one in outcomes}
    assert all((one.payload, one.member_id) == ({}, "") for one in found)
    rest = [item for item in cloud.dump()["state"] if re.search(r"\bann\b", repr(item))]
    assert [item["sk"]["S"] for item in rest] == ["state"], "the tombstone"
