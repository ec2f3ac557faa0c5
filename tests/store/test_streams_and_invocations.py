"""What Lambda's own pollers do: the simulation's streams and invocations do what the emulator's do.

moto has none. That a batch is halved, and given up after so many tries, the emulator doesn't do: there the
simulation follows AWS's documentation alone.
"""

import io
import json
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.simulation.cloud import Invocations, Stream
from tests.template import create_table, resources

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
FACTS = resources()["EvaluateFunction"]["Properties"]["Events"]["Facts"]["Properties"]
RETRIES = int(resources()["EraseFunction"]["Properties"]["EventInvokeConfig"]["MaximumRetryAttempts"])
LONGEST = 30.0
CODE = """
import json, os, pathlib

def handler(event, context):
    told = pathlib.Path(os.environ["TOLD"])
    seen = told.read_text().splitlines() if told.exists() else []
    told.write_text("".join(line + "\\n" for line in [*seen, json.dumps(event)]))
    if len(seen) < int(os.environ["FAILS"]):
        raise RuntimeError("not yet")
"""
_numbers = count()


class Simulated:
    def __init__(self) -> None:
        self._stream, self._invocations = Stream("evaluate", "Facts"), Invocations()

    def streamed(self, items: Sequence[Mapping[str, Any]], fails: int, enough: int) -> list[Any]:
        for item in items:
            self._stream.add(item, NOW)
        told: list[Any] = []
        while self._stream.waiting:
            self._stream.bring(_failing(fails, told), Random(len(told)), NOW)
        return told

    def invoked(self, event: Any, fails: int, enough: int) -> list[Any]:
        self._invocations.invoke(FunctionName="shop-erase", InvocationType="Event", Payload=json.dumps(event))
        told: list[Any] = []
        take = _failing(fails, told)
        while self._invocations.waiting:
            one = self._invocations.waiting.pop()
            self._invocations.done(one, well=take(one.function, one.event))
        return told


def _failing(fails: int, told: list[Any]) -> Callable[[str, Any], bool]:
    def take(function: str, event: Any) -> bool:
        told.append(event)
        return len(told) > fails

    return take


class Served:
    """By the emulator: a table with a stream, and a function that writes down what it is told."""

    def __init__(self, emulator: Any, folder: Path) -> None:
        self._dynamodb, self._lambda = emulator.client("dynamodb"), emulator.client("lambda")
        self._iam = emulator.client("iam")
        self._told, self._name = folder / "told", f"told-{next(_numbers)}"

    def streamed(self, items: Sequence[Mapping[str, Any]], fails: int, enough: int) -> list[Any]:
        create_table(self._dynamodb, "Ledger", self._name)
        streams: Any = {"StreamEnabled": True, **resources()["Ledger"]["Properties"]["StreamSpecification"]}
        self._dynamodb.update_table(TableName=self._name, StreamSpecification=streams)
        table = self._dynamodb.describe_table(TableName=self._name)["Table"]
        self._function(fails)
        for item in items:
            self._dynamodb.put_item(TableName=self._name, Item=item)
        self._lambda.create_event_source_mapping(
            FunctionName=self._name,
            EventSourceArn=table["LatestStreamArn"],
            **{key: FACTS[key] for key in ("StartingPosition", "BatchSize", "FilterCriteria")},
        )
        return self._seen(enough)

    def invoked(self, event: Any, fails: int, enough: int) -> list[Any]:
        self._function(fails)
        self._lambda.put_function_event_invoke_config(FunctionName=self._name, MaximumRetryAttempts=RETRIES)
        self._lambda.invoke(FunctionName=self._name, InvocationType="Event", Payload=json.dumps(event))
        return self._seen(enough)

    def _function(self, fails: int) -> None:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("app.py", CODE)
        self._lambda.create_function(
            FunctionName=self._name,
            Runtime="python3.13",
            Handler="app.handler",
            Role=self._role(),
            Code={"ZipFile": packed.getvalue()},
            Environment={"Variables": {"TOLD": str(self._told), "FAILS": str(fails)}},
        )

    def _role(self) -> str:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
        trusted = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        role = self._iam.create_role(RoleName=self._name, AssumeRolePolicyDocument=trusted)
        found: str = role["Role"]["Arn"]
        return found

    def _seen(self, enough: int) -> list[Any]:
        """What was told once that is enough; and a moment later, so that one time too many is seen."""
        deadline = time.monotonic() + LONGEST
        while len(self._lines()) < enough and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(1)
        return [json.loads(line) for line in self._lines()]

    def _lines(self) -> list[str]:
        return self._told.read_text().splitlines() if self._told.exists() else []


@pytest.fixture(params=["simulated", "ministack"])
def lambdas(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Simulated | Served]:
    if request.param == "simulated":
        yield Simulated()
    else:
        yield Served(request.getfixturevalue("emulator"), tmp_path)


def item(member: str, sk: str) -> dict[str, Any]:
    return {"pk": {"S": f"ledger#shop#{member}"}, "sk": {"S": sk}, "body": {"S": "{}"}}


ITEMS = [
    item("ann", "fact#order#1"),
    item("bo", "fact#order#1"),
    item("ann", "outcome#000000000001#000"),
    item("ann", "fact#order#0"),
    item("bo", "fact#refund#1"),
    item("ann", "fact#act#1"),
]


def of(member: str, batches: Sequence[Any]) -> list[Any]:
    """Items of one member, in the order in which they were brought."""
    images = [record["dynamodb"]["NewImage"] for batch in batches for record in batch["Records"]]
    return [image for image in images if image["pk"] == item(member, "")["pk"]]


def test_a_stream_brings_what_its_filter_lets_through_in_each_members_order(
    lambdas: Simulated | Served,
) -> None:
    told = lambdas.streamed(ITEMS, fails=0, enough=1)
    assert {record["eventName"] for batch in told for record in batch["Records"]} == {"INSERT"}
    assert of("ann", told) == [ITEMS[0], ITEMS[3], ITEMS[5]]
    assert of("bo", told) == [ITEMS[1], ITEMS[4]]


def test_what_a_function_could_not_take_comes_again_before_what_is_behind_it(
    lambdas: Simulated | Served,
) -> None:
    first, *told = lambdas.streamed(ITEMS, fails=1, enough=2)
    assert first["Records"], "there was something to fail at"
    assert of("ann", told) == [ITEMS[0], ITEMS[3], ITEMS[5]]
    assert of("bo", told) == [ITEMS[1], ITEMS[4]]


def test_an_invocation_that_nobody_waits_for_comes_once(lambdas: Simulated | Served) -> None:
    assert lambdas.invoked({"forget": "ann"}, fails=0, enough=1) == [{"forget": "ann"}]


def test_one_that_fails_comes_again_as_often_as_the_template_says(lambdas: Simulated | Served) -> None:
    tries = RETRIES + 1
    assert lambdas.invoked({"forget": "ann"}, fails=99, enough=tries) == [{"forget": "ann"}] * tries
