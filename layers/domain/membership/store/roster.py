"""Every member of every program: for what has to look at all of them, which is seldom.

The state table is read as a whole, whoever asks: DynamoDB bills what it looks at, not what it answers with.
So one sweep serves all programs that need one at the time.
"""

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from membership.store import items, keys
from membership.store.ledger import Page, Stored
from membership.store.tables import Tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Entry(NamedTuple):
    program: str
    stored: Stored


class Roster:
    def __init__(self, client: "DynamoDBClient", tables: Tables) -> None:
        self._client, self._table = client, tables.state

    def page(self, segment: int, segments: int, after: str | None, limit: int) -> Page[Entry]:
        """Members among the next `limit` items of one segment of the table; `after` is the `next` of the page
        before. Segments can be read side by side, and together hold each member once."""
        start: Any = {"ExclusiveStartKey": json.loads(after)} if after else {}
        answer = self._client.scan(
            TableName=self._table,
            Segment=segment,
            TotalSegments=segments,
            # Named, because roles that scan may read these alone.
            Select="SPECIFIC_ATTRIBUTES",
            ProjectionExpression="pk, sk, version, body, applied, due",
            FilterExpression="sk = :member",
            ExpressionAttributeValues={":member": {"S": keys.MEMBER}},
            Limit=limit,
            **start,
        )
        entries = [entry for item in answer["Items"] if (entry := _entry(item))]
        last = answer.get("LastEvaluatedKey")
        return Page(entries, json.dumps(last) if last else None)


def _entry(item: Any) -> Entry | None:
    """None for a member that can't be read: settling will meet it and say so, and one must not stop all."""
    try:
        return Entry(keys.program_of(item["pk"]["S"]), Stored(*items.read_member(item)))
    except ValidationError:
        return None
