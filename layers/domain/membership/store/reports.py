"""Reports of each program by day, in the STATE table."""

from datetime import date
from typing import TYPE_CHECKING, Any

from membership.report import Report
from membership.store import keys
from membership.store.ledger import Page
from membership.store.tables import Tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Reports:
    def __init__(self, client: "DynamoDBClient", tables: Tables) -> None:
        self._client, self._table = client, tables.state

    def put(self, report: Report) -> None:
        """The one of the day; made again, the later one stays."""
        key = keys.report(report.program, report.day)
        self._client.put_item(TableName=self._table, Item={**key, "body": {"S": report.model_dump_json()}})

    def page(self, program: str, limit: int, before: str | None = None) -> Page[Report]:
        """The newest first; `before` is the `next` of the page before."""
        start: Any = {"ExclusiveStartKey": keys.report(program, date.fromisoformat(before))} if before else {}
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": keys.reports(program)}},
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=limit,
            **start,
        )
        found = [Report.model_validate_json(item["body"]["S"]) for item in answer["Items"]]
        goes_on = "LastEvaluatedKey" in answer and found
        return Page(found, found[-1].day.isoformat() if goes_on else None)
