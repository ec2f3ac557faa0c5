"""API keys: kept as digests, so that who reads the table can't use them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal

from membership.errors import NotFound
from membership.store import keys
from membership.store.tables import Tables, paged

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Role = Literal["storefront", "operator"]


@dataclass(frozen=True)
class Caller:
    """Who asks: the program and the rights come from the key, never from the request."""

    program: str
    role: Role
    key_id: str


@dataclass(frozen=True)
class ApiKey:
    """A key as operators see it, without its secret."""

    key_id: str
    role: Role
    label: str
    created_at: str
    revoked_at: str | None = None


class Access:
    def __init__(self, client: "DynamoDBClient", tables: Tables) -> None:
        self._client, self._table = client, tables.state

    def issue(
        self, program: str, role: Role, label: str, at: datetime, random: Callable[[int], str]
    ) -> tuple[ApiKey, str]:
        """A new key and its secret, told now and never again. `random(n)`: n random bytes as text."""
        key = ApiKey(key_id=f"key_{random(9)}", role=role, label=label, created_at=at.isoformat())
        secret = f"tw_{random(32)}"
        digest = _digest(secret)
        self._client.transact_write_items(
            TransactItems=[
                {
                    "Put": {
                        "TableName": self._table,
                        "Item": {
                            **keys.secret(digest),
                            "program": {"S": program},
                            "role": {"S": role},
                            "key_id": {"S": key.key_id},
                        },
                    }
                },
                {
                    "Put": {
                        "TableName": self._table,
                        "Item": {
                            **keys.api_key(program, key.key_id),
                            "role": {"S": role},
                            "label": {"S": label},
                            "created_at": {"S": key.created_at},
                            "digest": {"S": digest},
                        },
                    }
                },
            ]
        )
        return key, secret

    def caller(self, secret: str) -> Caller | None:
        """Who holds this secret; None where nobody does, or no longer."""
        found = self._client.get_item(
            TableName=self._table, Key=keys.secret(_digest(secret)), ConsistentRead=True
        )
        item: dict[str, Any] | None = found.get("Item")
        if item is None:
            return None
        return Caller(item["program"]["S"], item["role"]["S"], item["key_id"]["S"])

    def list(self, program: str) -> list[ApiKey]:
        """Every key of the program, revoked ones too."""
        found = paged(
            self._client.query,
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :key)",
            ExpressionAttributeValues={
                ":pk": {"S": keys.program_partition(program)},
                ":key": {"S": keys.API_KEYS},
            },
            ConsistentRead=True,
        )
        return [_read(item) for item in found]

    def revoke(self, program: str, key_id: str, at: datetime) -> None:
        """End a key. Raises NotFound for a key that the program doesn't have; twice is as good as once."""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=keys.api_key(program, key_id),
                UpdateExpression="SET revoked_at = if_not_exists(revoked_at, :at)",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":at": {"S": at.isoformat()}},
                ReturnValues="ALL_NEW",
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            raise NotFound(f"there is no key {key_id!r}") from None
        self._client.delete_item(TableName=self._table, Key=keys.secret(answer["Attributes"]["digest"]["S"]))


def _digest(secret: str) -> str:
    # The secret has 256 random bits: a plain digest can't be guessed back, and a slow one would only cost.
    return sha256(secret.encode()).hexdigest()


def _read(item: dict[str, Any]) -> ApiKey:
    return ApiKey(
        key_id=item["sk"]["S"].removeprefix(keys.API_KEYS),
        role=item["role"]["S"],
        label=item["label"]["S"],
        created_at=item["created_at"]["S"],
        revoked_at=item["revoked_at"]["S"] if "revoked_at" in item else None,
    )
