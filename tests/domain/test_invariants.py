"""What holds for every program and every life, whatever else: tried on programs that are made up at random.

Each law says what it is that may never happen. `make test` tries a few, `make properties` ten times as many.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from hypothesis import assume, given, note, settings
from hypothesis import strategies as st

from membership.acts import AdjustPoints
from membership.errors import RebuildNeeded
from membership.facts import Act, Activity, Fact, Order, Refund, Review
from membership.member.figures import figures
from membership.member.progress import progress
from membership.member.state import Member, OrderAccount
from membership.outcomes import (
    ApproachEnded,
    BadgeAwarded,
    DowngradeAnnounced,
    DowngradeAverted,
    MessageDue,
    Outcome,
    RewardGranted,
    TierDowngraded,
    TierUpgraded,
    TriggerFired,
)
from membership.program.reading import program_from
from membership.program.schema import Ladder, Program, Versions
from membership.settle import Settled, newcomer, rebuild, settle
from membership.simulation import Life
from tests.domain.made_up import (
    CAMPAIGNS,
    START,
    Document,
    documents,
    facts_of,
    in_order,
    points_rules,
    without_rates,
)
from tests.domain.points_oracle import PointsOracle

ONE_DAY = timedelta(days=1)
NOTICE = 30 * 86_400
few = settings(max_examples=max(1, settings.default.max_examples // 10))  # type: ignore[union-attr]
seeds = st.integers(0, 10**6)
done = st.sampled_from(["order", "check_in", "review", "flight"])


class Settler:
    """Settles facts as they are given; keeps what was given back of each order."""

    def __init__(self, program: Program, first: Fact) -> None:
        self._versions, self._known = Versions({1: program}), dict[str, OrderAccount]()
        self._facts, self._outcomes = list[Fact](), list[Outcome]()
        self.member = newcomer(self._versions, "m", [first])

    def tell(self, *facts: Fact) -> Settled:
        for fact in facts:
            if isinstance(fact, Order):
                self._known.setdefault(fact.order_id, OrderAccount(fact))
        wanted = {fact.order_id for fact in facts if isinstance(fact, Refund)}
        known = {id_: account for id_, account in self._known.items() if id_ in wanted}
        self._facts += facts
        try:
            settled = settle(self._versions, self.member, facts, known)
        except RebuildNeeded:
            settled = rebuild(self._versions, "m", self._facts, self._outcomes, self.refunded)
        self._outcomes += settled.outcomes
        self.member, self._known = settled.member, self._known | settled.accounts
        return settled

    @property
    def refunded(self) -> dict[str, int]:
        return {id_: account.refunded for id_, account in self._known.items() if account.refunded}


def lived(program: Program, facts: Iterable[Fact], until: date) -> Life:
    """With the review of each night in which something is due."""
    life = Life(program, "m")
    for fact in facts:
        life.tell([fact])
    life.pass_to(program.midnight(until))
    return life


def member_of(life: Life) -> Member:
    assert life.member is not None
    return life.member


def somebody(program: Program, seed: int) -> Member:
    """After five months of this and that."""
    return member_of(lived(program, facts_of(program, seed, 150, 25), START + timedelta(days=150)))


def ladder_of(program: Program) -> Ladder:
    return next(iter(program.ladders_by_id.values()))


def night(program: Program, day: date) -> Review:
    at = program.midnight(day)
    return Review(id=f"review#{day}", member_id="m", occurred_at=at, recorded_at=at, day=day)


def told_at(moment: datetime | None) -> dict[str, Any]:
    assert moment is not None
    return {"member_id": "m", "occurred_at": moment, "recorded_at": moment}


def one_more(at: datetime | None, what: str) -> Fact:
    if what == "order":
        return Order(**told_at(at), id="more", order_id="more", amount=100)
    return Activity(**told_at(at), id="more", kind=what, value=1)


def after(program: Program, member: Member, fact: Fact) -> Settled:
    return settle(Versions({1: program}), member, [fact], {})


# ── What a member is ──────────────────────────────────────────────────────────────────────────────


@given(documents(), seeds)
@few
def test_a_member_is_what_its_ledger_makes(document: Document, seed: int) -> None:
    """State is nothing of its own: thrown away, it comes back from facts and outcomes, to the last byte."""
    program = program_from(document)
    life = lived(program, facts_of(program, seed, 500, 50), date(2027, 1, 1))
    shuffled = Random(seed).sample(life.facts, len(life.facts))
    again = rebuild(Versions({1: program}), "m", shuffled, life.outcomes)
    assert again.outcomes == []
    assert again.member == life.member
    assert again.member.applied.pack() == member_of(life).applied.pack()


@given(documents(), seeds)
@few
def test_what_is_told_twice_changes_nothing(document: Document, seed: int) -> None:
    """The same fact again adds nothing and decides nothing: at once, or as long as a stream may bring it."""
    program, random = program_from(document), Random(seed)
    facts = facts_of(program, seed, 60, 25)
    settler = Settler(program, facts[0])
    for n, fact in enumerate(facts):
        member = settler.tell(fact).member
        recent = [one for one in facts[: n + 1] if fact.recorded_at - one.recorded_at < timedelta(hours=24)]
        again = settler.tell(*random.sample(recent, min(3, len(recent))))
        assert (again.changed, again.outcomes, again.accounts) == (False, [], {})
        assert again.member == member


@given(documents(), seeds)
@few
def test_sums_are_the_same_in_whatever_order_facts_come(document: Document, seed: int) -> None:
    """Late ones, and refunds before their order: what was done is what counts, not when it was told."""
    program = program_from(document)
    facts = facts_of(program, seed, 300, 40)
    now = facts[-1].occurred_at
    facts = [fact.model_copy(update={"recorded_at": now}) for fact in facts]
    found = []
    for order in (facts, facts[::-1], Random(seed).sample(facts, len(facts))):
        settler = Settler(program, order[0])
        for fact in order:
            settler.tell(fact)
        sums = [getattr(settler.member, name) for name in ("tallies", "waiting", "purchases", "clock")]
        found.append((sums, settler.refunded))
    assert found[0] == found[1] == found[2]


@given(documents(), points_rules(), seeds)
@few
def test_so_are_points_where_nothing_hangs_on_when_it_is_told(
    document: Document, points: Document, seed: int
) -> None:
    """A tier, or a long silence, is what it is when it is decided; whatever else earns and expires is not."""
    assume(points["refunds"] != "pending_only" and "inactive_months" not in points["expire"])
    program = program_from(
        without_rates(document) | {"points": points, "campaigns": CAMPAIGNS, "triggers": []}
    )
    facts = facts_of(program, seed, 300, 40)
    now = facts[-1].occurred_at
    facts = [fact.model_copy(update={"recorded_at": now}) for fact in facts]
    found = []
    for order in (facts, facts[::-1], Random(seed).sample(facts, len(facts))):
        settler = Settler(program, order[0])
        for fact in order:
            settler.tell(fact)
        account = settler.member.points
        found.append((account.lots, account.debt, account.earned, account.active_on, account.counted))
    assert found[0] == found[1] == found[2]


@given(documents(), points_rules(), seeds)
@few
def test_points_are_what_somebody_else_counts(document: Document, points: Document, seed: int) -> None:
    """Whatever was bought, done, given back, or given and taken by hand: what can be spent, what is pending,
    what is owed."""
    document |= {"points": points, "campaigns": CAMPAIGNS, "triggers": []}
    program, random = program_from(document), Random(seed)
    facts = [*facts_of(program, seed, 250, 45)]
    for n in range(12):
        at = program.midnight(START + timedelta(days=random.randrange(1, 250))) + timedelta(hours=9)
        told = {"id": f"a{n}", "member_id": "m", "occurred_at": at, "recorded_at": at}
        action = AdjustPoints(points=random.choice([-5_000, -900, -10, 40, 700]))
        facts.append(Act(**told, by="Li Wei", reason="a broken vase", action=action))
    facts, life = in_order(facts), Life(program, "m")
    for fact in facts:
        life.tell([fact])
    tiers = [(one.at, one.to_tier) for one in life.outcomes if isinstance(one, TierUpgraded | TierDowngraded)]
    life, oracle = Life(program, "m"), PointsOracle(document, tiers)
    for fact in facts:
        life.tell([fact])
        oracle.tell(fact)
        account, day = member_of(life).points, program.day(fact.occurred_at)
        seen = account.spendable(day) - (account.debt if account.debt else 0), account.pending(day)
        assert (*seen, account.debt) == oracle.has(), fact
        assert all(left > 0 for left in account.lots.values())


@given(documents(), seeds, st.lists(st.integers(0, 400_000), min_size=1, max_size=6), st.integers(0, 300_000))
@few
def test_no_more_is_given_back_than_was_paid(
    document: Document, seed: int, asked: list[int], paid: int
) -> None:
    """However many refunds ask for however much, before the order or after: nothing is left at the least."""
    program = program_from(document)
    told = told_at(program.midnight(START))
    facts: list[Fact] = [Order(**told, id="o", order_id="o", amount=paid)]
    facts += [Refund(**told, id=f"r{n}", order_id="o", amount=amount) for n, amount in enumerate(asked)]
    facts = Random(seed).sample(facts, len(facts))
    settler = Settler(program, facts[0])
    for fact in facts:
        settler.tell(fact)
        assert 0 <= settler.refunded.get("o", 0) <= paid
    assert settler.refunded.get("o", 0) == min(paid, sum(asked))
    left = figures(program, settler.member, START).get("spend", 0)
    assert left in (0, max(0, paid - sum(asked)))


# ── Up and down ───────────────────────────────────────────────────────────────────────────────────


@given(documents(), seeds)
@few
def test_every_rise_has_a_witness_and_every_fall_a_notice(document: Document, seed: int) -> None:
    """Nobody rises whose figures don't meet the rule, as both were kept. Nobody falls whose do; nor without a
    notice of thirty full days that stands, and names the day and the tier."""
    program = program_from(document)
    life = lived(program, facts_of(program, seed, 500, 60), date(2028, 1, 1))
    standing: list[DowngradeAnnounced] = []
    for outcome in life.outcomes:
        match outcome:
            case TierUpgraded(from_tier=str(), evidence=evidence):
                assert evidence
                assert evidence.rule.met(evidence.figures)
                standing = []
            case DowngradeAverted():
                standing = []
            case DowngradeAnnounced():
                assert not standing
                standing = [outcome]
            case TierDowngraded():
                [notice] = standing
                assert outcome.at.timestamp() - notice.announced_at.timestamp() >= NOTICE
                assert program.day(outcome.at) >= notice.falls_on
                assert notice.from_tier == outcome.from_tier
                assert not outcome.evidence.rule.met(outcome.evidence.figures)
                standing = []


@given(documents(), seeds)
@few
def test_a_refund_lowers_nobody_by_itself(document: Document, seed: int) -> None:
    """Whatever it takes away, the tier is the one before: a notice may come of it, and nothing more."""
    program = program_from(document)
    life = lived(program, facts_of(program, seed, 200, 30), START + timedelta(days=200))
    member, ladder = member_of(life), ladder_of(program)
    idle = after(program, member, one_more(member.clock, "nothing"))
    before = ladder.rank(idle.member.standings[ladder.id].tier)
    for order in (fact for fact in life.facts if isinstance(fact, Order)):
        told = told_at(member.clock) | {"id": f"all of {order.id}"}
        refund = Refund(**told, order_id=order.order_id, amount=order.amount)
        settled = settle(
            Versions({1: program}), member, [refund], {order.order_id: life._accounts[order.order_id]}
        )
        assert ladder.rank(settled.member.standings[ladder.id].tier) >= before


def every_night(program: Program, facts: Sequence[Fact], until: date) -> list[Outcome]:
    """Decided by somebody who looks at the member each night, due or not."""
    settler, waiting = Settler(program, facts[0]), list(facts)
    outcomes: list[Outcome] = []
    first = day = program.day(facts[0].occurred_at)
    while day <= until:
        if day > first:
            outcomes += settler.tell(night(program, day)).outcomes
        while waiting and program.day(waiting[0].occurred_at) == day:
            outcomes += settler.tell(waiting.pop(0)).outcomes
        day += ONE_DAY
    return outcomes


def movements(program: Program, outcomes: Iterable[Outcome]) -> Iterator[tuple[str, str, str]]:
    """Each rise, notice, fall and weekly word, and each occasion of a trigger, with its day."""
    for one in outcomes:
        match one:
            case TierUpgraded() | TierDowngraded():
                yield one.type, str(program.day(one.at)), one.to_tier
            case DowngradeAnnounced():
                yield one.type, str(program.day(one.at)), f"{one.to_tier} on {one.falls_on}"
            case TriggerFired():
                yield one.type, str(program.day(one.at)), f"{one.key} on {one.occasion}"
            case ApproachEnded():
                yield one.type, str(program.day(one.at)), f"{one.trigger}: {one.tier}"
            case BadgeAwarded():
                yield one.type, str(program.day(one.at)), one.badge
            case MessageDue(week=date()):
                yield one.about, str(program.day(one.at)), str(one.week)


@given(documents(), seeds)
@few
def test_who_is_looked_at_when_due_fares_as_who_is_looked_at_every_night(
    document: Document, seed: int
) -> None:
    """Whoever fails the rule to stay has its notice in time, and falls on the day that it names: the review
    sees only members that are due, so due has to be every day on which something moves."""
    program = program_from(document)
    facts, until = facts_of(program, seed, 300, 35), date(2026, 9, 1)
    due = lived(program, facts, until)
    nightly = list(movements(program, every_night(program, facts, until)))
    assert list(movements(program, due.outcomes)) == nightly


@given(documents(), seeds, st.integers(0, 400))
@few
def test_the_day_that_a_member_is_shown_is_the_day_on_which_it_falls(
    document: Document, seed: int, ahead: int
) -> None:
    """If nothing more happens: the nights go on, and the next fall is on the day shown, or there is none."""
    program = program_from(document)
    today = START + timedelta(days=200 + ahead)
    life = lived(program, facts_of(program, seed, 150, 25), today)
    fallen = sum(isinstance(one, TierDowngraded) for one in life.outcomes)
    [shown] = progress(program, member_of(life), program.midnight(today)).ladders
    note(f"{today}: {shown.tier and shown.tier.id}, falls on {shown.falls_on}")
    end = date(2031, 1, 1)
    life.pass_to(program.midnight(end))
    falls = [program.day(one.at) for one in life.outcomes if isinstance(one, TierDowngraded)][fallen:]
    assert falls[:1] == ([shown.falls_on] if shown.falls_on and shown.falls_on <= end else [])


# ── What a member is told ─────────────────────────────────────────────────────────────────────────


@given(documents(), seeds)
@few
def test_nobody_is_told_too_much_or_at_night_and_everybody_of_what_it_loses(
    document: Document, seed: int
) -> None:
    """Of no month more than the program says, but for notices, which always come, and with all of their time;
    nothing in the quiet hours of wherever the member is; each week once."""
    program = program_from(document)
    life = lived(program, facts_of(program, seed, 500, 60), date(2026, 9, 1))
    rules = program.messages
    sent = [one for one in life.outcomes if isinstance(one, MessageDue) and not one.withheld]
    notices = [one for one in sent if one.about == "tier.will_downgrade"]
    assert len(notices) == sum(isinstance(one, DowngradeAnnounced) for one in life.outcomes)
    for notice in notices:
        falls = program.midnight(date.fromisoformat(notice.details["falls_on"]))
        assert falls.timestamp() - (notice.not_before or notice.at).timestamp() >= NOTICE
    weeks = [one.week for one in life.outcomes if isinstance(one, MessageDue) and one.week]
    assert len(weeks) == len(set(weeks))
    counted = Counter(one.month for one in sent)
    if most := rules.most_per_month:
        for month in counted:
            others = [one for one in sent if one.month == month and one.purpose != "notice"]
            assert month
            assert len(others) <= most
    else:
        assert set(counted) <= {None}
    for one in sent:
        assert one.not_before is None or one.not_before > one.at
        assert rules.quiet or one.not_before is None


# ── More is never less ────────────────────────────────────────────────────────────────────────────


@given(documents(), seeds, done, st.integers(0, 500))
@few
def test_one_more_of_anything_never_lowers_a_tier(
    document: Document, seed: int, what: str, ahead: int
) -> None:
    """Whoever does one thing more stands no lower than who, at that very moment, did nothing that counts."""
    program = program_from(document)
    member, ladder = somebody(program, seed), ladder_of(program)
    at = program.midnight(START + timedelta(days=200 + ahead))
    more, less = (
        after(program, member, one_more(at, one)).member.standings[ladder.id] for one in (what, "nothing")
    )
    assert ladder.rank(more.tier) >= ladder.rank(less.tier)


@given(documents(), seeds, done)
@few
def test_one_more_of_anything_never_lowers_a_figure(document: Document, seed: int, what: str) -> None:
    """On no day from then on."""
    program = program_from(document)
    member = somebody(program, seed)
    assert member.clock
    more = after(program, member, one_more(member.clock, what)).member
    for ahead in range(0, 500, 9):
        day = program.day(member.clock) + timedelta(days=ahead)
        one, other = figures(program, member, day), figures(program, more, day)
        assert all(other[name] >= one[name] for name in one)


@given(documents(), seeds, st.integers(1, 299_999))
@few
def test_an_order_in_two_parts_is_as_much_as_in_one(document: Document, seed: int, part: int) -> None:
    """Split at the till, it is the same money in every window; and never counts for less."""
    program = program_from(document)
    facts = facts_of(program, seed, 150, 25)
    at = facts[-1].occurred_at
    whole = [Order(**told_at(at), id="w", order_id="w", amount=300_000)]
    parts = [
        Order(**told_at(at), id=id_, order_id=id_, amount=amount)
        for id_, amount in (("p", part), ("q", 300_000 - part))
    ]
    both = [member_of(lived(program, in_order([*facts, *more]), program.day(at))) for more in (whole, parts)]
    for ahead in (0, 1, 29, 30, 31, 180, 366):
        one, two = (figures(program, member, program.day(at) + timedelta(days=ahead)) for member in both)
        assert two.get("spend") == one.get("spend")
        assert all(two[name] >= one[name] for name in one)


@given(documents(), seeds, done)
@few
def test_what_was_done_outside_every_window_leaves_a_member_alone(
    document: Document, seed: int, what: str
) -> None:
    """What was done ten years ago, told today, counts in no figure and decides nothing, where no window goes
    so far back."""
    # How many points it would have earned the ledger alone tells.
    document = without_rates(document)
    program = program_from({key: document[key] for key in document.keys() - {"points", "campaigns"}})
    assume(all(window.kind != "lifetime" for _, window in program.tallied.values()))
    member = somebody(program, seed)
    assert member.clock
    # Or else the member would have joined ten years ago.
    member.attributes = member.attributes.model_copy(update={"joined": START})
    old = one_more(member.clock - timedelta(days=3_650), what)
    told = after(program, member, old.model_copy(update={"recorded_at": member.clock}))
    idle = after(program, member, one_more(member.clock, "nothing"))
    assert told.member.tallies == idle.member.tallies
    assert told.member.standings == idle.member.standings
    assert list(movements(program, told.outcomes)) == list(movements(program, idle.outcomes))


# ── Once an occasion ──────────────────────────────────────────────────────────────────────────────


@given(documents(), seeds)
@few
def test_an_occasion_gives_once(document: Document, seed: int) -> None:
    """Whatever fires does so once for one day, and rests as long as it says; it gives what it gives with that
    alone. Who was told to be near is told again only after it arrived or has moved away. A badge is awarded
    once for ever, by figures that meet its rule."""
    program = program_from(document)
    life = lived(program, facts_of(program, seed, 500, 60), date(2027, 1, 1))
    fired, badges, near, owed = dict[str, date](), set[str](), set[str](), list[tuple[str, date]]()
    for outcome in life.outcomes:
        match outcome:
            case TriggerFired(trigger=id_, key=key, occasion=day):
                trigger = program.trigger(id_)
                assert trigger
                assert key not in fired or (day - fired[key]).days >= max(1, trigger.pause)
                assert key not in near
                near |= {key} if outcome.kind == "nearing" else set()
                fired[key] = day
                owed.append((id_, day))
            case RewardGranted(trigger=str(id_), occasion=date() as day):
                owed.remove((id_, day))
            case ApproachEnded(trigger=id_, ladder=ladder):
                near.remove(f"{id_}/{ladder}")
            case TierUpgraded() | TierDowngraded():
                near.clear()
            case BadgeAwarded():
                assert outcome.badge not in badges
                assert outcome.evidence.rule.met(outcome.evidence.figures)
                badges.add(outcome.badge)
    assert not owed
