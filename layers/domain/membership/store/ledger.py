"""The ledger, and the members that it makes. With the other files of this folder: all DynamoDB code."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast

from membership.errors import MembershipError, Unsettleable
from membership.facts import Fact
from membership.member.state import Member, OrderAccount
from membership.outcomes import Envelope
from membership.settle import Settled
from membership.store import items, keys
from membership.store.tables import Tables, lost_race, paged

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Overtaken(MembershipError):
    """Somebody else settled the member first; load it again."""


@dataclass(frozen=True)
class Appended:
    """What the ledger made of a fact: new, known already, or known with another content."""

    status: Literal["accepted", "duplicate", "conflict"]
    fact: Fact
    """As the ledger has it."""


@dataclass(frozen=True)
class Stored:
    """A member as the table has it, or the version to go on from where it has none."""

    member: Member | None
    version: int = 0
    due: date | None = None

    @property
    def condition(self) -> dict[str, Any]:
        """Holds as long as nobody has written the member since."""
        if self.member is None:
            return {"ConditionExpression": "attribute_not_exists(pk)"}
        return {
            "ConditionExpression": "version = :before",
            "ExpressionAttributeValues": {":before": {"N": str(self.version)}},
        }


T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    data: list[T]
    next: str | None = None
    """Where to go on; None at the end."""


class Ledger:
    """Facts, outcomes and members of all programs; a program's name is the first part of every key."""

    def __init__(self, client: "DynamoDBClient", tables: Tables) -> None:
        self._client, self._tables = client, tables

    def append(self, program: str, fact: Fact) -> Appended:
        """Take the fact once, durably. A fact is never changed by a second telling of it."""
        try:
            self._client.put_item(
                TableName=self._tables.ledger,
                Item=items.fact_item(program, fact),
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as refused:
            known: Any = cast(Any, refused.response)["Item"]
            same = known["digest"]["S"] == items.content_digest(fact)
            return Appended("duplicate" if same else "conflict", items.read_fact(known))
        return Appended("accepted", fact)

    def load(self, program: str, member_id: str, *, consistent: bool = False) -> Stored:
        """The member; by default perhaps a moment old, which a commit would notice."""
        found = self._client.get_item(
            TableName=self._tables.state, Key=keys.member(program, member_id), ConsistentRead=consistent
        )
        return Stored(*items.read_member(found["Item"])) if "Item" in found else Stored(None)

    def known(self, program: str, member_ids: Sequence[str]) -> set[str]:
        """Those of the members that the program has."""
        wanted = sorted(set(member_ids))
        found: set[str] = set()
        for member_id in wanted:
            answer = self._client.get_item(
                TableName=self._tables.state,
                Key=keys.member(program, member_id),
                ProjectionExpression="pk",
                ConsistentRead=True,
            )
            if "Item" in answer:
                found.add(member_id)
        return found

    def accounts(self, program: str, member_id: str, order_ids: Sequence[str]) -> dict[str, OrderAccount]:
        """What refunds of these orders have to know. Orders that never came have an empty account."""
        found = {}
        for order_id in sorted(set(order_ids)):
            order = self._client.get_item(
                TableName=self._tables.ledger,
                Key=keys.fact(program, member_id, f"order#{order_id}"),
                ConsistentRead=True,
            )
            account = self._client.get_item(
                TableName=self._tables.state,
                Key=keys.order_account(program, member_id, order_id),
                ConsistentRead=True,
            )
            found[order_id] = items.read_account(order.get("Item"), account.get("Item"))
        return found

    def commit(self, program: str, stored: Stored, settled: Settled) -> list[Envelope]:
        """State and outcomes in one conditional write. Raises Overtaken where `stored` is out of date."""
        version, member = stored.version + 1, settled.member
        due = settled.due if settled.due_is_exact else _earlier(stored.due, settled.due)
        envelopes = [
            Envelope.seal(program, member.id, f"{version}#{n}", outcome)
            for n, outcome in enumerate(settled.outcomes)
        ]
        write: Any = {
            "TableName": self._tables.state,
            "Item": items.member_item(program, member, version, due),
            **stored.condition,
        }
        others: list[Any] = [
            {
                "TableName": self._tables.ledger,
                "Item": items.outcome_item(envelope, version, n),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
            for n, envelope in enumerate(envelopes)
        ]
        others += [
            {"TableName": self._tables.state, "Item": items.account_item(program, member.id, account)}
            for account in settled.accounts.values()
        ]
        try:
            if others:
                self._client.transact_write_items(TransactItems=[{"Put": put} for put in (write, *others)])
            else:
                self._client.put_item(**write)
        except self._client.exceptions.ClientError as error:
            if lost_race(error):
                raise Overtaken(f"{program}: a member moved on from version {stored.version}") from error
            if error.response["Error"]["Code"] == "ValidationException":
                raise Unsettleable(f"{program}: DynamoDB has no room for the member") from error
            raise
        return envelopes

    def facts(self, program: str, member_id: str) -> Iterator[Fact]:
        """Every fact of the member, in no particular order."""
        for item in self._partition(program, member_id, keys.FACTS):
            yield items.read_fact(item)

    def outcomes(self, program: str, member_id: str) -> Iterator[Envelope]:
        """Every outcome of the member, oldest first."""
        for item in self._partition(program, member_id, keys.OUTCOMES):
            yield items.read_outcome(item)

    def last_version(self, program: str, member_id: str) -> int:
        """The version that the newest outcome was committed with; 0 where there is none."""
        answer = self._client.query(
            TableName=self._tables.ledger,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :kind)",
            ExpressionAttributeValues={
                ":pk": {"S": keys.ledger(program, member_id)},
                ":kind": {"S": keys.OUTCOMES},
            },
            ProjectionExpression="sk",
            ScanIndexForward=False,
            ConsistentRead=True,
            Limit=1,
        )
        return keys.version_of(answer["Items"][0]["sk"]["S"]) if answer["Items"] else 0

    def history(self, program: str, member_id: str, after: str | None, limit: int) -> Page[Envelope]:
        """Outcomes newest first; `after` is the `next` of the page before."""
        start = {"ExclusiveStartKey": keys.in_ledger(program, member_id, after)} if after else {}
        answer = self._client.query(
            TableName=self._tables.ledger,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :kind)",
            ExpressionAttributeValues={
                ":pk": {"S": keys.ledger(program, member_id)},
                ":kind": {"S": keys.OUTCOMES},
            },
            ScanIndexForward=False,
            Limit=limit,
            **start,  # type: ignore[arg-type]
        )
        last = answer.get("LastEvaluatedKey")
        return Page([items.read_outcome(item) for item in answer["Items"]], last["sk"]["S"] if last else None)

    def due(self, program: str, shard: int, through: date, after: str | None, limit: int) -> Page[str]:
        """Ids of members in one shard of the index that are due on the day or before, the earliest first."""
        start = {"ExclusiveStartKey": keys.in_due_index(program, shard, after)} if after else {}
        answer = self._client.query(
            TableName=self._tables.state,
            IndexName=keys.DUE,
            KeyConditionExpression="due_shard = :shard AND due <= :through",
            ExpressionAttributeValues={
                ":shard": {"S": keys.due_shard(program, shard)},
                ":through": {"S": keys.due_through(through)},
            },
            Limit=limit,
            **start,  # type: ignore[arg-type]
        )
        last = answer.get("LastEvaluatedKey")
        members = [item["due"]["S"].split("#", 1)[1] for item in answer["Items"]]
        return Page(members, last["due"]["S"] if last else None)

    def refunded_orders(self, program: str, member_id: str) -> dict[str, int]:
        """Order id → what was given back of it, for every order with a refund."""
        key = keys.order_account(program, member_id, "")
        found = paged(
            self._client.query,
            TableName=self._tables.state,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :order)",
            ExpressionAttributeValues={":pk": key["pk"], ":order": key["sk"]},
            ConsistentRead=True,
        )
        return {item["sk"]["S"].split("#", 1)[1]: int(item["refunded"]["N"]) for item in found}

    def park(self, program: str, fact: Fact, error: str, at: datetime) -> None:
        """Note that the fact can't be settled. The last such fact of the member stands in the record."""
        self._client.put_item(
            TableName=self._tables.state,
            Item={
                **keys.parked(program, fact.member_id),
                "fact": {"S": fact.key},
                "error": {"S": error[:1000]},
                "at": {"S": at.isoformat()},
            },
        )

    def is_parked(self, program: str, member_id: str) -> bool:
        found = self._client.get_item(TableName=self._tables.state, Key=keys.parked(program, member_id))
        return "Item" in found

    def unpark(self, program: str, member_id: str) -> None:
        """Forget the record: a rebuild has settled every fact of the member."""
        self._client.delete_item(TableName=self._tables.state, Key=keys.parked(program, member_id))

    def _partition(self, program: str, member_id: str, kind: str) -> Iterator[dict[str, Any]]:
        return paged(
            self._client.query,
            TableName=self._tables.ledger,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :kind)",
            ExpressionAttributeValues={
                ":pk": {"S": keys.ledger(program, member_id)},
                ":kind": {"S": kind},
            },
            ConsistentRead=True,
        )


def _earlier(one: date | None, other: date | None) -> date | None:
    """The index may be early, never late: so a usual event leaves it alone and pays nothing for it."""
    return min((day for day in (one, other) if day), default=None)
