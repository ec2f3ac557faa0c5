"""The real handlers behind a stand-in for API Gateway, on moto's tables made from the template."""

import importlib
import json
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import boto3
import pytest
from moto import mock_aws

from functions.authorize import app as authorize
from membership import runtime
from membership.http.operations import OPERATIONS
from tests.functions.rights import Right, calls, puts, rights
from tests.programs import rules
from tests.template import create_table, resources

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
REGION = "us-east-1"
SESSION = boto3.Session()  # one reads the descriptions of services once


@cache
def role(function: str) -> list[Right]:
    """What a function may do to the tables, without what it may where the stack has more switched on."""
    return rights(resources()[f"{function.capitalize()}Role"])


@cache
def lent(policy: str) -> list[Right]:
    """What a policy adds to a role, where its condition holds."""
    return rights({"Properties": {"Policies": [resources()[policy]["Properties"]]}})


def template_routes() -> dict[tuple[str, str], tuple[str, bool]]:
    """Method and path of each API event → the function's folder, and whether a key is asked for."""
    found = {}
    for resource in resources().values():
        if resource["Type"] != "AWS::Serverless::Function":
            continue
        for event in resource["Properties"].get("Events", {}).values():
            if event["Type"] == "Api":
                asked = event["Properties"]
                folder = resource["Properties"]["CodeUri"].removeprefix("functions/")
                guarded = asked.get("Auth", {}).get("Authorizer") != "NONE"
                found[asked["Method"], asked["Path"]] = (folder, guarded)
    return found


@dataclass(frozen=True)
class LambdaContext:
    """What Powertools reads of it."""

    function_name: str = "function"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:function"
    aws_request_id: str = "1"
    remaining: Callable[[], int] = lambda: 300_000
    """Milliseconds."""

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def problem(self) -> str:
        """The last part of the problem's type."""
        assert self.headers["Content-Type"] == "application/problem+json", self
        assert self.json["status"] == self.status
        return str(self.json["type"].removeprefix("urn:tierwise:problem:"))

    @property
    def pointers(self) -> list[str]:
        return [error.get("pointer", error.get("parameter")) for error in self.json.get("errors", ())]


@dataclass
class Cloud:
    """Tables, a queue and a clock that stands still until a test moves it."""

    dynamodb: Any
    sqs: Any
    queue: str
    now: datetime = NOW
    running: str = ""
    """The function that is at work; none where a test itself looks at the tables."""
    routes: dict[tuple[str, str], tuple[str, bool]] = field(default_factory=template_routes)

    def dump(self) -> dict[str, list[Any]]:
        """Every item of both tables."""
        return {
            name: sorted(self.dynamodb.scan(TableName=name)["Items"], key=repr)
            for name in ("ledger", "state")
        }

    def invoke(
        self, function: str, event: dict[str, Any], remaining: Callable[[], int] = lambda: 300_000
    ) -> Any:
        handler = importlib.import_module(f"functions.{function}.app").handler
        self.running = function
        try:
            return handler(event, LambdaContext(function, remaining=remaining))
        finally:
            self.running = ""

    def guard(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        """Refuses a call that the role of the running function would be refused."""
        for put in puts(model.name, params) if self.running else ():
            if put["TableName"] == "ledger" and put.get("ConditionExpression") != "attribute_not_exists(pk)":
                raise PermissionError(f"{self.running} may put in the place of what the ledger has")
        for call in calls(model.name, params):
            if self.running and not any(right.covers(call) for right in role(self.running)):
                raise PermissionError(f"{self.running} may not {call}")

    def messages(self) -> list[Any]:
        found = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in found]

    def issue(self, program: str, role: str = "operator") -> str:
        """A key from nothing, as whoever installs the stack gets it."""
        asked = {"issue_key": {"program": program, "role": role, "label": "test"}}
        return str(self.invoke("operate", asked)["secret"])

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass(frozen=True)
class Client:
    """Sends requests as API Gateway hands them on, the authorizer first."""

    cloud: Cloud
    key: str | None
    accept: str = "*/*"

    def get(self, url: str) -> Answer:
        return self.send("GET", url)

    def post(self, url: str, body: Any = None) -> Answer:
        return self.send("POST", url, None if body is None else json.dumps(body))

    def put(self, url: str, body: Any) -> Answer:
        return self.send("PUT", url, body if isinstance(body, str) else json.dumps(body))

    def delete(self, url: str) -> Answer:
        return self.send("DELETE", url)

    def send(self, method: str, url: str, body: str | bytes | None = None) -> Answer:
        """Bytes go as base64, as the gateway sends what is no text."""
        parts = urlsplit(url)
        path, params = self._match(method, parts.path)
        function, guarded = self.cloud.routes[method, path]
        event = {
            "resource": path,
            "path": parts.path,
            "httpMethod": method,
            "headers": {"accept": self.accept}
            | ({"Authorization": f"Bearer {self.key}"} if self.key else {}),
            "pathParameters": params or None,
            **_query(parts.query),
            "body": b64encode(body).decode() if isinstance(body, bytes) else body,
            "isBase64Encoded": isinstance(body, bytes),
            "requestContext": {
                "resourcePath": path,
                "path": f"/local{parts.path}",
                "domainName": "api.example",
                "httpMethod": method,
                "stage": "local",
            },
        }
        if guarded and (context := self._authorized(event)) is None:
            return Answer(401, {}, "")
        if guarded:
            event["requestContext"]["authorizer"] = context  # type: ignore[index]
        told = self.cloud.invoke(function, event)
        answer = Answer(told["statusCode"], told["headers"], told["body"])
        operation = next(one for one in OPERATIONS if (one.method, one.path) == (method, path))
        page = operation.page and answer.headers.get("Content-Type", "").startswith("text/html")
        if answer.status != operation.status and not page:
            assert answer.problem in {kind.slug for kind in operation.all_problems}, "it is documented"
        return answer

    def _match(self, method: str, path: str) -> tuple[str, dict[str, str]]:
        given = path.split("/")
        # As the gateway does, a route without a parameter goes before one with.
        for known_method, known in sorted(self.cloud.routes, key=lambda route: route[1].count("{")):
            wanted = known.split("/")
            if known_method == method and len(wanted) == len(given):
                pairs = list(zip(wanted, given, strict=True))
                if all(one == other or (one.startswith("{") and other) for one, other in pairs):
                    return known, {one.strip("{}"): unquote(other) for one, other in pairs if "{" in one}
        raise LookupError(f"no route {method} {path}")

    def _authorized(self, event: Mapping[str, Any]) -> Any:
        arn = f"arn:aws:execute-api:us-east-1:123456789012:api/local/{event['httpMethod']}{event['path']}"
        try:
            told = self.cloud.invoke("authorize", {**event, "type": "REQUEST", "methodArn": arn})
        except authorize.Unauthorized:
            return None
        [statement] = told["policyDocument"]["Statement"]
        assert statement["Effect"] == "Allow"
        assert statement["Resource"] == "arn:aws:execute-api:us-east-1:123456789012:api/local/*"
        return told["context"]


