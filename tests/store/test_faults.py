"""One fault at each single write to the tables, of every kind: in the end all is as if there had been none.

The fault happens between the client and DynamoDB: refused, done but never answered, done and repeated by the
client itself, or refused for another transaction that touched the item.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from membership.errors import Contended
from membership.facts import Activity, Fact, Order, Refund
from membership.program.schema import Program
from membership.services.settling import Settling
from membership.store import keys
from membership.store.ledger import Ledger
from membership.store.programs import Programs
from membership.store.tables import Tables
from tests.simulation.dynamodb import in_memory

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
WRITES = ("put_item", "transact_write_items", "update_item", "delete_item")
FAULTS = ("refused", "unanswered", "repeated", "conflicting")
MOST = 15
"""More writes than the story below takes, with the rebuild after it."""


class FaultyClient:
    """A DynamoDB client whose `nth` write from now on meets the fault."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.nth, self.fault, self.writes = 0, "", 0

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._client, name)
        if name not in WRITES:
            return call
        return lambda **arguments: self._write(name, call, arguments)

    def _write(self, name: str, call: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        self.writes += 1
        if self.writes != self.nth:
            return call(**arguments)
        match self.fault:
            case "refused":
                raise ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, name)
            case "unanswered":
                call(**arguments)
                raise ReadTimeoutError(endpoint_url="https://dynamodb")
            case "repeated":
                call(**arguments)
                return call(**arguments)
        if name == "transact_write_items":
            others = len(arguments["TransactItems"]) - 1
            reasons = [{"Code": "TransactionConflict"}, *[{"Code": "None"}] * others]
            error: Any = {
                "Error": {"Code": "TransactionCanceledException"},
                "CancellationReasons": reasons,
            }
            raise self._client.exceptions.TransactionCanceledException(error, name)
        raise ClientError({"Error": {"Code": "TransactionConflictException"}}, name)


@pytest.fixture(scope="module")
def client() -> Any:
    return in_memory()


def story(member: str) -> list[list[Fact]]:
    """Batches: to silver, on to gold, a refund of an order that is there and of one that isn't yet."""

    def common(n: int) -> dict[str, Any]:
        at = NOW + timedelta(minutes=n)
        return {"id": f"event-{n}", "member_id": member, "occurred_at": at, "recorded_at": at}

    orders = [Order(**common(n), order_id=f"o{n}", amount=5_000_00) for n in range(4)]
    return [
        [orders[0]],
        [orders[1], Activity(**common(10), kind="referral"), orders[2]],
        [Refund(**common(20), order_id="o1", amount=1_00), Refund(**common(21), order_id="o3", amount=9_00)],
        [orders[3], Order(**common(30), order_id="o30", amount=20_000_00)],
    ]


def until_it_works(call: Callable[[], Any]) -> Any:
    for _ in range(3):
        try:
            return call()
        except (ClientError, BotoCoreError, Contended):
            continue
    raise AssertionError("it fails without a fault, too")


def at_once(call: Callable[[], Any]) -> Any:
    return call()


def live(
    client: Any, program: Program, member: str, settle: Callable[[Callable[[], Any]], Any]
) -> tuple[Ledger, Settling]:
    """Through the story as the stream would bring it; after the last batch all of it once more."""
    tables = Tables(ledger="ledger", state="state")
    ledger, programs = Ledger(client, tables), Programs(client, tables, lambda: 0.0, fresh_for=0)
    settling = Settling(ledger, programs, lambda attempt: None)
    batches = story(member)
    for batch in batches:
        for fact in batch:
            status = until_it_works(lambda fact=fact: ledger.append(program.id, fact)).status
            assert status in ("accepted", "duplicate")
        settle(lambda batch=batch: settling.settle(program.id, member, batch))
    everything = [fact for batch in batches for fact in batch]
    assert settling.settle(program.id, member, everything).outcomes == ()
    return ledger, settling


@pytest.fixture(scope="module")
def calm(client: Any, program: Program) -> tuple[Any, list[str], dict[str, int]]:
    """What comes of the story without any fault."""
    tables = Tables(ledger="ledger", state="state")
    Programs(client, tables, lambda: 0.0).put(program, 1)
    counting = FaultyClient(client)
    ledger, _ = live(counting, program, "calm", at_once)
    assert counting.writes < MOST, counting.writes
    outcomes = [envelope.type for envelope in ledger.outcomes(program.id, "calm")]
    stored = ledger.load(program.id, "calm", consistent=True).member
    return stored, outcomes, ledger.refunded_orders(program.id, "calm")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_write_changes_nothing(
    client: Any, program: Program, calm: tuple[Any, list[str], dict[str, int]], fault: str
) -> None:
    expected, outcomes, refunded = calm
    assert expected.standings["main"].tier == "gold"
    for nth in range(1, MOST):
        member = f"{fault}-{nth}"
        faulty = FaultyClient(client)
        faulty.nth, faulty.fault = nth, fault
        # Where another transaction was quicker, settling tries again by itself; else its caller has to.
        ledger, settling = live(
            faulty, program, member, at_once if fault in ("conflicting", "repeated") else until_it_works
        )
        found = ledger.load(program.id, member, consistent=True).member
        assert found is not None
        assert found.model_dump(exclude={"id"}) == expected.model_dump(exclude={"id"}), nth
        told = [envelope.type for envelope in ledger.outcomes(program.id, member)]
        assert told == outcomes, f"write {nth}: every outcome once"
        assert ledger.refunded_orders(program.id, member) == refunded, nth
        again = until_it_works(lambda settling=settling, member=member: settling.rebuild(program.id, member))
        assert again.member == found
        assert not again.outcomes


def test_a_lost_member_never_writes_over_what_it_was_told(
    client: Any, program: Program, calm: tuple[Any, list[str], dict[str, int]]
) -> None:
    """The state table lost it: settling starts at version 1 again, whose outcomes are there."""
    ledger, settling = live(client, program, "lost", at_once)
    told = list(ledger.outcomes(program.id, "lost"))
    client.delete_item(TableName="state", Key=keys.member(program.id, "lost"))
    newcomer = Order(
        id="event-99", member_id="lost", occurred_at=NOW, recorded_at=NOW, order_id="o99", amount=1_00
    )
    ledger.append(program.id, newcomer)
    settling.settle(program.id, "lost", [newcomer])
    assert list(ledger.outcomes(program.id, "lost")) == told
    found = ledger.load(program.id, "lost", consistent=True).member
    assert found is not None
    assert found.standings == calm[0].standings
