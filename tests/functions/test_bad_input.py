"""Whatever is sent gets a documented problem that points to what is wrong, and nothing changes."""

import json
import re
from itertools import islice
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from membership import runtime
from membership.http.operations import BY_ID, OPERATIONS
from membership.http.problems import Refused, problem_of
from tests.functions import bad_input
from tests.functions.conftest import Answer, Client, Cloud, order
from tests.programs import rules

IDS = {
    "with a hash": "a#b",
    "with NUL": "a\x00b",
    "with a line break": "a\n",
    "with a mark that reverses text": "\u202ecod",
    "half a character": "\ud800",
    "full width": "ａ１",
    "empty": "",
    "a dot first": ".a",
    "a path": "../a",
    "129 characters": "a" * 129,
    "256 characters": "a" * 256,
    "a number": 7,
    "true": True,
    "null": None,
    "a list": ["a"],
}
AMOUNTS = {
    "a float": 1.5,
    "a whole float": 199.0,
    "NaN as text": "NaN",
    "infinite as text": "Infinity",
    "an exponent as text": "1e5",
    "true": True,
    "null": None,
    "negative": "-1.00",
    "less than nothing by nothing": "-0",
    "with a plus": "+1.00",
    "on two lines": "1.00\n",
    "a negative integer": -1,
    "too precise": "1.999",
    "too large": "10000000000000.01",
    "10^30": 10**30,
    "many digits": "9" * 5000,
    "empty": "",
    "blank": " ",
    "with a sign of the currency": "¥199",
    "with a comma": "1,000.00",
    "Arabic digits": "١٢٣",
    "an object": {"value": 1},
}
TIMES = {
    "ten minutes ahead": "2026-11-24T16:10:00+08:00",
    "next year": "2027-11-24T00:00:00Z",
    "the end of time": "9999-12-31T23:59:59-14:00",
    "before 1970": "1969-12-31T23:59:59Z",
    "the first day": "0001-01-01T00:00:00+14:00",
    "without an offset": "2026-11-24T15:00:00",
    "a day alone": "2026-11-24",
    "a number": 1_790_000_000,
    "a number as text": "1790000000",
    "30 February": "2026-02-30T00:00:00Z",
    "24:61": "2026-11-24T24:61:00Z",
    "of another calendar": "2026-W48-2T00:00:00Z",
    "empty": "",
    "null": None,
}


def data(**changes: Any) -> dict[str, Any]:
    return order()["data"] | changes


def profile(**attributes: Any) -> dict[str, Any]:
    return order(type="profile", data=attributes)


def activity(**told: Any) -> dict[str, Any]:
    return order(type="activity", data={"kind": "review"} | told)


EVENTS: dict[str, tuple[Any, str]] = {
    **{f"id {name}": (order(id=value), "/id") for name, value in IDS.items()},
    **{f"member {name}": (order(member_id=value), "/member_id") for name, value in IDS.items()},
    **{f"order {name}": (order(data=data(order_id=value)), "/data/order_id") for name, value in IDS.items()},
    **{f"amount {name}": (order(data=data(amount=value)), "/data/amount") for name, value in AMOUNTS.items()},
    **{f"time {name}": (order(occurred_at=value), "/occurred_at") for name, value in TIMES.items()},
    "a refund of nothing": (order(type="refund", data=data(amount="0.00")), "/data/amount"),
    "another currency": (order(data=data(currency="USD")), "/data/currency"),
    "no currency at all": (order(data=data(currency="yuan")), "/data/currency"),
    "a tier": (order(tier="diamond"), "/tier"),
    "points": (order(data=data(points=5000)), "/data/points"),
    "a key with a slash": (order(**{"a/b~c": 1}), "/a~1b~0c"),
    "an unknown type": (order(type="review"), "/type"),
    "a type that is no text": (order(type=["order"]), "/type"),
    "no type": ({name: value for name, value in order().items() if name != "type"}, "/type"),
    "no data": ({name: value for name, value in order().items() if name != "data"}, "/data"),
    "data of another type": (order(type="activity"), "/data/kind"),
    "data that is a list": (order(data=[]), "/data"),
    "no object": (7, ""),
    "null": (None, ""),
    "text": ("order", ""),
    "a kind that is a type": (activity(kind="order"), "/data/kind"),
    "a blank kind": (activity(kind=" "), "/data/kind"),
    "a long kind": (activity(kind="a" * 65), "/data/kind"),
    "a kind with NUL": (activity(kind="a\x00"), "/data/kind"),
    "quality as a float": (activity(quality=4.0), "/data/quality"),
    "quality as text": (activity(quality="4"), "/data/quality"),
    "quality as true": (activity(quality=True), "/data/quality"),
    "value of 10^30": (activity(value=10**30), "/data/value"),
    "a profile of nothing": (profile(), "/data"),
    "joined tomorrow": (profile(joined="2026-11-25"), "/data/joined"),
    "joined before anybody": (profile(joined="1899-12-31"), "/data/joined"),
    "joined at a time": (profile(joined="2026-11-24T00:00:00Z"), "/data/joined"),
    "joined on no day": (profile(joined="2026-02-30"), "/data/joined"),
    "born on 30 February": (profile(birthday="02-30"), "/data/birthday"),
    "a birthday with its year": (profile(birthday="1990-02-28"), "/data/birthday"),
    "recommended by themselves": (profile(referrer="ann"), "/data/referrer"),
    "a referrer with a hash": (profile(referrer="a#b"), "/data/referrer"),
    "a label that doesn't show": (profile(labels=["vip", "\u202e"]), "/data/labels/1"),
    "21 labels": (profile(labels=[f"l{n}" for n in range(21)]), "/data/labels"),
    "labels that are text": (profile(labels="vip"), "/data/labels"),
    **{
        f"null for {name}": (profile(**{"birthday": "02-29", name: None}), f"/data/{name}")
        for name in ("joined", "birthday", "referrer", "labels")
    },
    "two nulls": (profile(joined=None, labels=None), "/data/joined"),
}

