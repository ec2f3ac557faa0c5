"""DynamoDB in memory, for one thread: the calls that our store makes, with the errors that it looks at.

Made for speed: items are kept as they were given and handed out as they are kept, so nobody may change one
in place. The contract of tests/store holds it to what moto and the emulator do.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from tests.simulation.expressions import condition, keys, plain, update
from tests.template import resources

Item = dict[str, Any]
Key = tuple[str, str]

A_MOMENT = 10.0
"""Seconds by which an index may be behind its table, where it is to be stale."""
LARGEST_ITEM = 400 * 1024
LARGEST_TRANSACTION = 100


class ConditionalCheckFailedException(ClientError):
    pass


class TransactionCanceledException(ClientError):
    pass


class TransactionConflictException(ClientError):
    pass


class Exceptions:
    """As a client of botocore has them."""

    ClientError = ClientError
    ConditionalCheckFailedException = ConditionalCheckFailedException
    TransactionCanceledException = TransactionCanceledException
    TransactionConflictException = TransactionConflictException


def invalid(operation: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": "ValidationException", "Message": message}}, operation)


def conflict(operation: str) -> ClientError:
    """Another transaction was at one of the items."""
    if operation == "transact_write_items":
        told: Any = {
            "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
            "CancellationReasons": [{"Code": "TransactionConflict"}],
        }
        return TransactionCanceledException(told, operation)
    return TransactionConflictException(
        {"Error": {"Code": "TransactionConflictException", "Message": "in a transaction"}}, operation
    )


@dataclass
class Index:
    hash: str
    range: str
    keys_only: bool
    now: Callable[[], float] = float
    stale: bool = False
    """Whether it doesn't know yet what has changed a moment ago."""
    _partitions: dict[str, dict[Key, Item]] = field(default_factory=dict)
    _undo: list[tuple[float, Key, Item | None, Item | None]] = field(default_factory=list)
    """The last changes: when, key, what the index had before, and what it had then."""

    def change(self, key: Key, before: Item | None, item: Item | None) -> None:
        new, old = (self._entry(one) if one else None for one in (item, before))
        if new == old:
            return
        self._undo.append((self.now(), key, old, new))
        del self._undo[:-8]
        if old:
            del self._partitions[old[self.hash]["S"]][key]
        if new:
            self._partitions.setdefault(new[self.hash]["S"], {})[key] = new

    def _entry(self, item: Item) -> Item | None:
        if self.hash not in item or self.range not in item:
            return None
        names = ("pk", "sk", self.hash, self.range) if self.keys_only else item
        return {name: item[name] for name in names}

    def items(self, partition: str) -> list[Item]:
        """Those of one hash key, in the order of the range key."""
        seen = self._partitions.get(partition, {})
        if self.stale:
            seen, since = dict(seen), self.now() - A_MOMENT
            for at, key, old, new in reversed(self._undo):
                if at < since:
                    break
                if new and new[self.hash]["S"] == partition:
                    del seen[key]
                if old and old[self.hash]["S"] == partition:
                    seen[key] = old
        return sorted(seen.values(), key=lambda one: (one[self.range]["S"], one["pk"]["S"], one["sk"]["S"]))


Changed = Callable[[str, Key, Item | None, Item | None], None]
"""Table, key, item before, item after."""


class Table:
    def __init__(self, name: str, indexes: Mapping[str, Index], changed: Changed) -> None:
        self.name, self.indexes, self._changed = name, indexes, changed
        self.partitions: dict[str, dict[str, Item]] = defaultdict(dict)
        self._before: dict[Key, Item | None] = {}

    def get(self, key: Key, *, stale: bool = False) -> Item | None:
        if stale and key in self._before:
            return self._before[key]
        partition = self.partitions.get(key[0])
        return partition.get(key[1]) if partition else None

    def put(self, key: Key, item: Item | None) -> None:
        """None: deletes."""
        old = self.get(key)
        if item is None and old is None:
            return
        self._before[key] = old
        if item is None:
            del self.partitions[key[0]][key[1]]
        else:
            self.partitions[key[0]][key[1]] = item
        for index in self.indexes.values():
            index.change(key, old, item)
        self._changed(self.name, key, old, item)

    def items(self, partition: str, *, stale: bool = False) -> list[Item]:
        found: Mapping[str, Item | None] = self.partitions.get(partition, {})
        if stale:
            found = {**found, **{sk: item for (pk, sk), item in self._before.items() if pk == partition}}
        return [item for sk in sorted(found) if (item := found[sk])]

    def everything(self, *, stale: bool = False) -> Iterator[Item]:
        for partition in sorted(self.partitions):
            yield from self.items(partition, stale=stale)


@dataclass(frozen=True)
class _Write:
    table: Table
    key: Key
    old: Item | None
    new: Item | None
    holds: bool
    check: bool = False


