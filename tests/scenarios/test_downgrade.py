"""D2 to D6: no fall without a notice of thirty days, what rescues, and how far a fall goes."""

from datetime import date, timedelta

import pytest

from membership.acts import Block, Unblock
from membership.facts import Attributes, Profile, Refund
from tests.scenarios.policy import BRONZE, SILVER, policy, terms
from tests.scenarios.world import World, preset


@pytest.fixture
def world() -> World:
    return World(preset("p2-customer-policy"))


def test_a_notice_comes_thirty_days_ahead_and_says_what_keeps_the_tier(world: World) -> None:
    world.order("ann", "2023-03-01", 20_000)
    world.nights("2024-11-25", "2025-01-05")
    [notice] = world.history("ann", "tier.will_downgrade")
    assert world.days("ann", "tier.will_downgrade") == ["2024-12-01"]
    assert notice.data["falls_on"] == "2025-01-01"
    assert notice.data["prevented_by"] == [{"spend": 20_000_00}, {"orders": 12}, {"contribution": 2000}]
    assert notice.data["evidence"]["figures"] == {"spend": 0, "orders": 0, "contribution": 0}
    assert world.days("ann", "tier.downgraded") == ["2025-01-01"]


def test_activity_within_the_notice_rescues(world: World) -> None:
    world.order("ann", "2023-03-01", 20_000)
    world.review("2024-12-02")
    world.order("ann", "2024-12-31 23:59", 20_000)
    assert world.days("ann", "tier.kept") == ["2024-12-31"]
    world.nights("2025-01-01", "2025-01-03")
    assert world.tier("ann") == "gold"
    assert str(world.member("ann").standings["main"].expires_on) == "2026-01-01"


def test_one_step_down_at_a_time(world: World) -> None:
    world.order("ann", "2023-03-01", 50_000)
    for _ in range(17):
        world.order("ann", "2023-03-02", 1)
    assert world.tier("ann") == "platinum"
    world.nights("2024-12-01", "2027-03-05")
    # Gold of 2025, then silver, which two years of membership keep.
    assert [(e.data["from_tier"], e.data["to_tier"]) for e in world.history("ann", "tier.downgraded")] == [
        ("platinum", "gold"),
        ("gold", "silver"),
    ]
    assert world.days("ann", "tier.downgraded") == ["2025-01-01", "2026-01-01"]


def test_a_program_may_let_members_fall_to_what_they_qualify_for() -> None:
    downgrade = {"notice_days": 30, "steps": "to_qualified"}
    world = World(preset("p2-customer-policy", downgrade=downgrade))
    world.enrol("ann", "2023-03-01")
    world.order("ann", "2023-03-01", 20_000)
    world.nights("2023-12-01", "2025-01-02")
    assert world.tier("ann") == "silver", "by her tenure"


def test_a_program_may_never_downgrade() -> None:
    world = World(preset("p2-customer-policy", downgrade={"steps": "never"}))
    world.order("ann", "2023-03-01", 20_000)
    world.nights("2024-11-25", "2025-02-05")
    assert world.tier("ann") == "gold"
    assert world.history("ann", "tier.will_downgrade") == []


def test_the_review_may_run_twice_or_be_missed(world: World) -> None:
    for member in ("ann", "bob"):
        world.order(member, "2023-03-01", 20_000)
    for _ in range(2):
        world.review("2024-12-02")
    # From here on nothing runs for more than a month.
    assert world.review("2025-01-08") == 2
    for member in ("ann", "bob"):
        assert world.days(member, "tier.will_downgrade") == ["2024-12-02"]
        assert world.days(member, "tier.downgraded") == ["2025-01-08"]


def test_a_missed_notice_is_given_late_and_the_fall_waits_for_it(world: World) -> None:
    world.order("ann", "2023-03-01", 20_000)
    world.nights("2024-12-07", "2025-01-10")
    [notice] = world.history("ann", "tier.will_downgrade")
    [fall] = world.history("ann", "tier.downgraded")
    assert world.days("ann", "tier.will_downgrade") == ["2024-12-07"]
    assert fall.at - notice.at >= timedelta(seconds=30 * 86_400)
    assert world.days("ann", "tier.downgraded") == ["2025-01-06"]


@pytest.mark.parametrize(
    "zone",
    ["Pacific/Pago_Pago", "America/New_York", "UTC", "Europe/Berlin", "Asia/Kolkata", "Pacific/Kiritimati"],
)
def test_years_are_cut_at_midnight_of_the_programs_zone(zone: str) -> None:
    world = World(preset("p2-customer-policy", timezone=zone))
    world.order("ann", "2023-12-31 23:59", 20_000)
    world.order("bob", "2024-01-01 00:00", 20_000)
    assert str(world.member("ann").standings["main"].expires_on) == "2025-01-01"
    assert str(world.member("bob").standings["main"].expires_on) == "2026-01-01"


