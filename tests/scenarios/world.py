"""A shop over simulated time: facts come in, each night's review runs, on tables in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count

from membership.acts import Action
from membership.board import Cut
from membership.facts import Act, Activity, Attributes, Enrolment, Fact, Order, Ranking, Refund
from membership.member.state import Member
from membership.outcomes import Envelope
from membership.program import presets
from membership.program.metrics import Rank
from membership.program.reading import read_program
from membership.program.schema import Program
from membership.services.cutting import Cutting
from membership.services.reviewing import Place, review
from membership.services.settling import Settling
from tests.fakes.memory import MemoryLedger, MemoryPrograms
from tests.fakes.sweeps import MemoryCuts, MemoryRoster, MemorySweeps


def preset(name: str, **changes: object) -> Program:
    program = read_program(presets.text(name))
    return Program.model_validate(program.model_dump(exclude_unset=True) | changes)


@dataclass
class World:
    program: Program
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    programs: MemoryPrograms = field(default_factory=MemoryPrograms)

    def __post_init__(self) -> None:
        self.programs.put(self.program, 1)
        self.settling = Settling(self.ledger, self.programs, lambda _: None)
        self.cutting = Cutting(
            self.ledger, self.programs, MemoryRoster(self.ledger), MemorySweeps(), MemoryCuts()
        )
        self._has_boards = any(isinstance(metric, Rank) for metric in self.program.metrics.values())
        self._ids = count(1)

    def at(self, when: str) -> datetime:
        """'2024-03-01' is that day's noon in the program's zone; '2024-03-01 23:59' is that minute."""
        moment = datetime.fromisoformat(when if " " in when else f"{when} 12:00")
        return moment.replace(tzinfo=self.program.zone)

    def order(self, member: str, when: str, amount: int, order: str | None = None) -> str:
        """An order of whole currency units; answers its order id."""
        n = next(self._ids)
        order = order or f"order-{n}"
        self.tell(Order(**self._common(member, when, n), order_id=order, amount=amount * 100))
        return order

    def refund(self, member: str, when: str, order: str, amount: int) -> None:
        n = next(self._ids)
        self.tell(Refund(**self._common(member, when, n), order_id=order, amount=amount * 100))

    def facts_of_a_returned_order(
        self, member: str, when: str, amount: int, back: int | None = None
    ) -> tuple[Order, Refund]:
        """An order and its refund, which nobody has told yet."""
        n, m = next(self._ids), next(self._ids)
        order = Order(**self._common(member, when, n), order_id=f"order-{n}", amount=amount * 100)
        given_back = (amount if back is None else back) * 100
        return order, Refund(**self._common(member, when, m), order_id=order.order_id, amount=given_back)

    def activity(self, member: str, when: str, kind: str, times: int = 1) -> None:
        for _ in range(times):
            self.tell(Activity(**self._common(member, when, next(self._ids)), kind=kind))

    def use(self, member: str, when: str, benefit: str) -> None:
        common = self._common(member, when, next(self._ids))
        self.tell(Activity(**common, kind="benefit_used", benefit=benefit))

    def enrol(self, member: str, when: str, joined: date | None = None) -> None:
        told = Attributes(joined=joined) if joined else Attributes()
        self.tell(Enrolment(**self._common(member, when, next(self._ids)), attributes=told))

    def act(self, member: str, when: str, action: Action, by: str = "Li Wei", *, settled: bool = True) -> Act:
        """What an operator does. Not settled: kept, and then whoever should settle it was cut off."""
        act = Act(**self._common(member, when, next(self._ids)), by=by, reason="because", action=action)
        self.ledger.append(self.program.id, act)
        if settled:
            self.settling.settle(self.program.id, member, [act])
        return act

    def stream(self) -> None:
        """Brings every fact to its member, again and again, until nothing new comes of it."""
        known = -1
        while known != (known := sum(len(self.facts(member)) for member in self._everybody())):
            for member in self._everybody():
                self.settling.settle(self.program.id, member, self.facts(member))

    def tell(self, fact: Fact) -> None:
        self.ledger.append(self.program.id, fact)
        self.settling.settle(self.program.id, fact.member_id, [fact])

    def review(self, day: str) -> int:
        """One night's review, and the settling of what it appended. Answers how many members were due."""
        begun = date.fromisoformat(day)
        midnight = self.program.midnight(begun)
        waiting = list(self._everybody())
        done = review(self.ledger, self.program, begun, midnight, Place(), lambda: True, workers=1)
        for member in waiting:
            todays = [fact for fact in self.facts(member) if fact.key == f"review#{day}"]
            self.settling.settle(self.program.id, member, todays)
        return done.reviewed

    def cut(self, day: str) -> list[Cut]:
        """What boards there are to cut on the day, and the settling of what members were told."""
        now = self.at(f"{day} 03:15")
        sweep = self.cutting.take(now, going_on=False)
        made = (self.cutting.run(sweep, now, lambda: True) if sweep else None) or []
        for member in self._everybody() if made else ():
            told = [fact for fact in self.facts(member) if isinstance(fact, Ranking)]
            self.settling.settle(self.program.id, member, told)
        return made

    def nights(self, first: str, last: str) -> None:
        """The review of every day from the first to the last; it waits for boards that are to be cut."""
        day = date.fromisoformat(first)
        while day <= date.fromisoformat(last):
            if self._has_boards:
                self.cut(day.isoformat())
            self.review(day.isoformat())
            day += timedelta(days=1)

    def facts(self, member: str) -> list[Fact]:
        return list(self.ledger.facts(self.program.id, member))

    def member(self, member: str) -> Member:
        found = self.ledger.load(self.program.id, member).member
        assert found is not None, f"nobody knows {member}"
        return found

    def tier(self, member: str) -> str:
        return self.member(member).standings["main"].tier

    def history(self, member: str, *types: str) -> list[Envelope]:
        """Outcomes, oldest first; of these types, or of all."""
        found = self.ledger.outcomes(self.program.id, member)
        return [envelope for envelope in found if not types or envelope.type in types]

    def days(self, member: str, outcome: str) -> list[str]:
        """The program's days on which an outcome of this type was decided."""
        return [str(self.program.day(envelope.at)) for envelope in self.history(member, outcome)]

    def rewards(self, member: str) -> list[str]:
        return [envelope.data["reward"]["id"] for envelope in self.history(member, "reward.granted")]

    def equals_a_rebuild(self, members: Sequence[str]) -> bool:
        """Whether every member is what its ledger makes of it, with nothing left to decide."""
        for member in members:
            before = self.member(member)
            again = self.settling.rebuild(self.program.id, member)
            if again.member != before or again.outcomes:
                return False
        return True

    def _common(self, member: str, when: str, n: int) -> dict[str, object]:
        at = self.at(when)
        return {"id": f"event-{n}", "member_id": member, "occurred_at": at, "recorded_at": at}

    def _everybody(self) -> list[str]:
        return sorted({member for _, member in self.ledger._members})
