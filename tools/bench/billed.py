"""Tables of as many members as are asked for, which bill what DynamoDB bills.

The store's own classes talk to them as to a client. A member is made up when it is looked at: a copy of one
that the real code has made, under its own name. So a million of them need no room; what is written is kept.
Nobody else writes meanwhile: the one condition that is looked at is that a key is free.
"""

import json
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError

from membership.store import keys
from membership.store.tables import Tables
from tools.bench.meter import item_bytes

Item = dict[str, Any]

TABLES = Tables(ledger="ledger", state="state")
MODEL = "MODEL"
"""Stands for the member's id in the items that are copied."""
INDEXES = {"due": ("due_shard", "due"), "deliveries": ("delivery_status", "delivery_at")}


class Refused(ClientError):
    """The key was taken."""


class _Exceptions:
    ClientError = ClientError
    ConditionalCheckFailedException = Refused
    TransactionCanceledException = Refused


@dataclass
class Bill:
    """Units, calls, and write units of each partition: (table or index, partition) → units."""

    reads: float = 0
    writes: float = 0
    calls: int = 0
    partitions: Counter[tuple[str, str]] = field(default_factory=Counter)


@dataclass
class Billed:
    """The client. `models` are the items of the member that all are copies of, `count` how many there are."""

    program: str
    models: Mapping[str, Sequence[Item]] = field(default_factory=dict)
    """By table."""
    count: int = 0
    dues: Sequence[Sequence[str]] = ()
    """Range keys of the index `due` in their order, shard by shard."""
    exceptions = _Exceptions

    def __post_init__(self) -> None:
        self.bill = Bill()
        self._written: dict[tuple[str, str], dict[str, Item]] = {}
        self._lock = Lock()
        self._models = {
            table: {item["sk"]["S"]: json.dumps(item, default=_bytes) for item in items}
            for table, items in self.models.items()
        }

    def written(self, table: str, prefix: str) -> list[Item]:
        """Items whose range key begins like that, in the order in which they were written."""
        return [
            item
            for (one, _), partition in self._written.items()
            if one == table
            for sk, item in partition.items()
            if sk.startswith(prefix)
        ]

    def items_of(self, member_id: str) -> dict[str, list[Item]]:
        """By table, what was written of a member: models for others."""
        found: dict[str, list[Item]] = {}
        for (table, pk), partition in self._written.items():
            if pk.endswith(f"#{member_id}"):
                found[table] = [*partition.values()]
        return found

    def size(self, table: str, pk: Mapping[str, str], sk: Mapping[str, str]) -> int:
        """Bytes of an item."""
        return item_bytes(self._item(table, pk["S"], sk["S"]) or {})

    # ── Reads ─────────────────────────────────────────────────────────────────────────────────────

    def get_item(self, *, TableName: str, Key: Item, ConsistentRead: bool = False) -> Item:  # noqa: N803
        item = self._item(TableName, Key["pk"]["S"], Key["sk"]["S"])
        self._read([item] if item else [], ConsistentRead)
        return {"Item": item} if item else {}

    def query(self, **asked: Any) -> Item:
        if asked.get("IndexName") == keys.DUE:
            return self._due(**asked)
        table, values = asked["TableName"], asked["ExpressionAttributeValues"].values()
        partition, prefix = ([value["S"] for value in values] + [""])[:2]
        known = {*self._written.get((table, partition), ())}
        if self._number(partition) is not None:
            known |= self._models.get(table, {}).keys()
        order = sorted(known, reverse=not asked.get("ScanIndexForward", True))
        found = [
            item for sk in order if sk.startswith(prefix) and (item := self._item(table, partition, sk))
        ][: asked.get("Limit")]
        self._read(found, asked.get("ConsistentRead", False))
        return {"Items": found}

    def _due(self, *, ExpressionAttributeValues: Item, Limit: int, **asked: Any) -> Item:  # noqa: N803
        shard = ExpressionAttributeValues[":shard"]["S"]
        entries = self.dues[int(shard.rpartition("#")[2])]
        after = asked.get("ExclusiveStartKey", {}).get("due", {}).get("S", "")
        first = bisect_right(entries, after)
        last = bisect_left(entries, ExpressionAttributeValues[":through"]["S"])
        found = [
            {**keys.member(self.program, due.split("#")[1]), "due_shard": {"S": shard}, "due": {"S": due}}
            for due in entries[first : min(last, first + Limit)]
        ]
        self._read(found, False)
        return {"Items": found} | ({"LastEvaluatedKey": found[-1]} if first + Limit < last else {})

    def scan(self, *, Segment: int, TotalSegments: int, Limit: int, **asked: Any) -> Item:  # noqa: N803
        done = int(asked.get("ExclusiveStartKey", {}).get("n", 0))
        numbers = range(Segment + done * TotalSegments, self.count, TotalSegments)
        partitions = (keys.member(self.program, f"m{n}")["pk"]["S"] for n in numbers[:Limit])
        members = (self._item(TABLES.state, pk, keys.MEMBER) for pk in partitions)
        found = [item for item in members if item]
        self._read(found, False)
        return {"Items": found} | ({"LastEvaluatedKey": {"n": done + Limit}} if len(numbers) > Limit else {})

    # ── Writes ────────────────────────────────────────────────────────────────────────────────────

    def put_item(self, *, TableName: str, Item: Item, **asked: Any) -> Item:  # noqa: N803
        with self._lock:
            self.bill.calls += 1
            self._put(TableName, Item, asked, 1)
        return {}

    def transact_write_items(self, *, TransactItems: Iterable[Item]) -> Item:  # noqa: N803
        with self._lock:
            self.bill.calls += 1
            for write in TransactItems:
                put = write["Put"]
                self._put(put["TableName"], put["Item"], put, 2)
        return {}

    def delete_item(self, *, TableName: str, Key: Item) -> Item:  # noqa: N803
        """Of what is not there: what a rebuild takes away."""
        with self._lock:
            self.bill.calls += 1
            self._write(TableName, Key["pk"]["S"], 1)
        return {}

    def _put(self, table: str, item: Item, asked: Mapping[str, Any], times: int) -> None:
        pk, sk = item["pk"]["S"], item["sk"]["S"]
        old = self._item(table, pk, sk)
        if old and "attribute_not_exists(pk)" in asked.get("ConditionExpression", ""):
            raise Refused({"Error": {"Code": "ConditionalCheckFailedException"}, "Item": old}, "PutItem")  # type: ignore[typeddict-unknown-key]
        self._write(table, pk, times * _write_units(item, old))
        for index, (partition, place) in INDEXES.items():
            before, after = (_indexed(index, one, partition, place) for one in (old, item))
            if before == after:
                continue
            moved = before and after and before[place] != after[place]
            for entry in (before, after) if moved else (after or before,):
                if entry:
                    self._write(index, entry[partition]["S"], _write_units(entry))
        self._written.setdefault((table, pk), {})[sk] = item

    # ── What there is, and what it costs ──────────────────────────────────────────────────────────

    def _item(self, table: str, pk: str, sk: str) -> Item | None:
        if item := self._written.get((table, pk), {}).get(sk):
            return item
        number, model = self._number(pk), self._models.get(table, {}).get(sk)
        if number is None or model is None:
            return None
        copy: Item = json.loads(model.replace(MODEL, f"m{number}"), object_hook=_from_bytes)
        return copy

    def _number(self, pk: str) -> int | None:
        """Of the made-up member whose partition that is."""
        name = pk.rpartition("#")[2]
        number = int(name[1:]) if name[:1] == "m" and name[1:].isdigit() else self.count
        return number if number < self.count else None

    def _read(self, items: Sequence[Item], consistent: bool) -> None:
        units = max(1, ceil(sum(map(item_bytes, items)) / 4096)) * (1 if consistent else 0.5)
        with self._lock:
            self.bill.calls += 1
            self.bill.reads += units

    def _write(self, place: str, partition: str, units: float) -> None:
        self.bill.writes += units
        self.bill.partitions[place, partition] += int(units)


def _write_units(*items: Item | None) -> int:
    """The larger one, where one takes another one's place."""
    return max(1, *(ceil(item_bytes(item) / 1024) for item in items if item))


def _indexed(index: str, item: Item | None, partition: str, place: str) -> Item | None:
    if not item or partition not in item:
        return None
    return {name: item[name] for name in ("pk", "sk", partition, place)} if index == keys.DUE else item


def _bytes(value: bytes) -> Any:
    return {"hex": value.hex()}


def _from_bytes(parsed: dict[str, Any]) -> Any:
    return bytes.fromhex(parsed["hex"]) if parsed.keys() == {"hex"} else parsed
