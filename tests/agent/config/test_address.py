from __future__ import annotations

import pytest

from wakeful_agent.config import address
from wakeful_agent.config.address import Address, parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://Host", Address("https", "host", 443, "", "")),
        ("HTTP://127.0.0.1:8800/", Address("http", "127.0.0.1", 8800, "", "")),
        ("https://[::1]:9/base/", Address("https", "::1", 9, "/base", "")),
        ("http://u:p@proxy:3128", Address("http", "proxy", 3128, "", "u:p")),
        ("https://[fe80::1]", Address("https", "fe80::1", 443, "", "")),
    ],
)
def test_an_address_is_read(text: str, expected: Address) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("host:8800", "must start"),
        ("ftp://host", "must start"),
        ("https://", "names no host"),
        ("https://host:0", "port"),
        ("https://host:x", "port"),
        ("https://host:99999", "port"),
        ("https://[::1", "bracket"),
        ("https://[::1]x", "bracket"),
        ("https://ho st", "characters"),
        ("https://h\u00f6st", "characters"),
        ("https://host/a?b", "before any"),
    ],
)
def test_what_is_no_address_is_refused_with_a_reason(text: str, word: str) -> None:
    with pytest.raises(ValueError, match=word):
        parse(text)


def test_an_address_is_written_without_its_credentials() -> None:
    assert parse("http://u:p@[::1]:81/x").text == "http://[::1]:81/x"
    assert parse("https://host:443").authority == "host"


def test_loopback_is_this_machine() -> None:
    assert parse("http://localhost").loopback
    assert parse("http://127.9.9.9").loopback
    assert not parse("http://10.0.0.1").loopback


@pytest.mark.parametrize("end", ["127.0.0.1:9100", "[::1]:9100", "127.8.8.8:0"])
def test_ends_to_listen_at_on_this_machine(end: str) -> None:
    assert address.is_end(end)
    assert address.is_loopback(end)


@pytest.mark.parametrize("end", ["0.0.0.0:9100", "10.1.2.3:9100", "[::]:9100", "[fe80::1]:80"])
def test_ends_that_others_reach(end: str) -> None:
    assert address.is_end(end)
    assert not address.is_loopback(end)


@pytest.mark.parametrize(
    "end",
    [
        "",
        "9100",
        ":9100",
        "localhost:9100",
        "::1:9100",
        "[::1:9100",
        "[127.0.0.1]:9100",
        "127.0.0.1",
        "1.2.3.4:65536",
        "1.2.3.4:0000001234567",
        "1.2.3.4:-1",
        "1.2.3.4:\u0661",
        "1.2.3.4:",
    ],
)
def test_what_is_no_end(end: str) -> None:
    assert not address.is_end(end)
    assert not address.is_loopback(end)
