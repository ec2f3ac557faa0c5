"""Where the store is measured: copies of the deployed tables, so that no stream settles behind our back."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from membership.facts import Fact, Order
from membership.program import presets
from membership.program.reading import read_program
from membership.program.schema import Program
from membership.services.ingesting import Ingest
from membership.services.settling import Settling
from membership.store.ledger import Ledger
from membership.store.programs import Programs
from membership.store.tables import Tables
from tools.bench.meter import Meter
from tools.deploy import Stack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Stand:
    """The store's own classes on tables of their own, every call metered."""

    program: Program
    ledger: Ledger
    programs: Programs
    settling: Settling
    ingest: Ingest
    meter: Meter


def build(stack: Stack, program: Program | None = None) -> Stand:
    """A stand with fresh tables and a program in force; P2, which has the most metrics, by default."""
    program = program or read_program(presets.text("p2-customer-policy"))
    client: DynamoDBClient = stack.emulator.client("dynamodb")
    name = uuid4().hex[:8]
    tables = Tables(
        ledger=_copy(client, stack.outputs["LedgerTable"], f"bench-ledger-{name}"),
        state=_copy(client, stack.outputs["StateTable"], f"bench-state-{name}"),
    )
    # A program is read anew every ten seconds; here it is read once, so that it doesn't fall to some event.
    programs = Programs(client, tables, time.monotonic, fresh_for=3600)
    programs.put(program, 1)
    programs.versions(program.id)
    meter = Meter()
    meter.attach(client)
    ledger = Ledger(client, tables)
    settling = Settling(ledger, programs, lambda attempt: time.sleep(0.002 * 2**attempt))
    return Stand(program, ledger, programs, settling, Ingest(ledger, settling), meter)


def orders(member: str, count: int, cents: int = 199_00, recorded: datetime | None = None) -> list[Order]:
    """Orders with ids as shops make them, an hour apart."""
    return [
        Order(
            id=str(uuid4()),
            member_id=member,
            occurred_at=BEGIN + timedelta(hours=n),
            recorded_at=recorded or datetime.now(UTC),
            order_id=str(uuid4()),
            amount=cents,
        )
        for n in range(count)
    ]


def regular(stand: Stand, member: str) -> None:
    """Makes a member of a middle tier, long known: another small order brings it nothing, as is usual."""
    take(stand, orders(member, 13, cents=1_00, recorded=datetime.now(UTC) - timedelta(days=2)))


def take(stand: Stand, facts: Sequence[Fact]) -> None:
    """Ingest and settle."""
    taken = stand.ingest.take(stand.program, facts)
    stand.settling.settle(stand.program.id, facts[0].member_id, [one.fact for one in taken])


def _copy(client: "DynamoDBClient", table: str, name: str) -> str:
    """The same keys and indexes, no stream."""
    described: Any = client.describe_table(TableName=table)["Table"]
    copied = {key: described[key] for key in ("KeySchema", "AttributeDefinitions")}
    if indexes := described.get("GlobalSecondaryIndexes"):
        kept = ("IndexName", "KeySchema", "Projection")
        copied["GlobalSecondaryIndexes"] = [{key: index[key] for key in kept} for index in indexes]
    client.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **copied)
    return name
