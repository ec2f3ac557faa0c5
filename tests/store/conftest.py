"""Each store three times: on moto's tables, on those of the simulation, and as the fake that other tests use.
One contract for all."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws

from membership.program import presets
from membership.program.reading import read_program
from membership.program.schema import Program
from membership.store.access import Access
from membership.store.approvals import Approvals
from membership.store.cuts import Cuts
from membership.store.ledger import Ledger
from membership.store.programs import Programs
from membership.store.reports import Reports
from membership.store.roster import Roster
from membership.store.sweeps import Sweeps
from membership.store.tables import Tables
from tests.fakes.memory import MemoryAccess, MemoryLedger, MemoryPrograms
from tests.fakes.sweeps import MemoryCuts, MemoryReports, MemoryRoster, MemorySweeps
from tests.simulation.dynamodb import in_memory


@dataclass
class Stores:
    ledger: Any
    programs: Any
    access: Any
    approvals: Any
    roster: Any
    sweeps: Any
    cuts: Any
    reports: Any


@pytest.fixture(params=["moto", "simulated", "memory"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param == "memory":
        ledger = MemoryLedger()
        yield Stores(
            ledger,
            MemoryPrograms(),
            MemoryAccess(),
            ledger.approvals,
            MemoryRoster(ledger),
            MemorySweeps(),
            MemoryCuts(),
            MemoryReports(),
        )
        return
    if request.param == "simulated":
        yield _on(in_memory(), Tables(ledger="ledger", state="state"))
        return
    with mock_aws():
        client = boto3.client("dynamodb", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
        yield _on(client, Tables(ledger=_table(client, "ledger"), state=_table(client, "state")))


def _on(client: Any, tables: Tables) -> Stores:
    return Stores(
        Ledger(client, tables),
        Programs(client, tables, lambda: 0.0, fresh_for=0),
        Access(client, tables),
        Approvals(client, tables),
        Roster(client, tables),
        Sweeps(client, tables),
        Cuts(client, tables),
        Reports(client, tables),
    )


@pytest.fixture(scope="session")
def program() -> Program:
    return read_program(presets.text("p2-customer-policy"))


def _table(client: Any, name: str) -> str:
    def keys(first: str, second: str) -> list[dict[str, str]]:
        return [{"AttributeName": first, "KeyType": "HASH"}, {"AttributeName": second, "KeyType": "RANGE"}]

    def index(name: str, first: str, second: str, kind: str) -> dict[str, Any]:
        return {"IndexName": name, "KeySchema": keys(first, second), "Projection": {"ProjectionType": kind}}

    attributes = ("pk", "sk", "due_shard", "due", "approval_status", "approval_at")
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=keys("pk", "sk"),
        AttributeDefinitions=[{"AttributeName": one, "AttributeType": "S"} for one in attributes],
        GlobalSecondaryIndexes=[
            index("due", "due_shard", "due", "KEYS_ONLY"),
            index("approvals", "approval_status", "approval_at", "ALL"),
        ],
    )
    return name
