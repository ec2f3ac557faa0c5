"""Two members that prove to be one, whatever has become of either."""

from typing import Any

import pytest

from membership.acts import Block, Leave, Lift, Merge, Return, Unblock
from membership.facts import Order
from tests.scenarios.policy import BRONZE, GOLD, SILVER, TOP, policy, terms
from tests.scenarios.world import World

BOX = {"rewards": [{"id": "box", "gift": "box"}]}


def merge(world: World, member: str, into: str, when: str) -> None:
    world.act(member, when, Merge(into=into))
    world.stream()


@pytest.mark.parametrize(
    ("away", "back", "status"), [(Leave(), Return(), "left"), (Block(), Unblock(), "blocked")]
)
def test_what_the_other_had_waits_for_a_member_that_is_away(away: Any, back: Any, status: str) -> None:
    world = World(policy(BRONZE, SILVER, GOLD | BOX))
    world.order("ann", "2026-03-01", 5_000)
    world.order("anna", "2026-03-01", 10)
    world.act("anna", "2026-03-02", away)
    merge(world, "ann", "anna", "2026-03-03")
    assert world.member("anna").status == status, "the merge brings nobody back"
    assert world.tier("anna") == "gold"
    world.act("anna", "2026-03-04", back)
    assert world.member("anna").status == "active"
    assert world.tier("anna") == "gold"
    assert world.rewards("anna") == [], "the box was given to ann"
    assert world.equals_a_rebuild(["ann", "anna"])


def test_a_merge_outlives_the_tiers_of_its_time() -> None:
    world = World(policy())
    world.order("ann", "2026-03-01", 5_000)
    world.order("anna", "2026-03-01", 10)
    # Next year nothing but the tier itself says that it was earned.
    merge(world, "ann", "anna", "2027-02-01")
    prime = {"id": "prime", "replaces": ["gold"], "qualify": {"spend": 5000}}
    world.programs.put(policy(BRONZE, SILVER, prime, TOP, effective_from=world.at("2027-03-01")), 2)
    world.order("anna", "2027-03-02", 1)
    assert world.tier("anna") == "prime"
    assert world.equals_a_rebuild(["anna"])


def test_who_was_last_seen_under_an_earlier_version_joins_in_todays_tiers() -> None:
    """The act that merges is as old as its member's last fact; the other one lives by the new version."""
    world = World(policy())
    world.order("ann", "2026-03-01", 5_000)
    world.act("ann", "2026-03-02", Lift(ladder="main", tier="top", until=world.at("2026-12-01").date()))
    prime = {"id": "prime", "replaces": ["gold"], "qualify": {"spend": 5000}}
    summit = {"id": "summit", "replaces": ["top"], "qualify": {"spend": 9000}}
    world.programs.put(policy(BRONZE, SILVER, prime, summit, effective_from=world.at("2026-04-01")), 2)
    world.order("anna", "2026-05-01", 10)
    merge(world, "ann", "anna", "2026-03-03")
    standing = world.member("anna").standings["main"]
    assert (standing.tier, standing.overrides["lifted"].tier) == ("prime", "summit")
    assert world.equals_a_rebuild(["anna"])


def test_nobody_is_merged_into_itself() -> None:
    world = World(policy())
    world.order("ann", "2026-03-01", 5_000)
    merge(world, "ann", "ann", "2026-03-02")
    [refused] = world.history("ann", "fact.ignored")
    assert refused.data["reason"] == "merges_in_a_circle"
    assert world.member("ann").status == "active"


def test_what_else_the_day_brings_is_decided_though_a_merge_was_refused() -> None:
    metrics = {"spend": {"sum": "order.amount"}, "tenure": {"since": "joined", "unit": "year"}}
    world = World(policy(BRONZE, {"id": "silver", "qualify": {"tenure": 1}}, metrics=metrics))
    world.order("ann", "2026-03-01", 10)
    world.act("ann", "2027-03-01", Merge(into="nobody"))
    assert world.tier("ann") == "silver"
    assert world.equals_a_rebuild(["ann"])


def test_what_is_still_told_of_the_one_that_went_away_is_the_others_alone() -> None:
    world = World(policy())
    world.order("ann", "2026-03-01", 5_000)
    world.order("anna", "2026-03-01", 10)
    merge(world, "ann", "anna", "2026-03-02")
    prime = {"id": "prime", "replaces": ["gold"], "qualify": {"spend": 5000}}
    world.programs.put(policy(BRONZE, SILVER, prime, TOP, effective_from=world.at("2026-04-01")), 2)
    order = world.order("ann", "2026-05-01", 4_000)
    world.act("ann", "2026-05-02", Leave())
    world.stream()
    assert world.tier("anna") == "top"
    world.refund("ann", "2026-05-03", order, 1_000)
    world.stream()
    assert world.member("anna").tallies["spend"] == {2026: 8_010_00}
    assert world.member("ann").tallies == {}
    assert world.equals_a_rebuild(["ann", "anna"])


def test_what_two_have_on_the_way_joins_though_one_of_them_was_slow() -> None:
    """Facts that nobody has settled when the merge is: they are in the ledgers, and a rebuild reads both."""
    world = World(policy())
    world.order("ann", "2026-03-01", 400)
    world.order("anna", "2026-03-01", 300)
    for member, amount in (("ann", 4_000), ("anna", 300)):
        order, _ = world.facts_of_a_returned_order(member, "2026-03-02", amount)
        assert isinstance(order, Order)
        world.ledger.append(world.program.id, order)
    merge(world, "ann", "anna", "2026-03-03")
    world.stream()
    assert world.member("anna").tallies["spend"] == {2026: 5_000_00}
    assert world.tier("anna") == "gold"
    assert len(world.history("anna", "tier.upgraded")) == 2, "bronze and gold, each once"
    assert world.equals_a_rebuild(["anna"])


@pytest.mark.parametrize("away", [None, Block()])
def test_a_notice_that_somebody_brings_is_decided_by_the_sums_of_its_own_day(away: Any) -> None:
    """Ann had left before it could be carried out, weeks before she proved to be Anna."""
    world = World(terms(6, counted=2))
    world.order("ann", "2025-03-01", 5000)
    world.order("ann", "2025-07-05", 1000)
    world.order("anna", "2025-08-01", 10)
    world.nights("2025-07-20", "2025-08-31")
    world.act("ann", "2025-09-01 00:00", Leave())
    if away:
        world.act("anna", "2025-09-02", away)
    world.act("ann", "2025-09-22", Merge(into="anna"))
    absorbed = [fact for fact in world.facts("anna") if fact.key == "act#absorb#ann"]
    world.settling.settle(world.program.id, "anna", absorbed)
    assert world.equals_a_rebuild(["anna"])
    if away:
        world.act("anna", "2025-09-25", Unblock())
    [fall] = world.history("anna", "tier.downgraded")
    assert (fall.data["from_tier"], fall.data["to_tier"]) == ("gold", "silver"), "as was announced"
    assert world.equals_a_rebuild(["anna"])
