"""What there is of rewards that can be sold out, in the STATE table: counters, and codes that were uploaded.

Both change in the transaction that redeems or cancels, so what was sold is what members were told.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from membership.errors import Contended
from membership.member.redemption import Shelf
from membership.outcomes import Outcome, RedemptionCancelled, RewardRedeemed
from membership.store import keys
from membership.store.tables import Tables, lost_race, paged, reasons

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

CODES_A_WRITE = 49
"""A transaction takes 100 items: two for each code, and the counter."""
ATTEMPTS = 8


class Counted(NamedTuple):
    """A reward's counter."""

    sold: int = 0
    codes: int = 0
    """Uploaded ones that nobody has yet."""


class Uploaded(NamedTuple):
    added: int
    known: int
    """Left out, as they were uploaded before: given or not."""
    left: int


class Shelves:
    def __init__(
        self, client: "DynamoDBClient", tables: Tables, pause: Callable[[int], None] = lambda _: None
    ) -> None:
        """`pause(n)` waits before the n-th repetition."""
        self._client, self._table, self._pause = client, tables.state, pause

    def all(self, program: str) -> dict[str, Counted]:
        """Of every reward that was ever counted."""
        found = paged(
            self._client.query,
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": keys.shelves(program)}},
        )
        return {item["sk"]["S"].removeprefix(keys.REWARD): _read(item) for item in found}

    def look(self, program: str, wanted: Mapping[str, int], start: str) -> dict[str, Shelf]:
        """What there is of the rewards, and as many codes as are wanted of each. `start` is any text: who
        begins elsewhere is given other codes, and so is in nobody's way."""
        return {reward: self._look(program, reward, most, start) for reward, most in wanted.items()}

    def _look(self, program: str, reward: str, most: int, start: str) -> Shelf:
        counted = self._counted(program, reward)
        codes = self._codes(program, reward, most, digest_of(start)) if counted.codes > 0 else ()
        return Shelf(counted.sold, tuple(islice(codes, most)))

    def _codes(self, program: str, reward: str, most: int, start: str) -> Iterator[str]:
        """From a place on to the end, then from the beginning up to it."""
        for first, last in ((start, "g"), ("", start)):  # no digest has a `g`
            answer = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
                ExpressionAttributeValues={
                    ":pk": {"S": keys.codes(program, reward)},
                    ":first": {"S": f"{keys.FREE}{first}"},
                    ":last": {"S": f"{keys.FREE}{last}"},
                },
                ConsistentRead=True,
                Limit=most,
            )
            yield from (item["code"]["S"] for item in answer["Items"])

    def _counted(self, program: str, reward: str) -> Counted:
        key = keys.shelf(program, reward)
        found = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return _read(found.get("Item", {}))

    def upload(self, program: str, reward: str, codes: Sequence[str]) -> Uploaded:
        """Add codes that were never there. Safe to repeat, wherever it was cut off. Raises Contended."""
        rest, added = list(dict.fromkeys(codes)), 0
        while rest:
            chunk, rest = rest[:CODES_A_WRITE], rest[CODES_A_WRITE:]
            added += self._upload(program, reward, chunk)
        return Uploaded(added, len(codes) - added, self._counted(program, reward).codes)

    def _upload(self, program: str, reward: str, codes: list[str]) -> int:
        for attempt in range(ATTEMPTS):
            if not codes:
                return 0
            try:
                self._client.transact_write_items(TransactItems=[*self._uploading(program, reward, codes)])
            except self._client.exceptions.TransactionCanceledException as error:
                if not lost_race(error):
                    raise
                told = reasons(error)[1::2]
                fresh = [code for code, why in zip(codes, told, strict=True) if why != _REFUSED]
                if len(fresh) == len(codes):
                    self._pause(attempt)
                codes = fresh
                continue
            return len(codes)
        raise Contended(f"{program}: others were at the codes {ATTEMPTS} times in a row")

    def _uploading(self, program: str, reward: str, codes: Sequence[str]) -> Iterator[Any]:
        yield {"Update": _counting(self._table, program, reward, 0, len(codes))}
        for code in codes:
            digest = digest_of(code)
            known = keys.known_code(program, reward, digest)
            yield {"Put": {"TableName": self._table, "Item": known, "ConditionExpression": _ABSENT}}
            free: Any = {**keys.free_code(program, reward, digest), "code": {"S": code}}
            yield {"Put": {"TableName": self._table, "Item": free}}


_REFUSED = "ConditionalCheckFailed"
_ABSENT = "attribute_not_exists(pk)"


def digest_of(code: str) -> str:
    """Where a code lies."""
    return sha256(code.encode()).hexdigest()[:32]


def shelf_writes(table: str, program: str, outcomes: Sequence[Outcome]) -> Iterator[dict[str, Any]]:
    """Writes of a transaction that take from the shelves what these outcomes sold, and put back what they
    cancelled. They fail where there is less by then."""
    sold, stock, given = Counter[str](), dict[str, int](), defaultdict[str, list[str]](list)
    for one in outcomes:
        match one:
            case RewardRedeemed():
                if one.stock is not None:
                    sold[one.reward] += 1
                    stock[one.reward] = one.stock
                if one.uploaded and one.code is not None:
                    given[one.reward].append(one.code)
            case RedemptionCancelled(stocked=True):
                sold[one.reward] -= 1
    for reward in sorted({*sold, *given}):
        if sold[reward] or given[reward]:
            counting = _counting(table, program, reward, sold[reward], -len(given[reward]))
            if sold[reward] > 0:
                counting["ConditionExpression"] = "attribute_not_exists(sold) OR sold <= :room"
                counting["ExpressionAttributeValues"][":room"] = {"N": str(stock[reward] - sold[reward])}
            yield {"Update": counting}
        for code in given[reward]:
            key = keys.free_code(program, reward, digest_of(code))
            yield {"Delete": {"TableName": table, "Key": key, "ConditionExpression": "attribute_exists(pk)"}}


def _counting(table: str, program: str, reward: str, sold: int, codes: int) -> dict[str, Any]:
    return {
        "TableName": table,
        "Key": keys.shelf(program, reward),
        "UpdateExpression": "ADD sold :sold, codes :codes",
        "ExpressionAttributeValues": {":sold": {"N": str(sold)}, ":codes": {"N": str(codes)}},
    }


def _read(item: Mapping[str, Any]) -> Counted:
    return Counted(*(int(item[name]["N"]) if name in item else 0 for name in ("sold", "codes")))
