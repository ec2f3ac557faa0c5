"""Reports: everybody once, whoever dies on the way, and each program by itself."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest

from membership.acts import AdjustPoints, Block
from membership.facts import Act, Fact, Order, Refund
from membership.member.state import Member
from membership.program.reading import program_from
from membership.program.schema import Program
from membership.report import Report, Sums
from membership.services.reporting import Reporting
from membership.services.settling import Settling
from membership.store.sweeps import Outrun
from tests.fakes.memory import MemoryLedger, MemoryPrograms
from tests.fakes.sweeps import MemoryReports, MemoryRoster, MemorySweeps

NOW = datetime(2026, 6, 1, 2, 30, tzinfo=UTC)
DOCUMENT: dict[str, Any] = {
    "metrics": {"spend": {"sum": "order.amount"}},
    "tiers": [{"id": "basic"}, {"id": "gold", "qualify": {"spend": 1_000}}],
    "validity": "lifetime",
    "points": {"earn": {"order": {"points": 1}}, "pending_days": 14, "refunds": "negative"},
}


@dataclass
class House:
    """Two programs, and what is needed to report on them."""

    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    programs: MemoryPrograms = field(default_factory=MemoryPrograms)
    sweeps: MemorySweeps = field(default_factory=MemorySweeps)
    reports: MemoryReports = field(default_factory=MemoryReports)

    def __post_init__(self) -> None:
        for id_ in ("club", "shop"):
            self.programs.put(program_from({"id": id_, **DOCUMENT}), 1)
        self.settling = Settling(self.ledger, self.programs, lambda _: None)
        roster = cast(Any, MemoryRoster(self.ledger, most=3))
        stores = (self.programs, roster, self.sweeps, self.reports)
        self.reporting = Reporting(*cast(Any, stores), 4)

    @property
    def program(self) -> Program:
        return self.programs.versions("club").in_force(NOW)[1]

    def tell(self, member: str, ago: int, kind: type[Any], program: str = "club", **told: Any) -> None:
        at = NOW - timedelta(days=ago)
        stamp = {"id": f"{kind.__name__}{ago}", "member_id": member, "occurred_at": at, "recorded_at": at}
        fact: Fact = kind(**stamp, **told)
        self.ledger.append(program, fact)
        self.settling.settle(program, member, [fact])

    def order(self, member: str, ago: int, amount: int, program: str = "club") -> None:
        self.tell(member, ago, Order, program, order_id=f"o{ago}", amount=amount * 100)

    def act(self, member: str, ago: int, action: Any) -> None:
        self.tell(member, ago, Act, by="Li Wei", reason="because", action=action)

    def report(self, now: datetime = NOW, calls: int = 100) -> list[Report] | None:
        """In as many invocations as it takes, of which each reads so many pages."""
        for _ in range(1_000):
            sweep = self.reporting.take(now, going_on=True)
            assert sweep
            left = iter(range(calls))
            made = self.reporting.run(sweep, now, lambda: next(left, None) is not None)  # noqa: B023
            if made is not None:
                return made
        raise AssertionError("it never ends")


@pytest.fixture
def house() -> House:
    house = House()
    house.order("ann", 100, 1_000)
    house.order("ann", 3, 50)
    house.act("ann", 2, AdjustPoints(points=-300))
    house.order("bea", 60, 200)
    house.act("bea", 40, AdjustPoints(points=-200))
    house.tell("bea", 30, Refund, order_id="o60", amount=50_00)
    house.order("cia", 50, 70)
    house.act("cia", 49, Block())
    for n in range(20):
        house.order(f"m{n}", 20 + n, 10)
    house.order("ann", 30, 999, "shop")
    return house


@pytest.mark.proves("B3")
def test_what_members_have_to_spend(house: House) -> None:
    made = {report.program: report for report in house.report() or ()}
    sums = made["club"].sums
    assert (sums.members, sums.with_points) == (22, 21)
    assert sums.outstanding == 700 + 20 * 10
    assert (sums.pending, sums.debt, sums.suspended) == (50, 50, 70)
    assert (sums.earned, sums.adjusted, sums.taken_back) == (1_050 + 200 + 70 + 200, -500, 50)
    assert sums.outstanding + sums.pending - sums.debt + sums.suspended == (
        sums.earned + sums.granted + sums.adjusted - sums.spent - sums.expired - sums.taken_back
    )
    assert sum(sums.expiring.values()) + sums.lasting == sums.outstanding + sums.pending
    assert sums.in_tier == {"basic": 21, "gold": 1}
    assert made["shop"].sums.outstanding == 999
    assert made["club"].day == date(2026, 6, 1)
    assert house.reports.page("club", 10).data == [made["club"]]


@pytest.mark.parametrize("calls", [1, 2, 3])
def test_however_often_it_is_left_and_taken_up_everybody_is_counted_once(house: House, calls: int) -> None:
    whole = house.report()
    assert house.report(NOW + timedelta(hours=1), calls) is not None
    one, other = house.reports.page("club", 1).data[0].sums, (whole or [])[0].sums
    assert one == other


def test_of_two_at_once_one_does_nothing(house: House) -> None:
    first = house.reporting.take(NOW, going_on=False)
    assert first
    assert house.reporting.take(NOW, going_on=False) is None
    second = house.reporting.take(NOW, going_on=True)
    assert second
    with pytest.raises(Outrun):
        house.reporting.run(first, NOW, lambda: True)
    assert house.reporting.run(second, NOW, lambda: True)


@pytest.mark.proves("B3")
def test_what_expired_unspent_is_told_and_by_when_the_rest_does(house: House) -> None:
    later = datetime(2028, 4, 15, tzinfo=UTC)
    made = {report.program: report for report in house.report(later) or ()}
    expiring = made["club"].sums.expiring
    assert set(expiring) <= {"2028-04", "2028-05"}
    assert made["club"].sums.outstanding == sum(expiring.values())


@pytest.mark.proves("B8")
def test_uses_of_benefits_are_added_up(house: House) -> None:
    for name, used in (("ann", {"lounge/gold": 3}), ("bea", {"lounge/gold": 1, "gift/basic": 2})):
        body, *rest = house.ledger._members["club", name]
        member = Member.model_validate_json(body).model_copy(update={"used": used})
        house.ledger._members["club", name] = (member.model_dump_json(), *rest)  # type: ignore[assignment]
    sums = (house.report() or [])[0].sums
    assert sums.used == {"lounge/gold": 4, "gift/basic": 2}


def test_parts_add_up_in_any_order() -> None:
    parts = [
        Sums(members=1, expiring={"2028-01": 5}),
        Sums(members=2, expiring={"2028-01": 1, "2028-02": 2}),
        Sums(used={"a/b": 1}),
    ]
    packed = [part.model_dump_json(exclude_defaults=True).encode() for part in parts]
    assert Sums.of_all(packed) == Sums.of_all(packed[::-1])
    assert Sums.of_all(packed).expiring == {"2028-01": 6, "2028-02": 2}
