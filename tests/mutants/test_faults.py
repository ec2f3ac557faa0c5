"""The list of faults keeps up with the code."""

from pathlib import Path

import pytest

from tests.mutants.faults import FAULTS, SIMULATION, Fault

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_it_can_still_be_put_in(fault: Fault) -> None:
    """Where code has moved, the fault has to move along: change `old` and `new` in faults.py."""
    text = (ROOT / fault.file).read_text("utf-8")
    assert text.count(fault.old) == 1, f"{fault.file} holds this {text.count(fault.old)} times:\n{fault.old}"
    assert fault.old != fault.new


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_whoever_has_to_find_it_is_there(fault: Fault) -> None:
    for named in fault.found_by.split():
        assert named == SIMULATION or (ROOT / named.partition("::")[0]).exists(), named


def test_there_are_forty_and_no_two_alike() -> None:
    assert len({(fault.file, fault.old, fault.new) for fault in FAULTS}) == len(FAULTS) >= 40
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
