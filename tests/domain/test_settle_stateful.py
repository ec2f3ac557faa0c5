"""Settling against the oracle, and the state against a rebuild, whatever comes in whatever order (I1 to I7).

Two members live through facts, late ones, refunds before their orders, batches cut anywhere, in any order and
more than once, reviews, operators' acts, another version of the program, a merge, and rebuilds with facts
still on their way. After every step each has to be what the oracle says.
"""

from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from membership.acts import Block, Decide, Hold, Leave, Lift, Merge, Release, Return, Unblock
from membership.facts import Act, Activity, Attributes, Enrolment, Fact, Order, Profile, Refund, Review
from membership.member.figures import figures
from membership.member.state import Member
from membership.services.settling import Committed, Settling
from membership.settle import rebuild
from membership.store import keys
from tests.domain.told_twice import NEXT, PROGRAMS, as_told, read
from tests.fakes.memory import MemoryLedger, MemoryPrograms
from tests.laws import every_rise_and_fall_is_justified
from tests.oracle import Oracle, Told

HOUR = timedelta(hours=1)
STREAM_HOLDS = timedelta(hours=24)

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
KINDS = ["check_in", "feedback", "referral", "campaign", "benefit_used"]
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
who = st.sampled_from(["m1", "m1", "m1", "m2"])
at_once = st.sampled_from([True, True, True, False])


class Watched(Settling):
    """Says how facts came to be settled: one after the other, or with all of their ledger."""

    def __init__(self, *parts: Any, pause: Callable[[int], None]) -> None:
        super().__init__(*parts, pause=pause)
        self.steps: list[tuple[Fact, ...] | None] = []

    def settle(
        self, program: str, member_id: str, facts: Sequence[Fact], now: datetime | None = None
    ) -> Committed:
        before = len(self.steps)
        committed = super().settle(program, member_id, facts, now)
        if len(self.steps) == before:
            self.steps.append(tuple(facts))
        return committed

    def rebuild(self, program: str, member_id: str, now: datetime | None = None) -> Committed:
        self.steps.append(None)
        return super().rebuild(program, member_id, now)


@dataclass
class Person:
    id: str
    oracle: Oracle
    pending: list[Fact] = field(default_factory=list)
    """In the ledger, not yet brought by its stream."""
    told: set[str] = field(default_factory=set)
    """Keys of all that is in its ledger."""


