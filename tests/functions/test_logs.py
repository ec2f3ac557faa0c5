"""No line of any function's log says anything of a member, whatever goes wrong; nor does it hold a secret."""

import importlib
import io
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from functions.dispatch import app as dispatch
from membership import runtime
from membership.http.operations import OPERATIONS
from membership.pseudonyms import pseudonym
from tests.functions.conftest import Client, Cloud
from tests.functions.test_bad_input import SOUND, as_operator
from tests.functions.test_trust import PERSONAL, Lambda, live, office, till
from tests.template import FUNCTIONS

__all__ = ["office", "till"]  # fixtures

WORDS = "ann's window seat, by Li Wei"
WHO = {"program": "cafe", "member_id": "ann"}


class Log:
    """Every line that Lambda would keep, and what may be in none of them."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.secrets = {*PERSONAL, "Li Wei", "o-ann", "cafe#ann"}

    def check(self) -> str:
        said = self.stream.getvalue()
        for secret in self.secrets:
            found = re.search(f".{{0,80}}{secret}.{{0,80}}", said)
            assert found is None, f"{secret}: {found and found[0]}"
        return said


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    log = Log()
    for function in FUNCTIONS:
        for handler in importlib.import_module(f"functions.{function}.app").logger.handlers:
            monkeypatch.setattr(handler, "stream", log.stream)
    return log


@pytest.fixture
def lived(
    cloud: Cloud, office: Client, till: Client, log: Log, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cloud]:
    """With everything in its place that has something to hide."""
    hook = office.put("/v1/channels/webhook", {"url": "https://shop.example/hook"}).json
    live(cloud, office, till, monkeypatch)
    token = till.post("/v1/members/bob/tokens", {}).json["token"]
    log.secrets |= {re.escape(one) for one in (office.key or "", till.key or "", hook["secret"], token)}
    functions = Lambda()
    monkeypatch.setattr(runtime, "functions", cache(lambda: functions))
    monkeypatch.setattr(runtime, "events", cache(lambda: Refusing()))
    monkeypatch.setenv("BUS_NAME", "bus")
    monkeypatch.setattr(runtime, "pause", lambda _: None)
    dispatch._wiring.cache_clear()
    yield cloud
    dispatch._wiring.cache_clear()


class Refusing:
    """A bus that has no room."""

    def put_events(self, Entries: list[Any]) -> Any:  # noqa: N803
        return {"FailedEntryCount": len(Entries), "Entries": [{"ErrorCode": "Throttled"} for _ in Entries]}


def records(cloud: Cloud, kind: str) -> dict[str, Any]:
    found = [item for item in cloud.dump()["ledger"] if item["sk"]["S"].startswith(kind)]
    return {"Records": [{"dynamodb": {"NewImage": item}} for item in found]}


def queued(cloud: Cloud) -> dict[str, Any]:
    """Every outcome as a message of the queue, and one that is no message."""
    outcomes = [
        json.loads(one["dynamodb"]["NewImage"]["body"]["S"]) for one in records(cloud, "outcome#")["Records"]
    ]
    bodies = [{"detail": one} for one in outcomes] + [{"detail": {"id": 1, "member_id": "ann"}}]
    return {
        "Records": [
            {
                "messageId": str(n),
                "receiptHandle": str(n),
                "body": json.dumps(body),
                "attributes": {"ApproximateReceiveCount": "2"},
            }
            for n, body in enumerate(bodies)
        ]
    }


def events(cloud: Cloud) -> dict[str, list[Any]]:
    """Function → events that it is invoked with, those of operators' hands and of their mistakes too."""
    found: dict[str, list[Any]] = {
        "authorize": [
            {"headers": {"Authorization": f"Bearer {key}"}, "methodArn": "a/b/c", "type": "REQUEST"}
            for key in ("tw_" + "x" * 43, "ann", "")
        ],
        "evaluate": [records(cloud, "fact#")],
        "publish": [records(cloud, "outcome#")],
        "dispatch": [queued(cloud)],
        "rebuild": [WHO, {"program": "cafe", "member_id": "ann", "name": "anna"}],
        "reconcile": [WHO, {}, {"program": "cafe", "everybody": True}, {"member": "ann"}],
        "review": [{}, {"program": "cafe", "as_of": "2026-11-24"}, {"programme": "ann"}],
        "rank": [{}, {"programme": "ann"}],
        "report": [{}, {"programme": "ann"}],
        "erase": [{"forget": WHO}, {"forget": {"member": "ann"}}],
        "operate": [{"issue_key": {"program": "cafe", "label": "ann", "key": "window seat"}}],
    }
    for one in OPERATIONS:
        if one.roles:
            event = as_operator(one.method, one.path)
            event["requestContext"]["authorizer"]["program"] = "cafe"
            event["pathParameters"] = {
                "member_id": "ann",
                "redemption_id": "r-ann",
                "kind": "gifts",
            } | dict.fromkeys(("key_id", "delivery_id", "approval_id", "reward_id"), "o-ann")
            event["body"] = SOUND.get(one.id, "{}")
            found.setdefault(one.function, []).append(event)
    return found


