"""Redeeming through the API: what it costs whom, who may, when, how many, and which code."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from membership import runtime
from membership.facts import Redemption
from membership.services.evaluating import evaluate, read_batch
from membership.store import items
from tests.functions.conftest import NOW, Answer, Client, Cloud, order

PROGRAM = """
id: cafe
name: {en: Café, zh: 咖啡馆}
metrics: {spend: {sum: order.amount}}
tiers:
  - {id: regular}
  - {id: silver, name: {en: Silver, zh: 银卡}, qualify: {spend: 1000}}
  - {id: gold, name: {en: Gold, zh: 金卡}, qualify: {spend: 5000}}
points: {earn: {order: {points: 1, per: 1}}}
catalogue:
  - {id: mug, name: {en: Mug, zh: 马克杯}, points: 500, by_tier: {silver: 400}, gift: MUG}
  - {id: tea, points: 100, coupon: TEA, codes: generated}
  - {id: cake, points: 100, gift: CAKE, stock: 2}
  - {id: film, points: 100, coupon: FILM, codes: uploaded}
  - {id: tour, points: 100, tier: gold, gift: TOUR}
  - {id: once, points: 100, per_member: 1, gift: ONCE}
  - {id: night, points: 100, gift: NIGHT, from: 2026-11-25, to: 2026-11-26}
  - {id: flash, points: 100, gift: FLASH, from: "2026-11-25T10:00:00+08:00", to: "2026-11-25T11:00:00+08:00"}
