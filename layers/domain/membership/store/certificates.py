"""Certificates by their numbers, in the STATE table. Written with the promotions that they are of."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from membership.member.certificates import certifying
from membership.outcomes import Certificate, MessageDue, Outcome
from membership.store import keys
from membership.store.tables import Tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Issued(NamedTuple):
    """A certificate: whose it is, and of what."""

    program: str
    member_id: str
    ladder: str
    tier: str
    """The tier's id; the certificate has its name."""
    certificate: Certificate

    @classmethod
    def of(cls, program: str, member_id: str, message: MessageDue) -> "Issued":
        """That a message brings with it."""
        assert message.celebration
        ladder, tier = message.details["ladder"], message.details["to_tier"]
        return cls(program, member_id, ladder, tier, message.celebration.certificate)


class Certificates:
    def __init__(self, client: "DynamoDBClient", tables: Tables) -> None:
        self._client, self._table = client, tables.state

    def numbered(self, number: str) -> Issued | None:
        """The certificate of that number, whichever program issued it."""
        # Consistent: who has just been congratulated prints it at once.
        found = self._client.get_item(
            TableName=self._table, Key=keys.certificate(number), ConsistentRead=True
        ).get("Item")
        if found is None:
            return None
        told = {name: found[name]["S"] for name in ("program", "member_id", "ladder", "tier")}
        return Issued(**told, certificate=Certificate.model_validate_json(found["body"]["S"]))


def certificate_writes(
    table: str, program: str, member_id: str, outcomes: Sequence[Outcome]
) -> Iterator[dict[str, Any]]:
    """Writes of a transaction that issue the certificates of these outcomes."""
    for issued in (Issued.of(program, member_id, message) for message in certifying(outcomes)):
        item = {
            **keys.certificate(issued.certificate.number),
            "program": {"S": program},
            "member_id": {"S": member_id},
            "ladder": {"S": issued.ladder},
            "tier": {"S": issued.tier},
            "body": {"S": issued.certificate.model_dump_json(exclude_none=True)},
        }
        yield {"Put": {"TableName": table, "Item": item}}
