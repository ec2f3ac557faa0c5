"""Programs: numbered versions that nobody changes, and the list of all for the review."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from membership.errors import NoProgram, Unsettleable
from membership.program.schema import Program, Versions
from membership.store import keys
from membership.store.tables import Tables, lost_race, paged

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


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
            int(item["sk"]["S"].removeprefix(keys.VERSIONS)): _read(program, item["body"]["S"])
            for item in paged(
                self._client.query,
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :version)",
                ExpressionAttributeValues={
                    ":pk": {"S": keys.program_partition(program)},
                    ":version": {"S": keys.VERSIONS},
                },
                ConsistentRead=True,
            )
        }
        if not found:
            raise NoProgram(f"there is no program {program!r} yet; put one with PUT /v1/program")
        versions = Versions(found)
        self._cache[program] = (self._monotonic(), versions)
        return versions

    def put(self, program: Program, number: int) -> bool:
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

    def _listed(self) -> Iterator[dict[str, Any]]:
        return paged(
            self._client.query,
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": {"S": keys.PROGRAMS}},
            ConsistentRead=True,
        )


def _read(program: str, body: str) -> Program:
    try:
        return Program.model_validate_json(body)
    except ValidationError as fault:  # it was valid when it was put: the model has changed under it
        raise Unsettleable(f"a version of {program!r} can't be read") from fault
