"""One POST within limits, against real servers that don't keep to any."""

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from membership.channels.outgoing import ANY, PUBLIC, NoAnswer, Poster, Reply, sanitised
from tests.channels.certificates import server_and_client
from tools.receiver import Receiver

LIMIT = 0.5
NAME = "shop.example"
PUBLIC_ADDRESS = "93.184.215.14"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(lambda: ()) as receiver:
        yield receiver


LOCAL = Poster(ANY, seconds=LIMIT)


def post(url: str, poster: Poster = LOCAL, body: bytes = b"{}") -> Reply:
    return poster(url, {"Content-Type": "application/json"}, body)


class Stopwatch:
    """Asserts that what is done inside keeps to the limit, with some room for a busy machine."""

    def __enter__(self) -> None:
        self._start = time.monotonic()

    def __exit__(self, *_: object) -> None:
        assert time.monotonic() - self._start < LIMIT + 0.5


@pytest.mark.parametrize("behaviour", ["hang", "drip"])
def test_no_answer_in_time(receiver: Receiver, behaviour: str) -> None:
    receiver.misbehave(behaviour)
    with Stopwatch(), pytest.raises(NoAnswer, match=r"no answer within 0\.5 seconds"):
        post(receiver.url)


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [("cut", "closed without an answer"), ("garbage", "not HTTP"), ("reset", "closed without an answer")],
)
def test_half_an_answer_is_none(receiver: Receiver, behaviour: str, reason: str) -> None:
    receiver.misbehave(behaviour)
    with pytest.raises(NoAnswer, match=reason):
        post(receiver.url)


def test_an_error_without_end_is_cut_short(receiver: Receiver) -> None:
    receiver.misbehave("drip_body", "huge:500", "huge:200")
    with Stopwatch():
        assert post(receiver.url).status == 500
    with Stopwatch():
        reply = post(receiver.url)
    assert (reply.status, len(reply.excerpt)) == (500, 160)
    with Stopwatch():
        assert post(receiver.url) == Reply(200, {"content-length": str(1 << 26)}, "")


def test_a_redirect_is_an_answer_and_not_a_way(receiver: Receiver) -> None:
    receiver.misbehave("redirect:http://169.254.169.254/latest/meta-data/")
    assert post(receiver.url).status == 302
    assert len(receiver.requests) == 1


def test_a_receiver_that_never_reads() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf, Stopwatch(), pytest.raises(NoAnswer, match="within"):
        post(f"http://127.0.0.1:{deaf.getsockname()[1]}/", body=b"x" * (1 << 26))


def test_a_handshake_that_never_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf, Stopwatch(), pytest.raises(NoAnswer, match="within"):
        post(f"https://127.0.0.1:{deaf.getsockname()[1]}/")


def test_a_handshake_that_drips() -> None:
    """A TLS record of 16 KB, a byte at a time."""
    over = threading.Event()

    def drip(server: socket.socket) -> None:
        peer, _ = server.accept()
        with peer, suppress(OSError):
            for byte in b"\x16\x03\x03\x40\x00\x02" + b"\0" * 1000:
                peer.send(bytes([byte]))
                if over.wait(0.05):
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        with Stopwatch(), pytest.raises(NoAnswer, match="within"):
            post(f"https://127.0.0.1:{server.getsockname()[1]}/")
        over.set()
        thread.join()


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NoAnswer, match="connection refused"):
        post(f"http://127.0.0.1:{port}/")


def test_a_look_up_that_hangs() -> None:
    ever = threading.Event()

    def look_up(host: str, port: int) -> list[str]:
        ever.wait()
        return []

    with Stopwatch(), pytest.raises(NoAnswer, match="within"):
        post("http://shop.example/", Poster(ANY, seconds=LIMIT, look_up=look_up))
    ever.set()


@pytest.mark.parametrize("error", [socket.gaierror(socket.EAI_NONAME, ""), UnicodeError("label too long")])
def test_a_name_that_nobody_has(error: Exception) -> None:
    def look_up(host: str, port: int) -> list[str]:
        raise error

    with pytest.raises(NoAnswer, match="can't be resolved"):
        post("http://shop.example/", Poster(ANY, look_up=look_up))


def test_an_address_that_swallows_leaves_time_for_the_next(receiver: Receiver) -> None:
    waits: list[float] = []

    def connect(address: tuple[str, int], seconds: float) -> socket.socket:
        waits.append(seconds)
        if len(waits) == 1:
            raise TimeoutError
        return socket.create_connection(("127.0.0.1", receiver.port), seconds)

    poster = Poster(ANY, look_up=lambda *_: ["2606:4700::1111", "1.1.1.1"], connect=connect)
    assert post("http://shop.example/", poster).status == 401  # unsigned, but it came through
    assert waits[0] == pytest.approx(2.5, abs=0.2)
    assert waits[1] == pytest.approx(5, abs=0.2)


