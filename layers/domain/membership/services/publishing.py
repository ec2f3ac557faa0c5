"""Outcomes from the ledger's stream to the event bus: what was committed is published, at least once."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from membership.errors import MembershipError
from membership.outcomes import Envelope
from membership.store import items

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE = "tierwise"
ENTRIES_A_CALL = 10
ATTEMPTS = 4


class Unpublished(MembershipError):
    """The bus refused entries again and again; the stream has to bring them once more."""


def read_outcomes(records: Iterable[Mapping[str, Any]]) -> list[Envelope]:
    """The outcomes in records of the ledger's stream."""
    return [items.read_outcome(record["dynamodb"]["NewImage"]) for record in records]


def publish(
    envelopes: Sequence[Envelope], bus: str, client: "EventBridgeClient", pause: Callable[[int], None]
) -> None:
    """Put every outcome on the bus. Receivers tell repetitions by the outcome's id."""
    for batch in _batches([_entry(envelope, bus) for envelope in envelopes]):
        pending = batch
        for attempt in range(ATTEMPTS):
            answer = client.put_events(Entries=pending)
            if not answer["FailedEntryCount"]:
                break
            pending = [
                entry
                for entry, result in zip(pending, answer["Entries"], strict=True)
                if result.get("ErrorCode")
            ]
            pause(attempt)
        else:
            raise Unpublished(f"{len(pending)} outcomes were refused by the bus {ATTEMPTS} times")


def _entry(envelope: Envelope, bus: str) -> "PutEventsRequestEntryTypeDef":
    return {
        "Source": SOURCE,
        "DetailType": envelope.type,
        "Detail": envelope.model_dump_json(),
        "EventBusName": bus,
    }


def _batches(entries: "list[PutEventsRequestEntryTypeDef]") -> "Iterator[list[PutEventsRequestEntryTypeDef]]":
    for start in range(0, len(entries), ENTRIES_A_CALL):
        yield entries[start : start + ENTRIES_A_CALL]
