"""An occasion is one, whatever is told twice, late or in another order, rebuilt, merged, or put anew."""

from typing import Any

import pytest

from membership.acts import Merge
from membership.facts import Activity, Attributes, Order, Profile
from membership.program.schema import Program
from tests.scenarios.policy import policy
from tests.scenarios.world import World

TIERS = (
    {"id": "bronze"},
    {"id": "silver", "qualify": {"spend": 1000}},
    {"id": "gold", "qualify": {"spend": 5000}},
)
METRICS = {"spend": {"sum": "order.amount"}, "visits": {"streak": "check_in"}}
GIFT = {"grant": [{"id": "gift", "points": 5}]}
NEAR = {"id": "near", "when": {"kind": "nearing", "percent": 15}, **GIFT}
RISEN = {"id": "risen", "when": "promotion", **GIFT}
BIRTHDAY = {"id": "birthday", "when": "birthday", **GIFT}
FESTIVAL = {"id": "festival", "when": {"on": "10-01"}, **GIFT}
RUN = {"id": "run", "when": {"days": 3, "metric": "visits"}, **GIFT}
BACK = {"id": "back", "when": {"after_days": 30}, **GIFT}
EVERY = [NEAR, RISEN, BIRTHDAY, FESTIVAL, RUN, BACK]
BRAVE = {"id": "brave", "when": {"spend": 500}}


def program(*triggers: dict[str, Any], **settings: Any) -> Program:
    more: dict[str, Any] = {"window": "lifetime", "metrics": METRICS, "validity": "while_qualified"}
    return policy(*TIERS, triggers=list(triggers), **more | settings)


def born(world: World, member: str, when: str, day: str, told: str | None = None) -> None:
    at, then = world.at(told or when), world.at(when)
    known = Attributes(birthday=day)
    world.tell(Profile(id=f"p{when}", member_id=member, occurred_at=then, recorded_at=at, attributes=known))


def late(world: World, member: str, when: str, told: str, kind: str = "check_in") -> None:
    common = {"id": f"{kind} of {when}", "member_id": member}
    at, then = world.at(told), world.at(when)
    world.tell(Activity(**common, occurred_at=then, recorded_at=at, kind=kind))


def fired(world: World, member: str = "ann") -> list[tuple[str, str]]:
    """Trigger and occasion, each with its gift."""
    found = [(one.data["trigger"], one.data["occasion"]) for one in world.history(member, "trigger.fired")]
    given = [(one.data["trigger"], one.data["occasion"]) for one in world.history(member, "reward.granted")]
    assert found == given
    return found


def a_life(world: World, member: str = "ann") -> None:
    world.enrol(member, "2026-01-01")
    born(world, member, "2026-01-02", "02-29")
    world.order(member, "2026-01-05", 900, f"{member}-1")
    world.order(member, "2026-02-05", 100, f"{member}-2")
    for day in ("06", "07", "08"):
        world.activity(member, f"2026-02-{day}", "check_in")
    world.nights("2026-02-09", "2026-03-05")
    world.nights("2026-09-29", "2026-10-02")


LED_TO = [
    ("near", "2026-01-05"),
    ("risen", "2026-02-05"),
    ("back", "2026-02-05"),
    ("run", "2026-02-08"),
    ("birthday", "2026-02-28"),
    ("festival", "2026-10-01"),
]


@pytest.mark.proves("B5", "E3")
def test_told_again_and_rebuilt_nothing_more_comes_of_it() -> None:
    world = World(program(*EVERY, badges=[BRAVE]))
    a_life(world)
    assert fired(world) == LED_TO
    assert world.days("ann", "badge.awarded") == ["2026-01-05"]
    world.stream()
    world.nights("2026-09-29", "2026-10-02")
    assert fired(world) == LED_TO
    assert world.equals_a_rebuild(["ann"])


