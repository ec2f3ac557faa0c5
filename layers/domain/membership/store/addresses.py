"""Where a member can be written to, for the channel that writes."""

import json
from typing import TYPE_CHECKING, Any

from membership.store import keys

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Addresses:
    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client, self._table = client, table

    def __call__(self, program: str, member_id: str) -> str | None:
        """The e-mail address that the shop has told, of who goes on for the member where it was merged."""
        found = self._member(program, member_id)
        while found.get("merged_into"):
            found = self._member(program, found["merged_into"])
        address: str | None = found.get("attributes", {}).get("email")
        return address or None

    def _member(self, program: str, member_id: str) -> Any:
        # Read as it is stored: dispatching needs none of the domain, and starts the faster for it.
        answer = self._client.get_item(
            TableName=self._table, Key=keys.member(program, member_id), ProjectionExpression="body"
        )
        return json.loads(answer["Item"]["body"]["S"]) if "Item" in answer else {}
