"""Who may do what: every operation by everybody who might try. A new operation needs a row in the table."""

import json
from typing import Any

import pytest

from membership import runtime
from membership.channels import Delivery
from membership.http.operations import OPERATIONS, Operation
from tests.functions.conftest import NOW, Answer, Client, Cloud, order
from tests.programs import rules

BY_HAND = {"id": "act-1", "by": "Li", "reason": "to see what happens"}
EVENT = order("ann", "o9")

# Operation → what is sent, and what comes back to a storefront, then to an operator, to the member itself.
TABLE: dict[str, tuple[Any, int, int, int]] = {
    "post_events": (EVENT, 200, 200, 403),
    "put_member": ({}, 200, 200, 403),
    "get_member": (None, 200, 200, 200),
    "get_progress": (None, 200, 200, 200),
    "get_progress_svg": (None, 200, 200, 200),
    "get_history": (None, 200, 200, 200),
    "get_points": (None, 200, 200, 200),
    "get_points_entries": (None, 200, 200, 200),
    "get_benefits": (None, 200, 200, 200),
    "get_certificate_svg": (None, 404, 404, 404),  # of a member of the first tier
    "get_redemptions": (None, 200, 200, 200),
    "post_redemption": ({"id": "r1", "reward": "mug"}, 409, 409, 403),
    "cancel_redemption": (BY_HAND, 404, 404, 403),
    "get_catalogue": (None, 200, 200, 200),
    "put_codes": ({"codes": ["A"]}, 403, 404, 403),
    "post_preview": ({"amount": "10.00"}, 200, 200, 200),
    "get_program": (None, 200, 200, 200),
    "export_member": (None, 403, 200, 403),
    "post_action": ({"type": "leave", **BY_HAND}, 200, 409, 403),
    "post_token": ({}, 201, 201, 403),
    "rotate_tokens": (None, 403, 204, 403),
    "get_approvals": (None, 403, 200, 403),
    "post_approval": ({"verdict": "approve", **BY_HAND}, 403, 404, 403),
    "put_program": (rules("p2-customer-policy"), 403, 200, 403),
    "get_versions": (None, 403, 200, 403),
    "get_changes": (None, 403, 200, 403),
    "post_key": ({"role": "storefront", "label": "till"}, 403, 201, 403),
    "get_keys": (None, 403, 200, 403),
    "delete_key": (None, 403, 404, 403),
    "get_webhook": (None, 403, 404, 403),
    "put_webhook": ({"url": "https://example.com/hook"}, 403, 200, 403),
    "rotate_webhook": (None, 403, 404, 403),
    "get_points_report": (None, 403, 200, 403),
    "get_benefits_report": (None, 403, 200, 403),
    "get_providers": (None, 403, 200, 403),
    "put_provider": ({"channel": "webhook", "url": "https://example.com/hook"}, 403, 422, 403),
    "delete_provider": (None, 403, 422, 403),
    "rotate_provider": (None, 403, 422, 403),
    "post_message_preview": ({"about": "tier.upgraded"}, 403, 200, 403),
    "get_deliveries": (None, 403, 200, 403),
    "get_delivery": (None, 403, 404, 403),
    "cancel_delivery": (None, 403, 404, 403),
    "resend_delivery": (None, 403, 404, 403),
    "delete_member": (None, 403, 204, 403),
}
GUARDED = [one for one in OPERATIONS if one.roles]


def url(operation: Operation, member: str = "ann") -> str:
    return operation.path.replace("{member_id}", member).replace("{", "").replace("}", "")


def sent(client: Client, operation: Operation, member: str = "ann") -> Answer:
    body = TABLE[operation.id][0]
    text = None if body is None else body if isinstance(body, str) else json.dumps(body)
    return client.send(operation.method, url(operation, member), text)


@pytest.fixture
def ann(shop: Client) -> str:
    """A member of the first program."""
    assert shop.put("/v1/members/ann", {}).status == 200
    return "ann"


def token(shop: Client, member: str, minutes: int = 15) -> str:
    return str(shop.post(f"/v1/members/{member}/tokens", {"minutes": minutes}).json["token"])


def test_every_operation_that_asks_for_a_key_has_its_row() -> None:
    assert sorted(TABLE) == sorted(one.id for one in GUARDED)
    public = {one.id for one in OPERATIONS if not one.roles}
    assert public == {"get_certificate", "get_openapi", "get_docs"}


