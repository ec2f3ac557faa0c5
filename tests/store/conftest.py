"""Each store four times: on moto's tables, on the emulator's, on the simulation's, and as the fake that other
tests use. One contract for all."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
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
from tests.template import create_table
from tools.emulator import Emulator, emulator_for

CLIENTS = ("moto", "ministack", "simulated")
_numbers = count()


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


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    with emulator_for("store") as emulator:
        yield emulator


@contextmanager
def dynamodb(which: str, request: pytest.FixtureRequest) -> Iterator[tuple[Any, Tables]]:
    """A client of one of CLIENTS, and tables that nobody else has."""
    if which == "simulated":
        yield in_memory(), Tables(ledger="ledger", state="state")
    elif which == "ministack":
        client = request.getfixturevalue("emulator").client("dynamodb")
        number = next(_numbers)
        tables = Tables(ledger=f"ledger-{number}", state=f"state-{number}")
        yield client, created(client, tables)
        for name in tables:
            client.delete_table(TableName=name)
    else:
        with mock_aws():
            client = boto3.client("dynamodb", "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")
            yield client, created(client, Tables(ledger="ledger", state="state"))


@pytest.fixture(params=[*CLIENTS, "memory"])
def stores(request: pytest.FixtureRequest) -> Iterator[Stores]:
    if request.param != "memory":
        with dynamodb(request.param, request) as (client, tables):
            yield _on(client, tables)
        return
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


def created(client: Any, tables: Tables) -> Tables:
    create_table(client, "Ledger", tables.ledger)
    create_table(client, "State", tables.state)
    return tables
