"""Who may ask the gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import clock
from wakeful_collector.accounts import keys, secrets, sessions
from wakeful_collector.app import create_app
from wakeful_collector.integrations.ollama.callers import Caller, Callers
from wakeful_collector.integrations.ollama.dialects import Refusal
from wakeful_collector.store import people
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.config import Settings


def key(data: Path, *scopes: str, expires_ms: int | None = None) -> str:
    with changing(data) as connection:
        return keys.create(connection, "laptop", scopes, "local:test", clock.now_ms(), expires_ms).secret


def environ(**more: Any) -> dict[str, Any]:
    server = {"wsgi.url_scheme": "http", "SERVER_NAME": "localhost", "SERVER_PORT": "8800", "REMOTE_ADDR": "192.0.2.7"}
    asked = {"HTTP_HOST": "localhost:8800", "REQUEST_METHOD": "POST", "PATH_INFO": "/ollama/api/chat"}
    return server | asked | more


@pytest.fixture
def callers(settings: Settings) -> Callers:
    """Who asks a collector with pages."""
    return Callers(settings, create_app(settings), lambda _: "192.0.2.7")


@pytest.mark.parametrize("scope", ["gateway", "operate", "admin"])
def test_a_key_may_come_in_either_header(callers: Callers, data: Path, scope: str) -> None:
    secret = key(data, scope)
    for headers in ({"HTTP_AUTHORIZATION": f"Bearer {secret}"}, {"HTTP_X_API_KEY": secret}):
        assert callers.admit(environ(**headers), clock.now_ms()) == Caller("key:laptop", "192.0.2.7")


def test_who_may_not_is_told_why(callers: Callers, data: Path) -> None:
    def refused(**headers: str) -> tuple[int, str]:
        with pytest.raises(Refusal) as caught:
            callers.admit(environ(**headers), clock.now_ms())
        return caught.value.status, caught.value.message

    assert refused()[0] == 401
    assert "not valid" in refused(HTTP_X_API_KEY="wk_key_wrong")[1]
    assert refused(HTTP_X_API_KEY=key(data, "gateway", expires_ms=1))[0] == 401
    assert refused(HTTP_X_API_KEY=key(data, "read"))[0] == 403
    assert refused(HTTP_X_API_KEY=key(data, "gateway"), HTTP_HOST="rebound.example")[0] == 421


def test_a_person_may_ask_from_a_page_of_ours_and_from_nowhere_else(callers: Callers, data: Path) -> None:
    now_ms = clock.now_ms()
    with changing(data) as connection:
        user = people.add_user(connection, "mira", None, "operate", now_ms)
        token = sessions.begin(connection, user, sessions.Visitor("192.0.2.7", "test"), now_ms, 30)
    cookie = f"wakeful-8800={token}"
    browser = environ(HTTP_COOKIE=cookie, HTTP_X_CSRF_TOKEN=secrets.csrf_token(token))
    assert callers.admit(browser, now_ms).name == "user:mira"
    for wrong in ({"HTTP_X_CSRF_TOKEN": "x"}, {"HTTP_ORIGIN": "http://evil.example"}, {"HTTP_COOKIE": ""}):
        with pytest.raises(Refusal):
            callers.admit({**browser, **wrong}, now_ms)


def test_before_something_that_is_no_page_only_keys_count(settings: Settings) -> None:
    alone = Callers(settings, lambda *_: [], lambda _: "")
    with pytest.raises(Refusal):
        alone.admit(environ(HTTP_X_CSRF_TOKEN="x"), clock.now_ms())
