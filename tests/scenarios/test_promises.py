"""What a promise rests on: renewals by time alone, refunds of what earned it, falls that nobody saw."""

from datetime import date

import pytest

from membership.program.schema import Program
from tests.scenarios.policy import policy
from tests.scenarios.world import World, preset


@pytest.fixture
def world() -> World:
    return World(preset("p2-customer-policy"))


def promised(world: World, member: str = "ann") -> str:
    return str(world.member(member).standings["main"].expires_on)


def platinum(world: World, when: str) -> None:
    """By 18 orders and 50,000, the way that asks for no tenure."""
    world.order("ann", when, 50_000)
    for _ in range(17):
        world.order("ann", when, 0)
    assert world.tier("ann") == "platinum"


# ── Time alone ────────────────────────────────────────────────────────────────────────────────────


def test_tenure_renews_between_two_facts(world: World) -> None:
    """Three years of membership on 1 October 2025, and 30,000 since August: the other way to platinum."""
    world.enrol("ann", "2023-01-01", joined=date(2022, 10, 1))
    platinum(world, "2024-06-01")
    world.order("ann", "2025-08-01", 30_000)
    assert promised(world) == "2026-01-01", "two years and ten months are not three"
    world.nights("2025-08-02", "2026-01-03")
    assert world.history("ann", "tier.will_downgrade") == []
    assert promised(world) == "2027-01-01"
    assert world.equals_a_rebuild(["ann"])


def test_tenure_renews_though_no_review_ran_before_the_year_was_over(world: World) -> None:
    world.enrol("ann", "2023-01-01", joined=date(2022, 10, 1))
    platinum(world, "2024-06-01")
    world.order("ann", "2025-08-01", 30_000)
    world.order("ann", "2026-02-01", 1)
    assert world.history("ann", "tier.will_downgrade") == []
    assert promised(world) == "2027-01-01"


def test_a_promotion_by_tenure_is_not_lost_with_the_days_that_nobody_reviewed(world: World) -> None:
    world.enrol("ann", "2023-12-20", joined=date(2023, 12, 20))
    world.order("ann", "2026-08-01", 30_000)
    assert world.tier("ann") == "gold"
    # Three years on 20 December 2026; the schedule stood still from the 15th to 5 January.
    world.nights("2026-08-02", "2026-12-15")
    world.review("2027-01-05")
    assert world.tier("ann") == "platinum"
    assert world.history("ann", "tier.upgraded")[-1].data["evidence"]["day"] == "2026-12-31"


def test_who_is_qualified_on_the_first_day_without_the_promise_is_not_warned() -> None:
    tiers = preset("p2-customer-policy").model_dump(exclude_unset=True)["tiers"]
    tiers[2]["keep"] = {"tenure_years": 2}
    world = World(preset("p2-customer-policy", tiers=tiers))
    world.enrol("ann", "2024-01-01", joined=date(2024, 1, 1))
    world.order("ann", "2024-03-01", 20_000)
    world.nights("2025-11-25", "2026-01-02")
    assert world.history("ann", "tier.will_downgrade") == []
    assert promised(world) == "2028-01-01"


def test_the_lower_tier_of_a_fall_may_be_earned_already(world: World) -> None:
    """Gold falls to silver, which a year of membership keeps for longer than the landing promises."""
    world.enrol("ann", "2023-03-01", joined=date(2023, 3, 1))
    world.order("ann", "2023-03-01", 20_000)
    world.nights("2024-12-01", "2025-01-01")
    assert world.tier("ann") == "silver"
    assert promised(world) == "2027-01-01"
    assert world.equals_a_rebuild(["ann"]), "a rebuild finds nothing left to decide"


# ── Refunds ───────────────────────────────────────────────────────────────────────────────────────


def test_a_renewal_that_is_given_back_leaves_the_promise_of_the_year_before(world: World) -> None:
    world.order("ann", "2024-06-01", 20_000)
    renewal = world.order("ann", "2025-03-01", 20_000)
    assert promised(world) == "2027-01-01"
    world.refund("ann", "2025-04-01", renewal, 20_000)
    assert promised(world) == "2026-01-01", "as if the second order had never been"
    assert world.history("ann", "tier.will_downgrade") == []


def of_tiers(world: World) -> list[str]:
    """What was decided, and told, of anything but points."""
    return [
        one.id
        for one in world.history("ann")
        if not one.type.startswith("points.") and one.data.get("purpose") != "points"
    ]


def test_a_refund_that_overtakes_its_order_frightens_nobody(world: World) -> None:
    """The order is in the ledger, its stream is slow; the refund is settled at once (?wait=true)."""
    world.order("ann", "2024-06-01", 20_000)
    told = of_tiers(world)
    order, refund = world.facts_of_a_returned_order("ann", "2024-06-02", 5_000)
    for fact in (order, refund):
        world.ledger.append(world.program.id, fact)
    world.settling.settle(world.program.id, "ann", [refund])
    assert world.member("ann").tallies["spend"] == {2024: 20_000_00}
    world.settling.settle(world.program.id, "ann", [order])
    assert of_tiers(world) == told
    assert world.equals_a_rebuild(["ann"])


