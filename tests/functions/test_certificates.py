"""Certificates: printed by the member, checked by anybody, found by nobody who wasn't given one."""

import logging
import re
from typing import Any
from xml.etree import ElementTree

import pytest
import segno

from membership import runtime
from tests.functions.conftest import Client, Cloud, order
from tests.programs import rules

SVG = "{http://www.w3.org/2000/svg}"
NUMBER = re.compile(r"[0-9A-HJKMNP-TV-Z]{5}(-[0-9A-HJKMNP-TV-Z]{5}){3}")


@pytest.fixture
def anybody(cloud: Cloud) -> Client:
    return Client(cloud, None)


@pytest.fixture
def browser(cloud: Cloud) -> Client:
    return Client(cloud, None, accept="text/html,application/xhtml+xml;q=0.9")


def rise(shop: Client, member: str = "ann", order_id: str = "o1", amount: str = "6000.00") -> str:
    """To silver, or higher; the number of the certificate that the celebration brings."""
    answer = shop.post("/v1/events?wait=true", order(member, order_id, amount)).json
    [told] = [one["data"] for one in answer["members"][0]["outcomes"] if one["data"].get("celebration")]
    return str(told["celebration"]["certificate"]["number"])


def act(operator: Client, member: str, kind: str, **more: Any) -> None:
    asked = {"id": f"{kind}-{member}", "type": kind, "by": "Li Wei", "reason": "for the test", **more}
    assert operator.post(f"/v1/members/{member}/actions", asked).status == 200


@pytest.mark.proves("U5", "E8")
def test_a_promotion_brings_a_certificate_to_print(shop: Client) -> None:
    number = rise(shop)
    assert NUMBER.fullmatch(number)
    answer = shop.get("/v1/members/ann/certificate.svg?name=Ann%20Lee")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/svg+xml")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    svg = ElementTree.fromstring(answer.body)
    assert (svg.get("width"), svg.get("height"), svg.get("role")) == ("297mm", "210mm", "img")
    words = [one.text for one in svg.iter(f"{SVG}text")]
    for said in ("Customer policy", "Ann Lee", "Silver", "on 24 November 2026", f"No. {number}"):
        assert said in words
    chinese = ElementTree.fromstring(shop.get("/v1/members/ann/certificate.svg?lang=zh").body)
    assert {"会员等级证书", "银卡会员", "2026年11月24日"} <= {one.text for one in chinese.iter(f"{SVG}text")}


@pytest.mark.proves("U5")
def test_its_code_leads_to_the_public_page(shop: Client, anybody: Client) -> None:
    number = rise(shop)
    svg = ElementTree.fromstring(shop.get("/v1/members/ann/certificate.svg?lang=zh").body)
    [frame] = svg.findall(f"{SVG}svg")
    [code] = frame.findall(f"{SVG}path")
    url = f"https://api.example/local/v1/certificates/{number}?lang=zh"
    wanted = segno.make_qr(url, error="q")
    assert drawn(code.get("d") or "", len(wanted.matrix)) == [
        [bool(one) for one in row] for row in wanted.matrix
    ]
    assert frame.get("viewBox") == f"-4 -4 {len(wanted.matrix) + 8} {len(wanted.matrix) + 8}", (
        "the quiet zone"
    )
    assert anybody.get(url.removeprefix("https://api.example/local")).status == 200


def drawn(path: str, size: int) -> list[list[bool]]:
    """The modules that strokes of one module's width cover."""
    rows = [[False] * size for _ in range(size)]
    for x, y, length in re.findall(r"M(\d+) (\d+)\.5h(\d+)", path):
        for n in range(int(length)):
            rows[int(y)][int(x) + n] = True
    return rows