BODIES: dict[str, tuple[bytes | str | None, int, str]] = {
    "nothing": (None, 400, "malformed"),
    "an empty text": ("", 400, "malformed"),
    "no JSON": ("order", 400, "malformed"),
    "bytes that are no text": (b"\xff\xfe\x00{", 400, "malformed"),
    "half a character in bytes": (b'{"id": "\xed\xa0\x80"}', 400, "malformed"),
    "half a character in text": ('{"id": "\ud800"}', 400, "malformed"),
    "another encoding": ('{"id": "é"}'.encode("latin-1"), 400, "malformed"),
    "UTF-16": ("{}".encode("utf-16"), 400, "malformed"),
    "a byte order mark": (b"\xef\xbb\xbf{}", 400, "malformed"),
    "NaN": ('{"data": {"amount": NaN}}', 400, "malformed"),
    "infinite": ('{"data": {"amount": -Infinity}}', 400, "malformed"),
    "a key twice": ('{"id": "a", "id": "b"}', 400, "malformed"),
    "a key twice, deeper": ('[{"data": {"amount": "1.00", "amount": "9.00"}}]', 400, "malformed"),
    "100,000 brackets": ("[" * 100_000, 400, "malformed"),
    "a deep document": ("[" * 5_000 + "]" * 5_000, 400, "malformed"),
    "a number of 5,000 digits": ("9" * 5_000, 400, "malformed"),
    "two documents": ("{} {}", 400, "malformed"),
    "10 MB": (b" " * 10_000_000, 413, "too-large"),
    "10 MB of text": ("x" * 10_000_000, 413, "too-large"),
    "one byte too many": (b" " * 1_000_001, 413, "too-large"),
    "no event": ("[]", 422, "invalid"),
    "101 events": (json.dumps([order(order_id=f"o{n}") for n in range(101)]), 422, "invalid"),
    "null": ("null", 422, "invalid"),
    "a number": ("1e400", 422, "invalid"),
    "text": ('"order"', 422, "invalid"),
    "1e400 as an amount": (json.dumps(order()).replace('"199.00"', "1e400"), 422, "invalid"),
}


def test_an_event(cloud: Cloud, shop: Client, subtests: pytest.Subtests) -> None:
    before = cloud.dump()
    for case, (event, pointer) in EVENTS.items():
        with subtests.test(case):
            if isinstance(event, dict):
                alone = shop.post("/v1/events", event)
                assert (alone.status, alone.problem) == (422, "invalid")
                assert pointer in alone.pointers
                assert_plain(alone)
            among_others = shop.post("/v1/events?wait=true", [event])
            assert among_others.status == 200
            [told] = among_others.json["data"]
            assert told["status"] == "invalid"
            assert f"/0{pointer}" in [error["pointer"] for error in told["errors"]]
            assert cloud.dump() == before