def test_a_review_that_never_ran_is_made_up_for_within_a_week() -> None:
    world = World(program(BIRTHDAY, FESTIVAL))
    world.enrol("ann", "2026-01-01")
    born(world, "ann", "2026-01-02", "03-01")
    world.review("2026-03-07")
    assert fired(world) == [("birthday", "2026-03-01")]
    world.nights("2026-10-08", "2026-10-20")
    assert fired(world) == [("birthday", "2026-03-01")]
    assert world.equals_a_rebuild(["ann"])


def test_who_came_after_the_day_has_no_part_in_what_nobody_looked_at() -> None:
    world = World(program(FESTIVAL))
    world.enrol("ann", "2026-10-02")
    world.enrol("bob", "2026-09-30")
    world.nights("2026-10-03", "2026-10-04")
    assert (fired(world), fired(world, "bob")) == ([], [("festival", "2026-10-01")])


def test_a_gift_of_the_tier_is_not_for_who_rose_after_the_day() -> None:
    world = World(program(FESTIVAL | {"tier": "silver"}))
    for member, when in (("ann", "2026-10-02"), ("bob", "2026-09-30")):
        world.enrol(member, "2026-09-01")
        world.order(member, when, 1000)
    world.nights("2026-10-03", "2026-10-04")
    assert (fired(world), fired(world, "bob")) == ([], [("festival", "2026-10-01")])


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ("2026-03-09", [("run", "2026-03-03")]),
        ("2026-03-10", []),
    ],
)
def test_what_comes_late_completes_a_run_within_a_week(told: str, found: list[tuple[str, str]]) -> None:
    world = World(program(RUN))
    for day in ("01", "03"):
        world.activity("ann", f"2026-03-{day}", "check_in")
    world.activity("ann", told, "share")
    late(world, "ann", "2026-03-02", told)
    assert fired(world) == found
    assert world.equals_a_rebuild(["ann"])


def test_what_comes_late_makes_no_second_occasion_of_one() -> None:
    """A run turns out to be longer, an absence to be none: what was given was given, once."""
    world = World(program(RUN, BACK))
    world.activity("ann", "2026-01-01", "share")
    for day in ("02", "03", "04"):
        world.activity("ann", f"2026-03-{day}", "check_in")
    assert fired(world) == [("back", "2026-03-02"), ("run", "2026-03-04")]
    late(world, "ann", "2026-03-01", "2026-03-05")
    late(world, "ann", "2026-02-15", "2026-03-05")
    world.activity("ann", "2026-03-05", "check_in")
    assert fired(world) == [("back", "2026-03-02"), ("run", "2026-03-04")]
    assert world.equals_a_rebuild(["ann"])


def test_two_that_prove_to_be_one_have_one_occasion() -> None:
    world = World(program(*EVERY[:-1], badges=[BRAVE]))
    a_life(world, "ann")
    world.enrol("anna", "2026-05-01")
    born(world, "anna", "2026-05-01", "12-01")
    world.act("ann", "2026-11-01", Merge(into="anna"))
    world.stream()
    anna = world.member("anna")
    assert str(anna.badges["brave"]) == "2026-01-05"
    assert not world.history("anna", "badge.awarded")
    before = fired(world, "anna")
    world.order("anna", "2026-11-02", 10)
    world.nights("2026-11-30", "2026-12-02")
    assert [one for one in fired(world, "anna") if one not in before] == []
    world.nights("2027-02-27", "2027-03-01")
    world.nights("2027-11-30", "2027-12-02")
    assert fired(world, "anna")[len(before) :] == [("birthday", "2027-12-01")]
    assert world.equals_a_rebuild(["ann", "anna"])


def test_who_was_told_to_be_near_is_not_told_again_as_another_member() -> None:
    world = World(program(NEAR | {"cooldown_days": 0}))
    world.order("ann", "2026-01-05", 900)
    world.enrol("anna", "2026-01-06")
    world.act("ann", "2026-01-07", Merge(into="anna"))
    world.stream()
    world.order("anna", "2026-01-08", 10)
    assert fired(world, "anna") == []
    assert world.member("anna").approaches == {"near/main": "silver"}
    assert world.equals_a_rebuild(["ann", "anna"])


