"""Laws that hold for every program and every life, on all presets and on rolling programs made at random.

`make test` tries a few lives of each; `make properties` ten times as many, new ones each time.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from membership.errors import RebuildNeeded
from membership.facts import Activity, Fact, Order, Refund
from membership.member.figures import figures
from membership.member.forecast import falls_on
from membership.member.state import Member, OrderAccount
from membership.outcomes import (
    DowngradeAnnounced,
    DowngradeAverted,
    Outcome,
    RewardGranted,
    TierDowngraded,
    TierUpgraded,
)
from membership.program import presets
from membership.program.reading import program_from, read_program
from membership.program.schema import Program, Versions
from membership.settle import newcomer, rebuild, settle
from membership.simulation import Life

NOTICE = timedelta(seconds=30 * 86_400)
PROGRAMS = {name: read_program(presets.text(name)) for name in presets.names()}
A_FEW = max(1, settings.default.max_examples // 25)  # type: ignore[union-attr]
START = date(2024, 1, 15)


def life_of(program: Program, seed: int, days: int, busy: int) -> list[Fact]:
    """What a member does: orders, some of them returned, and whatever the program counts."""
    random, facts = Random(seed), list[Fact]()
    kinds = sorted({"check_in", "review", "share", "feedback", "campaign", "flight", "stay", "post"})
    for n in range(busy):
        day = START + timedelta(days=random.randrange(days))
        at = program.midnight(day) + timedelta(minutes=random.randrange(1, 1_400))
        common: dict[str, Any] = {"id": f"e{n}", "member_id": "m", "occurred_at": at, "recorded_at": at}
        match random.randrange(10):
            case 0 | 1 | 2 | 3:
                amount = random.choice([1, 9_900, 100_000, 900_000, 5_000_000])
                facts.append(Order(**common, order_id=f"o{n}", amount=amount, saved=amount // 10))
            case 4:
                later = at + timedelta(hours=random.randrange(1, 900))
                facts.append(Order(**common, order_id=f"o{n}", amount=500_000))
                back = common | {"id": f"r{n}", "occurred_at": later, "recorded_at": later}
                facts.append(Refund(**back, order_id=f"o{n}", amount=random.choice([1, 500_000])))
            case _:
                kind = random.choice(kinds)
                facts.append(Activity(**common, kind=kind, quality=random.randrange(6), value=700))
    return sorted(facts, key=lambda fact: (fact.occurred_at, fact.key))


def lived(program: Program, facts: Sequence[Fact], years: int = 4) -> Life:
    life = Life(program, "m")
    for fact in facts:
        life.tell([fact])
    life.pass_to(program.midnight(START + timedelta(days=366 * years)))
    return life


def settled(program: Program, batches: Sequence[Sequence[Fact]]) -> tuple[Member, list[Outcome]]:
    """Facts, reviews among them, as batches of the stream bring them."""
    versions, accounts = Versions({1: program}), dict[str, OrderAccount]()
    member, outcomes = None, list[Outcome]()
    for batch in batches:
        for fact in batch:
            if fact.type == "order":
                accounts.setdefault(fact.order_id, OrderAccount(fact))
        wanted = {fact.order_id for fact in batch if fact.type == "refund"}
        known = {id_: account for id_, account in accounts.items() if id_ in wanted}
        done = settle(versions, member or newcomer(versions, "m", batch), batch, known)
        member, accounts = done.member, accounts | done.accounts
        outcomes += done.outcomes
    assert member is not None
    return member, outcomes


@pytest.mark.parametrize("name", PROGRAMS)
@given(seed=st.integers(0, 10**6))
@settings(max_examples=A_FEW)
def test_no_tier_is_lost_without_a_whole_notice(name: str, seed: int) -> None:
    """Each fall was announced thirty full days before, and not averted since; and is one that was told of."""
    program = PROGRAMS[name]
    life, running = lived(program, life_of(program, seed, 700, 60)), dict[str, DowngradeAnnounced]()
    for outcome in life.outcomes:
        match outcome:
            case DowngradeAnnounced():
                assert outcome.ladder not in running, "one notice at a time"
                running[outcome.ladder] = outcome
                midnight = program.midnight(outcome.falls_on)
                assert midnight.timestamp() - outcome.announced_at.timestamp() >= NOTICE.total_seconds()
            case DowngradeAverted():
                del running[outcome.ladder]
            case TierUpgraded():
                running.pop(outcome.ladder, None)  # who rises has nothing to fear of the tier below
            case TierDowngraded():
                notice = running.pop(outcome.ladder)
                assert (notice.from_tier, notice.falls_on) <= (outcome.from_tier, program.day(outcome.at))
                assert outcome.at.timestamp() - notice.announced_at.timestamp() >= NOTICE.total_seconds()


@pytest.mark.parametrize("name", PROGRAMS)
@given(seed=st.integers(0, 10**6))
@settings(max_examples=A_FEW)
def test_the_same_ledger_gives_the_same_history_under_any_batches(name: str, seed: int) -> None:
    """One by one, all at once, cut anywhere, with some told twice; and a rebuild finds nothing to add."""
    program = PROGRAMS[name]
    life = lived(program, life_of(program, seed, 500, 40), years=2)
    assert life.member is not None
    random = Random(seed)
    for _ in range(3):
        batches, rest = list[list[Fact]](), list(life.facts)
        while rest:
            cut = random.choice([1, 2, 7, len(rest)])
            again = batches[-1][-2:] if batches and random.random() < 0.3 else []
            batches.append([*again, *rest[:cut]])
            rest = rest[cut:]
        try:
            member, outcomes = settled(program, batches)
        except RebuildNeeded:  # a fact came again that its memory had lost: only the ledger tells
            continue
        assert outcomes == life.outcomes
        assert member == life.member
    refunded = {id_: account.refunded for id_, account in life._accounts.items()}
    again_ = rebuild(Versions({1: program}), "m", life.facts, life.outcomes, refunded)
    assert not again_.outcomes
    assert again_.member == life.member


@pytest.mark.parametrize("name", PROGRAMS)
@given(seed=st.integers(0, 10**6))
@settings(max_examples=A_FEW)
def test_a_reward_is_granted_once_a_cycle(name: str, seed: int) -> None:
    program = PROGRAMS[name]
    life = lived(program, life_of(program, seed, 700, 60))
    granted = [
        (one.tier, one.trigger, one.reward.id, one.cycle, one.occasion)
        for one in life.outcomes
        if isinstance(one, RewardGranted)
    ]
    assert len(granted) == len(set(granted))


WINDOWS = st.one_of(
    st.integers(1, 14).map(lambda n: {"months": n}), st.integers(2, 400).map(lambda n: {"days": n})
)
METRICS: dict[str, dict[str, Any]] = {
    "spend": {"sum": "order.amount"},
    "orders": {"count": "order"},
    "visits": {"days_with": "check_in"},
    "streak": {"streak": "check_in"},
    "merits": {"points": {"review": 5, "share": 3}, "per_day": 2},
}
ASKED = {"spend": 1_000, "orders": 2, "visits": 3, "streak": 2, "merits": 12}


@given(
    windows=st.fixed_dictionaries(dict.fromkeys(METRICS, WINDOWS)),
    parts=st.lists(st.sampled_from(sorted(METRICS)), min_size=1, max_size=3, unique=True),
    how=st.sampled_from(["all", "any"]),
    zone=st.sampled_from(["Asia/Shanghai", "America/New_York", "Pacific/Pago_Pago", "Pacific/Kiritimati"]),
    seed=st.integers(0, 10**6),
    ahead=st.integers(0, 60),
)
def test_the_forecast_is_the_first_day_on_which_the_rule_is_false(
    windows: dict[str, Any], parts: list[str], how: str, zone: str, seed: int, ahead: int
) -> None:
    """If nothing more happens: looked for day by day, without any of the forecast's shortcuts."""
    rule = [{name: ASKED[name]} for name in parts]
    program = program_from(
        {
            "id": "rolling",
            "timezone": zone,
            "metrics": {name: metric | {"window": windows[name]} for name, metric in METRICS.items()},
            "tiers": [
                {"id": "low"},
                {"id": "high", "qualify": {how: rule}},
            ],
        }
    )
    facts = life_of(program, seed, 120, 80)
    member, _ = settled(program, [[fact] for fact in facts])
    standing, ladder = member.standings["main"], program.ladders_by_id["main"]
    if standing.tier == "low":
        return
    today = program.day(facts[-1].occurred_at) + timedelta(days=ahead)
    keep = ladder.keep(ladder.tier("high"))
    assert keep is not None
    days = (today + timedelta(days=n) for n in range(500))
    first = next((day for day in days if not keep.met(figures(program, member, day))), None)
    note(f"{today}: {figures(program, member, today)}")
    assert falls_on(program, member, ladder, standing, today) == first


def test_a_life_of_the_presets_is_not_a_quiet_one() -> None:
    """Else the laws above would hold for want of anything to break them."""
    happened = set[str]()
    for name, program in PROGRAMS.items():
        for seed in range(6):
            happened |= {outcome.type for outcome in lived(program, life_of(program, seed, 700, 60)).outcomes}
        assert happened, name
    told = {"tier.upgraded", "tier.renewed", "tier.will_downgrade", "tier.kept", "tier.downgraded"}
    assert told | {"tier.undermined", "reward.granted"} <= happened
