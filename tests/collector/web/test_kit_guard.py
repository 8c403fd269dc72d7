"""Before and behind every request: host names, sizes, headers."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.config import Settings
from wakeful_collector.web.kit_guard import HEADERS, allowed, host_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("localhost:8800", "localhost"),
        ("LOCALHOST.", "localhost"),
        ("[::1]:8800", "::1"),
        ("192.0.2.7", "192.0.2.7"),
        ("", None),
        ("user@localhost", None),
        ("localhost/evil", None),
        ("localhost:port", None),
        ("[::1", None),
    ],
)
def test_names_in_host_headers(host: str, name: str | None) -> None:
    assert host_name(host) == name


@pytest.mark.parametrize(
    ("host", "changed", "answered"),
    [
        ("127.0.0.1:8800", {}, True),
        ("localhost", {}, True),
        ("[::1]:8800", {}, True),
        ("evil.example", {}, False),
        ("localhost.evil.example", {}, False),
        ("192.0.2.7", {}, False),
        ("", {}, False),
        ("192.0.2.7:8800", {"listen": "192.0.2.7:8800"}, True),
        ("192.0.2.8", {"listen": "0.0.0.0:8800"}, True),
        ("[2001:db8::1]", {"listen": "[::]:8800"}, True),
        ("evil.example", {"listen": "0.0.0.0:8800"}, False),
        ("Wakeful.example.org", {"public_url": "https://wakeful.example.org"}, True),
        ("wakeful.lan", {"hosts_allowed": ("wakeful.lan",)}, True),
    ],
)
def test_only_own_names_are_answered(settings: Settings, host: str, changed: dict[str, Any], answered: bool) -> None:
    known = Settings(data=settings.data, **changed)
    assert allowed(host, known) is answered


def test_a_rebound_name_gets_421_that_names_the_setting(app: Flask) -> None:
    for path in ("/api/v1/hosts", "/sign-in", "/"):
        answer = app.test_client().get(path, headers={"Host": "evil.example"})
        assert answer.status_code == 421
        assert "hosts_allowed" in answer.text
        assert "evil.example" in answer.text
    program = app.test_client().get("/api/v1/hosts", headers={"Host": "evil.example"})
    assert program.get_json()["error"] == "host_not_allowed"
    assert app.test_client().get("/healthz", headers={"Host": "10.1.2.3"}).status_code == 200


@pytest.mark.parametrize("path", ["/sign-in", "/healthz", "/nothing", "/api/v1/hosts", "/static/css/base.css"])
def test_every_answer_carries_the_headers(app: Flask, path: str) -> None:
    answer = app.test_client().get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Strict-Transport-Security" not in answer.headers


def test_bodies_and_queries_are_bounded(app: Flask, settings: Settings) -> None:
    client = app.test_client()
    large = client.post("/api/v1/keys", data=b"x" * (settings.body_bytes_max + 1))
    assert (large.status_code, large.get_json()["error"]) == (413, "too_large")
    assert large.get_json()["message"] == "this is larger than 1 MiB, the most that is taken here"
    query = client.get(f"/api/v1/hosts?search={'x' * 9000}")
    assert (query.status_code, query.get_json()["error"]) == (400, "too_long")


def test_large_text_is_packed_for_who_takes_it(app: Flask) -> None:
    client = app.test_client()
    plain = client.get("/api/v1/openapi.json", headers={"Accept-Encoding": "identity"})
    packed = client.get("/api/v1/openapi.json", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 3
    assert "Accept-Encoding" in packed.headers["Vary"]
    small = client.get("/healthz", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in small.headers


def test_static_files_are_kept_when_their_address_says_which(app: Flask) -> None:
    client = app.test_client()
    assert "immutable" in client.get("/static/css/base.css?v=abc").headers["Cache-Control"]
    assert client.get("/static/css/base.css").headers["Cache-Control"] == "no-cache"
    assert "immutable" not in client.get("/static/none.css?v=abc").headers["Cache-Control"]


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/..%2f..%2fapp.py", "/static/%2e%2e/kit.py", "/static//etc/passwd"]
)
def test_static_does_not_lead_elsewhere(app: Flask, path: str) -> None:
    assert app.test_client().get(path).status_code in {404, 308}


def test_the_setting_changes_the_bound(app_with: Callable[..., Flask]) -> None:
    client = app_with(body_bytes_max=4096).test_client()
    answer = client.post("/sign-in", data=b"x" * 5000)
    assert answer.status_code == 413
    assert "This is larger than 4 KiB, the most that is taken here." in answer.text