@pytest.mark.proves("G4")
@pytest.mark.parametrize("operation", GUARDED, ids=lambda one: one.id)
def test_each_may_do_what_its_row_says(
    operation: Operation, cloud: Cloud, operator: Client, shop: Client, ann: str
) -> None:
    _, by_storefront, by_operator, by_member = TABLE[operation.id]
    member = Client(cloud, token(shop, ann))
    for client, status in ((member, by_member), (shop, by_storefront), (operator, by_operator)):
        before = cloud.dump()
        answer = sent(client, operation)
        assert answer.status == status, answer.body
        if status == 403:
            assert answer.problem == "forbidden"
            assert cloud.dump() == before


@pytest.mark.parametrize("operation", GUARDED, ids=lambda one: one.id)
def test_without_a_right_that_stands_nobody_gets_in(
    operation: Operation, cloud: Cloud, operator: Client, shop: Client, ann: str
) -> None:
    issued = operator.post("/v1/keys", {"role": "operator", "label": "gone"}).json
    assert operator.delete(f"/v1/keys/{issued['key']['key_id']}").status == 204
    short, other = token(shop, ann, 1), token(shop, ann)
    cloud.later(minutes=1)
    body, _, signature = other.partition(".")
    before = cloud.dump()
    strangers = {
        "no key": None,
        "a revoked key": issued["secret"],
        "an expired token": short,
        "a token with another signature": f"{body}.{signature[::-1]}",
        "a token with another claim": f"{body[:-2]}Aa.{signature}",
        "a token without one": f"{body}.",
    }
    for why, key in strangers.items():
        assert sent(Client(cloud, key), operation).status == 401, why
    assert cloud.dump() == before


@pytest.mark.proves("G4")
def test_a_token_that_has_ended_gets_nobody_in_though_the_gateway_remembers_it(
    cloud: Cloud, shop: Client, ann: str
) -> None:
    """It keeps the authorizer's answer for as long as the stack says."""
    headers = {"Authorization": f"Bearer {token(shop, ann, 1)}"}
    arn = "arn:aws:execute-api:us-east-1:123456789012:api/live/GET/v1/program"
    remembered = cloud.invoke("authorize", {"headers": headers, "methodArn": arn})["context"]
    event = {
        "httpMethod": "GET",
        "resource": "/v1/members/{member_id}",
        "pathParameters": {"member_id": ann},
        "requestContext": {"authorizer": remembered},
    }
    assert cloud.invoke("members", event)["statusCode"] == 200
    cloud.later(minutes=1)
    refused = cloud.invoke("members", event)
    assert refused["statusCode"] == 401
    assert "The token has ended" in refused["body"]


@pytest.mark.parametrize("operation", GUARDED, ids=lambda one: one.id)
def test_what_is_another_programs_isnt_there(
    operation: Operation, cloud: Cloud, shop: Client, neighbour: Client, ann: str
) -> None:
    """A neighbour is answered as about a member that nobody has, and leaves the first program as it was."""
    ours = rows(cloud, "customer-policy")
    told, nobody = sent(neighbour, operation), sent(neighbour, operation, "nobody-has-this-one")
    if "{member_id}" in operation.path and operation.id != "put_member":
        assert (told.status, told.body) == (404, nobody.body)
    assert "customer-policy" not in told.body
    assert rows(cloud, "customer-policy") == ours


@pytest.fixture
def ids(operator: Client, ann: str) -> dict[str, str]:
    """Parameter of a path → what the first program has by that id: each is found by its own operator."""
    assert operator.post("/v1/events?wait=true", order(ann, "o1", "6000.00")).status == 200
    back = order(ann, "o1", "6000.00", type="refund", id="back")
    assert operator.post("/v1/events?wait=true", back).status == 200
    [asked] = operator.get("/v1/approvals").json["data"]
    [message, *_] = [
        one for one in runtime.ledger().outcomes("customer-policy", ann) if one.type == "message.due"
    ]
    delivery = Delivery.of(message.model_dump(mode="json"), NOW)
    assert runtime.deliveries().save(delivery, None)
    issued = operator.post("/v1/keys", {"role": "storefront", "label": "till"}).json
    return {"approval_id": asked["id"], "delivery_id": delivery.id, "key_id": issued["key"]["key_id"]}


