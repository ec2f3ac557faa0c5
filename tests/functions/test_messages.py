"""A look at a message before its words are put; and what a member wishes to be told."""

from typing import Any

import pytest

from tests.functions.conftest import Client, Cloud, order
from tests.programs import rules

PREVIEW = "/v1/messages/preview"
WORDS = {"en": "Hello $tier of $program", "zh": "$tier，您好"}


def program(**messages: Any) -> str:
    lines = [f"  {name}: {said}" for name, said in messages.items()]
    return rules("p2-customer-policy") + "\n".join(["", "messages:", *lines, ""])


def test_a_message_is_looked_at_in_words_that_are_given(cloud: Cloud, operator: Client) -> None:
    before = cloud.dump()
    answer = operator.post(
        PREVIEW, {"about": "tier.upgraded", "template": WORDS, "fields": {"program": "Us"}}
    )
    assert answer.status == 200
    assert (answer.json["words"], answer.json["purpose"]) == ("given", "membership")
    assert answer.json["text"]["en"] == "Hello Silver of Us"
    assert answer.json["text"]["zh"].endswith("，您好")
    assert answer.json["fields"]["program"] == {"en": "Us", "zh": "Us"}
    assert cloud.dump() == before
    assert cloud.messages() == []


def test_a_message_is_looked_at_in_words_that_are_saved_or_ours(operator: Client) -> None:
    assert operator.post(PREVIEW, {"about": "tier.kept"}).json["words"] == "standard"
    saved = "{tier.kept: {en: 'Still $tier', zh: 仍是$tier}}"
    assert operator.put("/v1/program", program(templates=saved)).status == 200
    cloud = operator.cloud
    cloud.later(seconds=1)
    kept = operator.post(PREVIEW, {"about": "tier.kept", "fields": {"tier": "Gold"}}).json
    assert (kept["words"], kept["text"]) == ("saved", {"en": "Still Gold", "zh": "仍是Gold"})


def test_samples_say_what_is_still_to_do(operator: Client) -> None:
    notice = operator.post(PREVIEW, {"about": "tier.will_downgrade"}).json
    assert notice["purpose"] == "notice"
    assert "more" in notice["fields"]["ways"]["en"]
    assert "再" in notice["fields"]["ways"]["zh"]
    assert notice["text"]["en"].startswith("Your Silver ends on 2026-12-25;")


WRONG: list[tuple[dict[str, Any], list[str], str]] = [
    ({"about": "tier.upgrade"}, ["/about"], "there is no message 'tier.upgrade'. Did you mean tier."),
    (
        {"about": "tier.kept", "template": {"en": "$teir", "zh": "$tier $"}},
        ["/template/en", "/template/zh"],
        "there is no field $teir. Did you mean $tier?",
    ),
    ({"about": "tier.kept", "fields": {"teir": "x"}}, ["/fields/teir"], "there is no field $teir. Did"),
    ({"about": "tier.kept", "template": {"en": "x"}}, ["/template/zh"], ""),
    ({"about": "tier.kept", "fields": {"tier": "a\nb"}}, ["/fields/tier"], ""),
    ({}, ["/about"], ""),
    ({"about": "tier.kept", "member_id": "ann"}, ["/member_id"], ""),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "pointers", "detail"), WRONG)
def test_what_would_not_do_is_said_with_its_place(
    operator: Client, asked: dict[str, Any], pointers: list[str], detail: str
) -> None:
    answer = operator.post(PREVIEW, asked)
    assert (answer.status, answer.problem) == (422, "invalid")
    assert answer.pointers == pointers
    assert answer.json["errors"][0]["detail"].startswith(detail)


def test_a_program_with_a_wrong_template_is_refused_with_its_place(operator: Client) -> None:
    wrong = "{tier.upgraded: {en: Hello $tire, zh: 您好}}"
    answer = operator.put("/v1/program", program(templates=wrong))
    assert answer.problem == "program-invalid"
    assert answer.pointers == ["/messages/templates/tier.upgraded/en"]
    assert answer.json["errors"][0]["detail"] == "there is no field $tire. Did you mean $tier?"


@pytest.mark.proves("B10")
def test_wishes_of_a_member_are_kept_and_kept_to(cloud: Cloud, operator: Client, shop: Client) -> None:
    assert (
        operator.put("/v1/program", program(most_per_month=1, quiet="{from: 22:00, to: 08:00}")).status == 200
    )
    cloud.later(seconds=1)
    wishes = {
        "timezone": "America/New_York",
        "language": "zh",
        "opted_out": ["offers"],
        "opted_in": ["weekly"],
    }
    assert shop.put("/v1/members/ann", wishes).status == 200
    assert shop.get("/v1/members/ann").json["attributes"] == wishes
    cloud.later(hours=1)
    first = shop.post("/v1/events?wait=true", order(amount="5000.00", order_id="a", occurred_at=now(cloud)))
    [message] = messages(first)
    # Five in the afternoon in Shanghai is four in the morning there.
    assert (message["language"], message["not_before"]) == ("zh", "2026-11-24T13:00:00Z")
    second = shop.post("/v1/events?wait=true", order(amount="15000.00", order_id="b", occurred_at=now(cloud)))
    [message] = messages(second)
    assert message["withheld"] == "cap"
    assert message["celebration"]["certificate"]["number"]
    kept = [one for one in shop.get("/v1/members/ann/history").json["data"] if one["type"] == "message.due"]
    assert [one["data"].get("withheld") for one in kept] == ["cap", None]


def now(cloud: Cloud) -> str:
    return cloud.now.isoformat()


def messages(answer: Any) -> list[dict[str, Any]]:
    assert answer.status == 200, answer
    return [one["data"] for one in answer.json["members"][0]["outcomes"] if one["type"] == "message.due"]


@pytest.mark.parametrize(
    ("attributes", "detail"),
    [
        ({"timezone": "Asia/Shangai"}, "is not a time zone. Did you mean Asia/Shanghai?"),
        ({"timezone": "../etc/passwd"}, "is not a time zone. "),
        ({"timezone": ""}, ""),
        ({"language": "fr"}, ""),
        ({"opted_out": ["notice"]}, ""),
        ({"opted_out": "offers"}, ""),
        ({"opted_in": ["daily"]}, ""),
        ({"opted_in": None}, ""),
    ],
)
def test_wishes_that_nobody_knows_are_refused(shop: Client, attributes: dict[str, Any], detail: str) -> None:
    answer = shop.put("/v1/members/ann", attributes)
    assert answer.problem == "invalid"
    assert answer.json["errors"][0]["pointer"].startswith(f"/{next(iter(attributes))}")
    assert detail in answer.json["errors"][0]["detail"]
