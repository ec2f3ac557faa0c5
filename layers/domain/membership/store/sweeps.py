"""How far a sweep over all members has come, in the STATE table: whoever goes on with it goes on from there.

A sweep is at one place however many invocations work on it: each save is on condition that nobody else has
saved meanwhile, and takes along what was noted on the way, so nothing is noted twice or lost.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from membership.errors import MembershipError
from membership.store import keys
from membership.store.tables import Tables, lost_race, paged

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT = timedelta(days=7)
"""For so long notes are kept: a sweep takes hours at most."""

Left = Mapping[int, str | None]
"""Segment that is not finished → where to go on in it; None: from its beginning."""


class Outrun(MembershipError):
    """Somebody else has gone on with the sweep meanwhile."""


class Sweep(NamedTuple):
    name: str
    begun: datetime
    about: str
    """What it is for, in the words of who sweeps."""
    left: Left
    saved_at: datetime
    revision: int = 1


class Sweeps:
    """At most one sweep of a name at a time."""

    def __init__(self, client: "DynamoDBClient", tables: Tables) -> None:
        self._client, self._table = client, tables.state

    def get(self, name: str) -> Sweep | None:
        key = keys.sweep(name)
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return _sweep(name, item) if item else None

    def begin(self, sweep: Sweep) -> bool:
        """False where one of that name is under way."""
        try:
            self._client.put_item(
                TableName=self._table, Item=_item(sweep), ConditionExpression="attribute_not_exists(pk)"
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def save(self, sweep: Sweep, now: datetime, noted: Mapping[str, Sequence[bytes]]) -> Sweep:
        """The sweep as it is kept now, with its next revision; `noted` is topic → what was noted since the
        last save, in parts of less than 400 KB, 4 MB in all. Raises Outrun."""
        saved = sweep._replace(saved_at=now, revision=sweep.revision + 1)
        notes = [
            {
                **keys.note(sweep.name, sweep.begun, topic, saved.revision, n),
                "body": {"B": part},
                "expires_at": {"N": str(int((now + KEPT).timestamp()))},
            }
            for topic, parts in noted.items()
            for n, part in enumerate(parts)
        ]
        puts: list[Any] = [{"TableName": self._table, "Item": note} for note in notes]
        puts.append({"TableName": self._table, "Item": _item(saved), **_unless_outrun(sweep)})
        try:
            self._client.transact_write_items(TransactItems=[{"Put": put} for put in puts])
        except self._client.exceptions.TransactionCanceledException as error:
            if lost_race(error):
                raise Outrun(f"the sweep {sweep.name!r} went on from revision {sweep.revision}") from error
            raise
        return saved

    def notes(self, sweep: Sweep, topic: str) -> Iterator[bytes]:
        """Everything that was noted on the topic."""
        for item in paged(
            self._client.query,
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :topic)",
            ExpressionAttributeValues={
                ":pk": {"S": keys.notes(sweep.name, sweep.begun)},
                ":topic": {"S": f"{topic}#"},
            },
            ConsistentRead=True,
        ):
            yield bytes(item["body"]["B"])

    def end(self, sweep: Sweep) -> None:
        """Make room for the next one. Raises Outrun."""
        key = keys.sweep(sweep.name)
        try:
            self._client.delete_item(TableName=self._table, Key=key, **_unless_outrun(sweep))
        except self._client.exceptions.ConditionalCheckFailedException as error:
            raise Outrun(f"the sweep {sweep.name!r} went on from revision {sweep.revision}") from error


def _unless_outrun(sweep: Sweep) -> Any:
    return {
        "ConditionExpression": "revision = :before AND begun = :begun",
        "ExpressionAttributeValues": {
            ":before": {"N": str(sweep.revision)},
            ":begun": {"S": sweep.begun.isoformat()},
        },
    }


def _item(sweep: Sweep) -> Any:
    return {
        **keys.sweep(sweep.name),
        "begun": {"S": sweep.begun.isoformat()},
        "about": {"S": sweep.about},
        "left": {"S": json.dumps(dict(sweep.left))},
        "saved_at": {"S": sweep.saved_at.isoformat()},
        "revision": {"N": str(sweep.revision)},
    }


def _sweep(name: str, item: Any) -> Sweep:
    return Sweep(
        name=name,
        begun=datetime.fromisoformat(item["begun"]["S"]),
        about=item["about"]["S"],
        left={int(segment): after for segment, after in json.loads(item["left"]["S"]).items()},
        saved_at=datetime.fromisoformat(item["saved_at"]["S"]),
        revision=int(item["revision"]["N"]),
    )
