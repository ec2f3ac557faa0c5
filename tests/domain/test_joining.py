"""Members that proved to be one, and one again: whose each fact is, wherever copies of it lie."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from membership.acts import Absorb
from membership.facts import Act, Fact, Order
from membership.joining import absorbed_in, joining

MORNING = datetime(2026, 10, 10, tzinfo=UTC)


def at(hour: float) -> datetime:
    return MORNING + timedelta(hours=hour)


def order(member: str, told: datetime) -> Order:
    return Order(
        id="e1",
        member_id=member,
        order_id="o1",
        amount=2_600,
        occurred_at=MORNING,
        recorded_at=told,
    )


def absorbs(member: str, other: str, when: datetime, *before: str) -> Act:
    action = Absorb(member=other, standings={}, granted={}, absorbed=before)
    return Act(
        id=f"absorb#{other}",
        member_id=member,
        by="ops",
        reason="one person",
        action=action,
        occurred_at=when,
        recorded_at=when,
    )


BO = [absorbs("bo", "cy", at(20), "ann")]
CY = [absorbs("cy", "ann", at(10))]


@pytest.mark.parametrize(("told", "whose"), [(5, "ann"), (10, "ann"), (15, "cy"), (25, "bo")])
@pytest.mark.parametrize(
    "copies",
    [(), ("cy",), ("cy", "bo"), ("bo",)],
    ids=["not handed on yet", "to the next one", "to both", "to the last one"],
)
def test_a_fact_is_of_whom_the_member_was_when_it_was_told(
    told: int, whose: str, copies: Sequence[str]
) -> None:
    """ann became cy, and cy bo; what is told of ann is handed on, some time, as it was told."""
    own: list[Fact] = [*BO, *(order("bo", at(told)) for one in copies if one == "bo")]
    cy: list[Fact] = [*CY, *(order("cy", at(told)) for one in copies if one == "cy")]
    found = [fact for fact in joining(own, [*cy, order("ann", at(told))]) if isinstance(fact, Order)]
    assert [fact.member_id for fact in found] == [whose]


def test_who_was_absorbed_with_another_one_is_named_once() -> None:
    assert absorbed_in([*BO, *CY]) == ("cy", "ann")
