"""How the end-to-end tests speak to a stack, and wait for it."""

import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from tools import sam
from tools.deploy import Stack

Found = TypeVar("Found")


@dataclass(frozen=True)
class Answer:
    status: int
    content_type: str
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Caller:
    """Somebody with a key (or without one) in front of the API."""

    base_url: str
    key: str | None = None

    def get(self, path: str) -> Answer:
        return self.send("GET", path)

    def post(self, path: str, body: Any = None) -> Answer:
        return self.send("POST", path, _encoded(body))

    def put(self, path: str, body: Any) -> Answer:
        return self.send("PUT", path, _encoded(body))

    def delete(self, path: str) -> Answer:
        return self.send("DELETE", path)

    def send(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Any bytes, for what no honest client would send."""
        sent = {"Content-Type": "application/json"} | headers
        if self.key is not None:
            sent["Authorization"] = f"Bearer {self.key}"
        request = urllib.request.Request(self.base_url + path, data=body, method=method, headers=sent)
        try:
            reply = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as refused:
            reply = refused
        with reply:
            return Answer(reply.status, reply.headers.get_content_type(), reply.read())


def remote_invoke(stack: Stack, function: str, event_file: Path) -> Any:
    """What an operator types: `sam remote invoke … --event-file …`. Raises where the function did.

    The SAM CLI itself ends well then, too: the error is the answer.
    """
    done = subprocess.run(
        sam.command("remote", "invoke", function, "--event-file", str(event_file), environment="local"),
        cwd=sam.ROOT,
        env=stack.emulator.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    answer = json.loads(done.stdout)
    if isinstance(answer, dict) and "errorType" in answer:
        raise RuntimeError(f"{function}: {answer}")
    return answer


def eventually(look: Callable[[], Found], within: float = 20.0) -> Found:
    """Looks until there is something to see; fails with what was seen last."""
    deadline = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < deadline, f"nothing to see within {within} s, only {found!r}"
        time.sleep(0.1)
    return found


def _encoded(body: Any) -> bytes:
    return json.dumps(body).encode()