@pytest.mark.proves("G4")
@pytest.mark.parametrize(
    "operation",
    [
        one
        for one in GUARDED
        if "_id}" in one.path and "{member_id}" not in one.path and "reward" not in one.path
    ],
    ids=lambda one: one.id,
)
def test_an_id_that_another_program_has_is_as_one_that_nobody_has(
    operation: Operation, cloud: Cloud, operator: Client, neighbour: Client, ids: dict[str, str]
) -> None:
    [(name, real)] = [(name, id_) for name, id_ in ids.items() if f"{{{name}}}" in operation.path]
    nobodys = real[:-4] + ("0000" if real[-4:] != "0000" else "1111")
    body = TABLE[operation.id][0]
    text = None if body is None else json.dumps(body)
    ours, before = operation.path.replace(f"{{{name}}}", real), rows(cloud, "customer-policy")
    told = neighbour.send(operation.method, ours, text)
    missing = neighbour.send(operation.method, operation.path.replace(f"{{{name}}}", nobodys), text)
    assert (told.status, told.body.replace(real, "")) == (404, missing.body.replace(nobodys, ""))
    assert rows(cloud, "customer-policy") == before
    assert operator.send(operation.method, ours, text).status in (200, 202, 204), "it is there"


@pytest.mark.parametrize(
    "operation", [one for one in GUARDED if "member" in one.roles], ids=lambda one: one.id
)
def test_a_member_sees_nobody_else(operation: Operation, cloud: Cloud, shop: Client, ann: str) -> None:
    assert shop.put("/v1/members/ben", {}).status == 200
    client = Client(cloud, token(shop, ann))
    if "{member_id}" in operation.path:
        ben, nobody = sent(client, operation, "ben"), sent(client, operation, "nobody")
        assert (ben.status, ben.body) == (nobody.status, nobody.body)
        assert ben.status == 404


def rows(cloud: Cloud, program: str) -> list[Any]:
    """Every item of a program in both tables."""
    return [
        item for items in cloud.dump().values() for item in items if program in item["pk"]["S"].split("#")
    ]


def test_a_token_of_one_program_is_none_of_another(
    cloud: Cloud, shop: Client, neighbour: Client, ann: str
) -> None:
    assert neighbour.put("/v1/members/ann", {}).status == 200
    theirs = Client(cloud, token(neighbour, ann))
    assert theirs.get("/v1/program").json["id"] == "neighbour"
    ours = Client(cloud, token(shop, ann))
    assert ours.get("/v1/program").json["id"] == "customer-policy"


def test_tokens_of_the_last_secret_run_to_their_end(
    cloud: Cloud, operator: Client, shop: Client, ann: str
) -> None:
    first = Client(cloud, token(shop, ann, 60))
    assert operator.post("/v1/tokens/rotate").status == 204
    second = Client(cloud, token(shop, ann, 60))
    assert (first.get("/v1/members/ann").status, second.get("/v1/members/ann").status) == (200, 200)
    assert operator.post("/v1/tokens/rotate").status == 204  # what may have leaked twice is gone
    assert (first.get("/v1/members/ann").status, second.get("/v1/members/ann").status) == (401, 200)
    cloud.later(minutes=59)
    assert second.get("/v1/members/ann").status == 200
    cloud.later(minutes=1)
    assert second.get("/v1/members/ann").status == 401


def test_nobody_has_a_token_who_is_no_member(shop: Client) -> None:
    assert shop.post("/v1/members/nobody/tokens", {}).problem == "not-found"
    for minutes in (0, 61, "15", True):
        assert shop.post("/v1/members/nobody/tokens", {"minutes": minutes}).problem == "invalid"


def test_no_token_is_kept(cloud: Cloud, shop: Client, ann: str) -> None:
    told = token(shop, ann)
    assert told not in repr(cloud.dump())
    assert told.split(".")[1] not in repr(cloud.dump())


def test_a_member_sees_nobody_elses_prices(cloud: Cloud, shop: Client, ann: str) -> None:
    assert shop.put("/v1/members/ben", {}).status == 200
    client = Client(cloud, token(shop, ann))
    assert client.get("/v1/catalogue?member_id=ann").status == 200
    ben, nobody = (client.get(f"/v1/catalogue?member_id={name}") for name in ("ben", "nobody"))
    assert (ben.status, ben.body) == (nobody.status, nobody.body)
    assert ben.status == 404
