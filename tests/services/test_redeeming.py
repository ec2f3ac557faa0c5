"""Redeeming with everything around it: many at once, faults at every write, rebuilds, merges."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Barrier
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from hypothesis import given
from hypothesis import strategies as st

from membership.acts import Merge
from membership.errors import Contended, Impossible, NotFound
from membership.facts import Act, Cancellation, Fact, Order, Redemption, Refund
from membership.member.redemption import Redeemed
from membership.outcomes import RedemptionRefused
from membership.program.reading import read_program
from membership.program.schema import Program
from membership.services.redeeming import Answered, Redeeming
from membership.services.settling import Settling
from tests.fakes.faults import FaultyLedger
from tests.fakes.memory import MemoryLedger, MemoryPrograms

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)
PROGRAM = """
id: cafe
metrics: {spend: {sum: order.amount}}
tiers: [{id: regular}, {id: silver, qualify: {spend: 1000}}]
points: {earn: {order: {points: 1, per: 1}}, expire: {after_months: 1, at: day}}
catalogue:
  - {id: cake, points: 100, gift: CAKE, stock: 10}
  - {id: film, points: 100, coupon: FILM, codes: uploaded}
  - {id: tea, points: 100, coupon: TEA, codes: generated, per_member: 2}
  - {id: mug, points: 30, gift: MUG}
"""


@dataclass
class Cafe:
    program: Program = field(default_factory=lambda: read_program(PROGRAM))
    ledger: Any = field(default_factory=MemoryLedger)
    programs: MemoryPrograms = field(default_factory=MemoryPrograms)
    now: datetime = NOW

    def __post_init__(self) -> None:
        self.programs.put(self.program, 1)
        self.settling = Settling(self.ledger, self.programs, lambda _: None)
        self.redeeming = Redeeming(self.ledger, self.programs, self.ledger.shelves, self.settling)
        self._number = count()

    def tell(self, *facts: Fact) -> None:
        for fact in facts:
            self.ledger.append("cafe", fact)
            self.settling.settle("cafe", fact.member_id, [fact])

    def earn(self, member: str, points: int) -> str:
        order = f"o{next(self._number)}"
        self.tell(Order(id=order, order_id=order, amount=points * 100, **self.common(member)))
        return order

    def common(self, member: str) -> dict[str, Any]:
        return {"member_id": member, "occurred_at": self.now, "recorded_at": self.now}

    def redeem(self, member: str, reward: str, id_: str = "r1") -> Answered:
        return self.redeeming.redeem("cafe", member, id_, reward, f"token-{id_}", self.now)

    def cancel(self, member: str, redemption: str = "r1", id_: str = "c1") -> Answered:
        return self.redeeming.cancel("cafe", member, redemption, id_, "Li Wei", "sent back", self.now)

    def member(self, member: str) -> Any:
        return self.ledger.load("cafe", member, consistent=True).member

    def spendable(self, member: str) -> int:
        found: int = self.member(member).points.spendable(self.program.day(self.now))
        return found

    def sold(self, reward: str) -> int:
        counted = self.ledger.shelves.all("cafe").get(reward)
        return counted.sold if counted else 0

    def types(self, member: str) -> list[str]:
        return [one.type for one in self.ledger.outcomes("cafe", member)]

    def equals_a_rebuild(self, *members: str) -> bool:
        for member in members:
            before = self.member(member)
            again = self.settling.rebuild("cafe", member)
            if again.member != before or again.outcomes:
                return False
        return True


@pytest.fixture
def cafe() -> Cafe:
    return Cafe()


def reason(answered: Answered) -> str | None:
    return answered.redemption.reason if isinstance(answered.redemption, RedemptionRefused) else None


def code(answered: Answered) -> str | None:
    assert isinstance(answered.redemption, Redeemed)
    return answered.redemption.outcome.code


def at_once(calls: list[Callable[[], Answered]]) -> list[Answered]:
    """All of them begin at the same moment."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Answered]) -> Answered:
        start.wait()
        for _ in range(20):
            try:
                return call()
            except Contended:
                continue
        raise AssertionError("overtaken again and again")

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


# ── Many at once ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.proves("B4")
def test_fifty_want_the_last_ten(cafe: Cafe) -> None:
    members = [f"m{n}" for n in range(50)]
    for member in members:
        cafe.earn(member, 150)
    answers = at_once([lambda member=member: cafe.redeem(member, "cake") for member in members])
    served = {member for member, answer in zip(members, answers, strict=True) if reason(answer) is None}
    assert len(served) == cafe.sold("cake") == 10
    assert {reason(answer) for answer in answers} == {None, "sold_out"}
    for member in members:
        assert cafe.spendable(member) == (50 if member in served else 150)
    assert cafe.equals_a_rebuild(*members)


