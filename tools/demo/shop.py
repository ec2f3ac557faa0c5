"""A shop of its own on a deployed stack: keys, a program, orders sent as any shop would send them."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, time
from itertools import islice
from pathlib import Path
from typing import Any
from zlib import crc32

from tools.cdnow import Purchase
from tools.demo import program
from tools.demo.api import Api, Refused
from tools.deploy import Stack

BATCH = 100
"""The most that POST /v1/events takes."""
NOON = time(12)
"""The log tells days; any time of the day would do."""


class Untaken(Exception):
    """An order was refused."""


@dataclass(frozen=True)
class Shop:
    """A program that is in force, and the keys of the two who work with it."""

    stack: Stack
    program: str
    operator: Api
    storefront: Api


def open_shop(stack: Stack) -> Shop:
    """As on an account: whoever may invoke the function issues the first key, and that key does the rest.

    Opened again, it has the keys that it had: they are kept beside the emulator, and go with it.
    """
    kept = stack.emulator.home / "keys.json"
    shop = _opened_before(stack, kept) or _opened(stack)
    kept.touch(mode=0o600)
    kept.write_text(json.dumps({"operator": shop.operator.key, "storefront": shop.storefront.key}))
    shop.operator.put("/v1/program", program.document())
    return shop


def _opened(stack: Stack) -> Shop:
    wanted = program.document()
    first = {"issue_key": {"program": wanted["id"], "role": "operator", "label": "demo"}}
    operator = Api(stack.base_url, stack.invoke("OperateFunction", first)["secret"])
    storefront = operator.post("/v1/keys", {"role": "storefront", "label": "demo shop"})["secret"]
    return Shop(stack, wanted["id"], operator, Api(stack.base_url, storefront))


def _opened_before(stack: Stack, kept: Path) -> Shop | None:
    """None where there are no keys, or one of them opens nothing any more."""
    if not kept.exists():
        return None
    keys = json.loads(kept.read_text())
    operator, storefront = (Api(stack.base_url, keys[role]) for role in ("operator", "storefront"))
    try:
        for one in (operator, storefront):
            one.get("/v1/program")
    except Refused:
        return None
    return Shop(stack, program.program().id, operator, storefront)


def in_time(purchases: Sequence[Purchase]) -> list[Purchase]:
    return sorted(purchases, key=lambda purchase: (purchase.day, purchase.line))


def post(
    shop: Shop,
    purchases: Sequence[Purchase],
    connections: int,
    accepted: Callable[[int], None],
    stop: threading.Event,
) -> None:
    """Post the orders in the order of time, over several connections; `accepted` hears of each batch.

    A member's orders all go over one connection, one batch after the other, so they stay in their order.
    """
    lanes: list[list[Purchase]] = [[] for _ in range(connections)]
    for purchase in in_time(purchases):
        lanes[crc32(purchase.customer.encode()) % connections].append(purchase)

    def send(lane: Sequence[Purchase]) -> None:
        for batch in _batches(lane):
            if stop.is_set():
                return
            answer = shop.storefront.post("/v1/events", [_event(purchase) for purchase in batch])
            for item in answer["data"]:
                # A duplicate was taken, too: a function whose write was acknowledged late asked again.
                if item["status"] not in ("accepted", "duplicate"):
                    raise Untaken(f"an order was not taken: {item}")
            accepted(len(batch))

    with ThreadPoolExecutor(connections) as pool:
        sending = [pool.submit(send, lane) for lane in lanes]
        try:
            for sent in sending:
                sent.result()
        finally:
            stop.set()


def tell_birthday(shop: Shop, customer: str, month_and_day: str, purchases: Sequence[Purchase]) -> None:
    """On the day of its first order. The log has nobody's birthday: this one is made up."""
    first = min(purchase.day for purchase in purchases if purchase.customer == customer)
    event = {
        "id": f"birthday-{customer}",
        "type": "profile",
        "member_id": customer,
        "occurred_at": datetime.combine(first, NOON, program.program().zone).isoformat(),
        "data": {"birthday": month_and_day},
    }
    answer = shop.storefront.post("/v1/events?wait=true", event)  # before the first review
    if answer["data"][0]["status"] not in ("accepted", "duplicate"):
        raise Untaken(f"a birthday was not taken: {answer}")


def _event(purchase: Purchase) -> dict[str, Any]:
    """What a shop knows of the order when it is paid. The log has no ids, so the line's number is one."""
    order = f"cdnow-{purchase.line}"
    return {
        "id": order,
        "type": "order",
        "member_id": purchase.customer,
        "occurred_at": datetime.combine(purchase.day, NOON, program.program().zone).isoformat(),
        "data": {
            "order_id": order,
            "amount": f"{purchase.cents // 100}.{purchase.cents % 100:02d}",
            "currency": "USD",
        },
    }


def _batches(lane: Sequence[Purchase]) -> Iterator[list[Purchase]]:
    rest = iter(lane)
    while batch := list(islice(rest, BATCH)):
        yield batch
