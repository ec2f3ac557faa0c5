"""Places on a board: exact, shared by equals, whatever the parts in which members were counted."""

from datetime import UTC, date, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership.board import PAIRS, Board, Counts, share
from membership.facts import Ranking

NOW = datetime(2026, 2, 1, tzinfo=UTC)
TOP_10 = 9_000


def board(*figures: int) -> Board:
    counts = Counts()
    for figure in figures:
        counts.add(figure)
    return Board(counts.pack())


def position(place: int, members: int) -> int:
    return Ranking(
        id="x",
        member_id="ann",
        occurred_at=NOW,
        recorded_at=NOW,
        metric="rank",
        day=date(2026, 1, 31),
        place=place,
        members=members,
        figure=1,
    ).position


def test_the_best_is_first_and_equals_share_the_best_place() -> None:
    found = board(5, 70, 70, 70, 3, 90)
    assert [found.place(figure) for figure in (90, 70, 5, 3)] == [1, 2, 5, 6]


@pytest.mark.parametrize(
    ("members", "among_the_top"), [(9, 0), (10, 1), (11, 1), (19, 1), (20, 2), (100, 10), (1, 0)]
)
def test_the_top_tenth_is_never_more_than_a_tenth(members: int, among_the_top: int) -> None:
    found = board(*range(1, members + 1))
    least = found.least(TOP_10)
    assert least == (members + 1 - among_the_top if among_the_top else None)


def test_equals_are_all_among_the_top_or_none_of_them_is() -> None:
    assert board(*[50] * 3, *range(1, 8)).least(TOP_10) == 50
    assert board(60, *[50] * 3, *range(1, 7)).least(TOP_10) == 60
    assert board(*[50] * 10).least(TOP_10) == 50


def test_a_board_of_nobody() -> None:
    found = board(0, -5)
    assert found.members == 0
    assert found.least(TOP_10) is None
    assert found.place(0) == 1


def test_who_has_nothing_comes_after_everybody() -> None:
    assert board(3, 1).place(0) == 3
    assert board(3, 1).place(-7) == 3


@pytest.mark.parametrize(("place", "members", "expected"), [(3, 2, 0), (1, 0, 0), (2, 2, 0), (1, 10, 9000)])
def test_a_place_that_is_none_has_nothing_below_it(place: int, members: int, expected: int) -> None:
    assert position(place, members) == expected


@given(
    st.lists(st.integers(-3, 40), max_size=60),
    st.integers(1, 5),
    st.integers(1, 9_999),
    st.randoms(use_true_random=False),
)
def test_it_is_what_comparing_everybody_with_everybody_gives(
    figures: list[int], parts: int, asked: int, random: Random
) -> None:
    counts = [Counts() for _ in range(parts)]
    for figure in figures:
        random.choice(counts).add(figure)
    found = Board(part for one in counts for part in one.pack())
    on_it = [figure for figure in figures if figure > 0]
    assert found.members == len(on_it)
    for figure in on_it:
        assert found.place(figure) == 1 + sum(other > figure for other in on_it)
    among = [figure for figure in on_it if position(found.place(figure), len(on_it)) >= asked]
    assert found.least(asked) == min(among, default=None)


def test_more_pairs_than_one_part_holds() -> None:
    counts, most = Counts(), 2 * PAIRS + 1
    for figure in range(1, most + 1):
        counts.add(figure * 1_000_003)
    parts = list(counts.pack())
    assert len(parts) == 3
    found = Board(parts)
    assert found.members == most
    assert found.place(1_000_003) == most


def test_shares_are_written_as_rules_write_them() -> None:
    assert [share(9_000), share(9_950), share(9_999)] == ["top 10%", "top 0.5%", "top 0.01%"]
