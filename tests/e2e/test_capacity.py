"""What an event costs in capacity units: unlike times, they follow from the design alone."""

import pytest

from tools.bench import stand, units
from tools.bench.stand import Stand
from tools.deploy import Stack


@pytest.fixture(scope="module")
def here(stack: Stack) -> Stand:
    return stand.build(stack)


def test_a_usual_event_takes_two_writes_and_less_than_a_read(here: Stand) -> None:
    taken, settled = units.usual(here)
    assert (taken.writes, taken.reads) == (1, 0)
    assert (settled.writes, settled.reads) == (1, 0.5)


def test_nor_does_the_largest_order_take_more(here: Stand) -> None:
    longest = units.longest(here)
    assert longest.writes <= 2
    assert longest.reads <= 1


@pytest.mark.proves("B2")
def test_nor_does_one_that_earns_points(here: Stand) -> None:
    earning = units.earning(here)
    assert earning.writes <= 2
    assert earning.reads <= 1


@pytest.mark.parametrize("size", [4, 10, 100])
def test_from_four_facts_on_that_come_together_each_takes_less_than_1_3_writes(
    here: Stand, size: int
) -> None:
    batch = units.batch(here, size)
    assert batch.writes < 1.3
    assert batch.reads <= 0.5 / size


def test_a_redemption_takes_a_transaction_of_the_member_its_outcome_and_what_lies_on_the_shelf(
    stack: Stack,
) -> None:
    cafe = {one.what: one for one in units.redemptions(stand.build(stack, units.CAFE))}
    assert cafe["a redemption"].writes == 5
    assert cafe["a redemption, of a stock"].writes == 7
    assert cafe["a redemption, of a stock and with an uploaded code"].writes == 9
    assert cafe["a redemption that is refused: sold out"].writes == 5
    assert cafe["a redemption told twice"].writes == 1


def test_an_event_told_twice_reads_and_settles_nothing(here: Stand) -> None:
    told = {one.what: one for one in units.others(here)}["an event told twice"]
    assert (told.writes, told.reads) == (1, 0)