def test_an_order_that_comes_after_its_year_counts_in_its_year(world: World) -> None:
    world.order("ann", "2024-01-02", 1)
    world.order("ann", "2023-12-30", 20_000)
    assert world.tier("ann") == "gold"
    assert str(world.member("ann").standings["main"].expires_on) == "2025-01-01"


def test_a_refund_that_takes_away_what_earned_the_tier_leads_to_a_notice(world: World) -> None:
    order = world.order("ann", "2023-03-01", 20_000)
    world.refund("ann", "2023-04-01", order, 1)
    assert world.tier("ann") == "gold", "a refund lowers nobody by itself"
    [notice] = world.history("ann", "tier.will_downgrade")
    # Noon of 1 April and thirty days is noon of 1 May: the first midnight after that.
    assert notice.data["falls_on"] == "2023-05-02"
    world.nights("2023-04-02", "2023-05-03")
    assert world.days("ann", "tier.downgraded") == ["2023-05-02"]
    assert world.equals_a_rebuild(["ann"])


def test_buying_again_mends_what_a_refund_undid(world: World) -> None:
    order = world.order("ann", "2023-03-01", 20_000)
    world.refund("ann", "2023-04-01", order, 1)
    world.order("ann", "2023-04-20", 1)
    assert world.days("ann", "tier.kept") == ["2023-04-20"]
    world.nights("2023-04-21", "2023-05-05")
    assert world.tier("ann") == "gold"


def test_going_up_and_down_brings_a_reward_once_in_a_cycle() -> None:
    gift = {"id": "gold-gift", "gift": "a cup"}
    program = preset("p2-customer-policy")
    tiers = [tier.model_dump(exclude_unset=True) for tier in program.tiers]
    tiers[2]["rewards"] = [gift]
    world = World(preset("p2-customer-policy", tiers=tiers))
    order = world.order("ann", "2023-01-02", 20_000)
    world.refund("ann", "2023-01-03", order, 20_000)
    world.nights("2023-01-04", "2023-02-10")
    assert world.tier("ann") == "silver"
    world.order("ann", "2023-03-01", 20_000)
    assert world.tier("ann") == "gold"
    assert world.rewards("ann") == ["welcome", "gold-gift"]


def test_a_refund_that_is_reported_late_starts_no_notice_in_the_past() -> None:
    world = World(preset("p1-ecommerce"))
    order = world.order("ann", "2026-10-01", 1_000)
    world.activity("ann", "2026-10-01", "check_in", times=5)
    late = Refund(
        id="late",
        member_id="ann",
        occurred_at=world.at("2026-10-20"),
        recorded_at=world.at("2026-11-24"),
        order_id=order,
        amount=1_00,
    )
    world.tell(late)
    [notice] = world.history("ann", "tier.will_downgrade")
    assert notice.data["falls_on"] == "2026-12-25"
    world.review("2026-11-25")
    assert world.tier("ann") == "silver"
    world.nights("2026-12-20", "2026-12-26")
    assert world.days("ann", "tier.downgraded") == ["2026-12-25"]


def test_a_refund_of_another_order_undermines_nothing() -> None:
    world = World(preset("p2-customer-policy"))
    world.enrol("ann", "2026-01-01", joined=date(2020, 1, 1))
    assert world.tier("ann") == "silver"
    corrected = Profile(
        id="p",
        member_id="ann",
        occurred_at=world.at("2026-01-02"),
        recorded_at=world.at("2026-01-02"),
        attributes=Attributes(joined=date(2026, 1, 1)),
    )
    world.tell(corrected)
    order = world.order("ann", "2026-02-01", 100)
    world.refund("ann", "2026-02-02", order, 1)
    assert world.history("ann", "tier.undermined", "tier.will_downgrade") == []


@pytest.mark.parametrize("windows", ["of the metrics", "of the program"])
def test_a_refund_is_seen_in_the_window_that_the_metric_counts_in(windows: str) -> None:
    year = "calendar_year"
    metrics = {"spend": {"sum": "order.amount", **({"window": year} if "metrics" in windows else {})}}
    tiers = [{"id": "basic"}, {"id": "gold", "qualify": {"spend": 1000}}]
    window = "lifetime" if "metrics" in windows else year
    changes = {"metrics": metrics, "tiers": tiers, "window": window, "validity": "through_end_of_next_year"}
    world = World(preset("p2-customer-policy", **changes))
    earned = world.order("ann", "2026-06-01", 1_000)
    other = world.order("ann", "2027-06-01", 100)
    world.refund("ann", "2027-06-02", other, 1)
    assert world.history("ann", "tier.undermined") == []
    world.refund("ann", "2027-06-03", earned, 1)
    assert len(world.history("ann", "tier.undermined")) == 1


def test_a_notice_names_the_tier_that_the_member_would_fall_to() -> None:
    downgrade = {"steps": "to_qualified"}
    world = World(preset("p2-customer-policy", downgrade=downgrade, validity="while_qualified"))
    order = world.order("ann", "2026-03-01", 20_000)
    world.refund("ann", "2026-12-10", order, 1)
    [notice] = world.history("ann", "tier.will_downgrade")
    world.nights("2027-01-01", "2027-01-12")
    [fall] = world.history("ann", "tier.downgraded")
    assert notice.data["to_tier"] == fall.data["to_tier"]


