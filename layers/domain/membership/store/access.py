"""API keys: kept as digests, so that who reads the table can't use them."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from membership import tokens
from membership.errors import NotFound
from membership.store import keys
from membership.store.tables import Tables, paged

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Role = Literal["storefront", "operator"]
"""Of a key."""
Right = Role | Literal["member"]


class Caller(NamedTuple):
    """Who asks: the program and the rights come from the key, never from the request."""

    program: str
    role: Right
    key_id: str
    member_id: str | None = None
    """The only member that the holder of a member's token may ask about."""
    expires: int | None = None
    """When the token ends, in seconds since 1970: the gateway may remember its holder for longer."""


class ApiKey(NamedTuple):
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

    def token(
        self, program: str, member_id: str, at: datetime, minutes: int, random: Callable[[int], str]
    ) -> tuple[str, datetime]:
        """A token of a member, and when it ends."""
        claim = tokens.Claim(program, member_id, tokens.expiry(at, minutes))
        signing = self._signing_secrets(program, at) or [self._first_signing_secret(program, random(32))]
        return tokens.mint(claim, signing[0]), datetime.fromtimestamp(claim.expires, at.tzinfo)

    def rotate_tokens(self, program: str, at: datetime, random: Callable[[int], str]) -> None:
        """Sign with a new secret; what the last one signed is good until it ends by itself."""
        if not self._signing_secrets(program, at):
            self._first_signing_secret(program, random(32))
            return
        self._client.update_item(
            TableName=self._table,
            Key=keys.token_secret(program),
            UpdateExpression="SET last_one = secret, last_ends = :ends, secret = :new",
            ExpressionAttributeValues={
                ":new": {"S": random(32)},
                ":ends": {"N": str(tokens.expiry(at, tokens.LONGEST_MINUTES))},
            },
        )

    def _signing_secrets(self, program: str, at: datetime) -> list[str]:
        """The one that signs, and its predecessor as long as that may have signed what is still good."""
        item: Any = self._client.get_item(
            TableName=self._table, Key=keys.token_secret(program), ConsistentRead=True
        ).get("Item")
        if item is None:
            return []
        lasts = "last_ends" in item and at.timestamp() < int(item["last_ends"]["N"])
        return [item["secret"]["S"], *([item["last_one"]["S"]] if lasts else [])]

    def _first_signing_secret(self, program: str, secret: str) -> str:
        """The secret; or the one that somebody else made meanwhile."""
        answer: Any = self._client.update_item(
            TableName=self._table,
            Key=keys.token_secret(program),
            UpdateExpression="SET secret = if_not_exists(secret, :new)",
            ExpressionAttributeValues={":new": {"S": secret}},
            ReturnValues="ALL_NEW",
        )
        return str(answer["Attributes"]["secret"]["S"])

    def member(self, token: str, now: datetime) -> Caller | None:
        """Whom a member's token lets ask about itself; None where it is none of ours, or has ended."""
        claim = tokens.claimed(token)
        if claim is None or now.timestamp() >= claim.expires:
            return None
        if not tokens.is_genuine(token, self._signing_secrets(claim.program, now)):
            return None
        return Caller(claim.program, "member", "token", claim.member_id, claim.expires)

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
