"""Messages on the deployed stack: what is withheld goes to nobody, and what comes at night waits."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.support import Caller, eventually
from tools.deploy import Stack
from tools.receiver import Receiver

RULES = """
id: {id}
timezone: UTC
metrics: {{spend: {{sum: order.amount}}}}
tiers:
  - {{id: one}}
  - {{id: two, qualify: {{spend: 100}}}}
  - {{id: three, qualify: {{spend: 200}}}}
validity: lifetime
messages: {messages}
"""


@dataclass(frozen=True)
class Shop:
    operator: Caller
    receiver: Receiver

    def pays(self, member: str, order: str, amount: str) -> list[dict[str, Any]]:
        """The messages that came of it, as whoever waits is told."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        data = {"order_id": order, "amount": amount, "currency": "CNY"}
        event = {"id": f"e-{order}", "type": "order", "member_id": member, "occurred_at": now, "data": data}
        answer = self.operator.post("/v1/events?wait=true", event).json
        outcomes = answer["members"][0]["outcomes"]
        return [one["data"] for one in outcomes if one["type"] == "message.due"]

    def received(self, member: str) -> list[str]:
        """The tiers that the shop was told of."""
        sent = [message["data"] for message in list(self.receiver.effects.values())]
        return sorted(one["details"]["to_tier"] for one in sent if one["member_id"] == member)


@pytest.fixture
def shops(stack: Stack) -> Iterator[Any]:
    """Opens a shop with a program of its own."""

    def open_shop(program: str, messages: str) -> Shop:
        asked = {"issue_key": {"program": program, "role": "operator", "label": "first"}}
        operator = Caller(stack.base_url, stack.invoke("OperateFunction", asked)["secret"])
        put = operator.send("PUT", "/v1/program", RULES.format(id=program, messages=messages).encode())
        assert put.status == 200, put.body
        secrets: list[str] = []
        receiver = opened.enter_context(Receiver(lambda: secrets))
        webhook = operator.put("/v1/channels/webhook", {"url": receiver.url})
        secrets.append(webhook.json["secret"])
        return Shop(operator, receiver)

    with ExitStack() as opened:
        yield open_shop


@pytest.mark.proves("B10")
def test_what_is_withheld_is_in_the_history_and_goes_to_nobody(shops: Any) -> None:
    shop = shops("capped", "{most_per_month: 1}")
    [first] = shop.pays("ann", "a1", "100.00")
    [second] = shop.pays("ann", "a2", "100.00")
    assert (first.get("withheld"), second.get("withheld")) == (None, "cap")
    assert shop.operator.put("/v1/members/bob", {"opted_out": ["membership"]}).status == 200
    [unwanted] = shop.pays("bob", "b1", "100.00")
    assert unwanted["withheld"] == "opted_out"
    [last] = shop.pays("cleo", "c1", "100.00")
    assert "withheld" not in last
    eventually(lambda: shop.received("cleo") == ["two"])
    assert shop.received("ann") == ["two"], "of what came before the last one, nothing more was sent"
    assert shop.received("bob") == []
    history = shop.operator.get("/v1/members/ann/history").json["data"]
    assert [one["data"].get("withheld") for one in history if one["type"] == "message.due"] == ["cap", None]
    delivered = shop.operator.get("/v1/deliveries").json["data"]
    assert sorted(one["member_id"] for one in delivered) == ["ann", "cleo"]


@pytest.mark.proves("B10")
def test_what_comes_at_night_waits_in_the_queue_for_the_morning(shops: Any) -> None:
    """A morning that comes in a minute at most."""
    now = datetime.now(UTC)
    morning = (now + timedelta(seconds=65)).replace(second=0, microsecond=0)
    night = f"{{from: '{now - timedelta(hours=2):%H:%M}', to: '{morning:%H:%M}'}}"
    shop = shops("quiet", f"{{quiet: {night}}}")
    assert shop.operator.put("/v1/members/ann", {"timezone": "Asia/Tokyo"}).status == 200
    [elsewhere] = shop.pays("ann", "a1", "100.00")
    assert "not_before" not in elsewhere, "in Tokyo it is another hour"
    [here] = shop.pays("bob", "b1", "100.00")
    assert datetime.fromisoformat(here["not_before"]) == morning
    eventually(lambda: shop.received("ann") == ["two"])
    assert shop.received("bob") == []
    eventually(lambda: shop.received("bob") == ["two"], within=90)
    assert datetime.now(UTC) >= morning
    [delivery] = [
        one for one in shop.operator.get("/v1/deliveries").json["data"] if one["member_id"] == "bob"
    ]
    assert delivery["attempts"] == 1, "waiting is no attempt"