@pytest.mark.proves("G2")
def test_what_operators_have_done_is_logged_with_their_key(office: Client, till: Client, log: Log) -> None:
    issued = office.get("/v1/keys").json["data"]
    operators = {key["key_id"] for key in issued if key["role"] == "operator"}
    assert office.put("/v1/channels/webhook", {"url": "https://shop.example/hook"}).status == 200
    assert till.put("/v1/members/ann", {}).status == 200
    away = {"id": "a1", "type": "leave", "by": "Li Wei", "reason": "asked for"}
    assert till.post("/v1/members/ann/actions", away).status == 200
    assert office.post("/v1/members/ann/actions", away | {"id": "a2", "type": "return"}).status == 200
    preview = office.post("/v1/members/ann/preview", {"amount": "1.00", "currency": "CNY"})
    assert preview.status == 200
    assert office.delete("/v1/members/ann").status == 204
    assert office.delete("/v1/members/nobody").status == 404
    lines = [json.loads(line) for line in log.check().splitlines()]
    done = [one for one in lines if one["message"] == "done by hand"]
    assert [(one["function_name"], one["operation"]) for one in done] == [
        ("operate", "put_webhook"),
        ("operate", "post_action"),
        ("erase", "delete_member"),
    ]
    assert {one["key_id"] for one in done} <= operators
    assert {one["program"] for one in done} == {"cafe"}


def invoke(cloud: Cloud, log: Log, function: str, event: Any) -> None:
    """What is raised is logged by Lambda itself, by its name and its words."""
    try:
        cloud.invoke(function, event)
    except Exception as error:  # noqa: BLE001
        log.stream.write(f"{type(error).__name__}: {error}\n")
    cloud.running = ""


@pytest.mark.proves("G1")
def test_what_goes_well(lived: Cloud, log: Log) -> None:
    told = {name: sent for name, sent in events(lived).items() if name != "erase"}
    assert sorted([*told, "erase"]) == FUNCTIONS
    for function, sent in told.items():
        for event in sent:
            invoke(lived, log, function, event)
    said = log.check()
    assert '"rebuilt"' in said
    assert '"dispatched"' in said


def talkative(params: dict[str, Any], **_: Any) -> None:
    """A fault whose words are all that was being worked on."""
    raise ValueError(f"{params} {WORDS}") from KeyError(WORDS)


def corrupt(params: dict[str, Any], parsed: Any = None, **_: Any) -> None:
    """What is read is not what was written."""
    found = [parsed["Item"]] if "Item" in parsed else parsed.get("Items", ())
    for item in found:
        if "body" in item and "S" in item["body"]:
            item["body"]["S"] = (
                item["body"]["S"].replace('"at"', '"o-ann"').replace('"status"', '"window seat"')
            )


@pytest.mark.proves("G1")
@pytest.mark.parametrize(
    ("when", "fault"), [("provide-client-params", talkative), ("after-call", corrupt)], ids=["words", "items"]
)
def test_what_goes_wrong(
    when: str, fault: Callable[..., None], lived: Cloud, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = events(lived)
    runtime.dynamodb().meta.events.register_last(f"{when}.dynamodb", fault)
    for function, told in sent.items():
        for event in told:
            invoke(lived, log, function, event)
    said = log.check()
    assert "Failed: " in said
    assert '"exception_name":' in said


@pytest.mark.proves("G1")
def test_a_member_that_differs_is_told_by_its_pseudonym(lived: Cloud, log: Log) -> None:
    stored = runtime.ledger().load("cafe", "ann")
    item = lived.dynamodb.get_item(
        TableName="state", Key={"pk": {"S": "member#cafe#ann"}, "sk": {"S": "state"}}
    )["Item"]
    item["body"]["S"] = item["body"]["S"].replace('"purchases":1', '"purchases":7')
    lived.dynamodb.put_item(TableName="state", Item=item)
    assert stored.member
    assert lived.invoke("reconcile", WHO)["different"] == 1
    assert pseudonym("cafe", "ann") in log.check()