class DynamoDB:
    """The client. `stale` and `page` are set for one call by whoever lets faults happen."""

    exceptions = Exceptions

    def __init__(self, tables: Mapping[str, Mapping[str, Index]], changed: Changed = lambda *_: None) -> None:
        self.tables = {name: Table(name, indexes, changed) for name, indexes in tables.items()}
        self.stale = False
        """Whether reads that needn't be consistent see the item before its last change."""
        self.page: int | None = None
        """So many items at most are answered at a time, as where they are large."""

    # ── One item ──────────────────────────────────────────────────────────────────────────────────

    def get_item(
        self,
        *,
        TableName: str,  # noqa: N803
        Key: Item,  # noqa: N803
        ConsistentRead: bool = False,  # noqa: N803
        ProjectionExpression: str = "",  # noqa: N803
    ) -> Item:
        item = self.tables[TableName].get(_key(Key), stale=self.stale and not ConsistentRead)
        if item is None:
            return {}
        return {"Item": _projected(item, ProjectionExpression)}

    def put_item(self, **asked: Any) -> Item:
        self._alone("put_item", self._put(asked), asked)
        return {}

    def update_item(self, **asked: Any) -> Item:
        write = self._update(asked)
        self._alone("update_item", write, asked)
        return {"Attributes": write.new} if asked.get("ReturnValues") == "ALL_NEW" else {}

    def delete_item(self, **asked: Any) -> Item:
        self._alone("delete_item", self._delete(asked), asked)
        return {}

    def transact_write_items(
        self,
        *,
        TransactItems: Sequence[Item],  # noqa: N803
        ClientRequestToken: str = "",  # noqa: N803
    ) -> Item:
        if len(TransactItems) > LARGEST_TRANSACTION:
            raise invalid("transact_write_items", "at most 100 items")
        writes = []
        for one in TransactItems:
            [(kind, asked)] = one.items()
            writes.append(_KINDS[kind](self, asked))
        if len({(write.table.name, write.key) for write in writes}) < len(writes):
            raise invalid("transact_write_items", "an item cannot be in a transaction twice")
        reasons: list[Any] = [
            _size(write) or ({"Code": "None"} if write.holds else {"Code": "ConditionalCheckFailed"})
            for write in writes
        ]
        if any(reason["Code"] != "None" for reason in reasons):
            told: Any = {
                "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
                "CancellationReasons": reasons,
            }
            raise TransactionCanceledException(told, "transact_write_items")
        for write in writes:
            if not write.check:
                write.table.put(write.key, write.new)
        return {}

    def _alone(self, operation: str, write: _Write, asked: Item) -> None:
        if not write.holds:
            told: Any = {"Error": {"Code": "ConditionalCheckFailedException", "Message": "failed"}}
            if asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and write.old:
                told["Item"] = write.old
            raise ConditionalCheckFailedException(told, operation)
        if refused := _size(write):
            raise invalid(operation, refused["Message"])
        write.table.put(write.key, write.new)

    def _put(self, asked: Item) -> _Write:
        return self._write(asked, _key(asked["Item"]), asked["Item"])

    def _delete(self, asked: Item) -> _Write:
        return self._write(asked, _key(asked["Key"]), None)

    def _update(self, asked: Item) -> _Write:
        table, key = self.tables[asked["TableName"]], _key(asked["Key"])
        new = dict(table.get(key) or asked["Key"])
        update(asked["UpdateExpression"])(new, asked.get("ExpressionAttributeValues", {}))
        return self._write(asked, key, new)

    def _check(self, asked: Item) -> _Write:
        return self._write(asked, _key(asked["Key"]), None, check=True)

    def _write(self, asked: Item, key: Key, new: Item | None, *, check: bool = False) -> _Write:
        table = self.tables[asked["TableName"]]
        old = table.get(key)
        text = asked.get("ConditionExpression")
        holds = not text or condition(text)(old or {}, asked.get("ExpressionAttributeValues", {}))
        return _Write(table, key, old, new, holds, check)

    # ── Many items ────────────────────────────────────────────────────────────────────────────────

    def query(self, **asked: Any) -> Item:
        table, index = self.tables[asked["TableName"]], asked.get("IndexName")
        hash_, ranged, name = keys(asked["KeyConditionExpression"])
        values = asked["ExpressionAttributeValues"]
        partition: str = values[name]["S"]
        if index:
            found = table.indexes[index]
            found.stale = self.stale
            every, place = found.items(partition), (found.range, "pk", "sk")
        else:
            assert hash_ == "pk"
            stale = self.stale and not asked.get("ConsistentRead")
            every, place = table.items(partition, stale=stale), ("sk",)
        if not every:
            return {"Items": [], "Count": 0}
        if ranged:
            attribute, how, names = ranged
            bounds = [values[bound]["S"] for bound in names]
            every = [one for one in every if _in_range(one[attribute]["S"], how, *bounds)]
        if not asked.get("ScanIndexForward", True):
            every.reverse()
        return self._page(every, asked, place, descending=not asked.get("ScanIndexForward", True))

    def scan(self, **asked: Any) -> Item:
        """Segments by partition key, as a hash spreads them."""
        segments, segment = asked.get("TotalSegments", 1), asked.get("Segment", 0)
        table = self.tables[asked["TableName"]]
        everything = table.everything(stale=self.stale and not asked.get("ConsistentRead"))
        every = [item for item in everything if sum(item["pk"]["S"].encode()) % segments == segment]
        return self._page(every, asked, ("pk", "sk"), descending=False)

    def _page(self, every: list[Item], asked: Item, place: tuple[str, ...], *, descending: bool) -> Item:
        start = asked.get("ExclusiveStartKey")
        if start:
            after = [start[name]["S"] for name in place]

            def follows(one: Item) -> bool:
                here = [one[name]["S"] for name in place]
                return here < after if descending else here > after

            every = [one for one in every if follows(one)]
        limit = min(asked.get("Limit", len(every) + 1), self.page or len(every) + 1)
        looked_at = every[:limit]
        text, values = asked.get("FilterExpression"), asked.get("ExpressionAttributeValues", {})
        kept = [one for one in looked_at if not text or condition(text)(one, values)]
        names = asked.get("ProjectionExpression", "")
        answer: Item = {"Items": [_projected(one, names) for one in kept], "Count": len(kept)}
        # DynamoDB tells a place even where nothing follows, if the limit was just reached.
        if looked_at and len(looked_at) == limit:
            last = looked_at[-1]
            answer["LastEvaluatedKey"] = {
                name: last[name] for name in dict.fromkeys(("pk", "sk", *place))
            } | (self._index_key(asked, last))
        return answer

    def _index_key(self, asked: Item, last: Item) -> Item:
        if "IndexName" not in asked:
            return {}
        index = self.tables[asked["TableName"]].indexes[asked["IndexName"]]
        return {index.hash: last[index.hash]}

    def get_paginator(self, operation: str) -> "Paginator":
        assert operation == "query"
        return Paginator(self.query)


