"""What the demo and the bench rest on: a preset with visible changes, the log, the arithmetic of units."""

from collections import Counter

from membership.program import presets
from membership.program.reading import read_program
from tools import cdnow
from tools.bench.meter import item_bytes
from tools.demo import program
from tools.demo.program import overlaid
from tools.demo.report import by_plain_addition


def test_the_demo_runs_the_preset_with_the_changes_that_its_file_names() -> None:
    preset, demo = read_program(presets.text("p1-ecommerce")), program.program()
    assert [tier.name for tier in demo.tiers] == [tier.name for tier in preset.tiers]
    assert demo.metrics["spend"] == preset.metrics["spend"]
    assert demo.downgrade == preset.downgrade
    assert set(preset.metrics) - set(demo.metrics) == {"feedback"}
    # The log is of 1997, so its points have no end; the file says so, too.
    assert [warning.split(":")[0] for warning in demo.warnings()] == ["points.expire"]


def test_an_overlay_merges_by_key_and_by_id() -> None:
    base = {"a": 1, "b": {"c": 2, "d": [1, 2]}, "t": [{"id": "x", "n": 1}, {"id": "y", "n": 2}]}
    changes = {"a": None, "b": {"d": [3]}, "t": [{"id": "y", "n": 3}, {"id": "z"}]}
    assert overlaid(base, changes) == {
        "b": {"c": 2, "d": [3]},
        "t": [{"id": "x", "n": 1}, {"id": "y", "n": 3}, {"id": "z"}],
    }


def test_the_sample_of_the_log_is_what_the_readme_says() -> None:
    log = cdnow.sample()
    assert (len(log), len({purchase.customer for purchase in log})) == (6_919, 2_357)
    assert sum(purchase.cents for purchase in log) == 244_091_94
    tiers = Counter(by_plain_addition(log).values())
    assert tiers == {"platinum": 10, "gold": 40, "silver": 303, "bronze": 2_004}


def test_items_are_as_large_as_dynamodb_says() -> None:
    assert item_bytes({"pk": {"S": "é"}}) == 4
    assert item_bytes({"n": {"N": "123"}}) == 4
    assert item_bytes({"n": {"N": "1200"}}) == 3
    assert item_bytes({"b": {"B": b"12345"}}) == 6
