"""Enrolment, tenure, refunds and changes of the program, as a member lives through them."""

from datetime import date, timedelta

import pytest

from membership.facts import Activity
from membership.program.schema import Program
from tests.scenarios.world import World, preset


@pytest.fixture
def world() -> World:
    return World(preset("p2-customer-policy"))


def test_a_stranger_is_on_trial_until_something_counts(world: World) -> None:
    world.activity("ann", "2024-01-01", "looked_around")
    assert world.member("ann").status == "trial"
    assert world.member("ann").standings == {}
    world.activity("ann", "2024-01-02", "campaign")
    assert world.member("ann").status == "active"
    assert world.tier("ann") == "regular"
    assert world.rewards("ann") == ["welcome"]


def test_enrolling_is_enough(world: World) -> None:
    world.enrol("ann", "2024-01-01")
    assert world.member("ann").status == "active"
    assert world.tier("ann") == "regular"


def test_tenure_promotes_on_its_day_though_nothing_happens(world: World) -> None:
    world.enrol("leap", "2024-02-29", joined=date(2024, 2, 29))
    world.nights("2025-02-25", "2025-02-27")
    assert world.tier("leap") == "regular"
    world.review("2025-02-28")
    assert world.tier("leap") == "silver"


def test_a_refund_before_its_order_waits_for_it(world: World) -> None:
    world.refund("ann", "2024-01-05", "o1", 500)
    world.order("ann", "2024-01-01", 5_400, order="o1")
    assert world.tier("ann") == "regular"
    assert world.member("ann").tallies["spend"] == {2024: 4_900_00}
    assert world.equals_a_rebuild(["ann"])


def test_more_is_never_given_back_than_was_paid(world: World) -> None:
    world.order("ann", "2024-01-01", 100, order="o1")
    for amount in (60, 60, 60):
        world.refund("ann", "2024-01-02", "o1", amount)
    assert world.member("ann").tallies == {}
    assert world.equals_a_rebuild(["ann"])


def test_passing_several_tiers_at_once_is_explained_once(world: World) -> None:
    world.order("ann", "2024-01-01", 20_000)
    [first, gold] = world.history("ann", "tier.upgraded")
    assert (first.data["to_tier"], gold.data["to_tier"]) == ("regular", "gold")
    assert gold.data["evidence"]["version"] == 1
    assert gold.data["evidence"]["figures"] == {"spend": 20_000_00, "orders": 1, "contribution": 0}


def test_a_new_version_judges_from_its_day_on_and_adds_up_anew(world: World) -> None:
    world.activity("ann", "2024-01-01", "referral", times=5)
    assert world.tier("ann") == "regular"
    document = world.program.model_dump(exclude_unset=True)
    document["metrics"]["contribution"]["points"]["referral"] = 400
    document["effective_from"] = world.at("2024-02-01 00:00")
    world.programs.put(Program.model_validate(document), 2)
    world.order("ann", "2024-01-15", 1)
    assert world.tier("ann") == "regular", "still the first version's month"
    world.order("ann", "2024-02-01", 1)
    assert world.tier("ann") == "gold", "five referrals, now at 400"
    assert world.history("ann", "tier.upgraded")[-1].data["evidence"]["version"] == 2
    assert world.equals_a_rebuild(["ann"])


def test_p1_asks_for_all_of_it_and_keeps_it() -> None:
    world = World(preset("p1-ecommerce"))
    world.order("ann", "2024-01-01", 3_000)
    world.activity("ann", "2024-01-02", "check_in", times=15)
    assert world.tier("ann") == "silver"
    world.activity("ann", "2024-01-03", "feedback")
    assert world.tier("ann") == "gold"
    world.nights("2025-12-25", "2026-01-05")
    assert world.tier("ann") == "gold"
    assert world.ledger.load(world.program.id, "ann").due is None, "nothing can be due: it costs no index"


def test_a_member_whose_state_was_lost_comes_back_with_its_next_fact(world: World) -> None:
    world.order("ann", "2024-01-01", 20_000)
    told = world.history("ann")
    world.ledger.lose_member(world.program.id, "ann")
    world.order("ann", "2024-01-02", 1)
    assert world.tier("ann") == "gold"
    assert world.history("ann") == told, "nobody is congratulated twice"


def test_two_facts_of_one_id_are_two_where_their_kinds_differ(world: World) -> None:
    """A fact is its key, and the key says what it is: an order, an activity. Whichever is settled first."""
    world.enrol("ann", "2024-01-01")
    order, later = world.facts_of_a_returned_order("ann", "2024-01-01", 5_000)
    at = later.recorded_at + timedelta(minutes=1)
    activity = Activity(id=order.id, member_id="ann", occurred_at=at, recorded_at=at, kind="campaign")
    for fact in (order, activity):
        assert world.ledger.append(world.program.id, fact).status == "accepted"
    for fact in (activity, order, order, activity):
        world.settling.settle(world.program.id, "ann", [fact])
    assert world.tier("ann") == "silver"
    assert world.member("ann").tallies["contribution"] == {2024: 100}
    assert world.equals_a_rebuild(["ann"])
