"""Settling against the oracle, and the state against a rebuild, whatever comes in whatever order (I1 to I7).

One member lives through facts, late ones, refunds before their orders, batches cut anywhere, in any order and
more than once, reviews, conflicts and rebuilds. After every step it has to be what the oracle says.
"""

from collections import defaultdict
from copy import deepcopy
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from membership.facts import Activity, Attributes, Enrolment, Fact, Order, Profile, Refund, Review
from membership.member.figures import figures
from membership.member.state import Member
from membership.outcomes import Envelope
from membership.program.presets import text
from membership.program.reading import read_program
from membership.settle import rebuild
from membership.settling import Settling
from membership.store import keys
from tests import oracle
from tests.fakes.memory import MemoryLedger, MemoryPrograms
from tests.oracle import Oracle

ME = "m1"
HOUR = timedelta(hours=1)
STREAM_HOLDS = timedelta(hours=24)
NOTICE = timedelta(seconds=30 * 86_400)

P1_TEXT, P2_TEXT = text("p1-ecommerce"), text("p2-customer-policy")
P2_KEEP = P2_TEXT.replace(
    "qualify: {any: [{spend: 20000}, {orders: 12}, {contribution: 2000}]}",
    "qualify: {any: [{spend: 20000}, {orders: 12}, {contribution: 2000}]}\n"
    "    keep: {any: [{spend: 8000}, {orders: 6}, {contribution: 1000}, "
    "{all: [{orders: 2}, {tenure_years: 2}]}]}\n"
    "    rewards: [{id: box, gift: A box}]",
)
GOLD_KEPT = oracle.P2.with_tier(
    2,
    keep=lambda f: (
        f["spend"] >= 8_000_00
        or f["orders"] >= 6
        or f["contribution"] >= 1_000
        or (f["orders"] >= 2 and f["tenure_years"] >= 2)
    ),
    rewards=("box",),
)
YEAR, WHILE = "validity: through_end_of_next_year", "validity: while_qualified"
PROGRAMS = {
    "P1": (P1_TEXT, oracle.P1),
    "P2": (P2_TEXT, oracle.P2),
    "P2, gold kept for less": (P2_KEEP, GOLD_KEPT),
    "P2, while qualified": (P2_TEXT.replace(YEAR, WHILE), oracle.P2.but(validity="while_qualified")),
    "P2, for life": (P2_TEXT.replace(YEAR, "validity: lifetime"), oracle.P2.but(validity="lifetime")),
}
# From one end of the day to the other; and zones in which a midnight may not exist.
ZONES = [
    "Asia/Shanghai",
    "Pacific/Pago_Pago",
    "Pacific/Kiritimati",
    "America/New_York",
    "America/Santiago",
    "Africa/Cairo",
]
AMOUNTS = [0, 1, 1_000_00, 4_999_99, 5_000_00, 8_000_00, 20_000_00, 30_000_00, 50_000_00, 100_000_00]
KINDS = ["check_in", "feedback", "referral", "campaign"]
LATE = [
    timedelta(),
    timedelta(seconds=1),
    timedelta(hours=7),
    timedelta(days=3),
    timedelta(days=40),
    timedelta(days=400),
]
JOINED = [date(2020, 2, 29), date(2021, 3, 1), date(2023, 1, 1), date(2024, 2, 29), date(2025, 6, 1)]

amounts = st.sampled_from(AMOUNTS)
late = st.sampled_from(LATE)
seeds = st.integers(0, 2**16)