def test_a_body(cloud: Cloud, shop: Client, subtests: pytest.Subtests) -> None:
    before = cloud.dump()
    for case, (body, status, problem) in BODIES.items():
        with subtests.test(case):
            answer = shop.send("POST", "/v1/events", body)
            assert (answer.status, answer.problem) == (status, problem)
            assert answer.pointers
            assert_plain(answer)
            assert cloud.dump() == before


def assert_plain(answer: Answer) -> None:
    """Every error has its place, and words that speak neither of our models nor of a library."""
    for error in answer.json["errors"]:
        assert error.keys() & {"pointer", "parameter"}
        assert not PYDANTICS.search(error["detail"]), error["detail"]


PYDANTICS = re.compile("should|[Ii]nput|valid dictionary|instance of|after validation|pattern|Value error")


@pytest.mark.parametrize("label", ["", " ", "a" * 101, "a\nb", "\u202ea", "\x1b[31m", "\ud800", None, 7])
def test_a_label_of_a_key(label: Any, cloud: Cloud, operator: Client) -> None:
    before = cloud.dump()
    answer = operator.post("/v1/keys", {"role": "storefront", "label": label})
    assert (answer.status, answer.problem, answer.pointers) == (422, "invalid", ["/label"])
    assert_plain(answer)
    with pytest.raises(Refused):
        cloud.invoke("operate", {"issue_key": {"program": "demo", "label": label}})
    assert cloud.dump() == before


def test_what_has_no_place_in_a_program_points_to_all_of_it(operator: Client) -> None:
    for body in ("tiers: [", b"\xff\xfe", "7", "{" * 50, '{"id": "a", "id": "b"}'):
        answer = operator.send("PUT", "/v1/program", body)
        assert answer.problem == "program-invalid"
        assert all("pointer" in error for error in answer.json["errors"]), body


WITH_BODY = [operation.id for operation in OPERATIONS if operation.body]


def test_every_route_reads_bodies_alike(cloud: Cloud, operator: Client, subtests: pytest.Subtests) -> None:
    operator.post("/v1/events?wait=true", order())
    before = cloud.dump()
    strange = (None, b"\xff\xfe", "[" * 50_000, "7", '"a"', "null", '{"no such field": 1}', b" " * 2_000_000)
    for operation in (BY_ID[one] for one in WITH_BODY):
        for body in strange:
            with subtests.test(f"{operation.id} {(body or '')[:20]!r}"):
                answer = operator.send(operation.method, operation.path.replace("{member_id}", "ann"), body)
                assert answer.status in (400, 413, 422)
                assert answer.problem in {kind.slug for kind in operation.all_problems}
                assert_plain(answer)
                assert cloud.dump() == before


def test_an_id_in_a_path(cloud: Cloud, operator: Client, subtests: pytest.Subtests) -> None:
    before = cloud.dump()
    for operation in OPERATIONS:
        _, brace, name = operation.path.partition("{")
        name, _, _ = name.partition("}")
        for case, value in IDS.items() if brace else ():
            if isinstance(value, str) and value:  # nothing else is in a path
                with subtests.test(f"{operation.id} {case}"):
                    event = as_operator(operation.method, operation.path) | {
                        "pathParameters": {name: value},
                        "body": json.dumps({"amount": "1.00"} if operation.id == "post_preview" else {}),
                    }
                    told = cloud.invoke(operation.function, event)
                    assert told["statusCode"] == 422
                    assert json.loads(told["body"])["errors"][0]["parameter"] == name
                    assert cloud.dump() == before


def as_operator(method: str, path: str) -> dict[str, Any]:
    """An event that the authorizer has let pass."""
    authorizer = {"program": "customer-policy", "role": "operator", "key_id": "key_x"}
    return {"resource": path, "httpMethod": method, "requestContext": {"authorizer": authorizer}}


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("lang=fr", "lang"),
        ("lang=", "lang"),
        ("lang=en&lang=zh", "lang"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=1.0", "limit"),
        ("limit=-1", "limit"),
        ("limit=%D9%A1", "limit"),
        ("limit=" + "9" * 5000, "limit"),
        ("cursor=" + "a" * 501, "cursor"),
        ("curser=a", "curser"),
    ],
)
def test_a_parameter(query: str, parameter: str, shop: Client) -> None:
    answer = shop.get(f"/v1/members/ann/history?{query}")
    assert (answer.status, answer.problem, answer.pointers) == (422, "invalid", [parameter])


