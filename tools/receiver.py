"""A small webhook receiver for the demo and the tests: verifies, remembers, counts, and misbehaves on demand.

It does what a shop's own receiver should: trust nothing unsigned, act once per `webhook-id`, answer at once.

    python -m tools.receiver --port 8099 --secrets secrets.txt --log received.jsonl
"""

import json
import ssl
import sys
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import SHUT_RDWR
from types import TracebackType
from typing import Annotated, Any, Self, TextIO

import typer
from standardwebhooks import Webhook, WebhookVerificationError

DRIP_SECONDS = 0.1
ACTS = ("ok", "slow", "took", "vanish")


class Receiver:
    """Serves on loopback while it is entered. What comes in is in `effects`, by webhook-id, once each."""

    def __init__(
        self,
        secrets: Callable[[], Iterable[str]],
        *,
        port: int = 0,
        log: TextIO | None = None,
        tls: ssl.SSLContext | None = None,
        moods: Iterator[str] | None = None,
    ) -> None:
        """`moods`: what to do with each request where `misbehave` said nothing; by default, as one should."""
        self.effects: dict[str, dict[str, Any]] = {}
        self.seen: Counter[str] = Counter()
        self.rejected = 0
        self.requests: list[Mapping[str, str]] = []
        self.closing = threading.Event()
        self._secrets, self._log = secrets, log
        self._changed = threading.Condition()
        self._behaviours: deque[str] = deque()
        self._moods = moods
        self._server = _Server(self, port, tls)
        self._scheme = "https" if tls else "http"
        self.port: int = self._server.server_address[1]

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{self._scheme}://127.0.0.1:{self.port}/webhooks"

    @property
    def duplicates(self) -> int:
        """Messages that came again and had no effect."""
        return self.seen.total() - len(self.effects)

    def misbehave(self, *behaviours: str) -> None:
        """Answer the next requests so, one each, and well after that: see `_Handler` for what it can do."""
        for behaviour in behaviours:
            if not hasattr(_Handler, "_" + behaviour.partition(":")[0]):
                raise ValueError(f"no such behaviour: {behaviour}")
            self._behaviours.append(behaviour)

    def wait_for(self, count: int, seconds: float = 10) -> bool:
        """Wait until so many different messages have come."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.effects) >= count, seconds)

    def summary(self) -> dict[str, Any]:
        """What has come in so far."""
        types = Counter(message["type"] for message in self.effects.values())
        return {
            "messages": len(self.effects),
            "duplicates": self.duplicates,
            "rejected": self.rejected,
            "types": dict(types),
        }

    def __enter__(self) -> Self:
        # A short poll, so that leaving doesn't take half a second.
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def next_behaviour(self) -> str:
        """What to do with the request at hand."""
        with self._changed:
            if self._behaviours:
                return self._behaviours.popleft()
            return next(self._moods, "ok") if self._moods else "ok"

    def verified(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether one of the secrets signed this, lately."""
        for secret in self._secrets():
            with suppress(WebhookVerificationError, ValueError):
                Webhook(secret).verify(body, dict(headers), json_parse=False)
                return True
        return False

    def take(self, body: bytes, headers: Mapping[str, str], behaviour: str) -> bool:
        """Act on a message, once per webhook-id; False where it isn't signed."""
        trusted = self.verified(body, headers)
        message_id = headers.get("webhook-id", "")
        with self._changed:
            first = trusted and message_id not in self.effects
            if trusted:
                self.seen[message_id] += 1
                self.effects.setdefault(message_id, json.loads(body))
            else:
                self.rejected += 1
            if self._log:
                message = self.effects.get(message_id, {})
                data = message.get("data", {})
                line = {
                    "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                    "id": message_id,
                    "type": message.get("type"),
                    "member_id": data.get("member_id"),
                    "verified": trusted,
                    "first": first,
                    "behaviour": behaviour,
                }
                self._log.write(json.dumps(line) + "\n")
                self._log.flush()
            self._changed.notify_all()
        return trusted


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, receiver: Receiver, port: int, tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.receiver = receiver
        if tls:  # the handshake is left to the thread of the connection, so that a bad one holds up nobody
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever hangs up on us is part of the test."""


class _Handler(BaseHTTPRequestHandler):
    """Behaviours: each is a method; `name:argument` hands it an argument."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        self.close_connection = True
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        behaviour, _, argument = receiver.next_behaviour().partition(":")
        headers = {name.lower(): value for name, value in self.headers.items()}
        receiver.requests.append(headers)
        if behaviour in ACTS and not receiver.take(body, headers, behaviour):
            self._answer(401)
        else:
            getattr(self, f"_{behaviour}")(argument)

    def do_GET(self) -> None:
        summary = json.dumps(self.server.receiver.summary()).encode()
        self._answer(200, summary, {"Content-Type": "application/json"})

    def _ok(self, _: str) -> None:
        """Take it, and say so at once."""
        self._answer(204)

    def _slow(self, argument: str) -> None:
        """`slow:2`: take it, and say so after so many seconds."""
        self.server.receiver.closing.wait(float(argument))
        self._answer(204)

    def _took(self, argument: str) -> None:
        """`took:500`: take it, and answer as if not."""
        self._answer(int(argument))

    def _vanish(self, _: str) -> None:
        """Take it, and hang up without a word."""
        self.connection.shutdown(SHUT_RDWR)

    def _status(self, argument: str) -> None:
        """`status:500`, `status:500 text of the answer`: refuse it."""
        status, _, text = argument.partition(" ")
        self._answer(int(status), text.encode())

    def _busy(self, argument: str) -> None:
        """`busy:7`: 429 with Retry-After."""
        self._answer(429, b"", {"Retry-After": argument})

    def _redirect(self, argument: str) -> None:
        """`redirect:http://169.254.169.254/`: send the caller where it must not go."""
        self._answer(302, b"", {"Location": argument})

    def _hang(self, _: str) -> None:
        """Take the request and say nothing."""
        self.server.receiver.closing.wait()

    def _drip(self, _: str) -> None:
        """Header upon header, a byte at a time, for ever: never idle for long, never done."""
        self._trickle(b"HTTP/1.1 200 OK\r\n", (b"X-Drip: drop\r\n" for _ in iter(int, 1)))

    def _drip_body(self, _: str) -> None:
        """An error of which the text never ends."""
        self._trickle(b"HTTP/1.1 500 Oh\r\nContent-Length: 100000\r\n\r\n", (b"x" for _ in iter(int, 1)))

    def _huge(self, argument: str) -> None:
        """`huge:500`: an answer of 64 MB, if the caller takes it."""
        self.wfile.write(f"HTTP/1.1 {argument} Huge\r\nContent-Length: {1 << 26}\r\n\r\n".encode())
        for _ in range(1024):
            self.wfile.write(b"A " * (1 << 15))

    def _cut(self, _: str) -> None:
        """Close in the middle of the headers."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Le")

    def _garbage(self, _: str) -> None:
        """Something that isn't HTTP."""
        self.wfile.write(b"220 mail.example ESMTP\r\n")

    def _reset(self, _: str) -> None:
        """Close without a word."""
        self.connection.shutdown(SHUT_RDWR)

    def _trickle(self, start: bytes, drops: Iterator[bytes]) -> None:
        self.wfile.write(start)
        for drop in drops:
            for byte in drop:
                if self.server.receiver.closing.wait(DRIP_SECONDS):
                    return
                self.wfile.write(bytes([byte]))

    def _answer(self, status: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """The log is JSON lines, written where the message is taken."""


def main(
    secrets: Annotated[Path, typer.Option(help="A whsec_… a line; read at each message, so one can rotate.")],
    port: Annotated[int, typer.Option(help="0 takes a free one.")] = 0,
    log: Annotated[Path | None, typer.Option(help="JSON lines of what comes in.")] = None,
) -> None:
    """Receive webhooks until interrupted; GET anything for a summary."""
    lines = log.open("a") if log else sys.stdout
    with Receiver(lambda: secrets.read_text().split(), port=port, log=lines) as receiver:
        typer.echo(receiver.url, err=True)
        with suppress(KeyboardInterrupt):
            receiver.closing.wait()


if __name__ == "__main__":
    typer.run(main)
