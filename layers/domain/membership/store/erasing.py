"""Taking everything of a member away, for good. Its id is kept as erased, so that nothing brings it back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from membership.errors import Contended, Impossible, NoSuchMember
from membership.joining import absorbed_in
from membership.member.state import Member
from membership.outcomes import (
    ApprovalRequested,
    Celebration,
    Envelope,
    MessageDue,
    RedemptionCancelled,
    RewardGranted,
    RewardRedeemed,
)
from membership.store import items, keys
from membership.store.belongings import Belongings
from membership.store.deliveries import Deliveries
from membership.store.ledger import Ledger
from membership.store.tables import Tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ATTEMPTS = 8


class Eraser:
    def __init__(self, client: "DynamoDBClient", tables: Tables, workers: int = 16) -> None:
        self._client, self._tables = client, tables
        self._ledger, self._workers = Ledger(client, tables), workers
        self._deliveries = Deliveries(client, tables.state)
        self._belongings = Belongings(client, tables)

    def erase(self, program: str, member_id: str, now: datetime) -> None:
        """The member, and those that it absorbed. Safe to repeat, wherever it was cut off.

        Raises NotFound; Impossible for a member that another one goes on for, Contended.
        """
        member = self._ledger.load(program, member_id, consistent=True).member
        if member is None:
            raise NoSuchMember()
        # First of all the state, so that whoever is settling it now is told that it has gone.
        self._bury(program, member_id, member.absorbed)
        absorbed = self._absorbed(program, member_id, member.absorbed)
        if absorbed != member.absorbed:
            self._bury(program, member_id, absorbed)
        for one in absorbed:
            self._bury(program, one, (), merged=True)
        with ThreadPoolExecutor(self._workers) as pool:
            for one in (member_id, *absorbed):
                # What only the ledger leads to goes before the ledger does: a second try has to find it.
                list(pool.map(partial(self._undo, now), self._ledger.outcomes(program, one)))
                tomb = keys.member(program, one)
                everything = (item for item in self._belongings.of(program, [one]) if item.key != tomb)
                list(pool.map(lambda item: self._delete(item.table, item.key), everything))
        if absorbed:
            self._bury(program, member_id, ())

    def erase_again(self, program: str, member_id: str, now: datetime) -> None:
        """Take away what was told of the member since it was erased. Does nothing to any other."""
        member = self._ledger.load(program, member_id, consistent=True).member
        if member and member.status == "erased":
            self.erase(program, member_id, now)

    def _absorbed(self, program: str, member_id: str, known: tuple[str, ...]) -> tuple[str, ...]:
        """Those who were merged into it, too, of whom its ledger has been told but its state has not yet."""
        found, waiting = list(known), [member_id, *known]
        while waiting:
            told = absorbed_in(self._ledger.facts(program, waiting.pop()))
            news = [one for one in told if one not in found]
            found, waiting = [*found, *news], [*waiting, *news]
        return tuple(found)

    def _bury(self, program: str, member_id: str, absorbed: tuple[str, ...], *, merged: bool = False) -> None:
        """`merged`: whoever goes on for it is erased, too. Else raises Impossible where somebody does."""
        for _ in range(ATTEMPTS):
            stored = self._ledger.load(program, member_id, consistent=True)
            known = stored.member
            if known and known.status == "erased" and known.absorbed == absorbed:
                return
            if known and known.merged_into and not merged:  # perhaps a moment ago
                raise Impossible(f"it was merged into {known.merged_into!r}; erase that one")
            # Whom it had absorbed is kept until they are gone, too: a second try has to know.
            tomb = Member(id=member_id, fingerprint="", status="erased", absorbed=absorbed)
            version = max(stored.version, self._ledger.last_version(program, member_id)) + 1
            try:
                self._client.put_item(
                    TableName=self._tables.state,
                    Item=items.member_item(program, tomb, version, None),
                    **stored.condition,
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                continue
            return
        raise Contended(f"{program}: a member was settled by others {ATTEMPTS} times in a row")

    def _undo(self, now: datetime, envelope: Envelope) -> None:
        """Take away what an outcome is to others: a question, a certificate, a delivery."""
        match outcome := envelope.open():
            case ApprovalRequested():
                self._delete(self._tables.state, keys.approval(envelope.program, outcome.approval))
            case MessageDue(celebration=Celebration(certificate=certificate)):
                self._delete(self._tables.state, keys.certificate(certificate.number))
        if isinstance(outcome, MessageDue | RewardGranted | RewardRedeemed | RedemptionCancelled):
            self._deliveries.forget(envelope.program, envelope.id, envelope.type, now)

    def _delete(self, table: str, key: keys.Key) -> None:
        self._client.delete_item(TableName=table, Key=key)