def test_a_house_with_an_address_of_its_own_prints_that(
    shop: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = rise(shop)
    monkeypatch.setenv("PUBLIC_URL", "https://club.example")
    runtime.settings.cache_clear()
    assert (
        f"https://club.example/v1/certificates/{number}" in shop.get("/v1/members/ann/certificate.svg").body
    )


@pytest.mark.proves("U5")
def test_anybody_can_ask_whether_it_still_stands(
    shop: Client, operator: Client, anybody: Client, browser: Client
) -> None:
    number = rise(shop, "xenophon")
    answer = anybody.get(f"/v1/certificates/{number.lower()}")
    assert answer.json == {
        "number": number,
        "program": "Customer policy",
        "tier": "Silver",
        "reached_on": "2026-11-24",
        "stands": True,
    }
    page = browser.get(f"/v1/certificates/{number}?lang=zh")
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    for said in ("客户会员等级", "该证书有效", "银卡会员", "2026年11月24日", number):
        assert said in page.body
    assert "xenophon" not in answer.body + page.body
    act(operator, "xenophon", "block")
    assert anybody.get(f"/v1/certificates/{number}").json["stands"] is False
    assert "doesn't stand any more" in browser.get(f"/v1/certificates/{number}").body.replace("&#x27;", "'")
    assert shop.get("/v1/members/xenophon/certificate.svg").problem == "not-found"


def test_whoever_rises_further_is_still_what_the_first_one_says(shop: Client, anybody: Client) -> None:
    silver, gold = rise(shop), rise(shop, order_id="o2", amount="15000.00")
    assert silver != gold
    assert [anybody.get(f"/v1/certificates/{one}").json["stands"] for one in (silver, gold)] == [True, True]
    assert f"No. {gold}" in shop.get("/v1/members/ann/certificate.svg").body


def test_a_number_that_nobody_was_given(cloud: Cloud, shop: Client, anybody: Client, browser: Client) -> None:
    number = rise(shop)
    for other in (number[:-1] + ("0" if number[-1] != "0" else "1"), "0", "ann", "certificate"):
        assert anybody.get(f"/v1/certificates/{other}").problem == "not-found"
        page = browser.get(f"/v1/certificates/{other}")
        assert (page.status, page.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert anybody.get("/v1/certificates/%00").problem == "invalid"


def test_numbers_tell_nothing_of_each_other(cloud: Cloud, shop: Client) -> None:
    """Equal in all that a shop could know of them, and told a moment apart."""
    numbers = set()
    for n in range(5):
        cloud.later(microseconds=1)
        numbers.add(rise(shop, f"m{n}"))
    assert len(numbers) == len({number[:5] for number in numbers}) == 5


def test_who_did_not_rise_has_none(shop: Client) -> None:
    shop.post("/v1/events?wait=true", order(amount="1.00"))
    for url, problem in (
        ("/v1/members/ann/certificate.svg", "not-found"),
        ("/v1/members/nobody/certificate.svg", "not-found"),
        ("/v1/members/ann/certificate.svg?ladder=none", "invalid"),
        ("/v1/members/ann/certificate.svg?name=", "invalid"),
        ("/v1/members/ann/certificate.svg?name=" + "x" * 81, "invalid"),
        ("/v1/members/ann/certificate.svg?name=a%0Ab", "invalid"),
    ):
        assert shop.get(url).problem == problem, url


def test_another_programs_member_has_none_here(shop: Client, neighbour: Client) -> None:
    rise(shop)
    assert neighbour.get("/v1/members/ann/certificate.svg").problem == "not-found"


def test_a_name_is_drawn_and_kept_nowhere(
    cloud: Cloud, shop: Client, caplog: pytest.LogCaptureFixture
) -> None:
    rise(shop)
    before = cloud.dump()
    with caplog.at_level(logging.DEBUG):
        body = shop.get("/v1/members/ann/certificate.svg?name=%3Cscript%3EXenia%26%22").body
    assert "&lt;script&gt;Xenia&amp;&quot;" in body
    assert "<script" not in body
    ElementTree.fromstring(body)
    assert cloud.dump() == before
    assert "Xenia" not in caplog.text


def test_it_is_issued_with_the_promotion_or_not_at_all(cloud: Cloud, shop: Client) -> None:
    """One transaction: a promotion that is not committed leaves no certificate, and the other way round."""
    rise(shop)
    kept = {item["pk"]["S"] for item in cloud.dump()["state"] if "certificate" in item["sk"]["S"]}
    assert len(kept) == 1
    shop.post("/v1/events?wait=true", order(amount="6000.00"))
    assert {i["pk"]["S"] for i in cloud.dump()["state"] if "certificate" in i["sk"]["S"]} == kept


def test_it_goes_with_the_member(cloud: Cloud, shop: Client, operator: Client, anybody: Client) -> None:
    number = rise(shop)
    assert operator.delete("/v1/members/ann").status == 204
    assert anybody.get(f"/v1/certificates/{number}").problem == "not-found"
    assert "certificate#" not in repr(cloud.dump()["state"])


def test_who_was_merged_keeps_it(cloud: Cloud, shop: Client, operator: Client, anybody: Client) -> None:
    number = rise(shop, "old")
    shop.post("/v1/events?wait=true", order("new", "o9", "1.00"))
    act(operator, "old", "merge", into="new")
    cloud.invoke("rebuild", {"program": "customer-policy", "member_id": "new"})  # as the stream would
    told = anybody.get(f"/v1/certificates/{number}").json
    assert told["stands"] is True
    assert f"No. {number}" in shop.get("/v1/members/new/certificate.svg").body
    assert operator.delete("/v1/members/new").status == 204
    assert anybody.get(f"/v1/certificates/{number}").problem == "not-found"


def test_a_rebuild_after_a_loss_brings_it_back(cloud: Cloud, shop: Client, anybody: Client) -> None:
    number = rise(shop)
    whole = cloud.dump()["state"]
    lost = [item for item in whole if "ann" in repr(item["pk"]) or number in repr(item["pk"])]
    assert len(lost) == 2
    for item in lost:
        cloud.dynamodb.delete_item(TableName="state", Key={"pk": item["pk"], "sk": item["sk"]})
    assert anybody.get(f"/v1/certificates/{number}").problem == "not-found"
    cloud.invoke("rebuild", {"program": "customer-policy", "member_id": "ann"})
    assert anybody.get(f"/v1/certificates/{number}").json["stands"] is True
    assert f"No. {number}" in shop.get("/v1/members/ann/certificate.svg").body


def test_a_tier_by_another_name_is_the_same_tier(
    cloud: Cloud, shop: Client, operator: Client, anybody: Client
) -> None:
    number = rise(shop)
    cloud.later(hours=1)
    renamed = rules("p2-customer-policy").replace("- id: silver\n", "- id: argent\n    replaces: [silver]\n")
    put = operator.put("/v1/program", renamed)
    assert put.status == 200, put.body
    assert anybody.get(f"/v1/certificates/{number}").json["stands"] is True
    assert f"No. {number}" in shop.get("/v1/members/ann/certificate.svg").body
