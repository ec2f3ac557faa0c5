"""Deliveries and the settings of channels, in the STATE table."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any

from membership.channels.base import DEFAULT, Cancelled, Delivery, Settings, Status, delivery_id
from membership.store import keys

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ERASED = "erased"
"""In place of a key, where the member was."""
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

    def save(self, new: Delivery, known: Delivery | None) -> bool:
        """Write a record in the place of the one that is known. False, and nothing written, where that one is
        not there any more: another copy was noted, an operator was quicker."""
        unchanged: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
        if known is not None:
            unchanged = {
                "ConditionExpression": "attempts = :attempts AND delivery_status = :status",
                "ExpressionAttributeValues": {
                    ":attempts": {"N": str(known.attempts)},
                    ":status": {"S": keys.delivery_status(known.program, known.status)},
                },
            }
        return self._put(_item(new), unchanged)

    def begin(self, delivery: Delivery, now: datetime, until: datetime) -> bool:
        """Note that an attempt is under way. False where none is to be made: delivered or cancelled, or
        another one is under way."""
        begun = self._update(
            delivery.program,
            delivery.id,
            "SET under_way = :until",
            _WAITS,
            {**_waiting(delivery.program, now), ":until": _seconds(until)},
        )
        return begun is not None

    def reopen(self, program: str, delivery_id: str, now: datetime) -> Delivery | None:
        """Make a delivery pending again, whatever became of it, unless it was cancelled: it is answered as it
        is then. None where there is none."""
        return self._update(
            program,
            delivery_id,
            "SET delivery_status = :pending, expires_at = :expiry, next_at = :now",
            "attribute_exists(pk) AND delivery_status <> :cancelled",
            {
                ":pending": _status(program, "pending"),
                ":cancelled": _status(program, "cancelled"),
                ":expiry": _expiry(now),
                ":now": {"S": now.astimezone(UTC).isoformat()},
            },
        ) or self.get(program, delivery_id)

    def cancel(self, program: str, delivery_id: str, by: str, now: datetime) -> Delivery | None:
        """Have it never sent again. It is answered as it is then: not cancelled where it was delivered, or
        where an attempt is under way. None where there is none."""
        return self._update(
            program,
            delivery_id,
            "SET delivery_status = :cancelled, cancelled = :by REMOVE next_at",
            _WAITS,
            {
                **_waiting(program, now),
                ":cancelled": _status(program, "cancelled"),
                ":by": {"S": Cancelled(at=now.astimezone(UTC), by=by).model_dump_json()},
            },
        ) or self.get(program, delivery_id)

    def forget(self, program: str, outcome_id: str, type_: str, now: datetime) -> None:
        """Have nothing known of a delivery but that nobody may send it: a message of it may still wait."""
        empty = Delivery(
            id=delivery_id(program, outcome_id),
            program=program,
            member_id="",
            outcome_id=outcome_id,
            type=type_,
            created_at=now.astimezone(UTC),
            payload={},
            status="cancelled",
            cancelled=Cancelled(at=now.astimezone(UTC), by=ERASED),
        )
        self._put(_item(empty), {})

    def page(
        self, program: str, statuses: Iterable[Status], limit: int, before: str | None = None
    ) -> tuple[list[Delivery], str | None]:
        """Deliveries of these statuses, newest first, and where the next page begins (None: nowhere)."""
        lists = [self._newest(program, status, limit + 1, before) for status in statuses]
        found = list(islice(merge(*lists, key=_at, reverse=True), limit + 1))
        cursor = _at(found[limit - 1]) if len(found) > limit else None
        return [_delivery(item) for item in found[:limit]], cursor

    def channels(self, program: str) -> Mapping[str, Settings]:
        """All settings of a program: the default channel's, and those of providers by what they bring."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": keys.channel(program, DEFAULT)["pk"]},
            ConsistentRead=True,
        )
        return {item["sk"]["S"]: json.loads(item["settings"]["S"]) for item in answer["Items"]}

    def channel(self, program: str, name: str) -> Settings | None:
        """The settings of a program under one name, or None where it has none."""
        key = keys.channel(program, name)
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return json.loads(item["settings"]["S"]) if item else None

    def configure(self, program: str, name: str, new: Settings, old: Settings | None) -> bool:
        """Write settings. False where they are no longer the old ones: two operators at once."""
        # Not `body`: who may scan for members may read that attribute of every item, and no secrets.
        item = {**keys.channel(program, name), "settings": {"S": _canonical(new)}}
        return self._put(item, _as_it_was(old))

    def unset(self, program: str, name: str, old: Settings) -> bool:
        """Take settings away. False where they are no longer the old ones."""
        try:
            self._client.delete_item(
                TableName=self._table, Key=keys.channel(program, name), **_as_it_was(old)
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _put(self, item: dict[str, Any], condition: dict[str, Any]) -> bool:
        try:
            self._client.put_item(TableName=self._table, Item=item, **condition)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _update(
        self, program: str, delivery_id: str, change: str, condition: str, values: dict[str, Any]
    ) -> Delivery | None:
        """The record as changed; None where the condition doesn't hold, as of one that isn't there."""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=keys.delivery(program, delivery_id),
                UpdateExpression=change,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return _delivery(answer["Attributes"])

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


_WAITS = "delivery_status IN (:pending, :failed) AND (attribute_not_exists(under_way) OR under_way < :now)"


def _waiting(program: str, now: datetime) -> dict[str, Any]:
    pending, failed = _status(program, "pending"), _status(program, "failed")
    return {":pending": pending, ":failed": failed, ":now": _seconds(now)}


def _status(program: str, status: Status) -> dict[str, str]:
    return {"S": keys.delivery_status(program, status)}


def _item(delivery: Delivery) -> dict[str, Any]:
    touched = delivery.last.at if delivery.last else delivery.created_at
    item = {
        **keys.delivery(delivery.program, delivery.id),
        "delivery_status": _status(delivery.program, delivery.status),
        "delivery_at": {"S": keys.by_time(delivery.created_at, delivery.id)},
        "expires_at": _expiry(touched),
        "attempts": {"N": str(delivery.attempts)},
        "body": {"S": delivery.model_dump_json(exclude=_APART)},
    }
    if delivery.next_at:
        item["next_at"] = {"S": delivery.next_at.isoformat()}
    if delivery.cancelled:
        item["cancelled"] = {"S": delivery.cancelled.model_dump_json()}
    return item


_APART = {"status", "attempts", "next_at", "cancelled"}
"""What others change, or ask for, without reading the rest: attributes of their own."""


def _delivery(item: Mapping[str, Any]) -> Delivery:
    # The status lives in the index key alone: an operator's word is one update, and the two can't disagree.
    _, status = item["delivery_status"]["S"].rsplit("#", 1)
    apart = {
        "status": status,
        "attempts": int(item["attempts"]["N"]),
        "next_at": item["next_at"]["S"] if "next_at" in item else None,
        "cancelled": json.loads(item["cancelled"]["S"]) if "cancelled" in item else None,
    }
    return Delivery.model_validate({**json.loads(item["body"]["S"]), **apart})


def _seconds(at: datetime) -> dict[str, str]:
    return {"N": str(int(at.timestamp()))}


def _as_it_was(old: Settings | None) -> dict[str, Any]:
    if old is None:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    values = {":old": {"S": _canonical(old)}}
    return {"ConditionExpression": "settings = :old", "ExpressionAttributeValues": values}


def _expiry(touched: datetime) -> dict[str, str]:
    return {"N": str(int((touched.astimezone(UTC) + KEPT).timestamp()))}


def _canonical(settings: Settings) -> str:
    return json.dumps(settings, sort_keys=True, separators=(",", ":"))
