"""Looking on from outside: what the two tables hold. Nothing here writes."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from membership.member.applied import AppliedFacts
from membership.member.state import Member
from membership.outcomes import Envelope
from membership.store import items, keys
from membership.store.tables import paged
from tools.deploy import Stack

FAILURES = ("EvaluateFailuresUrl", "PublishFailuresUrl", "ReviewFailuresUrl", "DeliveryDeadLettersUrl")


@dataclass(frozen=True)
class Watch:
    stack: Stack
    program: str

    @cached_property
    def _dynamodb(self) -> Any:
        return self.stack.emulator.client("dynamodb")

    def members(self) -> dict[str, Member]:
        """Every member of the program as it stands."""
        return {
            member.id: member
            for item in self._scan("StateTable", "member#", "state")
            for member, _, _ in [items.read_member(item)]
        }

    def outcomes(self) -> list[Envelope]:
        """Everything that was decided, in the order of the members' own time."""
        found = (items.read_outcome(item) for item in self._scan("LedgerTable", "", keys.OUTCOMES))
        return sorted(found, key=lambda outcome: (outcome.at, outcome.member_id))

    def settled(self, members: Sequence[str]) -> dict[str, int]:
        """Member → facts that are in it, for a hundred members at most.

        A member remembers the ids of its facts for 25 hours, and a demo takes minutes.
        """
        table = self.stack.outputs["StateTable"]
        wanted = [keys.member(self.program, member) for member in members]
        asked = {"Keys": wanted, "ProjectionExpression": "pk, applied"}  # bodies are much to carry
        found = self._dynamodb.batch_get_item(RequestItems={table: asked})["Responses"][table]
        applied = {item["pk"]["S"]: len(AppliedFacts(bytes(item["applied"]["B"]))) for item in found}
        return {member: applied.get(key["pk"]["S"], 0) for member, key in zip(members, wanted, strict=True)}

    def due(self, through: date) -> list[tuple[date, str]]:
        """Who is due on that day or before, the earliest first, with the days that the index has for them."""
        found = [
            item["due"]["S"].split("#", 1)
            for shard in range(keys.SHARDS)
            for item in paged(
                self._dynamodb.query,
                TableName=self.stack.outputs["StateTable"],
                IndexName=keys.DUE,
                KeyConditionExpression="due_shard = :shard AND due <= :through",
                ExpressionAttributeValues={
                    ":shard": {"S": keys.due_shard(self.program, shard)},
                    ":through": {"S": keys.due_through(through)},
                },
            )
        ]
        return sorted((date.fromisoformat(day), member) for day, member in found)

    def parked(self) -> int:
        return len(list(self._scan("StateTable", "member#", "parked")))

    def failures(self) -> Mapping[str, int]:
        """Queue → messages, of the queues that take what failed for good; empty where nothing did."""
        sqs = self.stack.emulator.client("sqs")
        waiting: Counter[str] = Counter()
        for output in FAILURES:
            answer = sqs.get_queue_attributes(
                QueueUrl=self.stack.outputs[output], AttributeNames=["ApproximateNumberOfMessages"]
            )
            waiting[output.removesuffix("Url")] = int(answer["Attributes"]["ApproximateNumberOfMessages"])
        return +waiting

    def _scan(self, table: str, partition: str, range_key: str) -> Iterator[dict[str, Any]]:
        return paged(
            self._dynamodb.scan,
            TableName=self.stack.outputs[table],
            FilterExpression="begins_with(pk, :pk) AND begins_with(sk, :sk)",
            ExpressionAttributeValues={
                ":pk": {"S": f"{partition}{self.program}#"},
                ":sk": {"S": range_key},
            },
        )
