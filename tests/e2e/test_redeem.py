"""The catalogue on the deployed stack: fifty shops at once want the last ten, and ten of them get one."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from membership import runtime
from membership.errors import Contended
from membership.outcomes import RedemptionRefused
from membership.services.redeeming import Answered, Redeeming
from tests.e2e.support import Answer, Caller
from tools.deploy import Stack
from tools.emulator import REGION

PROGRAM = """
id: cafe
metrics: {spend: {sum: order.amount}}
tiers: [{id: regular}, {id: silver, qualify: {spend: 1000}}]
points: {earn: {order: {points: 1, per: 1}}}
catalogue:
  - {id: cake, points: 100, gift: CAKE, stock: 10}
  - {id: film, points: 100, coupon: FILM, codes: uploaded}
  - {id: everything, points: 150, gift: ALL}
"""
MEMBERS = 50
LAST = 10


@pytest.fixture(scope="module")
def cafe(stack: Stack) -> Caller:
    asked = {"issue_key": {"program": "cafe", "role": "operator", "label": "office"}}
    operator = Caller(stack.base_url, stack.invoke("OperateFunction", asked)["secret"])
    put = operator.send("PUT", "/v1/program", PROGRAM.encode())
    assert put.status == 200, put.body
    return operator


def enrol(cafe: Caller, group: str) -> list[str]:
    """Fifty members with 150 points each."""
    members = [f"{group}{n}" for n in range(MEMBERS)]
    events = [
        {
            "id": f"event-{member}",
            "type": "order",
            "member_id": member,
            "occurred_at": "2026-03-10T10:00:00+08:00",
            "data": {"order_id": f"order-{member}", "amount": "150.00", "currency": "CNY"},
        }
        for member in members
    ]
    for begin in range(0, MEMBERS, 10):
        answer = cafe.post("/v1/events?wait=true", events[begin : begin + 10])
        assert {one["status"] for one in answer.json["data"]} <= {"accepted", "duplicate"}
        assert len(answer.json["members"]) == 10
    return members


def redeem(cafe: Caller, member: str, reward: str, id_: str) -> Answer:
    return cafe.post(f"/v1/members/{member}/redemptions", {"id": id_, "reward": reward})


@pytest.fixture
def counter(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Redeeming]:
    """What RedeemFunction asks, on the stack's own tables, while its stream settles the same facts.

    In this process, because fifty at once are more than the emulator has processes for.
    """
    wired = {
        "LEDGER_TABLE": stack.outputs["LedgerTable"],
        "STATE_TABLE": stack.outputs["StateTable"],
        "AWS_ENDPOINT_URL": stack.emulator.url,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    for name, value in wired.items():
        monkeypatch.setenv(name, value)
    runtime.forget()
    yield runtime.redeeming()
    runtime.forget()


def ask(counter: Redeeming, member: str, reward: str) -> Answered:
    """As a shop does it: the very same request again where there was too much going on."""
    while True:
        try:
            return counter.redeem("cafe", member, "flash-sale", reward, runtime.random_code(), runtime.now())
        except (Contended, ClientError, BotoCoreError):
            continue


def was_served(answered: Answered) -> bool:
    """Or told that there is none left."""
    if isinstance(answered.redemption, RedemptionRefused):
        assert answered.redemption.reason == "sold_out"
        return False
    return True


T = TypeVar("T")


def at_once(members: list[str], ask: Callable[[str], T]) -> dict[str, T]:
    start = Barrier(len(members))

    def run(member: str) -> T:
        start.wait()
        return ask(member)

    with ThreadPoolExecutor(len(members)) as pool:
        return dict(zip(members, pool.map(run, members), strict=True))


def offer(cafe: Caller, reward: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = cafe.get("/v1/catalogue").json["data"]
    return next(one for one in found if one["id"] == reward)


@pytest.mark.proves("B4")
def test_fifty_at_once_want_the_last_ten(cafe: Caller, counter: Redeeming) -> None:
    members = enrol(cafe, "cake")
    answers = at_once(members, lambda member: ask(counter, member, "cake"))
    served = {member for member, answered in answers.items() if was_served(answered)}
    assert len(served) == LAST
    assert offer(cafe, "cake")["left"] == 0
    for member in members:
        left = cafe.get(f"/v1/members/{member}/points").json["balance"]
        assert left == (50 if member in served else 150), "the points of the others are untouched"


@pytest.mark.proves("B4")
def test_fifty_at_once_want_the_last_ten_codes(cafe: Caller, counter: Redeeming) -> None:
    codes = {f"FILM-{n}" for n in range(LAST)}
    assert cafe.put("/v1/catalogue/film/codes", {"codes": sorted(codes)}).json["added"] == LAST
    members = enrol(cafe, "film")
    answers = at_once(members, lambda member: ask(counter, member, "film"))
    served = [member for member, answered in answers.items() if was_served(answered)]
    given = {
        member: redeem(cafe, member, "film", "flash-sale").json["redemption"]["code"] for member in served
    }
    assert sorted(given.values()) == sorted(codes), "each of them once"
    assert offer(cafe, "film")["left"] == 0
    assert cafe.put("/v1/catalogue/film/codes", {"codes": sorted(codes)}).json["added"] == 0


def test_what_is_cancelled_can_be_had_by_somebody_else(cafe: Caller) -> None:
    first, second = enrol(cafe, "late")[:2]
    assert redeem(cafe, first, "everything", "r1").status == 200
    assert redeem(cafe, first, "cake", "r2").json["reason"] in ("sold_out", "too_few_points")
    told = {"id": "c1", "by": "Li Wei", "reason": "sent back unopened"}
    cancelled = cafe.post(f"/v1/members/{first}/redemptions/r1/cancel", told)
    assert (cancelled.status, cancelled.json["spendable"]) == (200, 150)
    assert cafe.post(f"/v1/members/{first}/redemptions/r1/cancel", told | {"id": "c2"}).status == 409
    assert redeem(cafe, second, "everything", "r1").status == 200
    [listed] = cafe.get(f"/v1/members/{first}/redemptions").json["data"]
    assert listed["status"] == "cancelled"


def test_thousands_of_codes_are_taken(cafe: Caller) -> None:
    before = offer(cafe, "film")["left"]
    for part in range(2):
        sent = [f"BULK-{part}-{n:05}" for n in range(2000)]
        told = cafe.put("/v1/catalogue/film/codes", {"codes": sent}).json
        assert (told["added"], told["known"]) == (2000, 0)
    assert cafe.put("/v1/catalogue/film/codes", {"codes": sent}).json["known"] == 2000
    assert offer(cafe, "film")["left"] == before + 4000