# ── The public internet, by a name ──────────────────────────────────────────────────────────────────


class Internet:
    """Resolves as told, notes who is called, and leads every call to a receiver on this machine."""

    def __init__(self, receiver: Receiver, *answers: list[str]) -> None:
        self.looked_up: list[str] = []
        self.called: list[tuple[str, int]] = []
        self._receiver, self._answers = receiver, iter(answers)

    def look_up(self, host: str, port: int) -> list[str]:
        self.looked_up.append(host)
        return next(self._answers)

    def connect(self, address: tuple[str, int], seconds: float) -> socket.socket:
        self.called.append(address)
        return socket.create_connection(("127.0.0.1", self._receiver.port), seconds)


@pytest.fixture
def certified(tmp_path: Path) -> Iterator[tuple[Receiver, ssl.SSLContext, list[str | None]]]:
    server, client = server_and_client(tmp_path, NAME)
    asked_for: list[str | None] = []
    server.sni_callback = lambda _socket, name, _context: asked_for.append(name)
    with Receiver(lambda: (), tls=server) as receiver:
        yield receiver, client, asked_for


def test_what_was_checked_is_what_is_called(
    certified: tuple[Receiver, ssl.SSLContext, list[str | None]],
) -> None:
    """DNS rebinding: the second look-up would lead inside, and there is none."""
    receiver, client, asked_for = certified
    net = Internet(receiver, [PUBLIC_ADDRESS], ["169.254.169.254"])
    poster = Poster(PUBLIC, look_up=net.look_up, connect=net.connect, tls=lambda: client)
    assert post(f"https://{NAME}:8443/hooks", poster).status == 401
    assert net.looked_up == [NAME]
    assert net.called == [(PUBLIC_ADDRESS, 8443)]
    assert asked_for == [NAME]
    assert receiver.requests[0]["host"] == f"{NAME}:8443"


@pytest.mark.parametrize("inside", ["127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1", "64:ff9b::a00:1"])
def test_one_private_address_among_public_ones_is_enough(receiver: Receiver, inside: str) -> None:
    net = Internet(receiver, [PUBLIC_ADDRESS, inside])
    with pytest.raises(NoAnswer, match="not on the public internet"):
        post(f"https://{NAME}/", Poster(PUBLIC, look_up=net.look_up, connect=net.connect))
    assert net.called == []


@pytest.mark.parametrize("url", ["http://shop.example/", "https://u:p@shop.example/", "https://127.0.0.1/"])
def test_refused_targets_are_not_looked_up(receiver: Receiver, url: str) -> None:
    net = Internet(receiver)
    with pytest.raises(NoAnswer):
        post(url, Poster(PUBLIC, look_up=net.look_up, connect=net.connect))
    assert (net.looked_up, net.called) == ([], [])


@pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1"])
def test_other_spellings_of_this_machine(host: str) -> None:
    """With the system's own look-up, which reads all of these."""
    with pytest.raises(NoAnswer, match=r"not on the public internet|can't be resolved"):
        post(f"https://{host}/", Poster(PUBLIC))


def test_a_certificate_of_somebody_else(certified: tuple[Receiver, ssl.SSLContext, list[str | None]]) -> None:
    receiver, client, _ = certified
    net = Internet(receiver, [PUBLIC_ADDRESS], [PUBLIC_ADDRESS])
    trusting = Poster(PUBLIC, look_up=net.look_up, connect=net.connect, tls=lambda: client)
    with pytest.raises(NoAnswer, match="certificate not accepted"):
        post("https://other.example/", trusting)
    with pytest.raises(NoAnswer, match="certificate not accepted"):  # signed by nobody we know
        post(f"https://{NAME}/", Poster(PUBLIC, look_up=net.look_up, connect=net.connect))
    assert receiver.requests == []


def test_plain_http_where_tls_was_expected(receiver: Receiver) -> None:
    with pytest.raises(NoAnswer, match="no secure connection"):
        post(receiver.url.replace("http://", "https://"))


# ── What is kept ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (b"out of\r\n stock\x00\x1b[31m", "out of stock [31m"),
        ("先到先得".encode(), "先到先得"),
        ("\u202egnp.exe".encode(), "gnp.exe"),
        (b"\xff\xfe", "\N{REPLACEMENT CHARACTER}" * 2),
        (b"unknown user jo@example.org!", "unknown user ***"),
        (b"call +86 138-0013-8000 now", "call *** now"),
        (b"bad signature v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=", "bad signature v1,***"),
        (b"key whsec_abc", "key ***"),
        (b"error 500 at 12:30, authentication-required", "error 500 at 12:30, authentication-required"),
    ],
)
def test_an_excerpt_is_one_harmless_line(answer: bytes, kept: str) -> None:
    assert sanitised(answer) == kept