@pytest.mark.proves("B4")
def test_fifty_want_the_last_ten_codes(cafe: Cafe) -> None:
    codes = {f"C{n}" for n in range(10)}
    cafe.ledger.shelves.upload("cafe", "film", sorted(codes))
    members = [f"m{n}" for n in range(50)]
    for member in members:
        cafe.earn(member, 150)
    answers = at_once([lambda member=member: cafe.redeem(member, "film") for member in members])
    given = [code(answer) for answer in answers if reason(answer) is None]
    assert len(given) == 10
    assert set(given) == codes
    assert cafe.ledger.shelves.all("cafe")["film"].codes == 0


def test_one_member_many_times_at_once_never_spends_what_it_has_not(cafe: Cafe) -> None:
    cafe.earn("ann", 350)
    answers = at_once([lambda n=n: cafe.redeem("ann", "cake", f"r{n}") for n in range(20)])
    assert sum(reason(answer) is None for answer in answers) == 3
    assert cafe.spendable("ann") == 50
    assert cafe.equals_a_rebuild("ann")


def test_the_same_request_many_times_at_once_is_one(cafe: Cafe) -> None:
    cafe.earn("ann", 350)
    answers = at_once([lambda: cafe.redeem("ann", "tea")] * 12)
    assert {code(answer) for answer in answers} == {"token-r1"}
    assert cafe.types("ann").count("reward.redeemed") == 1
    assert cafe.spendable("ann") == 250


def test_two_cancel_at_once_and_one_does(cafe: Cafe) -> None:
    cafe.earn("ann", 350)
    cafe.redeem("ann", "cake")

    def cancel(id_: str) -> Any:
        try:
            return cafe.cancel("ann", id_=id_)
        except Impossible:
            return None

    answers = at_once([lambda n=n: cancel(f"c{n}") for n in range(10)])
    assert sum(answer is not None for answer in answers) == 1
    assert cafe.spendable("ann") == 350
    assert cafe.sold("cake") == 0
    assert cafe.equals_a_rebuild("ann")


# ── Lots ──────────────────────────────────────────────────────────────────────────────────────────


def test_points_come_back_into_their_lots_and_expire_with_them(cafe: Cafe) -> None:
    cafe.earn("ann", 100)
    old = cafe.member("ann").points.lots
    cafe.now += timedelta(days=20)
    cafe.earn("ann", 100)
    both = cafe.member("ann").points.lots
    cafe.redeem("ann", "cake")
    assert cafe.member("ann").points.lots == {lot: n for lot, n in both.items() if lot not in old}
    cafe.cancel("ann")
    assert cafe.member("ann").points.lots == both
    cafe.redeem("ann", "cake", "r2")
    cafe.now += timedelta(days=15)
    cafe.cancel("ann", "r2", "c2")
    assert cafe.spendable("ann") == 100, "the first hundred would be gone by now"
    assert "points.expired" in cafe.types("ann")
    account = cafe.member("ann").points
    assert (account.expired, account.spent, account.balance) == (100, 0, 100)
    assert cafe.equals_a_rebuild("ann")


def test_pending_points_pay_nothing() -> None:
    program = PROGRAM.replace("points: {", "points: {pending_days: 14, ")
    cafe = Cafe(read_program(program))
    cafe.earn("ann", 150)
    answer = cafe.redeem("ann", "cake")
    assert isinstance(answer.redemption, RedemptionRefused)
    assert (answer.redemption.spendable, answer.redemption.pending) == (0, 150)
    cafe.now += timedelta(days=14)
    assert reason(cafe.redeem("ann", "cake", "r2")) is None


# ── Faults ────────────────────────────────────────────────────────────────────────────────────────

FATES = st.lists(st.sampled_from(["ok", "throttled", "overtaken", "lost"]), max_size=25)
PASSING = (Contended, ClientError, BotoCoreError)


def until_it_works(call: Callable[[], Any]) -> Any:
    for _ in range(60):
        try:
            return call()
        except PASSING:
            continue
    raise AssertionError("sixty failures in a row")


