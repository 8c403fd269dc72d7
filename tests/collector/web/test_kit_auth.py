"""Who asks: keys, sessions, CSRF, scopes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from werkzeug.test import EnvironBuilder

from wakeful_collector.accounts import secrets
from wakeful_collector.store import people
from wakeful_collector.store.changes import changing
from wakeful_collector.web import kit
from wakeful_collector.web.api import ENDPOINTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from wakeful_collector.config import Settings

NAMES = [f"{one.method} {one.path}" for one in ENDPOINTS]


def url(path: str) -> str:
    return "/api/v1" + path.replace("{host_id}", "nobody").replace("{id}", "x").replace("{inventory_name}", "x")


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=NAMES)
def test_nobody_gets_nothing(app: Flask, endpoint: Any) -> None:
    answer = app.test_client().open(url(endpoint.path), method=endpoint.method, json={})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.get_json()["error"] == "unauthorized"


def test_key_scope_matrix(program: Callable[..., Any]) -> None:
    held = {"read": {"read"}, "operate": {"read", "operate"}, "gateway": set(), "admin": {"read", "operate", "admin"}}
    for scope, holds in held.items():
        asks = program(scope)
        for endpoint in ENDPOINTS:
            answer = asks(url(endpoint.path), endpoint.method, json={})
            lacks = endpoint.scope != "" and endpoint.scope not in holds
            assert (answer.status_code == 403) is lacks, (scope, endpoint.name, answer.text)


def test_both_headers_carry_a_key(program: Callable[..., Any], app: Flask) -> None:
    key = program("read").key
    client = app.test_client()
    assert client.get("/api/v1/hosts", headers={"X-API-Key": key}).status_code == 200
    assert client.get("/api/v1/hosts", headers={"Authorization": f"bearer {key}"}).status_code == 200
    assert client.get("/api/v1/hosts", headers={"Authorization": f"Basic {key}"}).status_code == 401
    assert client.get(f"/api/v1/hosts?key={key}").status_code == 401


@pytest.mark.parametrize("key", ["", "wk_key_wrong", "x" * 5000, "wk_key_" + "\xff" * 20])
def test_wrong_keys_are_nobody_even_with_a_session(person: Callable[..., Any], key: str) -> None:
    answer = person().get("/api/v1/hosts", headers={"X-API-Key": key})
    assert answer.status_code == 401
    assert "not valid" in answer.get_json()["message"]


def test_a_session_reads_the_api_and_changes_only_with_its_token(person: Callable[..., Any]) -> None:
    ada = person()
    assert ada.get("/api/v1/hosts").status_code == 200
    without = ada.client.post("/api/v1/invites", json={})
    assert (without.status_code, without.get_json()["error"]) == (403, "csrf")
    with_token = ada.client.post("/api/v1/invites", json={}, headers={"X-CSRF-Token": ada.csrf})
    assert with_token.status_code == 201
    eve = person("eve")
    assert ada.client.post("/api/v1/invites", json={}, headers={"X-CSRF-Token": eve.csrf}).status_code == 403


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_requests_of_other_sites_change_nothing(person: Callable[..., Any], headers: dict[str, str]) -> None:
    ada = person()
    answer = ada.client.post("/api/v1/invites", json={}, headers={"X-CSRF-Token": ada.csrf, **headers})
    assert (answer.status_code, answer.get_json()["error"]) == (403, "csrf")


def test_tokens_are_compared_in_constant_time(person: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    ada = person()
    asked: list[str] = []
    real = secrets.same
    monkeypatch.setattr(secrets, "same", lambda left, right: asked.append(left) or real(left, right))
    ada.client.post("/sign-out", data={"csrf": "guess"})
    assert asked == ["guess"]


def test_people_may_what_their_scope_says(person: Callable[..., Any]) -> None:
    reader = person("bob", "read")
    assert reader.get("/api/v1/hosts").status_code == 200
    answer = reader.get("/api/v1/keys")
    assert (answer.status_code, answer.get_json()["error"]) == (403, "forbidden")
    assert "admin" in answer.get_json()["message"]


def test_being_locked_out_works_at_once(person: Callable[..., Any], settings: Settings, now_ms: int) -> None:
    ada = person()
    with changing(settings.data) as connection:
        people.set_disabled(connection, 1, now_ms)
    assert ada.get("/api/v1/hosts").status_code == 401
    assert ada.get("/account").status_code == 303


def test_a_key_that_asks_too_often_waits_alone(program: Callable[..., Any], app: Flask, frozen: list[int]) -> None:
    busy, quiet = program("read"), program("read")
    rates = app.extensions["wakeful"].rates
    assert busy("/api/v1/hosts").status_code == 200
    rates.burst = 1.0
    assert busy("/api/v1/hosts").status_code == 200
    answer = busy("/api/v1/hosts")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
    assert answer.get_json()["error"] == "too_often"
    assert quiet("/api/v1/hosts").status_code == 200
    frozen[0] += 1000
    assert busy("/api/v1/hosts").status_code == 200


def test_pages_of_people_are_not_kept(person: Callable[..., Any]) -> None:
    assert person().get("/account").headers["Cache-Control"] == "no-store"


def test_visits_are_bound_to_a_browser_until_sign_in(app: Flask) -> None:
    client = app.test_client()
    first = client.get("/sign-in")
    cookie = client.get_cookie("wakeful-8800-visit")
    assert cookie is not None
    assert "HttpOnly" in first.headers["Set-Cookie"]
    assert "Set-Cookie" not in client.get("/sign-in").headers


def test_what_stands_before_the_pages_knows_whose_browser_asks(
    app: Flask, person: Callable[..., Any], program: Callable[..., Any]
) -> None:
    ada = person()
    cookie = ada.client.get_cookie("wakeful-8800")
    assert cookie is not None
    signed = {"Cookie": f"{cookie.key}={cookie.value}"}
    ours = {**signed, "X-CSRF-Token": ada.csrf}

    def asks(headers: dict[str, str], method: str = "POST") -> str:
        environ = EnvironBuilder("/ollama/api/chat", method=method, headers=headers, data=b"{}").get_environ()
        found = kit.visitor(app, environ)
        assert environ["wsgi.input"].read() == b"{}", "the body is not ours to read"
        return "" if found is None else found.name

    assert asks(ours) == asks(ours, "GET") == "user:ada"
    assert asks({}) == asks(signed) == asks(signed, "GET") == asks({**signed, "X-CSRF-Token": "guess"}) == ""
    assert asks({"X-CSRF-Token": ada.csrf}) == ""
    assert asks({**ours, "Origin": "https://elsewhere.example"}) == ""
    assert asks({**ours, "Sec-Fetch-Site": "cross-site"}) == ""
    assert asks({**ours, "X-API-Key": program("admin").key}) == "", "a key is the door's own business"