class Life(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.ledger, self.programs = MemoryLedger(), MemoryPrograms()
        self.settling = Settling(self.ledger, self.programs, pause=lambda attempt: None)
        self.pending: list[Fact] = []
        """In the ledger, not yet brought by its stream."""
        self.settled: list[Fact] = []
        self.orders: list[str] = []
        self.number = 0

    @initialize(
        program=st.sampled_from(sorted(PROGRAMS)),
        zone=st.sampled_from(ZONES),
        start=st.integers(0, 26 * 30 * 24),
    )
    def begin(self, program: str, zone: str, start: int) -> None:
        source, rules = PROGRAMS[program]
        self.program = read_program(source.replace("Asia/Shanghai", zone))
        self.programs.put(self.program, 1)
        self.oracle = Oracle(rules.but(zone=zone))
        self.now = datetime(2026, 1, 1, tzinfo=UTC) + start * HOUR

    # ── What is told ──────────────────────────────────────────────────────────────────────────────

    def common(self, ago: timedelta) -> dict[str, Any]:
        self.number += 1
        occurred_at = self.now - ago
        return {"id": f"e{self.number}", "member_id": ME, "occurred_at": occurred_at, "recorded_at": self.now}

    def tell(self, fact: Fact) -> None:
        if self.ledger.append(self.program.id, fact).status == "accepted":
            self.pending.append(fact)

    @rule(amount=amounts, ago=late, times=st.sampled_from([1, 1, 1, 3, 6]))
    def order(self, amount: int, ago: timedelta, times: int) -> None:
        for _ in range(times):
            self.orders.append(f"o{len(self.orders) + 1}")
            self.tell(Order(**self.common(ago), order_id=self.orders[-1], amount=amount))

    @rule(
        amount=st.sampled_from([1, 500_00, 5_000_00, 200_000_00]),
        which=st.sampled_from([0, 0, 1, 1, 2, 3, 10]),
        ago=late,
    )
    def refund(self, amount: int, which: int, ago: timedelta) -> None:
        """Of an order, the latest first; or of the one that comes next."""
        place = len(self.orders) - which
        self.tell(Refund(**self.common(ago), order_id=f"o{max(1, place + 1)}", amount=amount))

    @rule(kind=st.sampled_from(KINDS), ago=late, times=st.sampled_from([1, 5, 10]))
    def activities(self, kind: str, ago: timedelta, times: int) -> None:
        for _ in range(times):
            self.tell(Activity(**self.common(ago), kind=kind))

    @rule(joined=st.sampled_from(JOINED), ago=late)
    def profile(self, joined: date, ago: timedelta) -> None:
        self.tell(Profile(**self.common(ago), attributes=Attributes(joined=joined)))

    @rule(ago=late)
    def enrolment(self, ago: timedelta) -> None:
        self.tell(Enrolment(**self.common(ago)))

    @rule(which=st.integers(0, 100), amount=amounts)
    def same_order_told_again(self, which: int, amount: int) -> None:
        """Under an id of its own: the ledger refuses it, whatever it says."""
        if self.orders:
            order_id = self.orders[which % len(self.orders)]
            again = Order(**self.common(timedelta()), order_id=order_id, amount=amount)
            assert self.ledger.append(self.program.id, again).status in ("duplicate", "conflict")

    @precondition(lambda self: self.settled)
    @rule(which=st.integers(0, 100))
    def id_used_again(self, which: int) -> None:
        """By a fact of another kind: the two have nothing to do with each other."""
        self.pass_time(timedelta(seconds=1))
        used = self.settled[which % len(self.settled)]
        if used.type not in ("activity", "review") and self.now - used.recorded_at < STREAM_HOLDS:
            self.tell(Activity(**self.common(timedelta()) | {"id": used.id}, kind="check_in"))
            self.deliver(0)

    # ── How it comes to be settled ────────────────────────────────────────────────────────────────

    def settle(self, batch: list[Fact]) -> None:
        note(f"batch: {[fact.key for fact in batch]}")
        expected = [outcome for fact in self.overtaken(batch) + batch for outcome in self.oracle.tell(fact)]
        for fact in [*self.overtaken(batch), *batch]:
            if fact not in self.settled:
                self.settled.append(fact)
        committed = self.settling.settle(self.program.id, ME, batch)
        assert [told for told in map(as_told, committed.outcomes) if told] == expected
        self.is_what_the_oracle_says()

    def overtaken(self, batch: list[Fact]) -> list[Fact]:
        """Orders that the ledger has, and that go before the refunds that came before them."""
        refunds = {fact.order_id for fact in batch if fact.type == "refund"}
        told = self.ledger.facts(self.program.id, ME)
        return [fact for fact in told if fact.type == "order" and fact.order_id in refunds]

    @precondition(lambda self: self.pending)
    @rule(seed=seeds)
    def deliver(self, seed: int) -> None:
        """Everything pending: in any order, cut anywhere, some of it twice, with some that came before."""
        random = Random(seed)
        fresh = [fact for fact in self.settled if self.now - fact.recorded_at <= STREAM_HOLDS]
        facts = self.pending + random.sample(fresh, min(len(fresh), random.randrange(4)))
        facts += random.sample(facts, random.randrange(min(len(facts), 3)))
        if seed:
            random.shuffle(facts)
        self.pending = []
        while facts:
            cut = random.randint(1, len(facts))
            self.settle(facts[:cut])
            facts = facts[cut:]

    @precondition(lambda self: self.settled)
    @rule()
    def stream_replayed_from_the_start(self) -> None:
        self.pass_time(timedelta())
        before = self.ledger.load(self.program.id, ME)
        committed = self.settling.settle(self.program.id, ME, self.settled)
        assert not committed.outcomes
        assert_same(committed.member, before.member)

    @precondition(lambda self: self.settled)
    @rule()
    def rebuilt(self) -> None:
        self.pass_time(timedelta())
        before = self.ledger.load(self.program.id, ME)
        committed = self.settling.rebuild(self.program.id, ME)
        assert not committed.outcomes
        assert_same(committed.member, before.member)

    # ── Time ──────────────────────────────────────────────────────────────────────────────────────

    def pass_time(self, span: timedelta) -> None:
        """What is pending is brought before the stream would lose it."""
        if self.pending:
            self.deliver(self.number)
        self.now += span

    @rule(hours=st.integers(0, 20))
    def hours_pass(self, hours: int) -> None:
        if all(self.now + hours * HOUR - fact.recorded_at < STREAM_HOLDS for fact in self.pending):
            self.now += hours * HOUR

    @rule(days=st.sampled_from([1, 2, 29, 31, 365]))
    def days_pass(self, days: int) -> None:
        """Without any review."""
        self.pass_time(timedelta(days=days))

    @precondition(lambda self: self.now.year < 2050)
    @rule(
        month_and_day=st.sampled_from([(1, 1), (2, 29), (3, 1), (12, 2)]), seconds=st.sampled_from([-1, 0, 1])
    )
    def edge_of_a_day(self, month_and_day: tuple[int, int], seconds: int) -> None:
        years = range(self.now.year, self.now.year + 9)
        month, day = month_and_day
        edges = (
            datetime.combine(date(year, month, day), time(), self.oracle.zone).astimezone(UTC)
            for year in years
            if month_and_day != (2, 29) or not year % 4
        )
        edge = next(edge for edge in edges if edge > self.now + HOUR) + timedelta(seconds=seconds)
        self.pass_time(edge - self.now)

    @precondition(lambda self: self.settled)
    @rule()
    def review_today_twice(self) -> None:
        """The schedule fired twice; or somebody reruns a day that nobody was due on."""
        self.pass_time(timedelta())
        self.review(self.program.day(self.now))
        self.review(self.program.day(self.now))

    @precondition(lambda self: self.settled)
    @rule(days=st.sampled_from([40, 400, 800]), lateness=st.sampled_from([0, 0, 0, 5]), seed=seeds)
    def reviewed_nightly(self, days: int, lateness: int, seed: int) -> None:
        """Every due day, or some days after; on the days between nothing was to be decided (I7)."""
        self.pass_time(timedelta())
        end = self.now + timedelta(days=days)
        random = Random(seed)
        for _ in range(50):
            due = self.due()
            self.nothing_to_decide_before(due or self.program.day(end), random)
            if due is None:
                break
            day = max(due + timedelta(days=lateness), self.program.day(self.now))
            if self.program.midnight(day) > end:
                break
            self.now = max(self.now, self.program.midnight(day).astimezone(UTC) + HOUR)
            self.review(day)
            after = self.due()
            assert after is None or after > day, "a review leaves nothing due that day"
        else:
            raise AssertionError("reviews have to come to rest")
        self.now = max(self.now, end)

    def due(self) -> date | None:
        [found] = [
            self.ledger.load(self.program.id, member_id).due
            for shard in range(keys.SHARDS)
            for member_id in self.ledger.due(self.program.id, shard, date.max, None, 9).data
        ] or [None]
        return found

    def review(self, day: date) -> None:
        at = self.program.midnight(day).astimezone(UTC)
        fact = Review(
            id=f"review#{day}", member_id=ME, occurred_at=at, recorded_at=self.now, day=day, dated=at
        )
        taken = self.ledger.append(self.program.id, fact).fact
        if self.now - taken.recorded_at <= STREAM_HOLDS:
            self.settle([taken])

    def nothing_to_decide_before(self, day: date, random: Random) -> None:
        first = self.oracle.today + timedelta(days=1)
        span = (day - first).days
        for looked_at in {random.randrange(span) for _ in range(3)} if span > 0 else ():
            sooner = first + timedelta(days=looked_at)
            at = self.program.midnight(sooner).astimezone(UTC)
            early = Review(
                id="early", member_id=ME, occurred_at=at, recorded_at=self.oracle.latest, day=sooner, dated=at
            )
            # Good news that time alone brings (tenure) may wait for the end of the promise or of the notice.
            may_wait = {"tier.renewed", "tier.kept"}
            decided = [what for what in deepcopy(self.oracle).tell(early) if what[0] not in may_wait]
            assert not decided, f"due {day}, but {sooner} brings {decided}"

    @precondition(lambda self: self.settled)
    @rule(seed=seeds)
    def in_another_order(self, seed: int) -> None:
        """I3: the sums don't depend on the order of arrival, nor on the batches."""
        ledger, program = MemoryLedger(), self.program.id
        twin = Settling(ledger, self.programs, pause=lambda attempt: None)
        facts = [fact.model_copy(update={"recorded_at": self.now}) for fact in self.settled]
        Random(seed).shuffle(facts)
        for fact in facts:
            ledger.append(program, fact)
        for n in range(0, len(facts), 7):
            twin.settle(program, ME, facts[n : n + 7])
        one, other = ledger.load(program, ME).member, self.ledger.load(program, ME).member
        assert one is not None
        assert other is not None
        for name in ("clock", "first_seen", "attributes", "enrolled", "counted", "tallies", "waiting"):
            assert getattr(one, name) == getattr(other, name), name
        assert refunds_in(ledger, program) == refunds_in(self.ledger, program)

    # ── What always holds ─────────────────────────────────────────────────────────────────────────

    @invariant()
    def is_what_the_oracle_says(self) -> None:
        if not self.settled:
            return
        member = self.ledger.load(self.program.id, ME).member
        assert member is not None
        expected = self.oracle.figures(self.oracle.today)
        found = figures(self.program, member, self.oracle.today)
        assert found == {metric: expected[metric] for metric in found}
        assert member.status == self.oracle.status
        assert member.clock == self.oracle.clock
        standing, place = member.standings.get("main"), self.oracle.place
        assert (standing is None) == (place is None)
        if standing and place:
            assert standing.tier == self.oracle.tier
            assert standing.expires_on == place.promised_until
            # Without an end of the promise nothing depends on it; and years long closed keep no figures.
            if place.promised_until and place.earned_on.year >= self.oracle.today.year - 1:
                assert standing.qualified == place.qualified
            assert vars(standing.notice) == vars(place.notice) if standing.notice else place.notice is None

    @invariant()
    def is_what_a_rebuild_makes(self) -> None:
        """I1: the facts in no order at all, and the outcomes, make the same member to the last byte."""
        if not self.settled:
            return
        shuffled = Random(self.number).sample(self.settled, len(self.settled))
        outcomes = [envelope.open() for envelope in self.ledger.outcomes(self.program.id, ME)]
        again = rebuild(self.programs.versions(self.program.id), ME, shuffled, outcomes)
        stored = self.ledger.load(self.program.id, ME)
        assert stored.member is not None
        assert again.outcomes == []
        assert_same(again.member, stored.member)
        refunded = {order_id: account.refunded for order_id, account in again.accounts.items()}
        assert refunded == refunds_in(self.ledger, self.program.id)
        assert stored.due is None or again.due is None or stored.due <= again.due

    @invariant()
    def no_more_is_refunded_than_was_paid(self) -> None:
        """I4."""
        for order_id, refunded in refunds_in(self.ledger, self.program.id).items():
            assert refunded == self.oracle.refunded(order_id)

    @invariant()
    def every_rise_and_fall_is_justified(self) -> None:
        """I5, I6, and every reward once per tier and cycle (I8)."""
        tiers = {tier.id: tier for tier in self.oracle.rules.tiers} if self.settled else {}
        announced: Envelope | None = None
        granted: dict[tuple[Any, ...], int] = defaultdict(int)
        for envelope in self.ledger.outcomes(self.program.id, ME) if self.settled else ():
            data = envelope.data
            seen = defaultdict(int, data.get("evidence", {}).get("figures", {}))
            match envelope.type:
                case "tier.upgraded" if data.get("from_tier"):
                    assert tiers[data["to_tier"]].qualify(seen), "a rise has a witness"
                    assert data["evidence"]["version"] == 1
                    announced = None
                case "tier.will_downgrade":
                    announced = envelope
                    midnight = self.program.midnight(date.fromisoformat(data["falls_on"]))
                    assert midnight.astimezone(UTC) - envelope.at >= NOTICE
                    assert all(data["prevented_by"]), "there is something to do against it"
                case "tier.kept":
                    announced = None
                case "tier.downgraded":
                    assert announced is not None, "no fall without a notice"
                    assert announced.data["from_tier"] == data["from_tier"]
                    assert envelope.at - announced.at >= NOTICE
                    given = datetime.fromisoformat(announced.data["announced_at"])
                    assert envelope.at - given >= NOTICE, "counted from when it could be told"
                    assert not tiers[data["from_tier"]].kept(seen), "the rule to keep is false at the fall"
                    announced = None
                case "reward.granted":
                    granted[data["tier"], data["reward"]["id"], data["cycle"]] += 1
        assert all(times == 1 for times in granted.values())


def refunds_in(ledger: MemoryLedger, program: str) -> dict[str, int]:
    """An order of nothing may have an account, of nothing."""
    found = ledger.refunded_orders(program, [ME])
    return {order_id: refunded for order_id, refunded in found.items() if refunded}


def assert_same(one: Member, other: Member) -> None:
    assert one.model_dump() == other.model_dump()
    assert one.applied.pack() == other.applied.pack()


def as_told(envelope: Envelope) -> tuple[str, ...] | None:
    """An outcome as the oracle tells it; messages only repeat what was decided."""
    data = envelope.data
    match envelope.type:
        case "message.due":
            return None
        case "member.enrolled":
            return (envelope.type, data["status"])
        case "tier.upgraded" | "tier.downgraded":
            return (envelope.type, data["to_tier"])
        case "tier.will_downgrade":
            return (envelope.type, data["from_tier"], data["to_tier"])
        case "reward.granted":
            return (envelope.type, data["tier"], data["reward"]["id"])
        case "member.activated":
            return (envelope.type,)
    return (envelope.type, data["tier"])


TestLife = Life.TestCase
