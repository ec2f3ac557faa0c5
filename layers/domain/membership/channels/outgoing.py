"""One POST to an address that a stranger chose: where it may go, how long it may take, how much is read.

`http.client` alone has a time limit for each read, so a server that drips a byte a second is never too slow
for it, and it looks a name up by itself, so what was checked need not be what is called. Here one deadline
covers everything from the look-up to the last byte, and the connection goes to the address that was checked.
"""

import errno
import io
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from http.client import HTTPException, HTTPResponse
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from threading import Thread
from typing import Any, cast
from urllib.parse import urlsplit

from membership.errors import MembershipError

EXCERPT_BYTES = 2048
_EXCERPT_CHARS = 160

LookUp = Callable[[str, int], list[str]]
Connect = Callable[[tuple[str, int], float], socket.socket]
Clock = Callable[[], float]


class Refused(MembershipError):
    """A target that must not be called; the text tells why and what to do."""


class NoAnswer(MembershipError):
    """The request got no HTTP answer; the text is ours, never the other side's."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: the status, the headers (names in lower case), and an excerpt unless all went well."""

    status: int
    headers: Mapping[str, str]
    excerpt: str


Post = Callable[[str, Mapping[str, str], bytes], Reply]


@dataclass(frozen=True, slots=True)
class Targets:
    """Which targets may be called at all."""

    schemes: frozenset[str]
    allows: Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart once, so that what is checked, resolved, called and named in `Host` is one thing."""

    secure: bool
    host: str
    port: int
    authority: str
    path: str


# ── Where it may go ───────────────────────────────────────────────────────────────────────────────

# What `is_global` calls global in some Python version although nobody can be reached there.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_NOWHERE = (IPv4Network("192.88.99.0/24"), IPv6Network("3fff::/20"))


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, seen through embeddings of IPv4 in IPv6."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, IPv6Address):
        nat64 = IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None
        if embedded := ip.ipv4_mapped or ip.sixtofour or nat64:
            return is_public(str(embedded))
        if ip not in _GLOBAL_UNICAST:
            return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NOWHERE)


PUBLIC = Targets(frozenset({"https"}), is_public)
ANY = Targets(frozenset({"http", "https"}), lambda _: True)  # a developer's own machine, never a cloud
TARGETS: Mapping[str, Targets] = {"public": PUBLIC, "any": ANY}


def check_url(url: str, targets: Targets) -> Target:
    """Take a URL apart. Raises Refused where it is plain without a look-up that it must not be called."""
    if not re.fullmatch(r"[\x21-\x7e]{1,2048}", url):
        raise Refused("the URL must be 1 to 2048 printable ASCII characters; write other names as punycode")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused("the URL is malformed") from None
    if parts.scheme not in targets.schemes:
        raise Refused(f"the URL must begin with {' or '.join(sorted(targets.schemes))}")
    if "@" in parts.netloc:
        raise Refused("the URL must not hold a user name or password; the signature proves who is calling")
    if not parts.hostname or port == 0:
        raise Refused("the URL needs a host, and a port other than 0 if any")
    with suppress(ValueError):  # a name, which is judged when it is resolved
        if not targets.allows(str(ipaddress.ip_address(parts.hostname))):
            raise _private()
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(secure, parts.hostname, port or (443 if secure else 80), parts.netloc, path)


def _private() -> Refused:
    return Refused("the target is not on the public internet")


def look_up(host: str, port: int) -> list[str]:
    """All addresses of a name, in the system's order of preference."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


# ── How long it may take ──────────────────────────────────────────────────────────────────────────


class _Deadline:
    def __init__(self, seconds: float, clock: Clock) -> None:
        self._clock, self._end = clock, clock() + seconds

    def left(self) -> float:
        left = self._end - self._clock()
        if left <= 0:
            raise TimeoutError
        return left


class _Wire(io.RawIOBase):
    """A connection of which each operation gets only what is left of the deadline."""

    def __init__(self, sock: socket.socket, deadline: _Deadline) -> None:
        self._sock, self._deadline = sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._sock.settimeout(self._deadline.left())
        count = self._sock.recv_into(buffer)
        if not count:  # http.client would take a cut-off head for a whole one
            raise ConnectionAbortedError
        return count

    def send(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            self._sock.settimeout(self._deadline.left())
            rest = rest[self._sock.send(rest) :]

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)


