"""Two writers of one member: whoever loses the race looks again, and nothing counts twice or not at all."""

from collections.abc import Callable
from typing import Any

import pytest

from membership.facts import Fact, Review
from membership.services.settling import Settling
from tests.scenarios.world import World, preset


class Overtaking:
    """A ledger on which somebody else settles first, between the load and the commit."""

    def __init__(self, ledger: Any, meanwhile: Callable[[], object]) -> None:
        self._ledger, self._meanwhile = ledger, [meanwhile]

    def __getattr__(self, name: str) -> Any:
        if name == "commit" and self._meanwhile:
            self._meanwhile.pop()()
        return getattr(self._ledger, name)


@pytest.fixture
def world() -> World:
    return World(preset("p2-customer-policy"))


def race(world: World, loser: list[Fact], winner: list[Fact]) -> None:
    """Both have loaded the member; the winner commits, then the loser tries."""
    for fact in (*loser, *winner):
        world.ledger.append(world.program.id, fact)

    def meanwhile() -> None:
        world.settling.settle(world.program.id, "ann", winner)

    slow: Any = Overtaking(world.ledger, meanwhile)
    Settling(slow, world.programs, lambda _: None).settle(world.program.id, "ann", loser)


def test_two_orders_at_once_count_both(world: World) -> None:
    for _ in ("a stranger", "known by now"):
        one, _refund = world.facts_of_a_returned_order("ann", "2024-03-01", 2_500)
        other, _refund = world.facts_of_a_returned_order("ann", "2024-03-01", 2_500)
        race(world, [one], [other])
    assert world.member("ann").tallies["spend"] == {2024: 10_000_00}
    assert world.equals_a_rebuild(["ann"])


def test_the_same_batch_twice_at_once_is_settled_once(world: World) -> None:
    order, refund = world.facts_of_a_returned_order("ann", "2024-03-01", 20_000, back=5)
    race(world, [order, refund], [order, refund])
    assert world.member("ann").tallies["spend"] == {2024: 19_995_00}
    assert len(world.history("ann", "tier.upgraded")) == 2, "regular and gold"
    assert world.rewards("ann") == ["welcome"]


def test_a_rescue_in_the_very_moment_of_the_fall_is_in_time(world: World) -> None:
    world.order("ann", "2023-03-01", 20_000)
    world.review("2024-12-02")
    rescue, _ = world.facts_of_a_returned_order("ann", "2024-12-31 23:59", 20_000)
    midnight = world.at("2025-01-01 00:00")
    fall = Review(
        id="review-2025-01-01",
        member_id="ann",
        occurred_at=midnight,
        recorded_at=midnight,
        day=midnight.date(),
    )
    race(world, [fall], [rescue])
    assert world.tier("ann") == "gold"
    assert world.history("ann", "tier.downgraded") == []
    assert world.equals_a_rebuild(["ann"])


def test_a_rescue_told_after_the_fall_brings_the_tier_back(world: World) -> None:
    """The same two facts, the other way round: late, but in its year."""
    world.order("ann", "2023-03-01", 20_000)
    world.review("2024-12-02")
    world.review("2025-01-01")
    assert world.tier("ann") == "silver"
    world.order("ann", "2024-12-31 23:59", 20_000)
    assert world.tier("ann") == "gold"
    assert str(world.member("ann").standings["main"].expires_on) == "2026-01-01"


def test_a_rebuild_that_is_overtaken_begins_anew(world: World) -> None:
    world.order("ann", "2024-03-01", 5_000)
    order, _ = world.facts_of_a_returned_order("ann", "2024-03-02", 15_000)
    world.ledger.append(world.program.id, order)
    world.ledger.park(world.program.id, order, "KeyError('gold')", order.recorded_at)

    def meanwhile() -> None:
        world.settling.settle(world.program.id, "ann", [order])

    slow: Any = Overtaking(world.ledger, meanwhile)
    Settling(slow, world.programs, lambda _: None).rebuild(world.program.id, "ann")
    assert world.tier("ann") == "gold"
    assert len(world.history("ann", "tier.upgraded")) == 3, "regular, silver, gold: each once"
    assert not world.ledger.is_parked(world.program.id, "ann")
