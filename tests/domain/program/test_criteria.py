"""What holds for every criterion there can be, over all small trees and figures."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership.program.criteria import Criterion
from tests.domain.program.documents import criterion

METRICS = ("a", "b", "c")
HIGHEST = 3

comparisons = st.builds(
    lambda metric, least: {metric: least}, st.sampled_from(METRICS), st.integers(1, HIGHEST)
)


def branches(part: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    parts = st.lists(part, min_size=1, max_size=3)
    some = parts.flatmap(
        lambda of: st.integers(1, len(of)).map(lambda count: {"at_least": {"count": count, "of": of}})
    )
    return st.one_of(parts.map(lambda of: {"all": of}), parts.map(lambda of: {"any": of}), some)


trees = st.recursive(comparisons, branches, max_leaves=7)
criteria = trees.map(criterion)
figures = st.fixed_dictionaries({metric: st.integers(-1, HIGHEST + 1) for metric in METRICS})
EVERY_FIGURES = [dict(zip(METRICS, found, strict=True)) for found in product(range(HIGHEST + 1), repeat=3)]


def plainly_met(tree: dict[str, Any], seen: dict[str, int]) -> bool:
    """The meaning of the language, from the document and not from our classes."""
    match tree:
        case {"all": parts}:
            return all(plainly_met(part, seen) for part in parts)
        case {"any": parts}:
            return any(plainly_met(part, seen) for part in parts)
        case {"at_least": {"count": count, "of": parts}}:
            return bool(sum(plainly_met(part, seen) for part in parts) >= count)
    ((metric, least),) = tree.items()
    return bool(seen[metric] >= least)


@given(trees, figures)
def test_met_is_what_the_document_says(tree: dict[str, Any], seen: dict[str, int]) -> None:
    assert criterion(tree).met(seen) == plainly_met(tree, seen)


@given(criteria, figures, st.sampled_from(METRICS))
def test_one_more_unit_never_takes_anything_away(rule: Criterion, seen: dict[str, int], metric: str) -> None:
    more = seen | {metric: seen[metric] + 1}
    assert rule.met(more) or not rule.met(seen)
    assert rule.share(more) >= rule.share(seen)


@given(criteria, figures)
def test_the_share_is_whole_exactly_where_the_rule_is_met(rule: Criterion, seen: dict[str, int]) -> None:
    assert 0 <= rule.share(seen) <= 1
    assert (rule.share(seen) == 1) == rule.met(seen)


@given(criteria)
def test_the_ways_are_the_rule(rule: Criterion) -> None:
    ways = list(rule.ways())
    for seen in EVERY_FIGURES:
        one_is_gone = any(all(seen[metric] >= need for metric, need in way.items()) for way in ways)
        assert one_is_gone == rule.met(seen)


@given(criteria)
def test_no_way_asks_for_more_than_it_must(rule: Criterion) -> None:
    nothing = dict.fromkeys(METRICS, 0)
    for way in rule.ways():
        for metric, need in way.items():
            assert not rule.met(nothing | dict(way) | {metric: need - 1})
    assert len(list(rule.ways())) <= rule.count_ways()


@given(trees)
def test_the_long_form_says_the_same(tree: dict[str, Any]) -> None:
    spelled_out = criterion(tree).model_dump(mode="json")
    assert criterion(spelled_out) == criterion(tree)


@pytest.mark.parametrize(
    ("tree", "seen", "share"),
    [
        ({"a": 4}, {"a": 0}, 0),
        ({"a": 4}, {"a": 1}, 1 / 4),
        ({"a": 4}, {"a": 9}, 1),
        ({"a": 4}, {"a": -2}, 0),  # refunds of another year's orders
        ({"all": [{"a": 4}, {"b": 2}]}, {"a": 4, "b": 0}, 1 / 2),
        ({"any": [{"a": 4}, {"b": 2}]}, {"a": 1, "b": 1}, 1 / 2),
        ({"at_least": {"count": 2, "of": [{"a": 4}, {"b": 2}, {"c": 1}]}}, {"a": 2, "b": 1, "c": 0}, 1 / 2),
        ({"any": [{"a": 4}, {"all": [{"a": 1}, {"b": 2}]}]}, {"a": 1, "b": 1}, 3 / 4),
    ],
)
def test_shares(tree: dict[str, Any], seen: dict[str, int], share: float) -> None:
    assert float(criterion(tree).share(dict.fromkeys(METRICS, 0) | seen)) == share


def test_ways_are_counted_without_being_made() -> None:
    """Nobody could wait for a list of a thousand million."""
    tree: dict[str, Any] = {"a": 1}
    for _ in range(3):
        tree = {"any": [tree] * 10}
    assert criterion({"all": [tree] * 3}).count_ways() == 1000**3
