"""All that the tables have of a member, item by item: what is exported is what is erased."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from membership.store import keys
from membership.store.tables import Tables, paged

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Sort = Literal["state", "refunded", "parked", "fact", "outcome"]


@dataclass(frozen=True)
class Item:
    """As it is stored."""

    table: str
    attributes: Mapping[str, Any]
    place: str
    """Among all that the member has."""

    @property
    def key(self) -> keys.Key:
        return {name: self.attributes[name] for name in ("pk", "sk")}

    @property
    def sort(self) -> Sort:
        """A member's two partitions hold nothing else."""
        first = self.attributes["sk"]["S"].partition("#")[0]
        found: Mapping[str, Sort] = {
            keys.MEMBER: "state",
            "order": "refunded",
            "parked": "parked",
            "fact": "fact",
            "outcome": "outcome",
        }
        return found[first]

    @property
    def data(self) -> dict[str, Any]:
        """What it says, but for the memory of applied facts, which is digests of their keys."""
        match self.sort:
            case "state" | "fact" | "outcome":
                told: dict[str, Any] = json.loads(self.attributes["body"]["S"])
                return told
            case "refunded":
                order_id = self.attributes["sk"]["S"].partition("#")[2]
                return {"order_id": order_id, "refunded": int(self.attributes["refunded"]["N"])}
            case "parked":
                return {name: self.attributes[name]["S"] for name in ("fact", "error", "at")}


class Belongings:
    def __init__(self, client: "DynamoDBClient", tables: Tables) -> None:
        self._client, self._tables = client, tables

    def of(
        self, program: str, members: Sequence[str], after: str | None = None, page: int | None = None
    ) -> Iterator[Item]:
        """Of one member after the other: its state, its facts, its outcomes. No more is read than is asked
        for, `page` items at a time; `after` is the place of the last one that was seen."""
        partitions = [
            (table, partition)
            for one in members
            for table, partition in (
                (self._tables.state, keys.member(program, one)["pk"]["S"]),
                (self._tables.ledger, keys.ledger(program, one)),
            )
        ]
        begun, _, last = (after or "0:").partition(":")
        for n, (table, partition) in enumerate(partitions):
            if n < int(begun):
                continue
            start = {"ExclusiveStartKey": keys.at(partition, last)} if n == int(begun) and last else {}
            limit = {"Limit": page} if page else {}
            for item in paged(
                self._client.query,
                TableName=table,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": partition}},
                ConsistentRead=True,
                **start,
                **limit,
            ):
                yield Item(table, item, f"{n}:{item['sk']['S']}")
