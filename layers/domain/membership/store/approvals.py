"""What operators are asked, in the STATE table. Written with the decisions that ask, answer or withdraw."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from membership.errors import NotFound
from membership.outcomes import ApprovalDecided, ApprovalRequested, ApprovalWithdrawn, Outcome
from membership.store import keys
from membership.store.tables import Tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Status = Literal["open", "approved", "declined", "withdrawn"]


class Question(NamedTuple):
    """An approval as operators see it."""

    id: str
    member_id: str
    status: Status
    requested_at: datetime
    asked: ApprovalRequested
    answer: ApprovalDecided | None = None

    @property
    def place(self) -> str:
        """In the index."""
        return keys.by_time(self.requested_at, self.id)


class Approvals:
    """The index `approvals` lists those of a program by status, the oldest question first."""

    def __init__(self, client: "DynamoDBClient", tables: Tables) -> None:
        self._client, self._table = client, tables.state

    def get(self, program: str, approval_id: str) -> Question:
        """Raises NotFound."""
        if found := self.find(program, approval_id):
            return found
        raise NotFound("there is no such approval")

    def find(self, program: str, approval_id: str) -> Question | None:
        key = keys.approval(program, approval_id)
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return _question(item) if item else None

    def page(
        self, program: str, status: Status, limit: int, after: str | None
    ) -> tuple[list[Question], str | None]:
        """Approvals of a status, oldest first, and where the next page goes on (None: nowhere)."""
        values: dict[str, Any] = {":status": {"S": keys.approval_status(program, status)}}
        condition = "approval_status = :status"
        if after is not None:
            condition += " AND approval_at > :after"
            values[":after"] = {"S": after}
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=keys.APPROVALS,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            PaginationConfig={"MaxItems": limit + 1},
        )
        found = [_question(item) for page in pages for item in page["Items"]]
        return found[:limit], found[limit - 1].place if len(found) > limit else None


def approval_writes(
    table: str, program: str, member_id: str, outcomes: Sequence[Outcome]
) -> Iterator[dict[str, Any]]:
    """Writes of a transaction that bring the operators' list up to these outcomes, one an approval."""
    asked = {one.approval: one for one in outcomes if isinstance(one, ApprovalRequested)}
    answered = {one.approval: one for one in outcomes if isinstance(one, ApprovalDecided | ApprovalWithdrawn)}
    for approval in sorted({*asked, *answered}):
        answer = answered.get(approval)
        key, status = keys.approval(program, approval), keys.approval_status(program, _status(answer))
        decided = answer.model_dump_json(exclude_none=True) if isinstance(answer, ApprovalDecided) else ""
        if approval in asked:
            question = asked[approval]
            item = {
                **key,
                "approval_status": {"S": status},
                "approval_at": {"S": keys.by_time(question.at, approval)},
                "member_id": {"S": member_id},
                "body": {"S": question.model_dump_json(exclude_none=True)},
                "decided": {"S": decided},
            }
            yield {"Put": {"TableName": table, "Item": item}}
        else:
            update = {
                "TableName": table,
                "Key": key,
                "UpdateExpression": "SET approval_status = :status, decided = :decided",
                "ExpressionAttributeValues": {":status": {"S": status}, ":decided": {"S": decided}},
            }
            yield {"Update": update}


def _status(answer: ApprovalDecided | ApprovalWithdrawn | None) -> Status:
    match answer:
        case None:
            return "open"
        case ApprovalWithdrawn():
            return "withdrawn"
        case ApprovalDecided(verdict="approve"):
            return "approved"
        case ApprovalDecided():
            return "declined"


def _question(item: Any) -> Question:
    asked = ApprovalRequested.model_validate_json(item["body"]["S"])
    decided = item["decided"]["S"]
    return Question(
        id=asked.approval,
        member_id=item["member_id"]["S"],
        status=item["approval_status"]["S"].rsplit("#", 1)[1],
        requested_at=asked.at,
        asked=asked,
        answer=ApprovalDecided.model_validate_json(decided) if decided else None,
    )