def test_refunds_before_and_beside_their_order_never_exceed_it(world: World) -> None:
    """80 of 100 come back before the order does, and 80 once more before it is settled."""
    order, first = world.facts_of_a_returned_order("ann", "2024-06-02", 100, back=80)
    _, second = world.facts_of_a_returned_order("ann", "2024-06-02", 100, back=80)
    second = second.model_copy(update={"order_id": order.order_id})
    world.tell(first)
    for fact in (order, second):
        world.ledger.append(world.program.id, fact)
    world.settling.settle(world.program.id, "ann", [second])
    world.settling.settle(world.program.id, "ann", [order])
    assert world.ledger.refunded_orders(world.program.id, ["ann"]) == {order.order_id: 100_00}
    assert "spend" not in world.member("ann").tallies
    assert world.equals_a_rebuild(["ann"])


def test_a_tier_for_life_outlives_the_figures_that_earned_it() -> None:
    world = World(preset("p2-customer-policy", validity={"kind": "lifetime"}))
    world.order("ann", "2024-06-01", 20_000)
    order = world.order("ann", "2026-06-01", 30)
    world.refund("ann", "2026-06-02", order, 30)
    assert world.history("ann", "tier.undermined") == []
    world.nights("2026-06-03", "2026-08-01")
    assert world.tier("ann") == "gold"


def test_a_refund_that_was_never_settled_undermines_in_a_rebuild(world: World) -> None:
    """As after parking: the refund is in the ledger and settling never got to it."""
    order = world.order("ann", "2024-06-01", 20_000)
    _, refund = world.facts_of_a_returned_order("ann", "2024-06-05", 20_000)
    world.ledger.append(world.program.id, refund.model_copy(update={"order_id": order}))
    world.settling.rebuild(world.program.id, "ann")
    assert world.days("ann", "tier.undermined") == ["2024-06-05"]
    assert world.member("ann").standings["main"].notice is not None


# ── While qualified ───────────────────────────────────────────────────────────────────────────────


def test_a_ripe_notice_is_not_averted_by_a_review_that_came_late() -> None:
    world = World(preset("p1-ecommerce"))
    order = world.order("ann", "2024-01-01", 1_000)
    world.activity("ann", "2024-01-02", "check_in", times=5)
    world.refund("ann", "2024-02-01", order, 1_000)
    assert world.tier("ann") == "silver"
    world.review("2024-03-08")  # due on the 3rd
    assert world.days("ann", "tier.downgraded") == ["2024-03-08"]
    assert world.history("ann", "tier.kept") == []


def test_the_notice_of_a_years_end_says_what_the_new_year_asks() -> None:
    """Counted by calendar year and kept while qualified: silver of 10 December is met until the 31st."""
    world = World(preset("p2-customer-policy", validity={"kind": "while_qualified"}))
    world.order("ann", "2024-12-10", 5_000)
    [notice] = world.history("ann", "tier.will_downgrade")
    assert notice.data["falls_on"] == "2025-01-10"
    assert {"spend": 5_000_00} in notice.data["prevented_by"]
    world.order("ann", "2025-01-05", 5_000)
    assert world.days("ann", "tier.kept") == ["2025-01-05"]


def test_a_fall_shows_the_figures_that_made_it() -> None:
    world = World(preset("p2-customer-policy", validity={"kind": "while_qualified"}))
    world.order("ann", "2024-03-01", 20_000)
    world.nights("2024-11-25", "2025-01-02")
    [fall] = world.history("ann", "tier.downgraded")
    assert fall.data["evidence"]["figures"] == {"spend": 0, "orders": 0, "contribution": 0}


# ── Rules that change ─────────────────────────────────────────────────────────────────────────────


def change(world: World, since: str, **thresholds: int) -> Program:
    """A second version: gold for another spend."""
    tiers = world.program.model_dump(exclude_unset=True)["tiers"]
    tiers[2]["qualify"] = {"any": [thresholds]}
    changed = preset("p2-customer-policy", tiers=tiers, effective_from=world.at(since))
    world.programs.put(changed, 2)
    return changed


def test_the_year_that_closed_is_judged_by_its_own_rules(world: World) -> None:
    """15,000 were silver in 2024. That gold costs 10,000 from 2025 on changes nothing about that."""
    change(world, "2025-01-01 00:00", spend=10_000)
    world.order("ann", "2024-06-01", 15_000)
    world.order("ann", "2025-01-05", 1)
    assert world.tier("ann") == "silver"
    world.order("ann", "2024-12-30", 5_000)
    assert world.tier("ann") == "gold", "20,000 in 2024, told late"
    assert world.history("ann", "tier.upgraded")[-1].data["evidence"]["version"] == 1
    assert world.equals_a_rebuild(["ann"])


def test_a_refund_is_judged_by_the_rules_that_earned_the_tier(world: World) -> None:
    change(world, "2024-09-01 00:00", spend=30_000)
    order = world.order("ann", "2024-06-01", 25_000)
    world.refund("ann", "2024-10-01", order, 1)
    assert world.tier("ann") == "gold"
    assert world.history("ann", "tier.undermined") == [], "24,999 were gold in June"
    world.refund("ann", "2024-10-02", order, 5_000)
    assert world.days("ann", "tier.undermined") == ["2024-10-02"]


def test_the_next_review_is_the_first_day_that_may_renew_a_promise() -> None:
    """Of several days that would judge the same one, as where a year turns before another does."""
    world = World(
        policy(window="anniversary_year", validity={"kind": "through_month", "month": 6, "years_after": 2})
    )
    world.order("ann", "2024-01-23", 3000)
    world.order("ann", "2025-01-05", 1000)
    assert str(world.ledger.load("policy", "ann").due) == "2025-01-23"
