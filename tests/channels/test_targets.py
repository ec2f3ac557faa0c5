"""Where a webhook may go: nobody makes us call what only we can reach."""

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership.channels.outgoing import ANY, PUBLIC, Refused, check_url, is_public

NOT_PUBLIC = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",  # carrier-grade NAT
    "127.0.0.1",
    "169.254.169.254",  # the cloud's metadata
    "172.16.0.1",
    "192.0.2.1",  # documentation
    "192.88.99.1",  # 6to4 relays
    "192.168.1.1",
    "198.18.0.1",  # benchmarks
    "224.0.0.1",  # multicast
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",  # the old way to embed
    "::ffff:127.0.0.1",  # mapped
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",  # translated
    "64:ff9b::127.0.0.1",  # NAT64
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::8.8.8.8",  # NAT64 of a local network
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",  # Teredo
    "2001:db8::1",  # documentation
    "2002:7f00:1::",  # 6to4 of 127.0.0.1
    "3fff::1",  # documentation, too
    "5f00::1",  # segment routing
    "fc00::1",
    "fd00:ec2::254",  # the cloud's metadata again
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff0e::1",
]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "2a00:1450:4001::64"])
def test_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_embedding_an_address_changes_nothing(v4: IPv4Address) -> None:
    embeddings = (f"::ffff:{v4}", f"64:ff9b::{v4}", str(IPv6Address((0x2002 << 112) | (int(v4) << 80))))
    assert {is_public(embedding) for embedding in embeddings} == {is_public(str(v4))}


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/hooks",  # not secure
        "ftp://shop.example/",
        "file:///etc/passwd",
        "//shop.example/",
        "shop.example",
        "https://",
        "https:///hooks",
        "https://user:secret@shop.example/",
        "https://shop.example@127.0.0.1/",
        "https://shop.example:0/",
        "https://shop.example:65536/",
        "https://shop.example:port/",
        "https://[::1/",
        "https://shop.example/\r\nX-Injected: 1",
        "https://shop.example/a b",
        "https://kunde-ü.example/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:169.254.169.254]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://shop.example/" + "a" * 2048,
        "",
    ],
)
def test_refused_before_any_look_up(url: str) -> None:
    with pytest.raises(Refused):
        check_url(url, PUBLIC)


def test_a_url_taken_apart() -> None:
    target = check_url("https://Shop.Example:8443/hooks/a?b=c#d", PUBLIC)
    assert (target.secure, target.host, target.port) == (True, "shop.example", 8443)
    assert (target.authority, target.path) == ("Shop.Example:8443", "/hooks/a?b=c")
    assert check_url("https://shop.example", PUBLIC).path == "/"
    assert check_url("https://shop.example", PUBLIC).port == 443


def test_a_developers_machine_may_call_itself() -> None:
    target = check_url("http://127.0.0.1:8099/hooks", ANY)
    assert (target.secure, target.host, target.port) == (False, "127.0.0.1", 8099)


@given(st.text(max_size=60))
def test_any_text_is_taken_apart_or_refused(rest: str) -> None:
    for url in (rest, f"https://{rest}"):
        try:
            target = check_url(url, PUBLIC)
        except Refused:
            continue
        assert target.host
        assert target.path.startswith(("/", "?"))
        assert not any(char.isspace() for char in target.path + target.authority)
