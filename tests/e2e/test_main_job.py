"""The main job on the deployed stack: orders in; tiers, progress, announced downgrades and messages out."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from membership.http.operations import OPERATIONS
from membership.program import presets
from tests.e2e.support import Caller, eventually, remote_invoke
from tools.deploy import Stack
from tools.receiver import Receiver

PROGRAM = "customer-policy"


@dataclass(frozen=True)
class Shop:
    """A shop that runs preset P2: its two keys, and the receiver of its webhooks."""

    stack: Stack
    operator: Caller
    storefront: Caller
    receiver: Receiver

    def order(self, member: str, order: str, day: str, amount: str, **changes: Any) -> dict[str, Any]:
        return {
            "id": f"event-{order}",
            "type": "order",
            "member_id": member,
            "occurred_at": f"{day}T10:00:00+08:00",
            "data": {"order_id": order, "amount": amount, "currency": "CNY"},
        } | changes

    def refund(self, member: str, order: str, day: str, amount: str) -> dict[str, Any]:
        return self.order(member, order, day, amount, id=f"refund-{order}-{amount}", type="refund")

    def statuses(self, *events: dict[str, Any]) -> list[str]:
        answer = self.storefront.post("/v1/events", list(events)).json
        return [item["status"] for item in answer["data"]]

    def tier(self, member: str) -> str | None:
        answer = self.storefront.get(f"/v1/members/{member}")
        if answer.status == 404:
            return None
        [standing] = answer.json["standings"]
        tier: str = standing["tier"]["id"]
        return tier

    def history(self, member: str) -> list[dict[str, Any]]:
        """Oldest first."""
        data: list[dict[str, Any]] = self.storefront.get(f"/v1/members/{member}/history?limit=100").json[
            "data"
        ]
        return data[::-1]

    def told(self, member: str) -> list[str]:
        """What the receiver was sent for the member: what each message is about, or the reward."""
        found = []
        for message in list(self.receiver.effects.values()):
            data = message["data"]
            if data["member_id"] == member:
                found.append(data.get("about") or data["reward"]["id"])
        return sorted(found)

    def review(self, day: str) -> Any:
        return self.stack.invoke("ReviewFunction", {"program": PROGRAM, "as_of": day, "simulate": True})


@pytest.fixture(scope="module")
def shop(stack: Stack) -> Iterator[Shop]:
    asked = {"issue_key": {"program": PROGRAM, "role": "operator", "label": "first"}}
    operator = Caller(stack.base_url, stack.invoke("OperateFunction", asked)["secret"])
    put = operator.send("PUT", "/v1/program", presets.text("p2-customer-policy").encode())
    assert put.status == 200, put.body
    issued = operator.post("/v1/keys", {"role": "storefront", "label": "shop"})
    assert issued.status == 201, issued.body
    secrets: list[str] = []
    with Receiver(lambda: secrets) as receiver:
        webhook = operator.put("/v1/channels/webhook", {"url": receiver.url})
        assert webhook.status == 200, webhook.body
        secrets.append(webhook.json["secret"])
        yield Shop(stack, operator, Caller(stack.base_url, issued.json["secret"]), receiver)


@pytest.mark.proves("M2", "D2", "D3", "D4", "D5", "U5")
def test_events_tier_notice_downgrade_delivery(shop: Shop) -> None:
    orders = [
        shop.order("ann", "a1", "2023-03-01", "15000.00"),
        shop.order("ann", "a2", "2023-05-01", "5000.00"),
    ]
    assert shop.statuses(*orders) == ["accepted", "accepted"]
    eventually(lambda: shop.tier("ann") == "gold")
    eventually(lambda: shop.told("ann") == ["tier.upgraded", "tier.upgraded", "welcome"])

    shop.review("2024-12-01")
    shop.review("2024-12-02")
    eventually(lambda: "tier.will_downgrade" in shop.told("ann"))
    notice = next(entry for entry in shop.history("ann") if entry["type"] == "tier.will_downgrade")
    assert notice["data"]["falls_on"] == "2025-01-01"
    assert notice["data"]["evidence"]["figures"] == {"spend": 0, "orders": 0, "contribution": 0}
    progress = shop.storefront.get("/v1/members/ann/progress").json["ladders"][0]
    assert progress["tier"]["id"] == "gold"

    shop.review("2024-12-31")
    assert shop.tier("ann") == "gold"
    shop.review("2025-01-01")
    shop.review("2025-01-01")
    eventually(lambda: shop.tier("ann") == "silver")
    eventually(lambda: "tier.downgraded" in shop.told("ann"))
    kinds = [entry["type"] for entry in shop.history("ann")]
    assert kinds.index("tier.will_downgrade") < kinds.index("tier.downgraded")
    assert kinds.count("tier.downgraded") == 1
    assert shop.receiver.rejected == 0, "every webhook is signed"


@pytest.mark.proves("D3")
def test_activity_within_the_notice_rescues(shop: Shop) -> None:
    shop.statuses(shop.order("bob", "b1", "2023-03-01", "20000.00"))
    eventually(lambda: shop.tier("bob") == "gold")
    shop.review("2024-12-02")
    eventually(lambda: "tier.will_downgrade" in shop.told("bob"))
    shop.statuses(shop.order("bob", "b2", "2024-12-20", "20000.00"))
    eventually(lambda: "tier.kept" in shop.told("bob"))
    shop.review("2025-01-01")
    assert shop.tier("bob") == "gold"


def test_each_event_is_answered_by_itself(shop: Shop) -> None:
    first = shop.order("cleo", "c1", "2024-02-29", "100.00")
    answer = shop.storefront.post(
        "/v1/events",
        [
            first,
            first,
            shop.order("cleo", "c1", "2024-02-29", "100.00", id="another-event"),
            shop.order("cleo", "c1", "2024-02-29", "999.00"),
            shop.order("cleo", "c2", "2024-02-29", "1.00", type="refund", id="early-refund"),
            shop.order("cleo", "c#3", "2024-02-29", "1.00", id="hash"),
            {"type": "order"},
        ],
    )
    assert answer.status == 200
    assert [item["status"] for item in answer.json["data"]] == [
        "accepted", "duplicate", "duplicate", "conflict", "accepted", "invalid", "invalid",
    ]  # fmt: skip
    assert answer.json["data"][5]["errors"][0]["pointer"] == "/5/data/order_id"


@pytest.mark.proves("U5")
def test_who_waits_is_told_at_once(shop: Shop) -> None:
    answer = shop.storefront.post("/v1/events?wait=true", shop.order("dan", "d1", "2024-03-01", "5000.00"))
    [member] = answer.json["members"]
    assert member["member"]["standings"][0]["tier"]["id"] == "silver"
    assert "tier.upgraded" in [outcome["type"] for outcome in member["outcomes"]]


def test_preview_writes_nothing(shop: Shop) -> None:
    shop.storefront.post("/v1/events?wait=true", shop.order("eve", "e1", "2024-03-01", "4000.00"))
    before = shop.storefront.get("/v1/members/eve").json
    cart = {"amount": "1000.00", "currency": "CNY", "occurred_at": "2024-03-02T10:00:00+08:00"}
    preview = shop.storefront.post("/v1/members/eve/preview", cart).json
    assert preview["progress"]["ladders"][0]["tier"]["id"] == "silver"
    assert shop.storefront.get("/v1/members/eve").json == before
    assert len(shop.history("eve")) == 3


@pytest.mark.proves("T2")
def test_the_bar_is_a_picture_with_words(shop: Shop) -> None:
    shop.storefront.post("/v1/events?wait=true", shop.order("fay", "f1", "2024-03-01", "4000.00"))
    for language in ("en", "zh"):
        picture = shop.storefront.get(f"/v1/members/fay/progress.svg?lang={language}")
        assert picture.content_type == "image/svg+xml"
        svg = ElementTree.fromstring(picture.body)
        assert svg.get("role") == "img"
        assert svg.find("{http://www.w3.org/2000/svg}title") is not None


@pytest.mark.proves("D6")
def test_a_refund_is_booked_where_its_order_was(shop: Shop) -> None:
    shop.storefront.post("/v1/events?wait=true", shop.refund("gus", "g1", "2024-04-01", "500.00"))
    shop.storefront.post("/v1/events?wait=true", shop.order("gus", "g1", "2024-03-01", "5400.00"))
    assert shop.tier("gus") == "regular"
    shop.storefront.post("/v1/events?wait=true", shop.order("gus", "g2", "2024-03-01", "100.00"))
    assert shop.tier("gus") == "silver"


def test_another_program_sees_nothing(shop: Shop) -> None:
    asked = {"issue_key": {"program": "neighbour", "role": "operator", "label": "first"}}
    neighbour = Caller(shop.stack.base_url, shop.stack.invoke("OperateFunction", asked)["secret"])
    other = presets.text("p1-ecommerce").replace("id: ecommerce", "id: neighbour")
    assert neighbour.send("PUT", "/v1/program", other.encode()).status == 200
    shop.storefront.post("/v1/events?wait=true", shop.order("hal", "h1", "2024-03-01", "1.00"))
    assert shop.storefront.get("/v1/members/hal").status == 200
    theirs, nobodys = neighbour.get("/v1/members/hal"), neighbour.get("/v1/members/hax")
    assert (theirs.status, theirs.body) == (nobodys.status, nobodys.body)
    assert theirs.status == 404


def test_the_gateway_has_no_method_that_the_contract_lacks(shop: Shop) -> None:
    """Whoever asks: no function of ours is reached."""
    shop.storefront.put("/v1/members/joe", {})
    before = shop.operator.get("/v1/members/joe/export").body
    there: dict[str, set[str]] = {}
    for one in OPERATIONS:
        there.setdefault(one.path, set()).add(one.method)
    for path, methods in there.items():
        for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - methods:
            for caller in (shop.operator, shop.storefront, Caller(shop.stack.base_url)):
                answer = caller.send(method, path.replace("{member_id}", "joe"), b"{}")
                assert answer.status in (401, 403, 404, 405), (method, path)
    assert shop.operator.get("/v1/members/joe/export").body == before


def test_keys_come_and_go(shop: Shop) -> None:
    issued = shop.operator.post("/v1/keys", {"role": "storefront", "label": "short-lived"}).json
    caller = Caller(shop.stack.base_url, issued["secret"])
    assert caller.get("/v1/program").status == 200
    assert caller.get("/v1/keys").status == 403, "a storefront is no operator"
    assert shop.operator.delete(f"/v1/keys/{issued['key']['key_id']}").status == 204
    eventually(lambda: caller.get("/v1/program").status in (401, 403))
    for stranger in (Caller(shop.stack.base_url), Caller(shop.stack.base_url, "tw_nobody")):
        answer = stranger.get("/v1/program")
        assert answer.status == 401
        assert answer.content_type == "application/problem+json"


def test_a_delivery_is_listed_and_sent_again(shop: Shop) -> None:
    shop.statuses(shop.order("ida", "i1", "2024-03-01", "5000.00"))
    eventually(lambda: len(shop.told("ida")) == 2)

    def delivered() -> Any:
        data = shop.operator.get("/v1/deliveries?status=delivered&limit=100").json["data"]
        return next((one for one in data if one["member_id"] == "ida"), None)

    delivery = eventually(delivered)
    seen = shop.receiver.seen[delivery["id"]]
    assert shop.operator.post(f"/v1/deliveries/{delivery['id']}/resend").status == 202
    eventually(lambda: shop.receiver.seen[delivery["id"]] == seen + 1)
    assert len(shop.told("ida")) == 2, "the same webhook-id: no second effect"


def test_a_secret_is_rotated_while_both_sign(shop: Shop) -> None:
    old = shop.receiver
    rotated = shop.operator.post("/v1/channels/webhook/rotate")
    assert rotated.status == 200
    assert rotated.json["secret"].startswith("whsec_")
    shop.statuses(shop.order("jon", "j1", "2024-03-01", "5000.00"))
    eventually(lambda: len(shop.told("jon")) == 2)
    assert old.rejected == 0, "the receiver still knows the old secret only"


def test_operators_work_with_the_sam_cli(shop: Shop, tmp_path: Path) -> None:
    shop.storefront.post("/v1/events?wait=true", shop.order("kim", "k1", "2024-03-01", "5000.00"))
    before = shop.storefront.get("/v1/members/kim").json
    asked = tmp_path / "event.json"
    asked.write_text(json.dumps({"program": PROGRAM, "member_id": "kim"}))
    assert remote_invoke(shop.stack, "RebuildFunction", asked)["outcomes"] == []
    assert shop.storefront.get("/v1/members/kim").json == before
    asked.write_text(json.dumps({"program": PROGRAM, "as_of": "2024-03-02"}))
    assert remote_invoke(shop.stack, "ReviewFunction", asked) == {"reviewed": {PROGRAM: 0}}
    asked.write_text(json.dumps({"program": PROGRAM, "everybody": True}))
    reconciled = remote_invoke(shop.stack, "ReconcileFunction", asked)
    assert reconciled["checked"] > 0
    assert reconciled["differences"] == []
    assert shop.stack.invoke("ReconcileFunction", {})["checked"] > 0, "from any place of the table"