def test_a_new_version_of_a_trigger_gives_nothing_twice() -> None:
    world = World(program(*EVERY, badges=[BRAVE]))
    a_life(world)
    richer = [one | {"grant": [{"id": "more", "points": 50}]} for one in EVERY]
    world.order("ann", "2026-10-01 13:00", 1)
    led_to = [*LED_TO, ("back", "2026-10-01")]
    assert fired(world) == led_to
    since = world.at("2026-10-01 18:00")
    cheaper = BRAVE | {"when": {"spend": 1}}
    world.programs.put(program(*richer, badges=[cheaper], effective_from=since), 2)
    world.order("ann", "2026-10-02", 1)
    world.nights("2026-10-02", "2026-10-03")
    assert fired(world) == led_to
    assert len(world.history("ann", "badge.awarded")) == 1
    assert world.equals_a_rebuild(["ann"])


def test_a_tier_by_another_name_is_the_same_approach_and_the_same_promotion() -> None:
    world = World(program(NEAR | {"cooldown_days": 0}, RISEN))
    world.order("ann", "2026-01-05", 900)
    world.order("bob", "2026-01-05", 1000, "bob-1")
    tiers = [{"id": "bronze"}, {"id": "argent", "replaces": ["silver"], "qualify": {"spend": 1000}}, TIERS[2]]
    renamed = program(NEAR | {"cooldown_days": 0}, RISEN, tiers=tiers, effective_from=world.at("2026-02-01"))
    world.programs.put(renamed, 2)
    world.order("ann", "2026-02-02", 10)
    assert fired(world) == [("near", "2026-01-05")]
    world.refund("bob", "2026-02-02", "bob-1", 10)
    world.nights("2026-02-03", "2026-03-20")
    world.order("bob", "2026-03-21", 10)
    assert [one.data["to_tier"] for one in world.history("bob", "tier.upgraded")][1:] == ["silver", "argent"]
    assert [one for one, _ in fired(world, "bob")].count("risen") == 1
    assert world.equals_a_rebuild(["ann", "bob"])


def test_an_occasion_of_before_a_version_is_none_of_its() -> None:
    """Though it was within a week of its day that the version began."""
    world = World(program())
    world.enrol("ann", "2026-01-01")
    born(world, "ann", "2026-01-02", "03-01")
    for day in ("26", "27", "28"):
        world.activity("ann", f"2026-02-{day}", "check_in")
    world.programs.put(program(*EVERY, effective_from=world.at("2026-03-02")), 2)
    world.order("ann", "2026-03-03", 1)
    assert fired(world) == []
    assert world.equals_a_rebuild(["ann"])


def test_who_was_away_before_the_version_began_comes_back_under_it() -> None:
    """What a trigger has to know of a member is added up from its ledger."""
    world = World(program())
    world.activity("ann", "2026-01-01", "share")
    world.order("ann", "2026-01-02", 1)
    world.programs.put(program(BACK, effective_from=world.at("2026-03-01")), 2)
    world.order("ann", "2026-03-02", 1)
    assert fired(world) == [("back", "2026-03-02")]
    assert world.equals_a_rebuild(["ann"])


def test_an_order_of_an_order_changes_nothing() -> None:
    """The same two orders, told in either order, lead to the same occasion once."""
    for places in ((0, 1), (1, 0)):
        world = World(program(NEAR))
        told = [("2026-01-01", 400), ("2026-01-02", 500)]
        for n in places:
            when, amount = told[n]
            at, now = world.at(when), world.at("2026-01-03")
            common = {"id": f"e{n}", "member_id": "ann", "order_id": f"o{n}"}
            world.tell(Order(**common, occurred_at=at, recorded_at=now, amount=amount * 100))
        assert [one for one, _ in fired(world)] == ["near"]
        assert world.equals_a_rebuild(["ann"])