def _query(text: str) -> dict[str, Any]:
    pairs = parse_qsl(text, keep_blank_values=True)
    many: dict[str, list[str]] = {}
    for name, value in pairs:
        many.setdefault(name, []).append(value)
    return {
        "queryStringParameters": dict(pairs) or None,
        "multiValueQueryStringParameters": many or None,
    }


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """Nothing of it reaches beyond this process."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        dynamodb, sqs = SESSION.client("dynamodb", REGION), SESSION.client("sqs", REGION)
        for name in ("Ledger", "State"):
            create_table(dynamodb, name, name.lower())
        queue = sqs.create_queue(QueueName="deliveries")["QueueUrl"]
        for name, value in {
            "LEDGER_TABLE": "ledger",
            "STATE_TABLE": "state",
            "DELIVERY_QUEUE_URL": queue,
            "WEBHOOK_TARGETS": "public",
            "POWERTOOLS_METRICS_NAMESPACE": "Tierwise/test",
        }.items():
            monkeypatch.setenv(name, value)
        cloud = Cloud(dynamodb, sqs, queue)
        monkeypatch.setattr(runtime, "now", lambda: cloud.now)
        runtime.forget()
        runtime.dynamodb().meta.events.register("provide-client-params.dynamodb", cloud.guard)
        yield cloud
        runtime.forget()


@pytest.fixture
def operator(cloud: Cloud) -> Client:
    """An operator of preset P2, which is in force."""
    client = Client(cloud, cloud.issue("customer-policy"))
    assert client.put("/v1/program", rules("p2-customer-policy")).status == 200
    return client


@pytest.fixture
def shop(cloud: Cloud, operator: Client) -> Client:
    """A storefront of the same program."""
    return Client(cloud, operator.post("/v1/keys", {"role": "storefront", "label": "shop"}).json["secret"])


@pytest.fixture
def neighbour(cloud: Cloud) -> Client:
    """An operator of another program."""
    client = Client(cloud, cloud.issue("neighbour"))
    program = rules("p1-ecommerce").replace("id: ecommerce", "id: neighbour")
    assert client.put("/v1/program", program).status == 200
    return client


def order(
    member: str = "ann", order_id: str = "o1", amount: Any = "199.00", **changes: Any
) -> dict[str, Any]:
    """An event of an order, paid an hour ago."""
    return {
        "id": f"event-{order_id}",
        "type": "order",
        "member_id": member,
        "occurred_at": "2026-11-24T15:00:00+08:00",
        "data": {"order_id": order_id, "amount": amount, "currency": "CNY"},
    } | changes
