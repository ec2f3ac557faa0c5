"""Operators' acts that come to be settled late, twice, or one before the other."""

from membership.acts import Block, Leave, Unblock
from membership.facts import Enrolment, Profile
from tests.scenarios.policy import policy
from tests.scenarios.world import World


def test_who_is_blocked_earns_nothing_in_whatever_order_that_was_settled() -> None:
    """Blocked, and unblocked a minute later; the second one was settled first, and refused."""
    world = World(policy())
    world.order("ann", "2026-03-01", 10)
    block = world.act("ann", "2026-03-02 12:00", Block(), settled=False)
    world.act("ann", "2026-03-02 12:01", Unblock())
    world.settling.settle(world.program.id, "ann", [block])
    assert world.member("ann").status == "blocked"
    world.order("ann", "2026-03-03", 700)
    assert world.member("ann").tallies["spend"] == {2026: 10_00}
    assert world.equals_a_rebuild(["ann"])


def test_an_act_that_was_refused_takes_nothing_back() -> None:
    """Ann left, which nobody got to settle before she was blocked: what she bought in between counts."""
    world = World(policy())
    world.order("ann", "2026-03-01", 10)
    leave = world.act("ann", "2026-03-02", Leave(), settled=False)
    world.order("ann", "2026-03-03", 700)
    world.act("ann", "2026-03-04", Block())
    world.settling.settle(world.program.id, "ann", [leave])
    assert [one.data["reason"] for one in world.history("ann", "fact.ignored")] == ["not_possible_now"]
    assert world.member("ann").tallies["spend"] == {2026: 710_00}
    assert world.equals_a_rebuild(["ann"])


def test_what_is_done_in_the_moment_of_a_block_counts_for_nothing() -> None:
    world = World(policy())
    world.order("ann", "2026-03-01 12:00", 700)
    world.act("ann", "2026-03-01 12:00", Block())
    assert world.member("ann").tallies == {}
    assert world.equals_a_rebuild(["ann"])


def test_an_act_is_the_last_word_on_what_is_too_old_to_keep() -> None:
    world = World(policy())
    world.order("ann", "2026-03-01", 10)
    world.act("ann", "2029-03-01", Leave())
    assert world.member("ann").tallies == {}
    assert world.equals_a_rebuild(["ann"])


def test_who_comes_back_is_what_it_became_meanwhile() -> None:
    world = World(policy())
    at = world.at("2026-03-01")
    world.tell(Profile(id="p", member_id="ann", occurred_at=at, recorded_at=at, attributes={}))
    world.act("ann", "2026-03-02", Block())
    at = world.at("2026-03-03")
    world.tell(Enrolment(id="e", member_id="ann", occurred_at=at, recorded_at=at))
    assert world.member("ann").status == "blocked"
    world.act("ann", "2026-03-04", Unblock())
    assert world.member("ann").status == "active"
    assert world.tier("ann") == "bronze"
    assert world.equals_a_rebuild(["ann"])
