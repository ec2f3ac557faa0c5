"""A ledger whose calls fail as a real table's do: before the write, or after it with the answer lost."""

from collections.abc import Callable, Iterator
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError

from membership.store.ledger import Overtaken

WRITES = ("append", "commit", "park", "unpark")


def throttled() -> Exception:
    return ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "PutItem")


def timed_out() -> Exception:
    return ReadTimeoutError(endpoint_url="https://dynamodb")


class FaultyLedger:
    """`plan` says for each call of a write what happens: 'ok', 'throttled', 'overtaken' or 'lost'.

    'lost' writes and then raises as if nothing had come back; the caller can't tell it from a failure.
    """

    def __init__(self, ledger: Any, plan: Iterator[str]) -> None:
        self._ledger, self._plan = ledger, plan

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._ledger, name)
        return self._faulty(name, call) if name in WRITES else call

    def _faulty(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **named: Any) -> Any:
            fate = next(self._plan, "ok")
            if fate == "throttled":
                raise throttled()
            if fate == "overtaken" and name == "commit":
                raise Overtaken("another writer was first")
            answer = call(*args, **named)
            if fate == "lost":
                raise timed_out()
            return answer

        return run
