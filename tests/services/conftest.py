"""Preset P2 with the services around it, on tables in memory."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from membership.facts import Fact, Order, Review
from membership.program import presets
from membership.program.reading import read_program
from membership.program.schema import Program
from membership.services.ingesting import Ingest
from membership.services.settling import Settling
from tests.fakes.memory import MemoryLedger, MemoryPrograms

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


@dataclass
class Services:
    program: Program = field(default_factory=lambda: read_program(presets.text("p2-customer-policy")))
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    programs: MemoryPrograms = field(default_factory=MemoryPrograms)

    def __post_init__(self) -> None:
        self.programs.put(self.program, 1)
        self.settling = Settling(self.ledger, self.programs, lambda _: None)
        self.ingest = Ingest(self.ledger, self.settling)

    def order(self, member: str, order: str, amount: int = 100_00, **changes: object) -> Order:
        told = {"occurred_at": NOW, "recorded_at": NOW, "id": f"event-{order}"} | changes
        return Order(member_id=member, order_id=order, amount=amount, **told)

    def settle(self, *facts: Fact) -> None:
        for fact in facts:
            self.ledger.append(self.program.id, fact)
            self.settling.settle(self.program.id, fact.member_id, [fact])

    def tier(self, member: str) -> str | None:
        stored = self.ledger.load(self.program.id, member)
        return stored.member.standings["main"].tier if stored.member else None

    def facts(self, member: str) -> list[Fact]:
        return list(self.ledger.facts(self.program.id, member))

    def reviews(self, member: str) -> list[str]:
        return [str(fact.day) for fact in self.facts(member) if isinstance(fact, Review)]


@pytest.fixture
def services() -> Services:
    return Services()


def days(n: int) -> timedelta:
    return timedelta(days=n)