@given(fates=FATES)
def test_a_fault_at_any_write_costs_nothing_and_gives_nothing_twice(fates: list[str]) -> None:
    cafe = Cafe()
    cafe.earn("ann", 350)
    cafe.ledger.shelves.upload("cafe", "film", ["C1", "C2", "C3"])
    ledger: Any = FaultyLedger(cafe.ledger, iter(fates))
    settling = Settling(ledger, cafe.programs, lambda _: None)
    stormy = Redeeming(ledger, cafe.programs, cafe.ledger.shelves, settling)
    first = until_it_works(lambda: stormy.redeem("cafe", "ann", "r1", "film", "t", NOW))
    until_it_works(lambda: stormy.redeem("cafe", "ann", "r2", "cake", "t", NOW))
    until_it_works(lambda: stormy.cancel("cafe", "ann", "r2", "c1", "Li Wei", "sent back", NOW))
    again = until_it_works(lambda: stormy.redeem("cafe", "ann", "r1", "film", "other", NOW))
    assert code(again) == code(first)
    assert cafe.spendable("ann") == 250
    assert cafe.sold("cake") == 0
    assert cafe.ledger.shelves.all("cafe")["film"].codes == 2
    found = [one for one in cafe.types("ann") if "redem" in one or "redeem" in one]
    assert sorted(found) == ["redemption.cancelled", "reward.redeemed", "reward.redeemed"]
    assert cafe.equals_a_rebuild("ann")


# ── Rebuilds ──────────────────────────────────────────────────────────────────────────────────────


def asked(cafe: Cafe, member: str, id_: str, reward: str = "cake") -> Redemption:
    return Redemption(id=id_, reward=reward, token=f"token-{id_}", **cafe.common(member))


def test_a_rebuild_takes_nothing_off_the_shelves_again(cafe: Cafe) -> None:
    cafe.earn("ann", 350)
    cafe.redeem("ann", "cake")
    cafe.redeem("ann", "tea", "r2")
    cafe.cancel("ann")
    before = cafe.member("ann")
    cafe.ledger.lose_member("cafe", "ann")
    assert cafe.settling.rebuild("cafe", "ann").member == before
    assert cafe.sold("cake") == 0
    assert cafe.spendable("ann") == 250


def test_what_nobody_answered_a_rebuild_does(cafe: Cafe) -> None:
    cafe.earn("ann", 3_050)
    for n in range(25):
        cafe.ledger.append("cafe", asked(cafe, "ann", f"r{n:02}"))
    cafe.ledger.append("cafe", asked(cafe, "ann", "tea", "tea"))
    rebuilt = cafe.settling.rebuild("cafe", "ann")
    told = [one.type for one in rebuilt.outcomes]
    assert (told.count("reward.redeemed"), told.count("redemption.refused")) == (11, 15)
    assert cafe.sold("cake") == 10
    assert cafe.equals_a_rebuild("ann")
    assert code(cafe.redeem("ann", "tea", "tea")) == "token-tea"


def test_a_batch_sells_as_one_by_one_would(cafe: Cafe) -> None:
    """Of the stream: redemptions, and one that is undone in the same batch."""
    cafe.earn("ann", 3_000)
    facts: list[Fact] = [asked(cafe, "ann", f"r{n:02}") for n in range(12)]
    cancel = Cancellation(id="c", redemption="r00", by="Li Wei", reason="sent back", **cafe.common("ann"))
    facts = [*facts, cancel, asked(cafe, "ann", "last")]
    for fact in facts:
        cafe.ledger.append("cafe", fact)
    cafe.settling.settle("cafe", "ann", facts)
    redeemed = cafe.redeeming.page("cafe", "ann", None, 50).data
    assert sum(not one.cancelled for one in redeemed) == cafe.sold("cake") == 10
    assert cafe.spendable("ann") == 2_000
    assert cafe.equals_a_rebuild("ann")


# ── Merges ────────────────────────────────────────────────────────────────────────────────────────


def merge(cafe: Cafe, member: str, into: str) -> None:
    told: dict[str, Any] = {"id": f"merge-{member}", "by": "Li Wei", "reason": "one person"}
    cafe.tell(Act(action=Merge(into=into), **told, **cafe.common(member)))
    for one in (into, member, into):
        cafe.settling.settle("cafe", one, list(cafe.ledger.facts("cafe", one)))


def test_what_was_redeemed_before_a_merge_stays_so(cafe: Cafe) -> None:
    cafe.earn("a", 250)
    cafe.earn("b", 150)
    first = cafe.redeem("a", "tea")
    assert reason(cafe.redeem("a", "film", "r2")) == "sold_out"
    cafe.ledger.shelves.upload("cafe", "film", ["C1"])
    merge(cafe, "a", "b")
    assert cafe.spendable("b") == 300
    again = cafe.redeem("a", "tea")
    assert (again.status, code(again)) == ("duplicate", code(first)), "as it was answered then"
    assert again.seen.member.id == "b", "whose points are told"
    assert reason(cafe.redeem("a", "film", "r2")) == "sold_out"
    assert cafe.spendable("b") == 300
    assert [one.outcome.redemption for one in cafe.redeeming.page("cafe", "b", None, 9).data] == ["r1"]
    cafe.settling.rebuild("cafe", "a")
    assert cafe.equals_a_rebuild("b")
    assert not [key for key in (fact.key for fact in cafe.ledger.facts("cafe", "b")) if "redemption" in key]


