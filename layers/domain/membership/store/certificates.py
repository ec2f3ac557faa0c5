"""Certificates, in the STATE table. Written with the decisions that celebrate a promotion."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from membership.member.certificates import certifying
from membership.outcomes import Certificate, Outcome
from membership.store import keys
from membership.store.tables import Tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True)
class Issued:
    """A certificate, and whose it is: of what."""

    program: str
    member_id: str
    ladder: str
    tier: str
    """The tier's id; the certificate has its name."""
    certificate: Certificate


class Certificates:
    def __init__(self, client: "DynamoDBClient", tables: Tables) -> None:
        self._client, self._table = client, tables.state

    def numbered(self, number: str) -> Issued | None:
        """The certificate of that number, whichever program issued it."""
        return self._get(keys.certificate(number))

    def newest(self, program: str, member_id: str, ladder: str, tier: str) -> Issued | None:
        """The member's last certificate of a tier."""
        return self._get(keys.certificate_of(program, member_id, ladder, tier))

    def _get(self, key: keys.Key) -> Issued | None:
        # Consistent: who has just been congratulated prints it at once.
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        if item is None:
            return None
        told = {name: item[name]["S"] for name in ("program", "member_id", "ladder", "tier")}
        return Issued(**told, certificate=Certificate.model_validate_json(item["body"]["S"]))


def certificate_writes(
    table: str, program: str, member_id: str, outcomes: Sequence[Outcome]
) -> Iterator[dict[str, Any]]:
    """Writes of a transaction that issue the certificates of these outcomes, each place once."""
    items: dict[str, dict[str, Any]] = {}
    for message in certifying(outcomes):
        assert message.celebration
        certificate = message.celebration.certificate
        ladder, tier = message.details["ladder"], message.details["to_tier"]
        told = {
            "program": {"S": program},
            "member_id": {"S": member_id},
            "ladder": {"S": ladder},
            "tier": {"S": tier},
            "body": {"S": certificate.model_dump_json(exclude_none=True)},
        }
        for key in (
            keys.certificate(certificate.number),
            keys.certificate_of(program, member_id, ladder, tier),
        ):
            items[repr(key)] = {**key, **told}
    for item in items.values():
        yield {"Put": {"TableName": table, "Item": item}}
