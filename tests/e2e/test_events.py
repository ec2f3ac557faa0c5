"""The samples in events/, which operators invoke functions with: each is taken by its folder's function."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.support import remote_invoke
from tools import sam
from tools.demo.shop import open_shop
from tools.deploy import Stack
from tools.receiver import Receiver

SAMPLES = sorted((sam.ROOT / "events").glob("*/*.json"))


@pytest.fixture(scope="module")
def demo(stack: Stack) -> Iterator[Stack]:
    """As make up leaves it, with a webhook, the member of whom the samples are, and one to be erased."""
    operator, secrets = open_shop(stack).operator, list[str]()
    enrol, events = (sam.ROOT / f"events/ingest/{name}.json" for name in ("enrol", "events"))
    for asked in (enrol.read_text(), enrol.read_text().replace("m1", "m9"), events.read_text()):
        assert stack.invoke("IngestFunction", json.loads(asked))["statusCode"] == 200
    with Receiver(lambda: secrets) as receiver:
        secrets.append(operator.put("/v1/channels/webhook", {"url": receiver.url})["secret"])
        yield stack


def test_a_shop_that_is_opened_again_has_the_keys_that_it_had(stack: Stack) -> None:
    first = open_shop(stack)
    issued = first.operator.get("/v1/keys")
    again = open_shop(stack)
    assert (again.operator, again.storefront) == (first.operator, first.storefront)
    assert again.operator.get("/v1/keys") == issued


def test_every_function_has_a_sample(stack: Stack) -> None:
    folders = {f"{sample.parent.name.capitalize()}Function" for sample in SAMPLES}
    assert folders == set(stack.functions)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: f"{sample.parent.name}/{sample.stem}")
def test_a_sample_is_taken(demo: Stack, sample: Path) -> None:
    function = f"{sample.parent.name.capitalize()}Function"
    if function == "AuthorizeFunction":  # a key that nobody has: refusing it is the right answer
        with pytest.raises(RuntimeError, match="Unauthorized"):
            remote_invoke(demo, function, sample)
        return
    answer = remote_invoke(demo, function, sample) or {}
    assert answer.get("statusCode", 200) in (200, 204), answer
    assert not answer.get("batchItemFailures"), answer
    assert not answer.get("outcomes"), "nothing that the ledger calls for was left undecided"
    if function == "IngestFunction":
        assert {event["status"] for event in _events(answer)} <= {"accepted", "duplicate"}, answer


def _events(answer: Any) -> list[Any]:
    """What became of each event that was sent: an array is answered 200 whatever is in it."""
    data = json.loads(answer.get("body") or "{}").get("data", [])
    return data if isinstance(data, list) else []
