"""The API as a shop or an operator calls it: any HTTP client would do."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

SECONDS = 60


class Refused(Exception):
    """The API answered with a problem, or not at all."""


@dataclass(frozen=True)
class Api:
    base_url: str
    key: str

    def get(self, path: str) -> Any:
        return json.loads(self.text(path))

    def text(self, path: str) -> str:
        """For what isn't JSON, as pictures."""
        return self._send("GET", path)

    def post(self, path: str, body: Any = None) -> Any:
        return json.loads(self._send("POST", path, body))

    def put(self, path: str, body: Any) -> Any:
        return json.loads(self._send("PUT", path, body))

    def _send(self, method: str, path: str, body: Any = None) -> str:
        request = urllib.request.Request(
            self.base_url + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:
                return str(answer.read(), "utf-8")
        except urllib.error.HTTPError as refused:
            told = refused.read().decode("utf-8", "replace")
            raise Refused(f"{method} {path} was answered {refused.code}: {told[:1000]}") from None
        except OSError as error:
            raise Refused(f"{method} {path} was not answered: {error}") from None
