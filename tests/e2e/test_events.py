"""The samples in events/, which operators invoke functions with: each is taken by its folder's function."""

import json
from pathlib import Path
from typing import Any

import pytest

from membership.program import presets
from tests.e2e.support import Caller
from tools import sam
from tools.deploy import Stack

SAMPLES = sorted((sam.ROOT / "events").glob("*/*.json"))


def read(sample: Path) -> Any:
    return json.loads(sample.read_text())


@pytest.fixture(scope="module")
def demo(stack: Stack) -> Stack:
    """A stack that has the program of the samples."""
    key = stack.invoke("OperateFunction", read(sam.ROOT / "events/operate/issue_key.json"))["secret"]
    program: str = presets.text("p1-ecommerce").replace("\nid: ecommerce", "\nid: demo", 1)
    assert Caller(stack.base_url, key).send("PUT", "/v1/program", program.encode()).status == 200
    enrol = read(sam.ROOT / "events/ingest/enrol.json")
    for member in ("m1", "m9"):  # the second one is there to be erased
        asked = json.loads(json.dumps(enrol).replace("m1", member))
        assert stack.invoke("IngestFunction", asked)["statusCode"] == 200
    return stack


def test_every_function_has_a_sample(stack: Stack) -> None:
    folders = {f"{sample.parent.name.capitalize()}Function" for sample in SAMPLES}
    assert folders == set(stack.functions)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.parent.name}/{sample.stem}")
def test_a_sample_is_taken(demo: Stack, sample: Path) -> None:
    function = f"{sample.parent.name.capitalize()}Function"
    if function == "AuthorizeFunction":  # a key that nobody has: refusing it is the right answer
        with pytest.raises(RuntimeError, match="Unauthorized"):
            demo.invoke(function, read(sample))
        return
    answer = demo.invoke(function, read(sample)) or {}
    assert answer.get("statusCode", 200) in (200, 204), answer
    assert not answer.get("batchItemFailures"), answer