def test_the_limit_counts_what_both_had(cafe: Cafe) -> None:
    for member in "ab":
        cafe.earn(member, 250)
        cafe.redeem(member, "tea")
    merge(cafe, "a", "b")
    assert reason(cafe.redeem("b", "tea", "r3")) == "limit_reached"
    cafe.cancel("b")
    assert reason(cafe.redeem("b", "tea", "r4")) is None
    assert cafe.equals_a_rebuild("b")


@pytest.mark.parametrize("who", ["a", "b"])
def test_who_goes_on_cancels_what_the_other_one_redeemed(cafe: Cafe, who: str) -> None:
    cafe.earn("a", 250)
    cafe.earn("b", 10)
    cafe.redeem("a", "cake", "of-a")
    merge(cafe, "a", "b")
    cafe.cancel(who, "of-a")
    assert cafe.spendable("b") == 260
    assert cafe.sold("cake") == 0
    with pytest.raises(Impossible):
        cafe.cancel("b", "of-a", "c2")
    assert cafe.equals_a_rebuild("b")


def test_what_a_merge_overtook_is_answered_by_who_goes_on(cafe: Cafe) -> None:
    cafe.earn("a", 250)
    cafe.earn("b", 10)
    fact = asked(cafe, "a", "r1", "tea")
    cafe.ledger.append("cafe", fact)  # and not settled before it went away
    told: dict[str, Any] = {"id": "merge-a", "by": "Li Wei", "reason": "one person"}
    cafe.tell(Act(action=Merge(into="b"), **told, **cafe.common("a")))
    cafe.settling.settle("cafe", "b", list(cafe.ledger.facts("cafe", "b")))
    answer = cafe.redeem("a", "tea")
    assert code(answer) == "token-r1"
    assert cafe.spendable("b") == 160
    assert code(cafe.redeem("a", "tea")) == "token-r1"
    assert cafe.spendable("b") == 160
    assert cafe.equals_a_rebuild("b")


# ── Laws ──────────────────────────────────────────────────────────────────────────────────────────

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("earn"), st.integers(0, 300)),
        st.tuples(st.just("redeem"), st.sampled_from(["cake", "film", "tea", "mug"])),
        st.tuples(st.just("cancel"), st.integers(0, 5)),
        st.tuples(st.just("refund"), st.integers(0, 5)),
        st.tuples(st.just("wait"), st.integers(1, 40)),
    ),
    max_size=25,
)


@given(steps=STEPS, policy=st.sampled_from(["clamp", "negative", "pending_only"]))
def test_whatever_happens_points_and_shelves_agree_with_the_ledger(
    steps: list[tuple[str, Any]], policy: str
) -> None:
    cafe = Cafe(read_program(PROGRAM.replace("points: {earn", f"points: {{refunds: {policy}, earn")))
    cafe.ledger.shelves.upload("cafe", "film", ["C1", "C2"])
    cafe.earn("ann", 100)
    orders, redemptions = list[str](), list[str]()
    for n, (what, how) in enumerate(steps):
        match what:
            case "earn":
                orders.append(cafe.earn("ann", how))
            case "redeem":
                before = cafe.spendable("ann")
                answer = cafe.redeem("ann", how, f"r{n}")
                if reason(answer) is None:
                    redemptions.append(f"r{n}")
                    assert cafe.spendable("ann") < before
                else:
                    assert cafe.spendable("ann") == before
            case "cancel" if redemptions:
                with suppress(Impossible):
                    cafe.cancel("ann", redemptions[how % len(redemptions)], f"c{n}")
            case "refund" if orders:
                order = orders[how % len(orders)]
                cafe.tell(Refund(id=f"b{n}", order_id=order, amount=10_000, **cafe.common("ann")))
            case "wait":
                cafe.now += timedelta(days=how)
        account = cafe.member("ann").points
        assert min(account.lots.values(), default=0) >= 0
        assert (
            account.earned
            + account.granted
            + account.adjusted
            - account.spent
            - account.expired
            - (account.taken_back)
            == account.balance
        )
    kept = [one.outcome for one in cafe.redeeming.page("cafe", "ann", None, 99).data if not one.cancelled]
    assert cafe.sold("cake") == sum(one.reward == "cake" for one in kept) <= 10
    assert cafe.member("ann").points.spent == sum(one.points for one in kept)
    assert cafe.member("ann").redeemed == Counter(one.reward for one in kept)
    assert cafe.equals_a_rebuild("ann")


def test_nobody_redeems_for_who_is_not_there(cafe: Cafe) -> None:
    with pytest.raises(NotFound):
        cafe.redeem("nobody", "tea")
    assert list(cafe.ledger.facts("cafe", "nobody")) == []
