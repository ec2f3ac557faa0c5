"""Programs: numbered versions that nobody changes, and the list of all for the review."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from membership.errors import NoProgram, Unsettleable
from membership.program.schema import Program, Versions
from membership.store import keys
from membership.store.tables import Tables, lost_race, paged

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Signature(NamedTuple):
    """Under a version: kept with it, and as little changed."""

    at: datetime
    by: str
    """The id of the key; or the name, where it was put without one."""
    reason: str | None


class Programs:
    """Reads are cached for a short time: a new version is seen everywhere within `fresh_for` seconds."""

    def __init__(
        self, client: "DynamoDBClient", tables: Tables, monotonic: Callable[[], float], fresh_for: float = 10
    ) -> None:
        self._client, self._table = client, tables.state
        self._monotonic, self._fresh_for = monotonic, fresh_for
        self._cache: dict[str, tuple[float, Versions]] = {}

    def versions(self, program: str) -> Versions:
        """Every version of the program. Raises NoProgram where none was ever put."""
        cached = self._cache.get(program)
        if cached and self._monotonic() - cached[0] < self._fresh_for:
            return cached[1]
        found = {
            number: _read(program, item["body"]["S"]) for number, item in self._numbered(program).items()
        }
        if not found:
            raise NoProgram(f"there is no program {program!r} yet; put one with PUT /v1/program")
        versions = Versions(found)
        self._cache[program] = (self._monotonic(), versions)
        return versions

    def signatures(self, program: str) -> dict[int, Signature]:
        """Version → who put it, as far as that was said."""
        return {
            number: Signature(
                datetime.fromisoformat(item["put_at"]["S"]),
                item["put_by"]["S"],
                item["reason"]["S"] if "reason" in item else None,
            )
            for number, item in self._numbered(program).items()
            if "put_by" in item
        }

    def put(self, program: Program, number: int, signed: Signature | None = None) -> bool:
        """Add a version; False where somebody else has just put that number.

        Raises ValidationError, and writes nothing, for a body that couldn't be read back: versions are
        never changed, so it would put the program out of reach for good.
        """
        body = program.model_dump_json(exclude_unset=True)
        Program.model_validate_json(body)
        version: Any = {
            "TableName": self._table,
            "Item": {
                **keys.program_version(program.id, number),
                "body": {"S": body},
                **(_signed(signed) if signed else {}),
            },
            "ConditionExpression": "attribute_not_exists(pk)",
        }
        # In one write with the version: a program that the list lacks would never be reviewed.
        entry: Any = {
            "TableName": self._table,
            "Key": keys.program(program.id),
            "UpdateExpression": "SET program = :id",
            "ExpressionAttributeValues": {":id": {"S": program.id}},
        }
        try:
            self._client.transact_write_items(TransactItems=[{"Put": version}, {"Update": entry}])
        except self._client.exceptions.TransactionCanceledException as error:
            if lost_race(error):
                return False
            raise
        finally:
            self._cache.pop(program.id, None)
        return True

    def reviewed(self) -> dict[str, date | None]:
        """Every program → the last of its days that was reviewed to the end."""
        return {
            item["sk"]["S"].removeprefix("program#"): (
                date.fromisoformat(item["reviewed"]["S"]) if "reviewed" in item else None
            )
            for item in self._listed()
        }

    def mark_reviewed(self, program: str, day: date) -> None:
        """Note that the day is done; an earlier day, run again later, doesn't undo that."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=keys.program(program),
                UpdateExpression="SET reviewed = :day",
                ConditionExpression="attribute_not_exists(reviewed) OR reviewed < :day",
                ExpressionAttributeValues={":day": {"S": day.isoformat()}},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return

    def looked_through(self) -> dict[str, int | None]:
        """Every program → the version for which all of its members were looked at last."""
        return {
            item["sk"]["S"].removeprefix("program#"): (
                int(item["looked_through"]["N"]) if "looked_through" in item else None
            )
            for item in self._listed()
        }

    def mark_looked_through(self, program: str, number: int) -> None:
        """Note that every member was looked at for what the version means to it."""
        self._client.update_item(
            TableName=self._table,
            Key=keys.program(program),
            UpdateExpression="SET looked_through = :number",
            ExpressionAttributeValues={":number": {"N": str(number)}},
        )

    def _numbered(self, program: str) -> dict[int, dict[str, Any]]:
        found = paged(
            self._client.query,
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :version)",
            ExpressionAttributeValues={
                ":pk": {"S": keys.program_partition(program)},
                ":version": {"S": keys.VERSIONS},
            },
            ConsistentRead=True,
        )
        return {int(item["sk"]["S"].removeprefix(keys.VERSIONS)): item for item in found}

    def _listed(self) -> Iterator[dict[str, Any]]:
        return paged(
            self._client.query,
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": keys.PROGRAMS}},
            ConsistentRead=True,
        )


def _signed(signature: Signature) -> dict[str, Any]:
    told = {"put_at": signature.at.isoformat(), "put_by": signature.by, "reason": signature.reason}
    return {name: {"S": value} for name, value in told.items() if value is not None}


def _read(program: str, body: str) -> Program:
    try:
        return Program.model_validate_json(body)
    except ValidationError as fault:  # it was valid when it was put: the model has changed under it
        raise Unsettleable(f"a version of {program!r} can't be read") from fault