class Life(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.ledger, self.programs = MemoryLedger(), MemoryPrograms()
        self.settling = Watched(self.ledger, self.programs, pause=lambda attempt: None)
        self.orders: list[str] = []
        self.number = 0

    @initialize(
        program=st.sampled_from(sorted(PROGRAMS)),
        zone=st.sampled_from(ZONES),
        start=st.integers(0, 26 * 30 * 24),
    )
    def begin(self, program: str, zone: str, start: int) -> None:
        self.document, rules = PROGRAMS[program]
        self.rules = [rules.but(zone=zone)]
        self.zone = zone
        first = read(self.document, zone)
        self.program = first.id
        self.programs.put(first, 1)
        self.people = {one: Person(one, Oracle(one, self.rules)) for one in ("m1", "m2")}
        self.now = datetime(2026, 1, 1, tzinfo=UTC) + start * HOUR

    def known(self) -> Iterator[tuple[Person, Member]]:
        """Everybody of whom something was settled."""
        for person in self.people.values():
            if person.oracle.status:
                yield person, self.stored(person)

    def stored(self, person: Person) -> Member:
        member = self.ledger.load(self.program, person.id).member
        assert member is not None
        return member

    def day(self) -> date:
        return self.rules[0].day(self.now)

    # ── What is told ──────────────────────────────────────────────────────────────────────────────

    def common(self, who: str, ago: timedelta) -> dict[str, Any]:
        self.number += 1
        occurred_at = self.now - ago
        return {
            "id": f"e{self.number}",
            "member_id": who,
            "occurred_at": occurred_at,
            "recorded_at": self.now,
        }

    def tell(self, fact: Fact) -> None:
        if self.ledger.append(self.program, fact).status == "accepted":
            self.look_at_ledgers()

    def look_at_ledgers(self) -> None:
        """What has come into a ledger is on its way."""
        for person in self.people.values():
            for fact in self.ledger.facts(self.program, person.id):
                if fact.key not in person.told:
                    person.told.add(fact.key)
                    person.pending.append(fact)

    @rule(who=who, amount=amounts, ago=late, times=st.sampled_from([1, 1, 1, 3, 6]))
    def order(self, who: str, amount: int, ago: timedelta, times: int) -> None:
        for _ in range(times):
            self.orders.append(f"o{len(self.orders) + 1}")
            self.tell(Order(**self.common(who, ago), order_id=self.orders[-1], amount=amount))

    @rule(
        who=who,
        amount=st.sampled_from([1, 500_00, 5_000_00, 200_000_00]),
        which=st.sampled_from([0, 0, 1, 1, 2, 3, 10]),
        ago=late,
    )
    def refund(self, who: str, amount: int, which: int, ago: timedelta) -> None:
        """Of an order, the latest first; or of the one that comes next."""
        place = len(self.orders) - which
        self.tell(Refund(**self.common(who, ago), order_id=f"o{max(1, place + 1)}", amount=amount))

    @rule(who=who, kind=st.sampled_from(KINDS), ago=late, times=st.sampled_from([1, 5, 10]))
    def activities(self, who: str, kind: str, ago: timedelta, times: int) -> None:
        for _ in range(times):
            used = "perk" if kind == "benefit_used" else None
            self.tell(Activity(**self.common(who, ago), kind=kind, benefit=used))

    @rule(who=who, joined=st.sampled_from(JOINED), ago=late)
    def profile(self, who: str, joined: date, ago: timedelta) -> None:
        self.tell(Profile(**self.common(who, ago), attributes=Attributes(joined=joined)))

    @rule(who=who, ago=late)
    def enrolment(self, who: str, ago: timedelta) -> None:
        self.tell(Enrolment(**self.common(who, ago)))

    @rule(which=st.integers(0, 100), amount=amounts)
    def same_order_told_again(self, which: int, amount: int) -> None:
        """Under an id of its own: the ledger refuses it, whatever it says."""
        of = [fact for fact in self.ledger.facts(self.program, "m1") if fact.type == "order"]
        if of:
            order_id = of[which % len(of)].order_id
            again = Order(**self.common("m1", timedelta()), order_id=order_id, amount=amount)
            assert self.ledger.append(self.program, again).status in ("duplicate", "conflict")

    @rule(which=st.integers(0, 100))
    def id_used_again(self, which: int) -> None:
        """By a fact of another kind: the two have nothing to do with each other."""
        used = [fact for fact in self.ledger.facts(self.program, "m1") if fact.type == "order"]
        if used:
            told = self.common("m1", timedelta()) | {"id": used[which % len(used)].id}
            self.tell(Activity(**told, kind="check_in"))

    # ── What operators do ─────────────────────────────────────────────────────────────────────────

    def act(self, who: str, action: Any, at_once: bool) -> None:
        """Settled at once, before what the stream still holds; or not, where somebody was cut off."""
        act = Act(**self.common(who, timedelta()), by="Li Wei", reason="because", action=action)
        if self.people[who].oracle.status and self.ledger.append(self.program, act).status == "accepted":
            self.look_at_ledgers()
            if at_once:
                self.settle(self.people[who], [act])

    @rule(
        who=who,
        kind=st.sampled_from([Hold, Lift]),
        rank=st.integers(0, 4),
        days=st.sampled_from([0, 32, 100, 500]),
        at_once=at_once,
    )
    def hold_or_lift(self, who: str, kind: Any, rank: int, days: int, at_once: bool) -> None:
        tiers = self.rules[0].tiers
        tier, until = tiers[min(rank, len(tiers) - 1)].id, self.day() + timedelta(days=days)
        self.act(who, kind(ladder="main", tier=tier, until=until), at_once)

    @rule(who=who, source=st.sampled_from(["hold", "lifted"]), at_once=at_once)
    def release(self, who: str, source: Any, at_once: bool) -> None:
        if self.people[who].oracle.place:
            self.act(who, Release(ladder="main", source=source), at_once)

    @rule(who=who, kind=st.sampled_from([Block, Unblock, Unblock, Leave, Return, Return]), at_once=at_once)
    def come_or_go(self, who: str, kind: Any, at_once: bool) -> None:
        self.act(who, kind(), at_once)

    @precondition(lambda self: any(person.oracle.asked for person in self.people.values()))
    @rule(which=st.integers(0, 9), approve=st.booleans(), days=st.sampled_from([32, 400]), at_once=at_once)
    def two_decide_at_once(self, which: int, approve: bool, days: int, at_once: bool) -> None:
        """The first in the ledger decides; the other one is refused there."""
        asked = [(one, each) for one in self.people.values() for each in one.oracle.asked]
        person, question = asked[which % len(asked)]
        more: dict[str, Any] = {}
        if question.kind == "special" and approve:
            rules = person.oracle.rules
            tier = rules.tiers[min(rules.rank(question.tier) + 1, len(rules.tiers) - 1)].id
            more = {"tier": tier, "until": self.day() + timedelta(days=days)}
        said = {True: "approve", False: "decline"}
        answer, other = (
            Decide(approval=question.id, verdict=said[verdict], **more) for verdict in (approve, not approve)
        )
        self.act(person.id, answer, at_once=False)
        late = Act(**self.common(person.id, timedelta()), by="Zhang Min", reason="no", action=other)
        assert self.ledger.append(self.program, late).status == "conflict"
        if at_once:
            kept = next(fact for fact in person.pending if fact.key == late.key)
            self.settle(person, [kept])

    @precondition(lambda self: all(person.oracle.status for person in self.people.values()))
    @rule(one=who, at_once=at_once, itself=st.sampled_from([False] * 4 + [True]))
    def merge(self, one: str, at_once: bool, itself: bool) -> None:
        other = "m2" if one == "m1" else "m1"
        self.act(one, Merge(into=one if itself else other), at_once)

    @precondition(lambda self: len(self.rules) == 1 and self.rules[0].yearly)
    @rule(what=st.sampled_from(sorted(NEXT)), days=st.sampled_from([0, 0, 3, 100]))
    def another_version(self, what: str, days: int) -> None:
        since = self.now + timedelta(days=days, seconds=1)  # after all that was settled before it was put
        document, rules = NEXT[what](self.document, self.rules[0])
        self.programs.put(read(document, self.zone, since), 2)
        self.rules.append(rules.but(since=since))

    # ── How it comes to be settled ────────────────────────────────────────────────────────────────

    def settle(self, person: Person, batch: Sequence[Fact]) -> None:
        note(f"{person.id} at {self.now}: {[fact.key for fact in batch]}")
        gone = [one.id for one in self.people.values() if one.oracle.status in (None, "merged")]
        self.settling.steps = []
        committed = self.settling.settle(self.program, person.id, batch, self.now)
        expected: list[Told] = []
        for step in self.settling.steps:
            if step is None:
                expected += self.together(person)
            else:
                for fact in (*self.overtaken(person, step), *step):
                    expected += person.oracle.tell(fact, self.now, gone)
        self.compare(person, committed, expected)

    def rebuild(self, person: Person) -> Committed:
        note(f"{person.id} at {self.now}: rebuilt")
        committed = self.settling.rebuild(self.program, person.id, self.now)
        self.compare(person, committed, self.together(person))
        return committed

    def together(self, person: Person) -> list[Told]:
        facts = self.gathered(person)
        last = max(facts, key=lambda fact: (fact.recorded_at, fact.key))
        other = next((one for one in self.people.values() if one is not person), None)
        left = {other.id: other.oracle.onward[-1]} if other and other.oracle.onward else {}
        return person.oracle.tell_together(facts, last, self.now, left)

    def compare(self, person: Person, committed: Committed, expected: list[Told]) -> None:
        assert [told for told in map(as_told, committed.outcomes) if told] == expected
        for envelope in committed.outcomes:
            if envelope.type == "approval.requested":
                person.oracle.unnamed.pop(0).id = envelope.data["approval"]
        self.look_at_ledgers()
        self.is_what_the_oracle_says()

    def overtaken(self, person: Person, batch: Sequence[Fact]) -> list[Fact]:
        """Orders that a ledger has, and that go before the refunds that came before them."""
        refunds = dict.fromkeys(fact.order_id for fact in batch if fact.type == "refund")
        ledgers = [self.ledger.facts(self.program, one) for one in (person.id, *person.oracle.absorbed)]
        known = {fact.order_id: fact for told in ledgers for fact in told if fact.type == "order"}
        orders = [known[order_id] for order_id in refunds if order_id in known]
        return [order for order in orders if order.key not in person.oracle.seen]

    def gathered(self, person: Person) -> list[Fact]:
        """All that the ledgers tell of a member; of another one that it absorbed, what that one did."""
        own = list(self.ledger.facts(self.program, person.id))
        absorbed = [fact.action.member for fact in own if fact.type == "act" and fact.action.type == "absorb"]
        there = {fact.key for fact in own}
        theirs = [fact for one in absorbed for fact in self.ledger.facts(self.program, one)]
        return own + [fact for fact in theirs if fact.type not in ("review", "act") and fact.key not in there]

    def someone(self, seed: int) -> Person | None:
        waiting = [person for person in self.people.values() if person.pending]
        return waiting[seed % len(waiting)] if waiting else None

    @rule(seed=seeds)
    def deliver(self, seed: int) -> None:
        """All that is pending of one: in any order, cut anywhere, some twice, with some that came before."""
        if person := self.someone(seed):
            self.bring(person, seed)

    def bring(self, person: Person, seed: int) -> None:
        random = Random(seed)
        before = [fact for fact in self.ledger.facts(self.program, person.id) if fact not in person.pending]
        fresh = [fact for fact in before if self.now - fact.recorded_at <= STREAM_HOLDS]
        facts = person.pending + random.sample(fresh, min(len(fresh), random.randrange(4)))
        facts += random.sample(facts, random.randrange(min(len(facts), 3)))
        if seed:
            random.shuffle(facts)
        person.pending = []
        while facts:
            cut = random.randint(1, len(facts))
            self.settle(person, facts[:cut])
            facts = facts[cut:]

    def bring_all(self) -> None:
        while person := self.someone(0):
            self.bring(person, self.number)

    @rule(who=who)
    def stream_replayed_from_the_start(self, who: str) -> None:
        self.bring_all()
        person = self.people[who]
        if person.oracle.status:
            before = self.stored(person)
            facts = list(self.ledger.facts(self.program, who))
            committed = self.settling.settle(self.program, who, facts, self.now)
            assert not committed.outcomes
            assert_same(committed.member, before)

    @rule(who=who)
    def rebuilt(self, who: str) -> None:
        self.bring_all()
        person = self.people[who]
        if person.oracle.status:
            before = self.stored(person)
            committed = self.rebuild(person)
            assert not committed.outcomes
            assert_same(committed.member, before)

    @rule(who=who)
    def rebuilt_with_facts_on_their_way(self, who: str) -> None:
        """What is in the ledger and was not settled yet is settled now; the stream brings nothing new."""
        person = self.people[who]
        if person.oracle.status:
            self.rebuild(person)

    # ── Time ──────────────────────────────────────────────────────────────────────────────────────

    def pass_time(self, span: timedelta) -> None:
        """What is pending is brought before the stream would lose it."""
        self.bring_all()
        self.now += span

    @rule(hours=st.integers(0, 20))
    def hours_pass(self, hours: int) -> None:
        pending = [fact for person in self.people.values() for fact in person.pending]
        if all(self.now + hours * HOUR - fact.recorded_at < STREAM_HOLDS for fact in pending):
            self.now += hours * HOUR

    @rule(days=st.sampled_from([1, 2, 29, 31, 365]))
    def days_pass(self, days: int) -> None:
        """Without any review."""
        self.pass_time(timedelta(days=days))

    @precondition(lambda self: self.now.year < 2050)
    @rule(
        month_and_day=st.sampled_from([(1, 1), (2, 29), (3, 1), (12, 1)]), seconds=st.sampled_from([-1, 0, 1])
    )
    def edge_of_a_day(self, month_and_day: tuple[int, int], seconds: int) -> None:
        years = range(self.now.year, self.now.year + 9)
        month, day = month_and_day
        edges = (
            self.rules[0].midnight(date(year, month, day))
            for year in years
            if month_and_day != (2, 29) or not year % 4
        )
        edge = next(edge for edge in edges if edge > self.now + HOUR) + timedelta(seconds=seconds)
        self.pass_time(edge - self.now)

    @rule(who=who)
    def review_today_twice(self, who: str) -> None:
        """The schedule fired twice; or somebody reruns a day that nobody was due on."""
        self.pass_time(timedelta())
        if self.people[who].oracle.status:
            self.review(self.people[who], self.day())
            self.review(self.people[who], self.day())

    @rule(who=who, days=st.sampled_from([40, 400, 800]), lateness=st.sampled_from([0, 0, 0, 5]), seed=seeds)
    def reviewed_nightly(self, who: str, days: int, lateness: int, seed: int) -> None:
        """Every due day, or some days after; on the days between nothing was to be decided (I7)."""
        self.pass_time(timedelta())
        person = self.people[who]
        if not person.oracle.status:
            return
        end = self.now + timedelta(days=days)
        random = Random(seed)
        for _ in range(60):
            self.look_at_versions(person)
            due = self.due(person)
            coming = [rules.first_whole_day(rules.since) for rules in self.rules if rules.since > self.now]
            due = min([day for day in (due, *coming) if day], default=None)
            self.nothing_to_decide_before(person, due or self.rules[0].day(end), random)
            if due is None:
                break
            day = max(due + timedelta(days=lateness), self.day())
            begins = self.rules[0].midnight(day)
            if begins > end:
                break
            self.now = max(self.now, begins + HOUR)
            self.review(person, day, simulated=random.random() < 0.5)
            after = self.due(person)
            assert after is None or after > day, "a review leaves nothing due that day"
        else:
            raise AssertionError("reviews have to come to rest")
        self.now = max(self.now, end)

    def look_at_versions(self, person: Person) -> None:
        """A version that has begun since is met by a review of its own."""
        for number, rules in enumerate(self.rules[1:], 2):
            key = f"review#v{number}"
            if key not in person.told and person.oracle.clock < rules.since <= self.now:
                person.told.add(key)
                fact = Review(
                    id=key,
                    member_id=person.id,
                    occurred_at=rules.since,
                    recorded_at=self.now,
                    day=rules.day(rules.since),
                    version=number,
                )
                self.ledger.append(self.program, fact)
                self.settle(person, [fact])

    def due(self, person: Person) -> date | None:
        waiting = [
            member_id
            for shard in range(keys.SHARDS)
            for member_id in self.ledger.due(self.program, shard, date.max, None, 9).data
        ]
        return self.ledger.load(self.program, person.id).due if person.id in waiting else None

    def review(self, person: Person, day: date, *, simulated: bool = False) -> None:
        at = self.rules[0].midnight(day)
        fact = Review(
            id=f"review#{day}",
            member_id=person.id,
            occurred_at=at,
            recorded_at=self.now,
            day=day,
            dated=at if simulated else None,
        )
        taken = self.ledger.append(self.program, fact).fact
        person.told.add(taken.key)
        if self.now - taken.recorded_at <= STREAM_HOLDS:
            self.settle(person, [taken])

    def nothing_to_decide_before(self, person: Person, day: date, random: Random) -> None:
        oracle = person.oracle
        first = oracle.today + timedelta(days=1)
        span = (day - first).days
        for looked_at in {random.randrange(span) for _ in range(3)} if span > 0 else ():
            sooner = first + timedelta(days=looked_at)
            at = self.rules[0].midnight(sooner)
            early = Review(
                id="early",
                member_id=person.id,
                occurred_at=at,
                recorded_at=oracle.latest,
                day=sooner,
                dated=at,
            )
            # Good news that time alone brings (tenure) may wait for the end of the promise or of the notice.
            may_wait = {"tier.renewed", "tier.kept"}
            decided = [what for what in deepcopy(oracle).tell(early) if what[0] not in may_wait]
            assert not decided, f"due {day}, but {sooner} brings {decided}"

    @rule(seed=seeds)
    def in_another_order(self, seed: int) -> None:
        """I3: the sums don't depend on the order of arrival, nor on the batches."""
        self.bring_all()
        if any(person.oracle.onward or person.oracle.away for person in self.people.values()):
            return  # acts have an order; and who reads two ledgers is added up anew in any case
        for person, member in self.known():
            ledger = MemoryLedger()
            twin = Settling(ledger, self.programs, pause=lambda attempt: None)
            told = list(self.ledger.facts(self.program, person.id))
            facts = [fact.model_copy(update={"recorded_at": self.now}) for fact in told]
            Random(seed).shuffle(facts)
            for fact in facts:
                ledger.append(self.program, fact)
            for n in range(0, len(facts), 7):
                twin.settle(self.program, person.id, facts[n : n + 7])
            other = ledger.load(self.program, person.id).member
            assert other is not None
            for name in ("clock", "first_seen", "attributes", "enrolled", "counted", "tallies", "waiting"):
                assert getattr(member, name) == getattr(other, name), name
            assert self.refunds(ledger, person) == self.refunds(self.ledger, person)

    # ── What always holds ─────────────────────────────────────────────────────────────────────────

    @invariant()
    def is_what_the_oracle_says(self) -> None:
        versions = self.programs.versions(self.program)
        for person, member in self.known():
            oracle = person.oracle
            assert member.status == oracle.status
            assert member.clock == oracle.clock
            assert set(member.approvals) == {question.id for question in oracle.asked}
            if oracle.merged_into:
                continue  # what it did is the other one's
            expected = oracle.figures(oracle.today)
            number, program = versions.in_force(oracle.clock, oracle.joined())
            assert number == oracle.number(oracle.rules)
            found = figures(program, member, oracle.today)
            assert found == {metric: expected[metric] for metric in found}
            standing, place = member.standings.get("main"), oracle.place
            assert (standing is None) == (place is None)
            if standing and place:
                assert standing.tier == oracle.tier
                assert program.ladders_by_id["main"].shown(standing)[1] == oracle.shown
                assert standing.expires_on == place.promised_until
                # Without an end of the promise nothing depends on it; and years long closed keep no figures.
                if place.promised_until and place.earned_on.year >= oracle.today.year - 1:
                    assert standing.qualified == place.qualified
                assert vars(standing.notice) == vars(place.notice) if standing.notice else not place.notice
                over = {name: (one.tier, one.until, one.reminded) for name, one in standing.overrides.items()}
                assert over == {name: (one.tier, one.until, one.reminded) for name, one in place.over.items()}

    @invariant()
    def is_what_a_rebuild_makes(self) -> None:
        """I1: the facts in no order at all, and the outcomes, make the same member to the last byte."""
        for person, member in self.known():
            settled = [
                fact.model_copy(update={"member_id": person.id})
                for fact in self.gathered(person)
                if fact.key in person.oracle.seen
            ]
            shuffled = Random(self.number).sample(settled, len(settled))
            outcomes = [envelope.open() for envelope in self.ledger.outcomes(self.program, person.id)]
            again = rebuild(self.programs.versions(self.program), person.id, shuffled, outcomes)
            assert again.outcomes == []
            assert_same(again.member, member)
            if not member.merged_into:
                refunded = {order_id: account.refunded for order_id, account in again.accounts.items()}
                assert refunded == self.refunds(self.ledger, person)
            stored = self.ledger.load(self.program, person.id)
            assert stored.due is None or again.due is None or stored.due <= again.due

    @invariant()
    def no_more_is_refunded_than_was_paid(self) -> None:
        """I4."""
        for person, member in self.known():
            if not member.merged_into:
                for order_id, refunded in self.refunds(self.ledger, person).items():
                    assert refunded == person.oracle.refunded(order_id)

    def refunds(self, ledger: MemoryLedger, person: Person) -> dict[str, int]:
        """An order of nothing may have an account, of nothing."""
        found = ledger.refunded_orders(self.program, [person.id, *person.oracle.absorbed])
        return {order_id: refunded for order_id, refunded in found.items() if refunded}

    @invariant()
    def every_history_is_justified(self) -> None:
        """I5, I6, and every reward once per tier and cycle (I8)."""
        for person, _ in self.known():
            every_rise_and_fall_is_justified(self.ledger.outcomes(self.program, person.id), self.rules)


def assert_same(one: Member, other: Member) -> None:
    assert one.model_dump() == other.model_dump()
    assert one.applied.pack() == other.applied.pack()


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=max(30, settings.default.max_examples // 4), stateful_step_count=50)