@pytest.mark.proves("G1")
def test_whatever_is_sent_gets_a_documented_answer_and_a_refusal_changes_nothing() -> None:
    """`make bad-input` sends 50,000, and other ones with another seed."""
    report = bad_input.run(3_000, seed=7)
    assert report.faults == []
    assert len(report.operations) == len(OPERATIONS)
    assert {200, 204, 400, 403, 404, 413, 422} <= {*report.answers}


def test_one_seed_gives_the_same_requests() -> None:
    one, other = (repr([*islice(bad_input.Generator(3), 100)]) for _ in range(2))
    assert one == other


def test_an_escaped_id_is_the_same_id(cloud: Cloud, shop: Client) -> None:
    shop.post("/v1/events?wait=true", order(member="a:b@c.d+e=f"))
    event = as_operator("GET", "/v1/members/{member_id}")
    escaped = event | {"pathParameters": {"member_id": "a%3Ab%40c.d+e%3Df"}}
    assert cloud.invoke("members", escaped)["statusCode"] == 200


def test_every_single_thing_that_is_wrong_is_told_at_once(shop: Client) -> None:
    event = order(id="#", occurred_at="yesterday", data=data(amount=1.5, points=1))
    answer = shop.post("/v1/events", event)
    assert set(answer.pointers) == {"/id", "/occurred_at", "/data/amount", "/data/points"}


_DONE = {"id": "a1", "by": "Li Wei", "reason": "as agreed"}
SOUND = {
    "post_events": json.dumps(order()),
    "post_preview": json.dumps({"amount": "1.00"}),
    "post_key": json.dumps({"role": "operator", "label": "x"}),
    "put_program": rules("p2-customer-policy"),
    "post_action": json.dumps({**_DONE, "type": "block"}),
    "post_approval": json.dumps({**_DONE, "verdict": "approve"}),
    "post_redemption": json.dumps({"id": "r1", "reward": "mug"}),
    "cancel_redemption": json.dumps(_DONE),
    "put_codes": json.dumps({"codes": ["A"]}),
    "post_message_preview": json.dumps({"about": "tier.upgraded"}),
    "put_provider": json.dumps({"channel": "webhook", "url": "https://shop.example/"}),
}
"""A body for each operation that asks for one in particular."""


def test_a_table_out_of_reach_is_told_as_such(
    cloud: Cloud, shop: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """No call gets through, and no retry of it."""
    shop.post("/v1/events?wait=true", order())
    before = cloud.dump()
    runtime.forget()

    def lose(request: Any, **_: Any) -> None:
        raise ConnectTimeoutError(endpoint_url=request.url)

    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    runtime.dynamodb().meta.events.register_first("before-send.dynamodb", lose)
    for operation in OPERATIONS:
        if operation.roles and operation.id != "put_webhook":
            event = as_operator(operation.method, operation.path) | {
                "pathParameters": dict.fromkeys(
                    ("member_id", "key_id", "delivery_id", "approval_id", "redemption_id", "reward_id"), "ann"
                )
                | {"kind": "gifts"},
                "body": SOUND.get(operation.id, "{}"),
            }
            told = cloud.invoke(operation.function, event)
            assert told["statusCode"] == 503, operation.id
            assert told["headers"]["Retry-After"] == "1"
            assert json.loads(told["body"])["type"] == "urn:tierwise:problem:busy"
    assert "ConnectTimeoutError" in caplog.text
    assert cloud.dump() == before


def test_throttling_that_outlives_its_retries_is_no_mistake_of_ours() -> None:
    for code in ("ThrottlingException", "ProvisionedThroughputExceededException", "InternalServerError"):
        assert problem_of(ClientError({"Error": {"Code": code}}, "Query")).type.endswith(":busy")
    for code in ("ValidationException", "AccessDeniedException", "ResourceNotFoundException"):
        assert problem_of(ClientError({"Error": {"Code": code}}, "Query")).type.endswith(":internal")


def test_a_mistake_of_ours_tells_nothing_but_that_it_happened(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("STATE_TABLE", "no-such-table")
    runtime.forget()
    told = cloud.invoke("operate", as_operator("GET", "/v1/keys"))
    assert told["statusCode"] == 500
    assert "no-such-table" not in told["body"]
    assert "ResourceNotFoundException" not in told["body"]
    assert "ResourceNotFoundException" in caplog.text, "but the log has it"
