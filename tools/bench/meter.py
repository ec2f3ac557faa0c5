"""Counts the capacity units that a DynamoDB client consumes: it asks for them at every call and adds them up.

MiniStack reports most of them as AWS bills them. What it doesn't is put right here:
* a read costs 0.5 units (1 when consistent) for each 4 KB begun; MiniStack leaves the size out;
* a refused conditional write is billed like one that was made; MiniStack's answer to it has no figure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

READS = frozenset({"GetItem", "BatchGetItem", "Query", "Scan"})
WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"})
READ_KB, WRITE_KB = 4, 1


@dataclass
class Meter:
    """Units since it was made or last reset, and how many calls they were for."""

    reads: float = 0
    writes: float = 0
    calls: int = 0
    _asked: dict[int, Mapping[str, Any]] = field(default_factory=dict)

    def attach(self, client: "DynamoDBClient") -> None:
        """Listens to every call of this client from now on."""
        client.meta.events.register("provide-client-params.dynamodb", self._ask)  # type: ignore[arg-type]
        client.meta.events.register("after-call.dynamodb", self._add)

    def reset(self) -> None:
        self.reads = self.writes = self.calls = 0

    def _ask(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> dict[str, Any]:
        if model.name not in READS | WRITES:
            raise NotImplementedError(f"the meter doesn't know what {model.name} costs")
        context["metered"] = params
        return params | {"ReturnConsumedCapacity": "TOTAL"}

    def _add(self, parsed: Mapping[str, Any], model: Any, context: Mapping[str, Any], **_: Any) -> None:
        self.calls += 1
        if model.name in READS:
            self.reads += _read_units(model.name, context["metered"], parsed)
        elif "Error" in parsed:
            self.writes += _refused_units(context["metered"])
        else:
            consumed = parsed["ConsumedCapacity"]
            tables = consumed if isinstance(consumed, list) else [consumed]
            self.writes += sum(table["CapacityUnits"] for table in tables)


def item_bytes(item: Mapping[str, Any]) -> int:
    """The size of an item as DynamoDB counts it: names and values."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(typed: Mapping[str, Any]) -> int:
    [(kind, value)] = typed.items()
    match kind:
        case "S":
            return len(value.encode())
        case "N":
            return (len(value.strip("-0.")) + 1) // 2 + 1
        case "B":
            return len(bytes(value))
        case "BOOL" | "NULL":
            return 1
    raise NotImplementedError(f"the meter doesn't know how large a {kind} is")


def _read_units(operation: str, params: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    if "Error" in answer:
        return 0
    match operation:
        case "GetItem":
            return _read(params, [answer["Item"]] if "Item" in answer else [])
        case "BatchGetItem":  # billed item by item, unlike a query
            return sum(
                _read(asked, [item])
                for table, asked in params["RequestItems"].items()
                for item in answer["Responses"][table]
            )
    return _read(params, answer["Items"])


def _read(params: Mapping[str, Any], items: Iterable[Mapping[str, Any]]) -> float:
    begun = max(1, ceil(sum(map(item_bytes, items)) / (READ_KB * 1024)))
    return begun * (1 if params.get("ConsistentRead") else 0.5)


def _refused_units(params: Mapping[str, Any]) -> float:
    """What was to be written stands for what is there: a fact told twice is as large both times."""
    if "TransactItems" in params:
        return sum(
            2 * _write(write.get("Item", {})) for one in params["TransactItems"] for write in one.values()
        )
    return _write(params.get("Item", {}))


def _write(item: Mapping[str, Any]) -> float:
    return max(1, ceil(item_bytes(item) / (WRITE_KB * 1024)))
