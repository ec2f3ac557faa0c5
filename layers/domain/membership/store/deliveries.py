"""Deliveries and the settings of channels, in the STATE table."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any

from membership.channels.base import Channel, Delivery, Settings, Status
from membership.store import keys

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT = timedelta(days=90)
"""How long a delivery can be looked at and sent again, counted from its last attempt."""


class Deliveries:
    """Delivery records, one item each; the index `deliveries` lists those of a program by status and time."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client, self._table = client, table

    def get(self, program: str, delivery_id: str) -> Delivery | None:
        """One delivery as it stands now; dispatching decides by it, so the read is consistent."""
        key = keys.delivery(program, delivery_id)
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return _delivery(item) if item else None

    def save(self, delivery: Delivery) -> bool:
        """Write a record. False, and nothing written, where another attempt has delivered it meanwhile."""
        delivered = keys.delivery_status(delivery.program, "delivered")
        try:
            self._client.put_item(
                TableName=self._table,
                Item=_item(delivery),
                ConditionExpression="attribute_not_exists(pk) OR delivery_status <> :delivered",
                ExpressionAttributeValues={":delivered": {"S": delivered}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def reopen(self, program: str, delivery_id: str, now: datetime) -> Delivery | None:
        """Make a delivery pending again, whatever became of it; None where there is none."""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=keys.delivery(program, delivery_id),
                UpdateExpression="SET delivery_status = :pending, expires_at = :expiry",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={
                    ":pending": {"S": keys.delivery_status(program, "pending")},
                    ":expiry": _expiry(now),
                },
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return _delivery(answer["Attributes"])

    def page(
        self, program: str, statuses: Iterable[Status], limit: int, before: str | None = None
    ) -> tuple[list[Delivery], str | None]:
        """Deliveries of these statuses, newest first, and where the next page begins (None: nowhere)."""
        lists = [self._newest(program, status, limit + 1, before) for status in statuses]
        found = list(islice(merge(*lists, key=_at, reverse=True), limit + 1))
        cursor = _at(found[limit - 1]) if len(found) > limit else None
        return [_delivery(item) for item in found[:limit]], cursor

    def channel(self, program: str, channel: Channel) -> Settings | None:
        """The settings of a program's channel, or None where it has none."""
        key = keys.channel(program, channel)
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return json.loads(item["settings"]["S"]) if item else None

    def configure(self, program: str, channel: Channel, new: Settings, old: Settings | None) -> bool:
        """Write a channel's settings. False where they are no longer the old ones: two operators at once."""
        unchanged: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if old is not None:
            unchanged = {
                "ConditionExpression": "settings = :old",
                "ExpressionAttributeValues": {":old": {"S": _canonical(old)}},
            }
        # Not `body`: who may scan for members may read that attribute of every item, and no secrets.
        item = {**keys.channel(program, channel), "settings": {"S": _canonical(new)}}
        try:
            self._client.put_item(TableName=self._table, Item=item, **unchanged)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _newest(self, program: str, status: Status, limit: int, before: str | None) -> list[dict[str, Any]]:
        values: dict[str, Any] = {":status": {"S": keys.delivery_status(program, status)}}
        condition = "delivery_status = :status"
        if before is not None:
            condition += " AND delivery_at < :before"
            values[":before"] = {"S": before}
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=keys.DELIVERIES,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            ScanIndexForward=False,
            PaginationConfig={"MaxItems": limit},
        )
        return [item for page in pages for item in page["Items"]]


def _at(item: Mapping[str, Any]) -> str:
    return str(item["delivery_at"]["S"])


def _item(delivery: Delivery) -> dict[str, Any]:
    touched = delivery.last.at if delivery.last else delivery.created_at
    return {
        **keys.delivery(delivery.program, delivery.id),
        "delivery_status": {"S": keys.delivery_status(delivery.program, delivery.status)},
        "delivery_at": {"S": keys.by_time(delivery.created_at, delivery.id)},
        "expires_at": _expiry(touched),
        "body": {"S": delivery.model_dump_json(exclude={"status"})},
    }


def _delivery(item: Mapping[str, Any]) -> Delivery:
    # The status lives in the index key alone, so that reopening is one update and the two can't disagree.
    _, status = item["delivery_status"]["S"].rsplit("#", 1)
    return Delivery.model_validate({**json.loads(item["body"]["S"]), "status": status})


def _expiry(touched: datetime) -> dict[str, str]:
    return {"N": str(int((touched.astimezone(UTC) + KEPT).timestamp()))}


def _canonical(settings: Settings) -> str:
    return json.dumps(settings, sort_keys=True, separators=(",", ":"))
