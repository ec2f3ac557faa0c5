"""What happens to memberships besides orders, on the deployed stack: each function with its own rights."""

import re
from typing import Any

import pytest

from tests.e2e.support import Caller, eventually
from tests.functions.test_acts import PROGRAM, act, decision
from tools.deploy import Stack


@pytest.fixture(scope="module")
def house(stack: Stack) -> Caller:
    asked = {"issue_key": {"program": "house", "role": "operator", "label": "first"}}
    operator = Caller(stack.base_url, stack.invoke("OperateFunction", asked)["secret"])
    assert operator.send("PUT", "/v1/program", PROGRAM.encode()).status == 200
    return operator


def buy(house: Caller, member: str, order: str, amount: str) -> None:
    event = {
        "id": f"event-{order}",
        "type": "order",
        "member_id": member,
        "occurred_at": "2026-11-24T10:00:00+08:00",
        "data": {"order_id": order, "amount": amount, "currency": "CNY"},
    }
    answer = house.post("/v1/events?wait=true", event)
    assert answer.json["data"][0]["status"] == "accepted", answer.body


def member(house: Caller, member_id: str) -> dict[str, Any]:
    found: dict[str, Any] = house.get(f"/v1/members/{member_id}").json
    return found


@pytest.mark.proves("G1")
def test_two_members_become_one_and_are_erased_as_one(stack: Stack, house: Caller) -> None:
    buy(house, "ann", "o1", "12000.00")
    buy(house, "bob", "o2", "9000.00")
    merged = house.post("/v1/members/ann/actions", act("merge", into="bob"))
    assert merged.status == 200, merged.body
    assert member(house, "ann")["merged_into"] == "bob"
    eventually(lambda: member(house, "bob")["standings"][0]["tier"]["id"] == "gold")
    buy(house, "ann", "o3", "500.00")

    def spent() -> Any:
        way = house.get("/v1/members/bob/progress").json["ladders"][0]["next"]["ways"][0]
        return way["requirements"][0]["have"]["value"]

    eventually(lambda: spent() == 21500_00)
    kinds = [one["type"] for one in house.get("/v1/members/bob/history?limit=100").json["data"]]
    assert {"member.absorbed", "member.merged"} <= {*kinds}
    assert house.delete("/v1/members/ann").status == 409
    assert house.delete("/v1/members/bob").status == 204
    assert house.get("/v1/members/bob").status == 404
    assert house.get("/v1/members/ann").status == 404
    buy(house, "bob", "o-late", "700.00")

    def left() -> list[str]:
        """Of both, in both tables."""
        client, found = stack.emulator.client("dynamodb"), []
        for table in (stack.outputs["LedgerTable"], stack.outputs["StateTable"]):
            for page in client.get_paginator("scan").paginate(TableName=table):
                found += [
                    f"{item['pk']['S']} {item['sk']['S']}"
                    for item in page["Items"]
                    if "house" in item["pk"]["S"].split("#") or item.get("program") == {"S": "house"}
                    if re.search(r"\b(ann|bob|o[123]|o-late)\b", repr(item))
                ]
        return sorted(found)

    eventually(lambda: left() == ["member#house#ann state", "member#house#bob state"] or None)


def test_a_promotion_that_an_operator_confirms(house: Caller) -> None:
    buy(house, "cid", "o4", "1000000.00")
    open_ = [one for one in house.get("/v1/approvals").json["data"] if one["member_id"] == "cid"]
    [promotion] = [one for one in open_ if one["kind"] == "promotion"]
    decided = house.post(f"/v1/approvals/{promotion['id']}", decision("approve"))
    assert decided.status == 200, decided.body
    assert member(house, "cid")["standings"][0]["tier"]["id"] == "diamond"
    second = house.post(f"/v1/approvals/{promotion['id']}", decision("decline", id="d2"))
    assert second.status == 409


def test_a_hold_a_block_and_back(house: Caller) -> None:
    buy(house, "dee", "o5", "6000.00")
    until = "2030-01-01"
    assert house.post("/v1/members/dee/actions", act("hold", tier="gold", until=until)).status == 200
    assert member(house, "dee")["standings"][0]["by"] == "hold"
    assert house.post("/v1/members/dee/actions", act("block")).json["member"]["standings"] == []
    back = house.post("/v1/members/dee/actions", act("unblock")).json["member"]
    assert back["standings"][0]["tier"]["id"] == "gold"
