"""What a run of Schemathesis came to: a connection that was ended is no fault, all else is one."""

import json
from typing import Any

from tools.fuzz import read

RECORD: dict[str, Any] = {
    "complete": True,
    "stop_reason": "completed",
    "test_cases": {"generated": 9},
    "failures": [],
    "errors": [],
}


def test_a_run_without_faults() -> None:
    assert read(json.dumps(RECORD)) == (9, [], 0)


def test_the_emulators_faults_are_told_apart() -> None:
    errors = [{"title": "Network Error", "count": 2}, {"title": "Schema Error", "count": 1}]
    assert read(json.dumps(RECORD | {"errors": errors})) == (9, ["Schema Error, 1 times"], 2)


def test_what_was_found_and_what_ended_early() -> None:
    told = {"failures": [{"title": "Server error"}], "complete": False, "stop_reason": "interrupted"}
    found = read(json.dumps(RECORD | told))
    assert found.faults == ['{"title": "Server error"}', "it ended early: interrupted"]
