"""Benefits over the API: what applies at a checkout, what an order would bring, and that one was used."""

from typing import Any

import pytest

from membership import runtime
from tests.functions.conftest import Client, order


def use(benefit: str, n: int = 1) -> dict[str, Any]:
    """Some minutes after the order: at its own moment the tier is still the one before."""
    data = {"kind": "benefit_used", "benefit": benefit}
    return order(id=f"u{n}", type="activity", occurred_at=f"2026-11-24T15:{n:02}:00+08:00", data=data)


def used() -> dict[str, int]:
    stored = runtime.ledger().load("customer-policy", "ann").member
    assert stored
    return stored.used


@pytest.mark.proves("B1")
def test_what_applies_at_a_checkout(shop: Client) -> None:
    shop.post("/v1/events?wait=true", [order(amount="20000.00")])
    answer = shop.get("/v1/members/ann/benefits?lang=zh")
    assert answer.status == 200
    tier = {"id": "gold", "name": "金卡会员"}
    assert answer.json == {
        "id": "ann",
        "status": "active",
        "day": "2026-11-24",
        "discount_percent": "0",
        "points_rate": "1",
        "benefits": [
            {"id": "festivals", "kind": "gift", "text": "节日礼品", "tier": tier},
            {"id": "birthday", "kind": "gift", "text": "生日礼品", "tier": tier},
            {
                "id": "early-access",
                "kind": "early_access_hours",
                "text": "新品提前 2 天优先享",
                "tier": tier,
            },
        ],
    }


def test_who_is_on_trial_has_none_and_who_is_unknown_is_not_found(shop: Client) -> None:
    shop.post("/v1/events?wait=true", [order(amount="0.00", type="activity", data={"kind": "check_in"})])
    trial = shop.get("/v1/members/ann/benefits").json
    assert (trial["status"], trial["points_rate"], trial["benefits"]) == ("trial", "1", [])
    assert shop.get("/v1/members/nobody/benefits").status == 404


@pytest.mark.proves("T3")
def test_a_preview_says_what_the_order_would_bring(shop: Client) -> None:
    shop.post("/v1/events?wait=true", [order(amount="4500.00")])
    preview = shop.post("/v1/members/ann/preview", {"amount": "500.00"}).json
    assert [one["text"] for one in preview["brings"]] == ["Festival gifts"]
    assert shop.post("/v1/members/ann/preview", {"amount": "1.00"}).json["brings"] == []


@pytest.mark.proves("B8")
def test_a_use_is_counted(shop: Client) -> None:
    told = [order(amount="20000.00"), use("festivals"), use("festivals", 2), use("festivals", 2)]
    answer = shop.post("/v1/events?wait=true", told)
    assert [one["status"] for one in answer.json["data"]] == ["accepted"] * 3 + ["duplicate"]
    assert not any("note" in one for one in answer.json["data"])
    assert used() == {"festivals/gold": 2}


def test_a_use_of_what_the_program_does_not_have_is_kept_and_said(shop: Client) -> None:
    answer = shop.post("/v1/events?wait=true", [order(), use("festival")])
    [_, told] = answer.json["data"]
    assert told["status"] == "accepted"
    assert told["note"] == ("kept, but counted for nothing: the program in force has no benefit 'festival'")
    assert used() == {}


@pytest.mark.parametrize(
    "data",
    [
        {"kind": "benefit_used"},
        {"kind": "check_in", "benefit": "festivals"},
        {"kind": "benefit_used", "benefit": "Festival gifts"},
        {"kind": "benefit_used", "benefit": 5},
    ],
)
def test_a_use_that_cannot_be(data: dict[str, Any], shop: Client) -> None:
    answer = shop.post("/v1/events", order(id="u", type="activity", data=data))
    assert (answer.status, answer.pointers) == (422, ["/data/benefit"])
