"""One table of operations, and everything that has to agree with it."""

import importlib
import json

import pytest

from membership.http.openapi import document
from membership.http.operations import OPERATIONS, Operation
from membership.http.problems import KINDS
from membership.http.serving import Service
from tests.functions.conftest import Client, Cloud, template_routes
from tools import openapi

GUARDED = [operation for operation in OPERATIONS if operation.roles]


def service(function: str) -> Service:
    found: Service = importlib.import_module(f"functions.{function}.app").service
    return found


def test_the_template_has_exactly_the_routes_of_the_table() -> None:
    table = {(one.method, one.path): (one.function, bool(one.roles)) for one in OPERATIONS}
    assert template_routes() == table


@pytest.mark.parametrize("function", sorted({operation.function for operation in OPERATIONS}))
def test_each_function_has_a_handler_for_each_of_its_operations(function: str) -> None:
    wanted = {operation.id for operation in OPERATIONS if operation.function == function}
    assert set(service(function).handlers) == wanted


def test_what_is_committed_is_what_the_code_says() -> None:
    assert openapi.drifted() == [], "run `make openapi`"


def test_every_reference_of_the_contract_leads_somewhere() -> None:
    contract = document()
    text = json.dumps(contract)
    for name in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in contract["components"]["schemas"], name
    assert '"null"' not in text, "what has no value is left out"


def test_every_operation_documents_what_it_answers() -> None:
    paths = document()["paths"]
    for operation in OPERATIONS:
        told = paths[operation.path][operation.method.lower()]
        assert str(operation.status) in told["responses"]
        for kind in operation.all_problems:
            assert kind.type in told["responses"][str(kind.status)]["description"]


def test_problems_are_told_apart_by_their_type() -> None:
    assert len({kind.type for kind in KINDS}) == len(KINDS)


def url(operation: Operation) -> str:
    return operation.path.replace("{member_id}", "ann").replace("{", "").replace("}", "")


def test_nobody_gets_in_without_a_key(cloud: Cloud, subtests: pytest.Subtests) -> None:
    strangers = (None, "", "tw_nobody", "tw_" + "x" * 43, "tw_" + "ü" * 43)
    for operation in GUARDED:
        with subtests.test(operation.id):
            for key in strangers:
                assert Client(cloud, key).send(operation.method, url(operation), "{}").status == 401


def test_a_storefront_is_no_operator(cloud: Cloud, shop: Client, subtests: pytest.Subtests) -> None:
    for operation in GUARDED:
        with subtests.test(operation.id):
            before = cloud.dump()
            answer = shop.send(operation.method, url(operation), "{}")
            if "storefront" in operation.roles:
                assert answer.status != 403
            else:
                assert (answer.status, answer.problem) == (403, "forbidden")
                assert cloud.dump() == before


def test_the_contract_is_public(cloud: Cloud) -> None:
    for operation in OPERATIONS:
        if not operation.roles and "{" not in operation.path:
            assert Client(cloud, None).get(operation.path).status == 200


def test_a_function_called_without_the_authorizer_refuses(cloud: Cloud) -> None:
    event = {"httpMethod": "GET", "resource": "/v1/program", "requestContext": {}}
    assert cloud.invoke("members", event)["statusCode"] == 403
    for told in ({"program": "p"}, {"program": "p", "role": "admin", "key_id": "k"}, {"program": 1}):
        event["requestContext"] = {"authorizer": told}
        assert cloud.invoke("members", event)["statusCode"] == 403


def test_the_served_contract_is_the_committed_one(cloud: Cloud) -> None:
    answer = Client(cloud, None).get("/openapi.json")
    assert answer.body == (openapi.ROOT / "openapi.json").read_text("utf-8")


def test_the_documentation_needs_nothing_from_elsewhere(cloud: Cloud) -> None:
    page = Client(cloud, None).get("/docs")
    assert page.headers["Content-Type"].startswith("text/html")
    assert "SwaggerUIBundle" in page.body
    assert " src=" not in page.body.split("<script>")[0]
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
