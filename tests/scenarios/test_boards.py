"""A growth ladder of which the top is for the top of a board."""

import pytest

from membership.program.reading import read_program
from tests.scenarios.world import World, preset

LADDER = """
id: ladder
timezone: Asia/Shanghai
metrics:
  spend: {sum: order.amount}
  contribution: {points: {share: 10}, window: {kind: calendar_year}}
  place: {rank: contribution}
tiers:
  - {id: beginner}
  - {id: vip, qualify: {spend: 1000}}
  - {id: svip, qualify: {all: [{spend: 5000}, {place: top 10%}]}}
"""


@pytest.fixture
def world() -> World:
    world = World(read_program(LADDER))
    for n in range(1, 21):
        world.activity(f"m{n}", "2026-01-10", "share", n)
    return world


@pytest.mark.proves("E2")
def test_the_top_is_entered_when_the_board_is_cut(world: World) -> None:
    world.order("m20", "2026-01-12", 5000)
    world.order("m18", "2026-01-12", 5000)
    assert [world.tier("m20"), world.tier("m18")] == ["vip", "vip"]
    [cut] = world.cut("2026-02-01")
    assert (cut.members, cut.least, cut.told) == (20, {"top 10%": 190}, 2)
    assert [world.tier("m20"), world.tier("m18")] == ["svip", "vip"]
    entered = world.history("m20", "tier.upgraded")[-1]
    assert entered.data["fact"] == "ranking#place#2026-01-31"
    assert entered.data["evidence"]["figures"] == {"spend": 5000_00, "place": 9500}
    assert world.equals_a_rebuild(["m20", "m18"])


def test_a_place_counts_from_the_day_on_which_the_rest_is_there_until_the_next_cut(world: World) -> None:
    world.cut("2026-02-01")
    world.order("m19", "2026-02-28", 5000)
    assert world.tier("m19") == "svip"
    world.order("m20", "2026-03-02", 5000)
    assert world.tier("m20") == "vip", "a place ends where the next board was to be cut"
    world.cut("2026-03-02")
    assert world.tier("m20") == "svip", "and is found as of then, however late"


def test_who_stays_among_the_top_is_warned_perhaps_but_never_falls(world: World) -> None:
    world.order("m20", "2026-01-12", 5000)
    world.nights("2026-01-13", "2026-04-15")
    assert world.tier("m20") == "svip"
    assert world.history("m20", "tier.downgraded") == []
    assert world.equals_a_rebuild(["m20"])


def test_who_is_overtaken_falls_with_a_notice(world: World) -> None:
    world.order("m20", "2026-01-12", 5000)
    world.nights("2026-01-13", "2026-02-10")
    assert world.tier("m20") == "svip"
    for n in range(1, 11):
        world.activity(f"m{n}", "2026-02-11", "share", 30)
    world.nights("2026-02-11", "2026-05-15")
    assert world.tier("m20") == "vip"
    [fallen] = world.history("m20", "tier.downgraded")
    assert (fallen.at - world.history("m20", "tier.will_downgrade")[-1].at).days >= 30
    assert world.equals_a_rebuild(["m20"])


def test_the_growth_ladder_ends_with_the_board_of_the_year() -> None:
    """Preset P3: spend of 5,000 and the top 10 % of this year's contribution board."""
    world = World(preset("p3-growth-ladder"))
    for n in range(1, 31):
        world.activity(f"m{n}", "2026-03-10", "campaign", n)
    for n in (30, 28, 27):
        world.order(f"m{n}", "2026-03-12", 5000)
    [cut] = world.cut("2026-04-01")
    assert (cut.members, cut.least, cut.told) == (30, {"top 10%": 2800}, 3)
    assert [world.tier(f"m{n}") for n in (30, 29, 28, 27)] == ["svip", "beginner", "svip", "beginner"]
    assert str(world.member("m30").standings["main"].expires_on) == "2028-01-01"
    world.nights("2026-04-02", "2026-06-02")
    assert world.tier("m30") == "svip", "the board is cut each month; the tier is promised"
    assert world.history("m30", "tier.will_downgrade") == []
