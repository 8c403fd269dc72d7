"""Where a request comes from: proxies are believed only when they were declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector.web import kit

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "address"),
    [
        ((), "192.0.2.7", "198.51.100.1", "192.0.2.7"),
        (("127.0.0.1",), "192.0.2.7", "198.51.100.1", "192.0.2.7"),
        (("127.0.0.1",), "127.0.0.1", "198.51.100.1", "198.51.100.1"),
        (("127.0.0.1",), "127.0.0.1", "203.0.113.9, 198.51.100.1", "198.51.100.1"),
        (("127.0.0.1", "10.0.0.0/8"), "127.0.0.1", "198.51.100.1, 10.1.2.3", "198.51.100.1"),
        (("127.0.0.1",), "127.0.0.1", "not an address", "127.0.0.1"),
        (("127.0.0.1",), "127.0.0.1", "", "127.0.0.1"),
        (("127.0.0.1", "10.0.0.0/8"), "127.0.0.1", "10.9.9.9", "10.9.9.9"),
        (("127.0.0.1",), "unix:", "198.51.100.1", "unix:"),
        ((), "::ffff:198.51.100.1", "", "198.51.100.1"),
        (("127.0.0.1",), "::ffff:127.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ((), "2001:db8::1", "", "2001:db8::1"),
    ],
)
def test_client_address(
    app_with: Callable[..., Flask], proxies: tuple[str, ...], remote: str, forwarded: str, address: str
) -> None:
    app = app_with(trusted_proxies=proxies)
    with app.test_request_context("/", headers={"X-Forwarded-For": forwarded}, environ_base={"REMOTE_ADDR": remote}):
        assert kit.client_address() == address


@pytest.mark.parametrize(
    ("proxies", "scheme", "forwarded", "remote", "secure"),
    [
        ((), "http", "https", "127.0.0.1", False),
        ((), "https", "", "127.0.0.1", True),
        (("127.0.0.1",), "http", "https", "127.0.0.1", True),
        (("127.0.0.1",), "http", "https", "::ffff:127.0.0.1", True),
        (("127.0.0.1",), "http", "http", "127.0.0.1", False),
    ],
)
def test_is_secure(
    app_with: Callable[..., Flask], proxies: tuple[str, ...], scheme: str, forwarded: str, remote: str, secure: bool
) -> None:
    app = app_with(trusted_proxies=proxies)
    with app.test_request_context(
        "/",
        base_url=f"{scheme}://localhost",
        headers={"X-Forwarded-Proto": forwarded},
        environ_base={"REMOTE_ADDR": remote},
    ):
        assert kit.is_secure() is secure


def test_a_request_has_one_time(app: Flask, frozen: list[int]) -> None:
    with app.test_request_context("/"):
        first = kit.now_ms()
        frozen[0] += 5
        assert kit.now_ms() == first
        assert kit.settings().data == kit.data()
