"""What the product must do, by id, and the tests that prove it: the list and the marks say the same."""

import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MARK = re.compile(
    r"^@pytest\.mark\.proves\(([^)]*)\)\n(?:@[^\n]*\n|[ )\]][^\n]*\n)*def (test_\w+)", re.MULTILINE
)
ROW = re.compile(r"^\| ([A-Z]\d+) \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)


def marked() -> dict[str, set[str]]:
    """Id → the tests that carry it."""
    found = defaultdict(set)
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for ids, test in MARK.findall(file.read_text("utf-8")):
            for id_ in re.findall(r'"(\w+)"', ids):
                found[id_].add(f"{file.relative_to(ROOT)}::{test}")
    return dict(found)


def listed() -> dict[str, set[str]]:
    """Id → the tests that the page names."""
    page = (ROOT / "docs/reference/proofs.md").read_text("utf-8")
    return {id_: set(re.findall(r"`(tests/[^`]+)`", tests)) for id_, tests in ROW.findall(page)}


def test_every_id_has_the_tests_that_the_list_names() -> None:
    assert listed() == marked()


def test_no_mark_is_overlooked() -> None:
    sources = [file.read_text("utf-8") for file in (ROOT / "tests").rglob("test_*.py")]
    written = sum(len(re.findall(r"^@pytest\.mark\.proves", source, re.MULTILINE)) for source in sources)
    assert written == sum(len(MARK.findall(source)) for source in sources) > 0
