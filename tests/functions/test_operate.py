"""Operators: programs, keys, the webhook, deliveries."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from membership import runtime
from membership.channels import Attempt, Delivery
from membership.errors import NotFound
from membership.http.problems import Refused
from membership.outcomes import Envelope
from membership.program.reading import read_program
from membership.store.access import Caller
from tests.functions.conftest import NOW, Client, Cloud, order
from tests.programs import rules

P2 = rules("p2-customer-policy")
EVENTS = Path(__file__).parents[2] / "events"


# ── Programs ──────────────────────────────────────────────────────────────────────────────────────


def test_the_same_program_again_makes_no_new_version(cloud: Cloud, operator: Client) -> None:
    before = cloud.dump()
    document = read_program(P2).model_dump_json(exclude_unset=True)
    for same in (P2, P2 + "\n# another comment\n", document):
        answer = operator.put("/v1/program", same)
        assert answer.status == 200
        assert (answer.json["version"], answer.json["changed"]) == (1, False)
    assert cloud.dump() == before


def test_another_program_is_a_new_version_from_now_on(cloud: Cloud, operator: Client) -> None:
    cloud.later(hours=1)
    dearer = P2.replace("spend: 5000}", "spend: 6000}")
    answer = operator.put("/v1/program", dearer)
    assert answer.json == {
        "program": "customer-policy",
        "version": 2,
        "changed": True,
        "effective_from": "2026-11-24T09:00:00Z",
        "warnings": [],
        "changes": [
            f"Silver, to {what}: was “spend of at least ¥5,000, or 6 orders, or 1 year of membership”, "
            "is “spend of at least ¥6,000, or 6 orders, or 1 year of membership”"
            for what in ("enter", "stay")
        ],
    }
    assert operator.put("/v1/program", dearer).json["changed"] is False
    assert operator.get("/v1/program").json["version"] == 2
    assert operator.put("/v1/program", P2).json["version"] == 3, "back again is a change, too"


def test_a_number_is_the_same_however_it_is_written(cloud: Cloud, operator: Client) -> None:
    before = cloud.dump()
    for figure in ("5e3", "5E+3", "5000.00", '"5000.0"'):
        answer = operator.put("/v1/program", P2.replace("spend: 5000}", f"spend: {figure}}}"))
        assert (answer.json["version"], answer.json["changed"]) == (1, False), figure
    assert cloud.dump() == before
    answer = operator.put("/v1/program", P2.replace("spend: 5000}", "spend: 6e3}"))
    assert (answer.status, answer.json["version"]) == (200, 2)
    runtime.forget()  # another process reads what was stored
    assert operator.get("/v1/program").json["version"] == 2


def test_a_version_may_begin_later(cloud: Cloud, operator: Client) -> None:
    dearer = P2.replace("spend: 5000}", "spend: 6000}") + "effective_from: 2027-01-01T00:00:00+08:00\n"
    answer = operator.put("/v1/program", dearer)
    assert (answer.json["version"], answer.json["effective_from"]) == (2, "2027-01-01T00:00:00+08:00")
    assert "version 2 comes into force on 2027-01-01" in answer.json["warnings"][0]
    assert operator.get("/v1/program").json["version"] == 1
    cloud.later(days=60)
    assert operator.get("/v1/program").json["version"] == 2


def test_the_first_version_cannot_begin_later(cloud: Cloud) -> None:
    key = runtime.access().issue("fresh", "operator", "office", NOW, runtime.random_text)
    fresh = Client(cloud, key[1])
    before = cloud.dump()
    first = P2.replace("id: customer-policy", "id: fresh")
    answer = fresh.put("/v1/program", first + "effective_from: 2027-01-01T00:00:00+08:00\n")
    assert (answer.status, answer.problem, answer.pointers) == (422, "program-invalid", ["/effective_from"])
    assert "Leave it out" in answer.json["errors"][0]["detail"]
    assert cloud.dump() == before
    assert fresh.put("/v1/program", first).json["version"] == 1


def test_a_version_cannot_have_begun(cloud: Cloud, operator: Client) -> None:
    before = cloud.dump()
    backdated = P2.replace("spend: 5000}", "spend: 6000}") + "effective_from: 2026-01-01T00:00:00+08:00\n"
    answer = operator.put("/v1/program", backdated)
    assert (answer.status, answer.problem, answer.pointers) == (422, "program-invalid", ["/effective_from"])
    assert cloud.dump() == before


def test_a_tier_that_members_may_hold_stays(cloud: Cloud, operator: Client) -> None:
    before = cloud.dump()
    without_silver = P2.replace("- id: silver\n", "- id: argent\n")
    assert without_silver != P2
    answer = operator.put("/v1/program", without_silver)
    assert (answer.status, answer.problem) == (409, "conflict")
    assert answer.pointers == ["/tiers"]
    assert "'silver'" in answer.json["errors"][0]["detail"]
    assert cloud.dump() == before


def test_what_was_spent_stays_in_its_currency(operator: Client) -> None:
    answer = operator.put("/v1/program", P2.replace("currency: CNY", "currency: USD"))
    assert (answer.status, answer.problem, answer.pointers) == (409, "conflict", ["/currency"])


def test_a_key_puts_no_other_program(cloud: Cloud, operator: Client, neighbour: Client) -> None:
    before = cloud.dump()
    answer = operator.put("/v1/program", rules("p1-ecommerce").replace("id: ecommerce", "id: neighbour"))
    assert (answer.status, answer.problem, answer.pointers) == (422, "program-invalid", ["/id"])
    assert cloud.dump() == before


def test_every_flaw_of_a_program_is_told_with_its_place(cloud: Cloud, operator: Client) -> None:
    before = cloud.dump()
    broken = P2.replace("spend: 5000}", "spent: 5000}").replace("currency: CNY", "currency: yuan")
    answer = operator.put("/v1/program", broken)
    assert (answer.status, answer.problem) == (422, "program-invalid")
    assert len(answer.json["errors"]) >= 1
    assert all(error["detail"] for error in answer.json["errors"])
    unreadable = operator.put("/v1/program", "tiers: [")
    assert (unreadable.status, unreadable.problem) == (422, "program-invalid")
    for figure in ("1e999999999", "1e-999999999", "-1e400", ".nan", ".inf", "true", "0"):
        strange = operator.put("/v1/program", P2.replace("spend: 5000}", f"spend: {figure}}}"))
        assert (strange.status, strange.problem) == (422, "program-invalid"), figure
        assert strange.pointers[0].startswith("/tiers/1/qualify"), figure
    large = operator.send("PUT", "/v1/program", b"#" * 200_001)
    assert (large.status, large.problem) == (413, "too-large")
    assert cloud.dump() == before


def test_two_operators_at_once_make_two_versions(cloud: Cloud, operator: Client) -> None:
    dearer, dearest = P2.replace("spend: 5000}", "spend: 6000}"), P2.replace("spend: 5000}", "spend: 7000}")
    runtime.programs().versions("customer-policy")  # what another process still believes
    from membership.store.programs import Programs

    elsewhere = Programs(runtime.dynamodb(), runtime.tables(), lambda: 0)
    assert elsewhere.put(read_program(dearer), 2)
    answer = operator.put("/v1/program", dearest)
    assert (answer.status, answer.json["version"]) == (200, 3)


def test_the_largest_ladder_is_risen_through_at_once(cloud: Cloud) -> None:
    """As many tiers and rewards as a program may have fit one transaction: nobody gets stuck."""
    fresh = Client(cloud, runtime.access().issue("fresh", "operator", "x", NOW, runtime.random_text)[1])
    gifts = [{"id": f"r{m}", "points": 1, "name": {"en": "x" * 80, "zh": "礼" * 80}} for m in range(2)]
    rising = [{"id": f"t{n}", "qualify": {"spend": n}, "rewards": gifts} for n in range(1, 20)]
    tiers = [{"id": "t0", "rewards": gifts}, *rising]
    document = {"id": "fresh", "metrics": {"spend": {"sum": "order.amount"}}, "tiers": tiers}
    assert fresh.put("/v1/program", json.dumps(document)).status == 200
    assert fresh.post("/v1/events?wait=true", order(amount="300000.00")).status == 200
    [standing] = fresh.get("/v1/members/ann").json["standings"]
    assert standing["tier"]["id"] == "t19"
    told = fresh.get("/v1/members/ann/history?limit=100").json["data"]
    assert sum(one["type"] == "reward.granted" for one in told) == 40


@pytest.mark.proves("G2")
def test_a_version_carries_who_put_it_and_why(cloud: Cloud, operator: Client) -> None:
    dearer = P2.replace("spend: 5000}", "spend: 6000}")
    for reason in ("", " ", "a\nb", "x" * 501):
        before = cloud.dump()
        refused = operator.send("PUT", "/v1/program?" + urlencode({"reason": reason}), dearer)
        assert (refused.status, refused.problem) == (422, "invalid"), reason
        assert cloud.dump() == before
    assert operator.put("/v1/program?reason=" + quote("更贵的银卡"), dearer).status == 200
    versions = operator.get("/v1/program/versions").json["data"]
    signed = versions[0]["put"]
    assert (signed["reason"], signed["at"]) == ("更贵的银卡", "2026-11-24T08:00:00Z")
    assert signed["by"] in [key["key_id"] for key in operator.get("/v1/keys").json["data"]]
    assert "reason" not in versions[1]["put"]


@pytest.mark.proves("G2")
def test_an_earlier_version_is_put_back_by_a_direct_event(cloud: Cloud, operator: Client) -> None:
    assert operator.put("/v1/program", P2.replace("spend: 5000}", "spend: 6000}")).status == 200
    cloud.later(hours=1)
    asked = {"program": "customer-policy", "version": 1, "by": "Ann", "reason": "it was a mistake"}
    for version in (0, 3, True, "1"):
        before = cloud.dump()
        with pytest.raises((Refused, NotFound)):
            cloud.invoke("operate", {"roll_back": asked | {"version": version}})
        assert cloud.dump() == before
    told = cloud.invoke("operate", {"roll_back": asked})
    assert told == {"version": 3, "changed": True, "warnings": []}
    assert cloud.invoke("operate", {"roll_back": asked}) == told | {"changed": False}
    newest, *_ = operator.get("/v1/program/versions").json["data"]
    assert (newest["version"], newest["in_force"]) == (3, True)
    assert (newest["put"]["by"], newest["put"]["reason"]) == ("Ann", "it was a mistake")
    assert operator.get("/v1/program/changes?from=1&to=3").json["changes"] == []


# ── Keys ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_first_key_is_issued_from_nothing(cloud: Cloud) -> None:
    told = cloud.invoke("operate", json.loads((EVENTS / "operate" / "issue_key.json").read_text()))
    assert set(told) == {"key_id", "secret"}
    assert runtime.access().caller(told["secret"]) == Caller("cdnow", "operator", told["key_id"])


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"program": "Demo", "label": "x"},
        {"program": "a#b", "label": "x"},
        {"program": "demo", "label": ""},
        {"program": "demo", "label": "x", "role": "admin"},
        {"program": "demo", "label": "x", "more": 1},
    ],
)
def test_a_first_key_that_cannot_be(cloud: Cloud, asked: Any) -> None:
    with pytest.raises(Exception, match="Not valid"):
        cloud.invoke("operate", {"issue_key": asked})


def test_a_key_is_told_once_and_kept_as_a_digest(cloud: Cloud, operator: Client) -> None:
    issued = operator.post("/v1/keys", {"role": "storefront", "label": "shop"})
    assert issued.status == 201
    assert issued.json["secret"].startswith("tw_")
    listed = operator.get("/v1/keys")
    assert issued.json["key"] in listed.json["data"]
    assert issued.json["secret"] not in listed.body
    assert issued.json["secret"] not in repr(cloud.dump())


def test_a_revoked_key_opens_nothing(cloud: Cloud, operator: Client) -> None:
    issued = operator.post("/v1/keys", {"role": "storefront", "label": "shop"}).json
    shop = Client(cloud, issued["secret"])
    assert shop.get("/v1/program").status == 200
    url = f"/v1/keys/{issued['key']['key_id']}"
    assert [operator.delete(url).status for _ in range(2)] == [204, 204]
    assert shop.get("/v1/program").status == 401
    [revoked] = [key for key in operator.get("/v1/keys").json["data"] if "revoked_at" in key]
    assert revoked["key_id"] == issued["key"]["key_id"]


def test_nobody_saws_off_the_branch_they_sit_on(operator: Client) -> None:
    [own] = operator.get("/v1/keys").json["data"]
    answer = operator.delete(f"/v1/keys/{own['key_id']}")
    assert (answer.status, answer.problem) == (409, "conflict")
    assert operator.get("/v1/keys").status == 200


def test_another_programs_key_is_nobodys(operator: Client, neighbour: Client) -> None:
    [theirs] = neighbour.get("/v1/keys").json["data"]
    answer = operator.delete(f"/v1/keys/{theirs['key_id']}")
    assert (answer.status, answer.problem) == (404, "not-found")
    assert neighbour.get("/v1/keys").status == 200


# ── The webhook ───────────────────────────────────────────────────────────────────────────────────


def test_a_webhook_has_a_secret_that_is_told_when_it_is_made(cloud: Cloud, operator: Client) -> None:
    assert operator.get("/v1/channels/webhook").problem == "not-found"
    assert operator.post("/v1/channels/webhook/rotate").problem == "not-found"
    first = operator.put("/v1/channels/webhook", {"url": "https://shop.example/hooks"})
    assert first.json["secret"].startswith("whsec_")
    moved = operator.put("/v1/channels/webhook", {"url": "https://shop.example/other"})
    assert "secret" not in moved.json
    assert moved.json["url"] == "https://shop.example/other"
    cloud.later(hours=1)
    rotated = operator.post("/v1/channels/webhook/rotate")
    assert rotated.json["secret"] not in (None, first.json["secret"])
    assert [one.get("expires_at") for one in rotated.json["secrets"]] == [None, "2026-11-25T09:00:00Z"]
    shown = operator.get("/v1/channels/webhook")
    assert "whsec_" not in shown.body
    assert len(shown.json["secrets"]) == 2
    cloud.later(days=2)
    assert len(operator.get("/v1/channels/webhook").json["secrets"]) == 1, "the old one signs no more"


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/hooks",
        "https://169.254.169.254/latest/meta-data",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://user:password@shop.example/",
        "ftp://shop.example/",
        "javascript:alert(1)",
        "https://",
        "https://shop.example/\n",
        "https://商店.example/",
        "",
        "a" * 2001,
        7,
    ],
)
def test_where_no_webhook_goes(cloud: Cloud, operator: Client, url: Any) -> None:
    before = cloud.dump()
    answer = operator.put("/v1/channels/webhook", {"url": url})
    assert (answer.status, answer.problem, answer.pointers) == (422, "invalid", ["/url"])
    assert cloud.dump() == before


# ── Providers ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.proves("B9")
def test_a_kind_has_a_provider_with_secrets_of_its_own(cloud: Cloud, operator: Client) -> None:
    hook = operator.put("/v1/channels/webhook", {"url": "https://shop.example/hooks"}).json["secret"]
    asked = {"channel": "webhook", "url": "https://coupons.example/"}
    first = operator.put("/v1/providers/coupons", asked)
    assert (first.json["kind"], first.json["url"]) == ("coupons", "https://coupons.example/")
    assert first.json["secret"] not in (None, hook)
    assert "secret" not in operator.put("/v1/providers/coupons", asked | {"url": "https://c.example/"}).json
    cloud.later(hours=1)
    rotated = operator.post("/v1/providers/coupons/rotate").json
    assert rotated["secret"] not in (hook, first.json["secret"])
    assert [one.get("expires_at") for one in rotated["secrets"]] == [None, "2026-11-25T09:00:00Z"]
    listed = operator.get("/v1/providers")
    assert [(one["kind"], one["url"]) for one in listed.json["data"]] == [("coupons", "https://c.example/")]
    assert "whsec_" not in listed.body
    assert operator.get("/v1/channels/webhook").json["url"] == "https://shop.example/hooks"
    assert [operator.delete("/v1/providers/coupons").status for _ in range(2)] == [204, 204]
    assert operator.get("/v1/providers").json == {"data": []}
    assert operator.post("/v1/providers/coupons/rotate").problem == "not-found"


def test_a_provider_that_cannot_be(cloud: Cloud, operator: Client) -> None:
    before = cloud.dump()
    for kind, asked, place in (
        ("coupons", {"channel": "webhook", "url": "http://169.254.169.254/"}, "/url"),
        ("coupons", {"channel": "webhook"}, "/url"),
        ("coupons", {"channel": "fax"}, "/channel"),
        ("coupons", {"channel": "topic"}, "/channel"),  # this stack has none
        ("messages", {"channel": "mail"}, "/channel"),
        ("presents", {"channel": "webhook", "url": "https://c.example/"}, "kind"),
    ):
        answer = operator.put(f"/v1/providers/{kind}", asked)
        assert (answer.status, answer.problem, answer.pointers) == (422, "invalid", [place]), asked
    assert cloud.dump() == before


def test_channels_of_the_account_are_there_where_the_stack_has_them(
    operator: Client, neighbour: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MESSAGE_TOPIC", "arn:aws:sns:us-east-1:123456789012:club")
    monkeypatch.setenv("EMAIL_SENDER", "club@shop.example")
    runtime.settings.cache_clear()
    assert operator.put("/v1/providers/gifts", {"channel": "topic"}).json == {
        "kind": "gifts",
        "channel": "topic",
    }
    told = operator.put("/v1/providers/messages", {"channel": "mail", "language": "zh"}).json
    assert told == {"kind": "messages", "channel": "mail", "language": "zh"}
    assert operator.put("/v1/providers/gifts", {"channel": "mail"}).pointers == ["/channel"]
    assert operator.post("/v1/providers/gifts/rotate").problem == "not-found"
    assert neighbour.get("/v1/providers").json == {"data": []}
    hook = {"channel": "webhook", "url": "https://g.example/"}
    assert "secret" in operator.put("/v1/providers/gifts", hook).json


# ── Deliveries ────────────────────────────────────────────────────────────────────────────────────


def delivery(n: int, program: str = "customer-policy", **changes: Any) -> Delivery:
    outcome = {"id": f"out_{n}", "program": program, "member_id": f"m{n}", "type": "message.due", "data": {}}
    saved = Delivery.of(outcome, NOW.replace(minute=n)).model_copy(update=changes)
    assert runtime.deliveries().save(saved, None)
    return saved


def test_deliveries_are_listed_newest_first(operator: Client, neighbour: Client) -> None:
    saved = [delivery(n, status="failed" if n % 2 else "delivered") for n in range(5)]
    delivery(9, "neighbour")
    listed = operator.get("/v1/deliveries").json
    assert [one["id"] for one in listed["data"]] == [one.id for one in reversed(saved)]
    assert "next_cursor" not in listed
    failed = operator.get("/v1/deliveries?status=failed").json["data"]
    assert [one["member_id"] for one in failed] == ["m3", "m1"]
    assert len(neighbour.get("/v1/deliveries").json["data"]) == 1


def test_deliveries_come_in_pages(operator: Client, neighbour: Client) -> None:
    saved = [delivery(n) for n in range(5)]
    found, url = [], "/v1/deliveries?limit=2"
    for _ in range(3):
        page = operator.get(url).json
        found += [one["id"] for one in page["data"]]
        cursor = page.get("next_cursor")
        url = f"/v1/deliveries?limit=2&cursor={cursor}"
        if cursor:
            assert neighbour.get(url).problem == "bad-cursor"
            assert operator.get(url + "&status=failed").problem == "bad-cursor"
    assert cursor is None
    assert found == [one.id for one in reversed(saved)]


def test_a_delivery_is_sent_again_under_its_own_id(cloud: Cloud, operator: Client) -> None:
    saved = delivery(1, status="failed")
    answer = operator.post(f"/v1/deliveries/{saved.id}/resend")
    assert (answer.status, answer.json["status"]) == (202, "pending")
    assert cloud.messages() == [{"resend": {"program": "customer-policy", "delivery_id": saved.id}}]


@pytest.mark.proves("B9")
def test_what_is_stuck_is_listed_with_its_reason(operator: Client) -> None:
    tried = Attempt(at=NOW, status=500, detail="no stock")
    waiting = delivery(1, attempts=2, log=(tried, tried), next_at=NOW.replace(hour=9))
    unheard = tried.model_copy(update={"status": None, "detail": "no answer within 5 seconds"})
    failed = delivery(2, status="failed", attempts=6, log=(unheard,))
    delivery(3, status="delivered", attempts=1, log=(tried,))
    delivery(4, status="cancelled")
    listed = operator.get("/v1/deliveries?status=stuck").json["data"]
    assert [(one["id"], one["status"]) for one in listed] == [(failed.id, "failed"), (waiting.id, "pending")]
    assert listed[0]["stuck"] == "given up after 6 attempts; no answer within 5 seconds"
    assert (listed[1]["stuck"], listed[1]["attempts"]) == ("answered 500: no stock", 2)
    assert (listed[1]["next_attempt_at"], listed[1]["kind"]) == ("2026-11-24T09:00:00Z", "messages")
    told = operator.get(f"/v1/deliveries/{waiting.id}").json
    assert told.pop("log") == [{"at": "2026-11-24T08:00:00Z", "status": 500, "detail": "no stock"}] * 2
    assert told == listed[1]


@pytest.mark.proves("B9")
def test_a_delivery_is_cancelled_unless_it_is_too_late(cloud: Cloud, operator: Client) -> None:
    waiting, done = delivery(1, attempts=1), delivery(2, status="delivered", attempts=1)
    [key] = operator.get("/v1/keys").json["data"]
    answer = operator.post(f"/v1/deliveries/{waiting.id}/cancel")
    assert (answer.status, answer.json["status"]) == (200, "cancelled")
    assert answer.json["cancelled"] == {"at": "2026-11-24T08:00:00Z", "by": key["key_id"]}
    assert operator.post(f"/v1/deliveries/{waiting.id}/cancel").json == answer.json
    assert operator.post(f"/v1/deliveries/{waiting.id}/resend").problem == "conflict"
    assert operator.post(f"/v1/deliveries/{done.id}/cancel").problem == "conflict"
    begun = delivery(3, attempts=1)
    runtime.deliveries().begin(begun, NOW, NOW.replace(minute=2))
    assert operator.post(f"/v1/deliveries/{begun.id}/cancel").problem == "conflict"
    cloud.later(minutes=3)
    assert operator.post(f"/v1/deliveries/{begun.id}/cancel").status == 200
    assert cloud.messages() == []


def test_another_programs_delivery_is_nobodys(cloud: Cloud, operator: Client, neighbour: Client) -> None:
    saved = delivery(1, status="failed")
    before = cloud.dump()
    theirs = neighbour.post(f"/v1/deliveries/{saved.id}/resend")
    nobodys = neighbour.post("/v1/deliveries/dlv_0/resend")
    assert theirs == nobodys
    for method, url in (("GET", ""), ("POST", "/cancel")):
        assert neighbour.send(method, f"/v1/deliveries/{saved.id}{url}").problem == "not-found"
    assert (theirs.status, theirs.problem) == (404, "not-found")
    assert cloud.dump() == before
    assert cloud.messages() == []


# ── Tenancy ───────────────────────────────────────────────────────────────────────────────────────


def test_programs_never_see_each_other(cloud: Cloud, operator: Client, neighbour: Client) -> None:
    """The same ids in two programs are two members, two orders, two histories."""
    operator.post("/v1/events?wait=true", order(amount="6000.00"))
    neighbour.post("/v1/events?wait=true", order(amount="1.00"))
    [ours] = operator.get("/v1/members/ann").json["standings"]
    [theirs] = neighbour.get("/v1/members/ann").json["standings"]
    assert (ours["tier"]["id"], theirs["tier"]["id"]) == ("silver", "bronze")
    history = operator.get("/v1/members/ann/history").json["data"]
    envelopes = [Envelope.model_validate(one | {"program": "x", "member_id": "ann"}) for one in history]
    assert len({one.id for one in envelopes}) == len(envelopes)
    others = {one["id"] for one in neighbour.get("/v1/members/ann/history").json["data"]}
    assert not others & {one.id for one in envelopes}