def test_a_fall_that_nobody_reviewed_leaves_a_member_where_the_days_own_order_puts_it() -> None:
    """Whose gold ended at midnight buys at noon, and the review was missed: that order is silver at once."""
    world = World(terms(12, counted=6))
    world.order("ann", "2026-03-01", 5_000)
    world.nights("2027-01-25", "2027-02-28")
    world.order("ann", "2027-03-01", 1_200)
    assert world.days("ann", "tier.downgraded") == ["2027-03-01"]
    assert world.tier("ann") == "silver"
    assert world.equals_a_rebuild(["ann"])


def test_who_was_blocked_on_the_day_keeps_what_came_late_had_earned(world: World) -> None:
    """It is renewed for the year that it had earned; that one being over as well, it is told anew."""
    world.order("ann", "2023-03-01", 20_000)
    world.nights("2024-11-25", "2024-12-31")
    world.act("ann", "2025-01-01 00:00", Block())
    world.order("ann", "2024-12-30", 20_000)
    world.act("ann", "2026-01-01 00:00", Unblock())
    kept, second = world.history("ann", "tier.kept", "tier.will_downgrade")[-2:]
    assert kept.data["evidence"]["day"] == "2024-12-31"
    assert kept.data["evidence"]["figures"]["spend"] == 20_000_00
    assert world.days("ann", "tier.renewed") == ["2026-01-01"]
    assert second.data["falls_on"] == "2026-01-31"
    world.nights("2026-01-02", "2026-01-31")
    assert world.days("ann", "tier.downgraded") == ["2026-01-31"]
    assert world.equals_a_rebuild(["ann"])


def test_who_was_blocked_on_the_day_falls_where_nothing_came_late(world: World) -> None:
    world.order("ann", "2023-03-01", 20_000)
    world.nights("2024-11-25", "2024-12-31")
    world.act("ann", "2025-01-01 00:00", Block())
    world.act("ann", "2026-01-01 00:00", Unblock())
    assert world.days("ann", "tier.downgraded") == ["2026-01-01"]
    assert world.equals_a_rebuild(["ann"])


def test_a_rule_that_was_met_on_the_day_of_the_fall_after_all_begins_a_new_notice() -> None:
    world = World(
        policy(BRONZE, SILVER, window={"kind": "rolling", "months": 12}, validity="while_qualified")
    )
    world.order("ann", "2025-01-10", 1000)
    world.nights("2025-12-01", "2026-01-09")
    [first] = world.history("ann", "tier.will_downgrade")
    assert first.data["falls_on"] == "2026-01-10"
    world.act("ann", "2026-01-10 00:00", Block())
    world.order("ann", "2025-02-01", 1000)
    world.act("ann", "2026-03-01 00:00", Unblock())
    assert world.days("ann", "tier.kept") == ["2026-03-01"]
    assert world.history("ann", "tier.will_downgrade")[-1].data["falls_on"] == "2026-03-31"
    world.nights("2026-03-02", "2026-03-31")
    assert world.days("ann", "tier.downgraded") == ["2026-03-31"]
    assert world.equals_a_rebuild(["ann"])


def test_a_term_that_was_renewed_beyond_its_notice_ends_with_another_one() -> None:
    world = World(policy(BRONZE, SILVER, validity={"kind": "for_months", "months": 2}))
    world.order("ann", "2025-03-01", 1000)
    world.nights("2025-04-01", "2026-02-28")
    [first] = world.history("ann", "tier.will_downgrade")
    assert first.data["falls_on"] == "2026-03-01"
    world.act("ann", "2026-03-01 00:00", Block())
    world.order("ann", "2026-02-10", 1000)
    world.act("ann", "2027-04-01 00:00", Unblock())
    assert world.days("ann", "tier.kept") == ["2027-04-01"]
    assert world.history("ann", "tier.will_downgrade")[-1].data["falls_on"] == "2027-05-01"
    assert world.tier("ann") == "silver"
    assert world.equals_a_rebuild(["ann"])


def test_who_comes_back_late_falls_as_far_as_was_announced() -> None:
    world = World(terms(6, counted=2))
    world.order("ann", "2025-03-01", 5000)
    world.order("ann", "2025-07-05", 1000)
    world.nights("2025-07-20", "2025-08-31")
    world.act("ann", "2025-09-01 00:00", Block())
    world.act("ann", "2025-09-22 00:00", Unblock())
    [notice] = world.history("ann", "tier.will_downgrade")
    [fall] = world.history("ann", "tier.downgraded")
    assert (notice.data["to_tier"], fall.data["to_tier"]) == ("silver", "silver")
    assert world.equals_a_rebuild(["ann"])
    world.order("ann", "2025-09-23", 1)
    assert world.equals_a_rebuild(["ann"]), "what the notice had kept is forgotten with it"
