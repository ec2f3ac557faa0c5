"""What was committed is published, whole, and again where the bus refused it."""

from typing import Any

import pytest

from membership.outcomes import Envelope
from membership.services.publishing import Unpublished, publish, read_outcomes
from membership.store import items
from tests.services.conftest import NOW


class Bus:
    """Takes entries as EventBridge does, and refuses every n-th of them a number of times."""

    def __init__(self, refuse_every: int = 0, times: int = 0) -> None:
        self.taken: list[dict[str, Any]] = []
        self._every, self._left = refuse_every, times

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert 1 <= len(Entries) <= 10
        results: list[dict[str, str]] = []
        for n, entry in enumerate(Entries):
            if self._every and n % self._every == 0 and self._left:
                self._left -= 1
                results.append({"ErrorCode": "ThrottlingException"})
            else:
                self.taken.append(entry)
                results.append({"EventId": str(n)})
        return {"FailedEntryCount": sum("ErrorCode" in result for result in results), "Entries": results}


def outcomes(count: int) -> list[Envelope]:
    return [
        Envelope(
            id=f"out_{n}", type="member.enrolled", program="shop", member_id="ann", at=NOW, data={"n": n}
        )
        for n in range(count)
    ]


def test_the_stream_and_the_bus_carry_the_same_outcomes() -> None:
    bus, sent = Bus(), outcomes(23)
    records = [
        {"dynamodb": {"NewImage": items.outcome_item(envelope, 1, n)}} for n, envelope in enumerate(sent)
    ]
    publish(read_outcomes(records), "bus", bus, lambda _: None)
    assert [Envelope.model_validate_json(entry["Detail"]) for entry in bus.taken] == sent
    assert {(entry["Source"], entry["DetailType"]) for entry in bus.taken} == {
        ("tierwise", "member.enrolled")
    }


def test_only_what_was_refused_is_put_again() -> None:
    bus = Bus(refuse_every=3, times=5)
    publish(outcomes(20), "bus", bus, lambda _: None)
    details = [entry["Detail"] for entry in bus.taken]
    assert len(details) == len(set(details)) == 20


def test_a_bus_that_keeps_refusing_is_no_success() -> None:
    with pytest.raises(Unpublished):
        publish(outcomes(3), "bus", Bus(refuse_every=1, times=1000), lambda _: None)
