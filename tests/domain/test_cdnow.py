"""The whole CDNOW log through the domain: figures that anybody can add up from the file."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import groupby

import pytest

from membership.facts import Fact, Order
from membership.member.figures import figures
from membership.member.state import Member
from membership.program.reading import read_program
from membership.program.schema import Versions
from membership.settle import newcomer, settle
from tools import cdnow

PROGRAM = read_program("""
    id: cdnow
    currency: USD
    timezone: America/New_York
    window: lifetime
    metrics: {spend: {sum: order.amount}, orders: {count: order}}
    tiers:
      - id: everybody
      - {id: hundred, qualify: {spend: 100}}
      - {id: three-hundred, qualify: {spend: 300}}
      - {id: eight-hundred, qualify: {spend: 800}}
""")
VERSIONS = Versions({1: PROGRAM})
LOADED = datetime(2026, 11, 24, tzinfo=UTC)


def orders(purchases: list[cdnow.Purchase]) -> list[Fact]:
    """At noon of the shop's day; in the order of the log, as one load."""
    return [
        Order(
            id=f"line-{one.line}",
            order_id=str(one.line),
            member_id=one.customer,
            occurred_at=PROGRAM.midnight(one.day).astimezone(UTC) + timedelta(hours=12),
            recorded_at=LOADED + timedelta(milliseconds=one.line),
            amount=one.cents,
        )
        for one in purchases
    ]


@pytest.fixture(scope="module")
def log() -> list[cdnow.Purchase]:
    return cdnow.master()


@pytest.fixture(scope="module")
def members(log: list[cdnow.Purchase]) -> dict[str, Member]:
    by_customer = sorted(log, key=lambda one: (one.customer, one.line))
    found = {}
    for customer, purchases in groupby(by_customer, key=lambda one: one.customer):
        facts = orders(list(purchases))
        found[customer] = settle(VERSIONS, newcomer(VERSIONS, customer, facts), facts, {}).member
    return found


def test_the_log_is_the_one_that_is_meant(log: list[cdnow.Purchase]) -> None:
    lines = Counter((one.customer, one.day, one.cds, one.cents) for one in log)
    assert len(log) == 69_659
    assert len({one.customer for one in log}) == 23_570
    assert sum(count - 1 for count in lines.values()) == 255, "lines alike are orders of their own"
    assert sum(one.cents == 0 for one in log) == 80, "an order of nothing is an order"


@pytest.mark.parametrize(("dollars", "customers"), [(100, 6_234), (300, 1_747), (800, 310)])
def test_customers_who_spent_so_much(members: dict[str, Member], dollars: int, customers: int) -> None:
    day = PROGRAM.day(LOADED)
    spent = [figures(PROGRAM, member, day)["spend"] for member in members.values()]
    assert sum(cents >= dollars * 100 for cents in spent) == customers


@pytest.mark.parametrize(("least", "customers"), [(6, 2_930), (12, 808), (24, 151)])
def test_customers_who_ordered_so_often(members: dict[str, Member], least: int, customers: int) -> None:
    day = PROGRAM.day(LOADED)
    ordered = [figures(PROGRAM, member, day)["orders"] for member in members.values()]
    assert sum(count >= least for count in ordered) == customers
    assert sum(ordered) == 69_659


def test_every_cent_is_counted(members: dict[str, Member]) -> None:
    day = PROGRAM.day(LOADED)
    assert sum(figures(PROGRAM, member, day)["spend"] for member in members.values()) == 2_500_315_63


def test_tiers_follow_from_the_figures(members: dict[str, Member]) -> None:
    tiers = Counter(member.standings["main"].tier for member in members.values())
    assert tiers == {
        "everybody": 23_570 - 6_234,
        "hundred": 6_234 - 1_747,
        "three-hundred": 1_747 - 310,
        "eight-hundred": 310,
    }
