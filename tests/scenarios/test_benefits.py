"""How often benefits are used, counted by the tier that the member had then."""

import pytest

from membership.acts import Block, Merge, Unblock
from membership.facts import Activity
from membership.program.schema import Program
from tests.scenarios.policy import BRONZE, GOLD, SILVER, policy
from tests.scenarios.world import World

GIFT = {"id": "gift", "gift": "birthday"}
LINE = {"id": "line", "service": {"en": "A line of your own"}}


def shop() -> Program:
    return policy(BRONZE, SILVER | {"benefits": [GIFT]}, GOLD | {"benefits": [GIFT, LINE]})


def used(world: World, member: str = "ann") -> dict[str, int]:
    assert world.equals_a_rebuild([member])
    return world.member(member).used


@pytest.mark.proves("B8")
def test_uses_are_counted_by_the_tier_of_the_moment() -> None:
    world = World(shop())
    world.order("ann", "2026-03-01", 1_000)
    world.use("ann", "2026-03-02", "gift")
    world.order("ann", "2026-03-03", 4_000)
    world.use("ann", "2026-03-04", "gift")
    world.use("ann", "2026-03-05", "gift")
    world.use("ann", "2026-03-05", "line")
    assert used(world) == {"gift/silver": 1, "gift/gold": 2, "line/gold": 1}


@pytest.mark.proves("B8")
def test_a_use_that_is_told_late_counts_for_the_tier_of_its_time() -> None:
    world = World(shop())
    world.order("ann", "2026-03-01", 1_000)
    world.order("ann", "2026-03-10", 4_000)
    world.use("ann", "2026-03-05", "gift")
    assert used(world) == {"gift/silver": 1}


def test_in_whatever_order_they_come() -> None:
    world = World(shop())
    world.order("ann", "2026-03-01", 1_000)
    world.order("ann", "2026-03-10", 4_000)
    days = ["2026-03-11", "2026-03-02", "2026-03-10 11:59", "2026-03-10 12:01"]
    for day in days:
        world.use("ann", day, "gift")
    assert used(world) == {"gift/silver": 2, "gift/gold": 2}


def test_a_tier_that_ended_meanwhile_is_still_the_one_of_its_time() -> None:
    world = World(shop())
    world.order("ann", "2026-03-01", 5_000)
    world.nights("2027-11-30", "2028-01-01")
    assert world.tier("ann") == "silver"
    world.use("ann", "2027-12-31", "line")
    world.use("ann", "2028-01-02", "gift")
    assert used(world) == {"line/gold": 1, "gift/silver": 1}


def test_a_use_of_what_the_tier_does_not_bring_is_counted_where_the_member_stands() -> None:
    world = World(shop())
    world.order("ann", "2026-03-01", 10)
    world.use("ann", "2026-03-02", "line")
    assert used(world) == {"line/bronze": 1}, "somebody let it pass"


def test_what_the_program_never_had_is_kept_and_not_counted() -> None:
    world = World(shop())
    world.order("ann", "2026-03-01", 1_000)
    world.use("ann", "2026-03-02", "unheard-of")
    assert used(world) == {}
    assert any(isinstance(fact, Activity) and fact.benefit for fact in world.facts("ann"))


def test_nothing_is_counted_of_who_was_blocked() -> None:
    world = World(shop())
    world.order("ann", "2026-03-01", 1_000)
    world.act("ann", "2026-03-02", Block())
    world.use("ann", "2026-03-03", "gift")
    world.act("ann", "2026-03-04", Unblock())
    world.use("ann", "2026-03-05", "gift")
    assert used(world) == {"gift/silver": 1}


def test_a_use_makes_nobody_a_member_and_is_no_interaction() -> None:
    world = World(policy(BRONZE, SILVER | {"benefits": [GIFT]}, metrics={"spend": {"count": "activity"}}))
    world.use("ann", "2026-03-01", "gift")
    assert world.member("ann").status == "trial"
    assert used(world) == {"gift/bronze": 1}


@pytest.mark.proves("B8")
def test_two_members_that_prove_to_be_one_have_used_what_both_have() -> None:
    world = World(shop())
    world.order("ann", "2026-03-01", 5_000)
    world.use("ann", "2026-03-02", "gift")
    world.order("anna", "2026-03-01", 1_000)
    world.use("anna", "2026-03-02", "gift")
    world.act("ann", "2026-03-03", Merge(into="anna"))
    world.stream()
    assert used(world, "anna") == {"gift/gold": 1, "gift/silver": 1}
    assert world.member("ann").used == {}
    world.use("ann", "2026-03-04", "line")
    world.stream()
    assert used(world, "anna") == {"gift/gold": 1, "gift/silver": 1, "line/gold": 1}


def test_another_version_counts_what_comes_under_it() -> None:
    world = World(shop())
    world.order("ann", "2026-03-01", 1_000)
    world.use("ann", "2026-03-02", "gift")
    prime = {"id": "prime", "replaces": ["silver"], "qualify": {"spend": 1000}, "benefits": [LINE]}
    world.programs.put(policy(BRONZE, prime, GOLD, effective_from=world.at("2026-04-01")), 2)
    world.use("ann", "2026-04-02", "gift")
    world.use("ann", "2026-04-02", "line")
    world.use("ann", "2026-03-30", "gift")
    assert used(world) == {"gift/silver": 2, "line/prime": 1}
