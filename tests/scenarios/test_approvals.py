"""What operators are asked, and what becomes of the question."""

from membership.acts import Decide
from tests.scenarios.policy import BRONZE, GOLD, REVIEWED, SILVER, TOP, policy
from tests.scenarios.world import World


def test_of_two_operators_at_once_one_decides() -> None:
    world = World(policy(BRONZE, SILVER, GOLD | REVIEWED))
    world.order("ann", "2026-03-01", 5_000)
    [approval] = world.member("ann").approvals
    first, second = (
        world.act("ann", "2026-03-02 12:00", Decide(approval=approval, verdict=verdict), by, settled=False)
        for by, verdict in (("Li Wei", "decline"), ("Zhang Min", "approve"))
    )
    world.settling.settle(world.program.id, "ann", world.facts("ann"))
    [decided] = world.history("ann", "approval.decided")
    assert (decided.data["by"], decided.data["verdict"]) == ("Li Wei", "decline")
    assert world.ledger.append(world.program.id, first).status == "duplicate"
    assert world.ledger.append(world.program.id, second).status == "conflict"
    assert world.tier("ann") == "silver"
    assert world.equals_a_rebuild(["ann"])


def test_a_declined_tier_doesnt_stand_in_the_way_of_the_lower_one() -> None:
    world = World(policy(BRONZE, SILVER, GOLD | REVIEWED, TOP | REVIEWED))
    world.order("ann", "2026-03-01", 9_000)
    [approval] = world.member("ann").approvals
    world.act("ann", "2026-03-02", Decide(approval=approval, verdict="decline"))
    [(approval, asked)] = world.member("ann").approvals.items()
    assert asked.tier == "gold"
    world.act("ann", "2026-03-03", Decide(approval=approval, verdict="approve"))
    assert world.tier("ann") == "gold"
    world.order("ann", "2026-03-04", 9_000)
    assert world.member("ann").approvals == {}, "the top was declined for this year"
    assert world.equals_a_rebuild(["ann"])


def test_a_promotion_that_waits_is_not_lost_to_a_lower_one() -> None:
    """The top, reached within three months that are over by now; gold within those of today."""
    months = {"window": {"kind": "rolling", "months": 3}, "validity": {"kind": "for_months", "months": 12}}
    world = World(policy(BRONZE, SILVER, GOLD | REVIEWED, TOP | REVIEWED, **months))
    world.order("ann", "2026-03-01", 9_000)
    [approval] = world.member("ann").approvals
    world.order("ann", "2026-09-01", 5_000)
    assert list(world.member("ann").approvals) == [approval]
    world.act("ann", "2026-09-02", Decide(approval=approval, verdict="approve"))
    assert world.tier("ann") == "top"
    assert world.equals_a_rebuild(["ann"])


def test_a_promotion_that_waits_goes_with_the_order_that_had_reached_it() -> None:
    world = World(policy(BRONZE, SILVER, GOLD | REVIEWED, TOP | REVIEWED))
    world.order("ann", "2026-03-01", 5_000)
    order = world.order("ann", "2026-03-02", 4_000)
    world.refund("ann", "2026-03-03", order, 4_000)
    assert [one.tier for one in world.member("ann").approvals.values()] == ["gold"]
    assert world.equals_a_rebuild(["ann"])


def test_a_declined_tier_stays_so_under_the_names_that_it_has_later() -> None:
    """Gold, then prime, then star within the year; and a member who had none of them."""
    star, prime = GOLD | {"id": "star", "replaces": ["prime"]}, GOLD | {"id": "prime", "replaces": ["gold"]}
    world = World(policy(BRONZE, SILVER, GOLD | REVIEWED))
    versions = (
        policy(BRONZE, SILVER, prime | REVIEWED, effective_from="2026-05-01T00:00:00Z"),
        policy(BRONZE, SILVER, star | REVIEWED, effective_from="2026-07-01T00:00:00Z"),
    )
    for number, version in enumerate(versions, 2):
        world.programs.put(version, number)
    world.order("ann", "2026-03-01", 5_000)
    [approval] = world.member("ann").approvals
    world.act("ann", "2026-03-02", Decide(approval=approval, verdict="decline"))
    world.order("ann", "2026-06-01", 1_000)
    world.order("ann", "2026-08-01", 1_000)
    assert world.member("ann").approvals == {}
    assert world.equals_a_rebuild(["ann"])
    world.order("ann", "2027-08-01", 5_000)
    assert [one.tier for one in world.member("ann").approvals.values()] == ["star"], "in another year"