class Paginator:
    """botocore's own, as far as it is used: it reads on until it has `MaxItems`."""

    def __init__(self, call: Callable[..., Item]) -> None:
        self._call = call

    def paginate(self, *, PaginationConfig: Mapping[str, int], **asked: Any) -> Iterator[Item]:  # noqa: N803
        left = PaginationConfig["MaxItems"]
        while left > 0:
            answer = self._call(**asked)
            answer["Items"] = answer["Items"][:left]
            left -= len(answer["Items"])
            yield answer
            if "LastEvaluatedKey" not in answer:
                return
            asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


_KINDS: Mapping[str, Callable[[DynamoDB, Item], _Write]] = {
    "Put": DynamoDB._put,
    "Update": DynamoDB._update,
    "Delete": DynamoDB._delete,
    "ConditionCheck": DynamoDB._check,
}


def _key(item: Mapping[str, Any]) -> Key:
    return item["pk"]["S"], item["sk"]["S"]


def _projected(item: Item, names: str) -> Item:
    if not names:
        return item
    return {name: item[name] for name in names.split(", ") if name in item}


def _in_range(value: str, how: str, bound: str, last: str = "") -> bool:
    match how:
        case "between":
            return bound <= value <= last
        case "begins_with":
            return value.startswith(bound)
        case "<":
            return value < bound
        case "<=":
            return value <= bound
        case ">":
            return value > bound
        case ">=":
            return value >= bound
    return value == bound


def _size(write: _Write) -> dict[str, str] | None:
    """Why an item that is too large is refused. Most are so small that it is seen from one attribute."""
    if write.new is None or write.check:
        return None
    rough = sum(
        len(value) for one in write.new.values() for value in one.values() if isinstance(value, str | bytes)
    )
    if rough < LARGEST_ITEM // 4:
        return None
    size = sum(len(name.encode()) + _bytes(one) for name, one in write.new.items())
    return {"Code": "ValidationError", "Message": "Item size has exceeded"} if size > LARGEST_ITEM else None


def _bytes(value: Any) -> int:
    told = plain(value)
    return len(told.encode()) if isinstance(told, str) else len(told) if isinstance(told, bytes) else 21


@cache
def _described() -> dict[str, tuple[tuple[str, str, str, bool], ...]]:
    """Table → its indexes, as the template has them: name, hash key, range key, whether of keys alone."""
    found = {}
    for name in ("Ledger", "State"):
        told = resources()[name]["Properties"].get("GlobalSecondaryIndexes", ())
        found[name.lower()] = tuple(
            (
                one["IndexName"],
                *(key["AttributeName"] for key in one["KeySchema"]),
                one["Projection"]["ProjectionType"] == "KEYS_ONLY",
            )
            for one in told
        )
    return found


def in_memory(changed: Changed = lambda *_: None, now: Callable[[], float] = float) -> Any:
    """The product's tables, called `ledger` and `state`."""
    return DynamoDB(
        {
            table: {name: Index(*keys, now) for name, *keys in indexes}
            for table, indexes in _described().items()
        },
        changed,
    )