"""


@pytest.fixture
def cafe(cloud: Cloud) -> Client:
    client = Client(cloud, cloud.issue("cafe"))
    put = client.put("/v1/program", PROGRAM)
    assert put.status == 200, put.body
    return client


@pytest.fixture
def till(cloud: Cloud, cafe: Client) -> Client:
    return Client(cloud, cloud.issue("cafe", "storefront"))


def earn(till: Client, points: int, member: str = "ann") -> None:
    """A point for each whole yuan."""
    answer = till.post("/v1/events?wait=true", order(member, f"{member}-{points}", f"{points}.00"))
    assert answer.json["data"][0]["status"] == "accepted"


def redeem(till: Client, reward: str, id_: str = "r1", member: str = "ann", lang: str = "en") -> Answer:
    return till.post(f"/v1/members/{member}/redemptions?lang={lang}", {"id": id_, "reward": reward})


def cancel(till: Client, redemption: str = "r1", id_: str = "c1", member: str = "ann") -> Answer:
    told = {"id": id_, "by": "Li Wei", "reason": "sent back unopened"}
    return till.post(f"/v1/members/{member}/redemptions/{redemption}/cancel", told)


def spendable(till: Client, member: str = "ann") -> int:
    stored = runtime.ledger().load("cafe", member, consistent=True).member
    assert stored is not None
    return stored.points.spendable((NOW + timedelta(days=1)).date())


def reason(answer: Answer) -> str:
    assert (answer.status, answer.problem) == (409, "not-redeemable"), answer.body
    return str(answer.json["reason"])


def listed(till: Client, member: str = "ann", query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = till.get(f"/v1/members/{member}/redemptions{query}").json["data"]
    return found


# ── What it costs ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.proves("B4")
def test_a_reward_is_bought_with_points(till: Client) -> None:
    earn(till, 700)
    answer = redeem(till, "mug")
    assert answer.status == 200
    assert answer.json["status"] == "accepted"
    assert answer.json["spendable"] == spendable(till) == 200
    bought = answer.json["redemption"]
    assert bought.pop("at")
    assert bought == {
        "id": "r1", "reward": "mug", "name": "Mug", "status": "redeemed", "points": 500, "gift": "MUG",
    }  # fmt: skip
    assert [one["id"] for one in listed(till)] == ["r1"]
    entries = till.get("/v1/members/ann/points/entries").json["data"]
    assert [one["points"] for one in entries] == [-500, 700], "the statement says so, too"


@pytest.mark.proves("B4")
def test_a_higher_tier_pays_less(till: Client) -> None:
    for member, points, cost in (("ann", 999, 500), ("bo", 1000, 400), ("cy", 5000, 400)):
        earn(till, points, member)
        assert redeem(till, "mug", member=member).json["redemption"]["points"] == cost
        assert spendable(till, member) == points - cost


def test_the_same_request_again_is_answered_as_the_first_one_was(cloud: Cloud, till: Client) -> None:
    earn(till, 700)
    first = redeem(till, "tea").json
    cloud.later(days=3)
    again = redeem(till, "tea").json
    assert again["status"] == "duplicate"
    assert again["redemption"] == first["redemption"]
    assert spendable(till) == 600
    other = redeem(till, "cake")
    assert (other.status, other.problem) == (409, "conflict"), "the id stands for the tea"
    assert spendable(till) == 600
    assert redeem(till, "tea", "r2").json["redemption"]["code"] != first["redemption"]["code"]


def test_a_refusal_is_answered_again_too(cloud: Cloud, till: Client) -> None:
    earn(till, 99)
    assert reason(redeem(till, "tea")) == "too_few_points"
    earn(till, 900)
    assert reason(redeem(till, "tea")) == "too_few_points", "that request was answered"
    assert redeem(till, "tea", "r2").status == 200


# ── Who may, when, how many ───────────────────────────────────────────────────────────────────────


@pytest.mark.proves("B4")
def test_a_refusal_says_why_and_what_to_do_and_costs_nothing(till: Client) -> None:
    earn(till, 450)
    poor = redeem(till, "mug", "a")
    assert reason(poor) == "too_few_points"
    assert poor.json["detail"] == "It costs 500 points, and 450 can be spent. Earn 50 more."
    low = redeem(till, "tour", "b", lang="zh")
    assert reason(low) == "tier_too_low"
    assert low.json["detail"] == "仅限金卡及以上会员兑换，请先升级。"
    early = redeem(till, "night", "c")
    assert reason(early) == "not_yet"
    assert early.json["detail"] == "It can be had from 2026-11-25 00:00 on. Come back then."
    assert reason(redeem(till, "cookie", "d")) == "no_such_reward"
    assert reason(redeem(till, "film", "e")) == "sold_out", "no codes were uploaded yet"
    assert spendable(till) == 450
    assert listed(till) == []


def test_each_member_has_its_limit(till: Client) -> None:
    earn(till, 700)
    assert redeem(till, "once").status == 200
    assert reason(redeem(till, "once", "r2")) == "limit_reached"
    cancel(till)
    assert redeem(till, "once", "r3").status == 200, "what was cancelled isn't counted"


@pytest.mark.parametrize(
    ("reward", "opens", "closes"),
    [
        ("night", datetime(2026, 11, 24, 16, tzinfo=UTC), datetime(2026, 11, 26, 16, tzinfo=UTC)),
        ("flash", datetime(2026, 11, 25, 2, tzinfo=UTC), datetime(2026, 11, 25, 3, tzinfo=UTC)),
    ],
)
def test_it_opens_and_closes_at_the_very_instant(
    cloud: Cloud, till: Client, reward: str, opens: datetime, closes: datetime
) -> None:
    instant = timedelta(microseconds=1)
    earn(till, 700)
    for n, (now, answer) in enumerate(
        [(opens - instant, "not_yet"), (opens, 200), (closes - instant, 200), (closes, "over")]
    ):
        cloud.now = now
        found = redeem(till, reward, f"r{n}")
        assert (found.status if found.status == 200 else reason(found)) == answer, now


def test_who_is_gone_redeems_nothing(cafe: Client, till: Client) -> None:
    assert redeem(till, "tea", member="nobody").status == 404
    earn(till, 700)
    told = {"by": "Li Wei", "reason": "as agreed by phone"}
    cafe.post("/v1/members/ann/actions", {"id": "x", "type": "leave", **told})
    assert reason(redeem(till, "tea")) == "not_a_member"
    cafe.post("/v1/members/ann/actions", {"id": "y", "type": "return", **told})
    assert redeem(till, "tea", "r2").status == 200
    assert cafe.delete("/v1/members/ann").status == 204
    assert redeem(till, "tea", "r3").status == 404


# ── Stock ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.proves("B4")
def test_the_last_one_is_sold_once(till: Client) -> None:
    for n, member in enumerate(("ann", "bo", "cy")):
        earn(till, 300, member)
        answer = redeem(till, "cake", member=member)
        assert (answer.status == 200) is (n < 2)
    assert reason(redeem(till, "cake", member="cy")) == "sold_out"
    assert spendable(till, "cy") == 300
    [cake] = [one for one in till.get("/v1/catalogue").json["data"] if one["id"] == "cake"]
    assert cake["left"] == 0
    cancel(till, member="bo")
    assert redeem(till, "cake", "r2", member="cy").status == 200, "another one in its place"


def test_a_larger_stock_goes_on_from_what_was_sold(cafe: Client, till: Client) -> None:
    earn(till, 500)
    assert [redeem(till, "cake", f"r{n}").status for n in range(3)] == [200, 200, 409]
    cafe.put("/v1/program", PROGRAM.replace("stock: 2", "stock: 3"))
    assert [redeem(till, "cake", f"s{n}").status for n in range(2)] == [200, 409]


# ── Codes ─────────────────────────────────────────────────────────────────────────────────────────


def upload(cafe: Client, codes: list[str], reward: str = "film") -> Answer:
    return cafe.put(f"/v1/catalogue/{reward}/codes", {"codes": codes})


@pytest.mark.proves("B4")
def test_each_uploaded_code_is_given_once(cafe: Client, till: Client) -> None:
    sent = [f"FILM-{n:03}" for n in range(120)]
    told = upload(cafe, [*sent, "FILM-000"]).json
    assert told == {"reward": "film", "added": 120, "known": 1, "left": 120}
    assert upload(cafe, [*sent[:60], "FILM-NEW"]).json["added"] == 1
    earn(till, 900)
    given = {redeem(till, "film", f"r{n}").json["redemption"]["code"] for n in range(5)}
    assert len(given) == 5
    assert given < {*sent, "FILM-NEW"}
    assert upload(cafe, sent).json == {"reward": "film", "added": 0, "known": 120, "left": 116}, "never again"
    [film] = [one for one in till.get("/v1/catalogue").json["data"] if one["id"] == "film"]
    assert film["left"] == 116


def test_a_code_that_was_given_doesnt_come_back(cafe: Client, till: Client) -> None:
    upload(cafe, ["ONLY"])
    earn(till, 300)
    assert redeem(till, "film").json["redemption"]["code"] == "ONLY"
    assert cancel(till).status == 200
    assert spendable(till) == 300
    assert reason(redeem(till, "film", "r2")) == "sold_out"


def test_generated_codes_are_long_and_differ(till: Client) -> None:
    earn(till, 3000)
    codes = {redeem(till, "tea", f"r{n}").json["redemption"]["code"] for n in range(20)}
    assert len(codes) == 20
    assert all(re.fullmatch(r"([2-9A-HJ-NP-Z]{4}-){3}[2-9A-HJ-NP-Z]{4}", code) for code in codes)


def test_codes_are_taken_by_rewards_that_give_them(cafe: Client, till: Client) -> None:
    assert upload(cafe, ["A"], "mug").problem == "conflict"
    assert upload(cafe, ["A"], "cookie").problem == "not-found"
    assert upload(cafe, []).problem == "invalid"
    assert upload(cafe, ["A", "B\n"]).pointers == ["/codes/1"]
    assert upload(cafe, ["x"] * 2001).problem == "invalid"
    assert till.put("/v1/catalogue/film/codes", {"codes": ["A"]}).problem == "forbidden"


# ── Cancelling ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.proves("B4")
def test_what_is_cancelled_gives_its_points_back_once(cloud: Cloud, till: Client) -> None:
    earn(till, 700)
    redeem(till, "mug")
    answer = cancel(till)
    assert (answer.status, answer.json["status"], answer.json["spendable"]) == (200, "accepted", 700)
    assert answer.json["redemption"]["status"] == "cancelled"
    again = cancel(till)
    assert (again.json["status"], again.json["spendable"]) == ("duplicate", 700)
    second = cancel(till, id_="c2")
    assert (second.status, second.json["detail"]) == (409, "It was cancelled already.")
    assert cancel(till, "r9").status == 404
    assert spendable(till) == 700
    assert [one["status"] for one in listed(till)] == ["cancelled"]
    assert redeem(till, "mug").json["redemption"]["status"] == "cancelled", "told as it is now"


def test_the_list_goes_on_from_page_to_page(till: Client) -> None:
    earn(till, 900)
    for n in range(5):
        redeem(till, "tea", f"r{n}")
    cancel(till, "r1")
    first = till.get("/v1/members/ann/redemptions?limit=3").json
    assert [one["id"] for one in first["data"]] == ["r4", "r3", "r2"]
    rest = till.get(f"/v1/members/ann/redemptions?limit=3&cursor={first['next_cursor']}").json
    assert [(one["id"], one["status"]) for one in rest["data"]] == [("r1", "cancelled"), ("r0", "redeemed")]
    assert "next_cursor" not in rest
    assert till.get(f"/v1/members/bo/redemptions?cursor={first['next_cursor']}").problem == "bad-cursor"


# ── The catalogue ─────────────────────────────────────────────────────────────────────────────────


def test_the_catalogue_shows_a_member_its_own_prices(till: Client) -> None:
    earn(till, 1200)
    redeem(till, "once")
    anybody = {one["id"]: one for one in till.get("/v1/catalogue").json["data"]}
    assert anybody["mug"]["points"] == 500
    assert anybody["mug"]["text"] == "A gift. Costs 500 points, 400 from Silver on."
    assert not any("why_not" in one for one in anybody.values())
    found = till.get("/v1/catalogue?member_id=ann&lang=zh").json["data"]
    hers = {one["id"]: one for one in found}
    assert hers["mug"]["points"] == 400
    assert {id_: one["why_not"]["reason"] for id_, one in hers.items() if "why_not" in one} == {
        "film": "sold_out",
        "tour": "tier_too_low",
        "once": "limit_reached",
        "night": "not_yet",
        "flash": "not_yet",
    }
    assert "MUG" not in till.get("/v1/catalogue").body, "the shop's codes are for buyers"
    assert till.get("/v1/catalogue?member_id=nobody").status == 404


# ── By the stream ─────────────────────────────────────────────────────────────────────────────────


def test_what_the_stream_settles_is_answered_alike(cloud: Cloud, cafe: Client, till: Client) -> None:
    """The function died after the fact was safe: the stream brings it, and the shop asks again."""
    upload(cafe, ["FIRST", "SECOND"])
    earn(till, 300)
    told = {"id": "r1", "member_id": "ann", "reward": "film", "token": "T"}
    fact = Redemption(**told, occurred_at=cloud.now, recorded_at=cloud.now)
    runtime.ledger().append("cafe", fact)
    image = items.fact_item("cafe", fact)
    cloud.running = "evaluate"  # whose role has to be enough
    evaluate(
        read_batch([{"dynamodb": {"NewImage": image}}]),
        runtime.settling(),
        runtime.ledger(),
        cloud.now,
        (),
        lambda *_: None,
        workers=1,
    )
    cloud.running = ""
    answer = redeem(till, "film")
    assert answer.json["status"] == "duplicate"
    assert answer.json["redemption"]["code"] in ("FIRST", "SECOND")
    assert spendable(till) == 200


def test_another_program_has_another_catalogue(till: Client, neighbour: Client) -> None:
    earn(till, 300)
    redeem(till, "tea")
    assert neighbour.get("/v1/catalogue").json == {"data": []}
    assert neighbour.get("/v1/members/ann/redemptions").status == 404
    assert cancel(neighbour).status == 404
