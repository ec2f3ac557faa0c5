"""Days are the program's own, notices are counted in seconds, and the review may be late or run again."""

from datetime import UTC, date, timedelta

import pytest

from membership.services.reviewing import Place, review
from tests.scenarios.world import World, preset

NOTICE = timedelta(seconds=30 * 86_400)

# Zone, and a day some weeks before the night in which its clocks change.
CLOCK_CHANGES = [
    ("America/New_York", "2025-02-20"),  # an hour is missing on 9 March
    ("America/New_York", "2025-10-20"),  # an hour comes twice on 2 November
    ("Europe/Berlin", "2025-03-10"),
    ("Europe/Berlin", "2025-10-10"),
    ("America/Santiago", "2025-08-20"),  # 7 September has no midnight
    ("Africa/Cairo", "2025-04-10"),  # 25 April has no midnight
    ("Australia/Lord_Howe", "2025-09-20"),  # half an hour
    ("Asia/Shanghai", "2025-03-10"),
]


@pytest.mark.parametrize(("zone", "day"), CLOCK_CHANGES)
@pytest.mark.parametrize("hour", ["00:00", "00:30", "12:00", "23:30"])
def test_a_notice_runs_thirty_times_24_hours_whatever_the_clocks_do(zone: str, day: str, hour: str) -> None:
    world = World(preset("p2-customer-policy", timezone=zone))
    order = world.order("ann", day, 20_000)
    told = f"{date.fromisoformat(day) + timedelta(days=1)} {hour}"
    world.refund("ann", told, order, 20_000)
    [notice] = world.history("ann", "tier.will_downgrade")
    falls_on = date.fromisoformat(notice.data["falls_on"])
    midnight = world.program.midnight(falls_on).astimezone(UTC)
    assert midnight - notice.at >= NOTICE
    assert world.program.midnight(falls_on - timedelta(days=1)).astimezone(UTC) - notice.at < NOTICE
    world.review(str(falls_on - timedelta(days=1)))
    assert world.tier("ann") == "gold"
    world.review(str(falls_on))
    assert world.tier("ann") == "silver"


@pytest.mark.parametrize(("zone", "day"), CLOCK_CHANGES)
def test_a_review_at_any_hour_of_the_day_that_is_due_gives_the_whole_notice(zone: str, day: str) -> None:
    """For ends of promises all round the year: tenure's own days, by a program that counts them."""
    world = World(preset("p2-customer-policy", timezone=zone))
    for year in (2024, 2025, 2026, 2027):
        world.order(f"{year}", f"{year}-05-05", 20_000)
        due = world.ledger.load(world.program.id, f"{year}").due
        assert due == date(year + 1, 12, 1), "thirty days, and the day of the review"
        ends = world.program.midnight(due + timedelta(days=1)).astimezone(UTC)
        assert world.program.midnight(date(year + 2, 1, 1)).astimezone(UTC) - ends >= NOTICE


@pytest.mark.parametrize(
    ("zone", "last_moment"),
    [
        ("Pacific/Pago_Pago", "2025-01-01T10:59:59+00:00"),
        ("America/New_York", "2025-01-01T04:59:59+00:00"),
        ("Asia/Shanghai", "2024-12-31T15:59:59+00:00"),
        ("Pacific/Kiritimati", "2024-12-31T09:59:59+00:00"),
    ],
)
def test_the_last_second_of_a_year_belongs_to_it(zone: str, last_moment: str) -> None:
    world = World(preset("p2-customer-policy", timezone=zone))
    moment = world.at("2024-12-31 23:59") + timedelta(seconds=59)
    assert moment.astimezone(UTC).isoformat() == last_moment
    world.order("ann", "2024-12-31 23:59", 10_000)
    world.order("ann", "2025-01-01 00:00", 10_000)
    assert world.tier("ann") == "silver", "10,000 in each of two years"
    assert world.member("ann").tallies["spend"] == {2024: 10_000_00, 2025: 10_000_00}


@pytest.mark.parametrize("late", range(1, 6))
def test_every_day_missed_delays_the_fall_and_nothing_else(late: int) -> None:
    world = World(preset("p2-customer-policy"))
    world.order("ann", "2023-03-01", 20_000)
    world.nights("2024-12-01", "2024-12-31")
    world.review(f"2025-01-{late:02}")
    assert world.days("ann", "tier.downgraded") == [f"2025-01-{late:02}"]
    [fall] = world.history("ann", "tier.downgraded")
    assert fall.data["expires_on"] == "2026-01-01", "promised as if she had fallen on the day"


@pytest.mark.parametrize(
    ("simulated", "falls_on", "due_again"), [(False, "2025-03-04", 0), (True, "2025-01-01", 1)]
)
def test_a_day_that_was_missed_can_be_run_later(simulated: bool, falls_on: str, due_again: int) -> None:
    """The notice runs from when it is given, unless a history is played through."""
    world = World(preset("p2-customer-policy"))
    world.order("ann", "2023-03-01", 20_000)
    now = world.at("2025-02-01")
    for day, due in ((date(2024, 12, 2), 1), (date(2025, 1, 1), due_again)):
        done = review(world.ledger, world.program, day, now, Place(), lambda: True, simulated, workers=1)
        assert done.reviewed == due
        for fact in [fact for fact in world.facts("ann") if fact.key == f"review#{day}"]:
            assert fact.recorded_at == now
            world.settling.settle(world.program.id, "ann", [fact])
    [notice] = world.history("ann", "tier.will_downgrade")
    assert notice.data["falls_on"] == falls_on
    assert world.tier("ann") == ("silver" if simulated else "gold")


def test_a_day_run_again_out_of_turn_changes_nothing() -> None:
    world = World(preset("p2-customer-policy"))
    world.order("ann", "2023-03-01", 20_000)
    world.nights("2024-12-01", "2025-01-02")
    before = (world.member("ann"), world.history("ann"))
    for day in ("2024-12-02", "2025-01-01", "2024-06-01"):
        world.review(day)
    assert (world.member("ann"), world.history("ann")) == before


@pytest.mark.parametrize(
    ("joined", "complete"),
    [("2024-02-29", "2025-02-28"), ("2023-03-01", "2024-03-01"), ("2023-02-28", "2024-02-28")],
)
def test_a_year_of_membership_is_complete_on_its_day(joined: str, complete: str) -> None:
    world = World(preset("p2-customer-policy"))
    world.enrol("ann", joined, joined=date.fromisoformat(joined))
    due = world.ledger.load(world.program.id, "ann").due
    assert str(due) == complete
    eve = date.fromisoformat(complete) - timedelta(days=1)
    world.review(str(eve))
    assert world.tier("ann") == "regular"
    world.review(complete)
    assert world.tier("ann") == "silver"
