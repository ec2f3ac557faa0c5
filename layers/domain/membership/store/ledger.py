"""The ledger, and the members that it makes. With the other files of this folder: all DynamoDB code."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeVar, cast

from membership.errors import MembershipError, Unsettleable
from membership.facts import Fact
from membership.member.state import Member, OrderAccount
from membership.outcomes import Envelope
from membership.settle import Settled
from membership.store import items, keys
from membership.store.approvals import approval_writes
from membership.store.certificates import certificate_writes
from membership.store.shelves import Shelves, shelf_writes
from membership.store.tables import Tables, has_no_room, lost_race, paged, reasons

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Overtaken(MembershipError):
    """Somebody else settled the member first; load it again."""


class Outsold(Overtaken):
    """Somebody else was first at a shelf; look at it again."""


class Appended(NamedTuple):
    """What the ledger made of a fact: new, known already, or known with another content."""

    status: Literal["accepted", "duplicate", "conflict"]
    fact: Fact
    """As the ledger has it."""


class Stored(NamedTuple):
    """A member as the table has it, or the version to go on from where it has none."""

    member: Member | None
    version: int = 0
    due: date | None = None
    last_outcome: int = 0
    """The version that the newest outcome was committed with, where that is asked for: a state that was
    restored from a backup is older than its ledger."""

    @property
    def next_version(self) -> int:
        """Outcomes of two settlings never share a place."""
        return max(self.version, self.last_outcome) + 1

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

_ABSENT: Any = {"ConditionExpression": "attribute_not_exists(pk)"}


def _goes_on(table: str, program: str, member_id: str) -> Any:
    """Holds while the member is there, and was not merged itself."""
    return {
        "TableName": table,
        "Key": keys.member(program, member_id),
        "ConditionExpression": "attribute_exists(pk) AND attribute_not_exists(gone)",
    }


@dataclass(frozen=True)
class Page(Generic[T]):
    data: list[T]
    next: str | None = None
    """Where to go on; None at the end."""


class Ledger:
    """Facts, outcomes and members of all programs; a program's name is the first part of every key."""

    def __init__(self, client: "DynamoDBClient", tables: Tables) -> None:
        self._client, self._tables = client, tables
        self.shelves = Shelves(client, tables)

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

    def fact(self, program: str, member_id: str, fact_key: str) -> Fact | None:
        """One fact, by its key."""
        item = self._read(self._tables.ledger, keys.fact(program, member_id, fact_key))
        return items.read_fact(item) if item else None

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

    def accounts(
        self, program: str, member_ids: Sequence[str], order_ids: Sequence[str]
    ) -> dict[str, OrderAccount]:
        """What refunds of these orders have to know. Orders that never came have an empty account.

        `member_ids`: the member, and those that it absorbed, whose orders are its own now.
        """
        return {order_id: self._account(program, member_ids, order_id) for order_id in sorted(set(order_ids))}

    def _account(self, program: str, member_ids: Sequence[str], order_id: str) -> OrderAccount:
        order = account = None
        for member_id in member_ids:  # the member's own account has all that was given back since
            order = order or self._read(
                self._tables.ledger, keys.fact(program, member_id, f"order#{order_id}")
            )
            account = account or self._read(
                self._tables.state, keys.order_account(program, member_id, order_id)
            )
        return items.read_account(order, account)

    def _read(self, table: str, key: keys.Key) -> Any:
        return self._client.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")

    def commit(self, program: str, stored: Stored, settled: Settled) -> list[Envelope]:
        """State, outcomes and what they are to others, in one conditional write.

        Raises Overtaken where `stored` is out of date, or a member to merge into went away meanwhile; Outsold
        where there is less of a reward by now.
        """
        version, member = stored.next_version, settled.member
        due = settled.due if settled.due_is_exact else _earlier(stored.due, settled.due)
        envelopes = [
            Envelope.seal(program, member.id, f"{version}#{n}", outcome)
            for n, outcome in enumerate(settled.outcomes)
        ]
        ledger, state = self._tables.ledger, self._tables.state
        write: Any = {
            "TableName": state,
            "Item": items.member_item(program, member, version, due),
            **stored.condition,
        }
        others: list[Any] = [
            {"Put": {"TableName": ledger, "Item": items.outcome_item(envelope, version, n), **_ABSENT}}
            for n, envelope in enumerate(envelopes)
        ]
        others += [
            {"Put": {"TableName": state, "Item": items.account_item(program, member.id, account)}}
            for account in settled.accounts.values()
        ]
        others += approval_writes(state, program, member.id, [*settled.questions, *settled.outcomes])
        others += certificate_writes(state, program, member.id, [*settled.certificates, *settled.outcomes])
        if settled.merges_into:
            others.append({"ConditionCheck": _goes_on(state, program, settled.merges_into)})
        before, shelves = 1 + len(others), [*shelf_writes(state, program, settled.outcomes)]
        others += shelves
        onward: list[Any] = [
            {"Put": {"TableName": ledger, "Item": items.fact_item(program, fact), **_ABSENT}}
            for fact in settled.onward
        ]
        for fact in settled.forwarded:
            self.append(program, fact)
        try:
            self._write(write, others, onward)
        except self._client.exceptions.ClientError as error:
            if lost_race(error):
                if set(reasons(error)[before : before + len(shelves)]) - {"None"}:
                    raise Outsold(f"{program}: others were first at a shelf") from error
                raise Overtaken(f"{program}: a member moved on from version {stored.version}") from error
            if has_no_room(error):
                raise Unsettleable(f"{program}: DynamoDB has no room for the member") from error
            raise
        return envelopes

    def _write(self, member: Any, others: list[Any], onward: list[Any]) -> None:
        if not others and not onward:
            self._client.put_item(**member)
            return
        writes = [{"Put": member}, *others, *onward]
        try:
            self._client.transact_write_items(TransactItems=writes)
        except self._client.exceptions.TransactionCanceledException as error:
            told = reasons(error)
            own, theirs = told[: len(writes) - len(onward)], told[len(writes) - len(onward) :]
            if not {*own} <= {"None"} or "ConditionalCheckFailed" not in theirs:
                raise
            # Some of it was told before, as after the state was restored from a backup: once is enough.
            news = [put for put, why in zip(onward, theirs, strict=True) if why != "ConditionalCheckFailed"]
            self._write(member, others, news)

    def facts(self, program: str, member_id: str) -> Iterator[Fact]:
        """Every fact of the member, in no particular order."""
        for item in self._partition(program, member_id, keys.FACTS):
            yield items.read_fact(item)

    def outcomes(self, program: str, member_id: str) -> Iterator[Envelope]:
        """Every outcome of the member, oldest first."""
        for item in self._partition(program, member_id, keys.OUTCOMES):
            yield items.read_outcome(item)

    def newest(self, program: str, member_id: str) -> Iterator[Envelope]:
        """Every outcome of the member, newest first, up to this very moment."""
        for item in self._partition(program, member_id, keys.OUTCOMES, forward=False):
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

    def history(
        self, program: str, member_id: str, before: str | None, limit: int
    ) -> list[tuple[str, Envelope]]:
        """Outcomes, newest first, each with its place in the ledger; only those before a place."""
        start = {"ExclusiveStartKey": keys.at(keys.ledger(program, member_id), before)} if before else {}
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
        return [(item["sk"]["S"], items.read_outcome(item)) for item in answer["Items"]]

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

    def refunded_orders(self, program: str, member_ids: Sequence[str]) -> dict[str, int]:
        """Order id → what was given back of it, for every order with a refund, of the member's own and of
        those that it absorbed."""
        refunded: dict[str, int] = {}
        for member_id in reversed(member_ids):  # the member's own account has all that was given back since
            key = keys.order_account(program, member_id, "")
            for item in paged(
                self._client.query,
                TableName=self._tables.state,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :order)",
                ExpressionAttributeValues={":pk": key["pk"], ":order": key["sk"]},
                ConsistentRead=True,
            ):
                refunded[item["sk"]["S"].split("#", 1)[1]] = int(item["refunded"]["N"])
        return refunded

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

    def _partition(
        self, program: str, member_id: str, kind: str, forward: bool = True
    ) -> Iterator[dict[str, Any]]:
        return paged(
            self._client.query,
            TableName=self._tables.ledger,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :kind)",
            ExpressionAttributeValues={
                ":pk": {"S": keys.ledger(program, member_id)},
                ":kind": {"S": kind},
            },
            ScanIndexForward=forward,
            ConsistentRead=True,
        )


def _earlier(one: date | None, other: date | None) -> date | None:
    """The index may be early, never late: so a usual event leaves it alone and pays nothing for it."""
    return min((day for day in (one, other) if day), default=None)
