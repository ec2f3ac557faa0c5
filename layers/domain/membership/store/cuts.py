"""Records of boards that were cut, in the STATE table."""

from datetime import date
from typing import TYPE_CHECKING

from membership.board import Cut
from membership.store import keys
from membership.store.tables import Tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Cuts:
    def __init__(self, client: "DynamoDBClient", tables: Tables) -> None:
        self._client, self._table = client, tables.state

    def put(self, cut: Cut) -> None:
        """The same cut again changes nothing."""
        key = keys.cut(cut.program, cut.metric, cut.day)
        self._client.put_item(TableName=self._table, Item={**key, "body": {"S": cut.model_dump_json()}})

    def get(self, program: str, metric: str, day: date) -> Cut | None:
        key = keys.cut(program, metric, day)
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return Cut.model_validate_json(item["body"]["S"]) if item else None

    def latest(self, program: str, limit: int) -> list[Cut]:
        """The newest first."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": keys.cuts(program)}},
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=limit,
        )
        return [Cut.model_validate_json(item["body"]["S"]) for item in answer["Items"]]