@cache
def _public_authorities() -> ssl.SSLContext:
    return ssl.create_default_context()  # reads every root certificate, so once per process


# ── The POST ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Poster:
    """Posts within limits. What it needs of the world is in fields, so that tests bring their own."""

    targets: Targets
    seconds: float = 5.0
    look_up: LookUp = look_up
    connect: Connect = socket.create_connection
    tls: Callable[[], ssl.SSLContext] = _public_authorities
    clock: Clock = time.monotonic

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """Post once, following nothing. Raises NoAnswer, for whatever reason there was none."""
        deadline = _Deadline(self.seconds, self.clock)
        try:
            target = check_url(url, self.targets)
            with self._open(target, deadline) as sock:
                wire = _Wire(sock, deadline)
                wire.send(_request(target, headers, body))
                return _reply(wire)
        except Refused as refusal:
            raise NoAnswer(str(refusal)) from None
        except TimeoutError:
            raise NoAnswer(f"no answer within {self.seconds:g} seconds") from None
        except ssl.SSLCertVerificationError as error:
            raise NoAnswer(f"certificate not accepted: {error.verify_message}") from None
        except ssl.SSLError:
            raise NoAnswer("no secure connection") from None
        except (socket.gaierror, UnicodeError):
            raise NoAnswer("the name can't be resolved") from None
        except ConnectionRefusedError:
            raise NoAnswer("connection refused") from None
        except ConnectionError:
            raise NoAnswer("connection closed without an answer") from None
        except OSError as error:
            raise NoAnswer(f"no connection ({errno.errorcode.get(error.errno or 0, 'unknown')})") from None
        except HTTPException:
            raise NoAnswer("the answer is not HTTP") from None

    def _open(self, target: Target, deadline: _Deadline) -> socket.socket:
        addresses = self._look_up_in_time(target, deadline)
        # One private address among public ones is how rebinding begins, so one is enough to refuse them all.
        if not addresses or not all(map(self.targets.allows, addresses)):
            raise _private()
        for rest in range(len(addresses), 0, -1):
            try:  # an address that swallows packets must leave time for the next
                sock = self.connect((addresses[-rest], target.port), deadline.left() / rest)
                break
            except OSError:
                if rest == 1:
                    raise
        if not target.secure:
            return sock
        sock.settimeout(deadline.left())
        try:
            return self.tls().wrap_socket(sock, server_hostname=target.host)
        except BaseException:
            sock.close()
            raise

    def _look_up_in_time(self, target: Target, deadline: _Deadline) -> list[str]:
        # getaddrinfo knows no time limit: it works in a thread that is left behind when it is late.
        found: Future[list[str]] = Future()

        def work() -> None:
            try:
                found.set_result(self.look_up(target.host, target.port))
            except (OSError, UnicodeError) as error:
                found.set_exception(error)

        Thread(target=work, daemon=True).start()
        return found.result(timeout=deadline.left())


def _request(target: Target, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"POST {target.path} HTTP/1.1", f"Host: {target.authority}"]
    own = {"User-Agent": "Tierwise/1", "Content-Length": str(len(body)), "Connection": "close"}
    lines += [f"{name}: {value}" for name, value in {**headers, **own}.items()]
    return "\r\n".join((*lines, "", "")).encode("ascii") + body


def _reply(wire: _Wire) -> Reply:
    with HTTPResponse(cast(socket.socket, wire), method="POST") as response:  # it only asks for makefile
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        excerpt = b""
        if not 200 <= response.status < 300:  # the status says it all when it went well; nothing is read then
            with suppress(OSError, HTTPException):
                excerpt = response.read1(EXCERPT_BYTES)
        return Reply(response.status, headers, sanitised(excerpt))


# ── How much is kept ──────────────────────────────────────────────────────────────────────────────

# E-mail addresses, figures long enough for a telephone or card, and what looks like a key or signature.
_MASKED = re.compile(r"\S+@\S+|\+?\d(?:[ ().-]?\d){6,}|(?=\S*\d)[\w+/=-]{20,}|whsec_\S+")


def sanitised(excerpt: bytes) -> str:
    """A line that an operator can read: no control characters, nothing that may be personal or secret."""
    text = "".join(char if char.isprintable() else " " for char in excerpt.decode(errors="replace"))
    return _MASKED.sub("***", " ".join(text.split()))[:_EXCERPT_CHARS]
