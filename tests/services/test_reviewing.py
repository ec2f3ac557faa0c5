"""The review reaches every due member, once, however often it is run and wherever it stops."""

from datetime import date

import pytest

from membership.services.reviewing import NotYet, Place, review, unreviewed
from tests.services.conftest import NOW, Services, days

DAY = date(2024, 12, 1)


def members_due(services: Services, count: int) -> list[str]:
    """Golden members of 2023, whose notice is due on 2 December 2024."""
    then = NOW.replace(year=2023)
    names = [f"member-{n}" for n in range(count)]
    for name in names:
        services.settle(services.order(name, name, 20_000_00, occurred_at=then, recorded_at=then))
    return names


@pytest.mark.proves("D8")
def test_each_due_member_gets_one_fact_however_often_it_runs(services: Services) -> None:
    names = members_due(services, 40)
    for _ in range(3):
        done = review(services.ledger, services.program, DAY, NOW, Place(), lambda: True)
        assert (done.reviewed, done.rest) == (40, None)
    assert [services.reviews(name) for name in names] == [[DAY.isoformat()]] * 40


def test_nobody_is_reviewed_before_the_day(services: Services) -> None:
    members_due(services, 5)
    assert review(services.ledger, services.program, DAY - days(1), NOW, Place(), lambda: True).reviewed == 0


@pytest.mark.proves("D8")
def test_a_review_that_stops_goes_on_where_it_stopped(services: Services) -> None:
    names = members_due(services, 60)
    runs, place = 0, Place()
    while place is not None:
        steps = iter([True, True, False])
        progress = review(services.ledger, services.program, DAY, NOW, place, lambda: next(steps))  # noqa: B023
        place, runs = progress.rest, runs + 1
    assert runs > 5
    assert all(services.reviews(name) == [DAY.isoformat()] for name in names)


def test_members_that_were_settled_meanwhile_are_not_due_again(services: Services) -> None:
    [name] = members_due(services, 1)
    review(services.ledger, services.program, DAY, NOW, Place(), lambda: True, simulated=True)
    services.settle(*[fact for fact in services.facts(name) if fact.type == "review"])
    assert review(services.ledger, services.program, DAY + days(1), NOW, Place(), lambda: True).reviewed == 0
    assert services.ledger.load(services.program.id, name).due == date(2025, 1, 1)


def test_a_day_that_has_not_begun_is_refused(services: Services) -> None:
    tomorrow = services.program.day(NOW) + days(1)
    with pytest.raises(NotYet):
        review(services.ledger, services.program, tomorrow, NOW, Place(), lambda: True)


@pytest.mark.parametrize(
    ("reviewed", "expected"),
    [(None, date(2026, 11, 24)), (date(2026, 11, 23), date(2026, 11, 24)), (date(2026, 11, 24), None)],
)
def test_a_program_is_reviewed_once_its_own_day_has_turned(
    services: Services, reviewed: date | None, expected: date | None
) -> None:
    assert unreviewed(reviewed, services.program, NOW) == expected
