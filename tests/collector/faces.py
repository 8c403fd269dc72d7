"""The faces as tests use them: the application, programs with keys, people who are signed in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import clock
from wakeful_collector.accounts import create_signin_link, keys
from wakeful_collector.app import create_app
from wakeful_collector.store import people
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from wakeful_collector.config import Settings


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch, now_ms: int) -> list[int]:
    """The clock stands at `now_ms`; set `frozen[0]` to move it."""
    at = [now_ms]
    monkeypatch.setattr(clock, "now_ms", lambda: at[0])
    return at


@pytest.fixture
def app(settings: Settings, frozen: list[int]) -> Flask:
    """The application with default settings, at the tests' time."""
    return create_app(settings)


@pytest.fixture
def app_with(settings: Settings, frozen: list[int]) -> Callable[..., Flask]:
    """Make an application with other settings: `app_with(public_url=...)`."""
    return lambda **changed: create_app(replace(settings, **changed))


class Program:
    """A program that asks with an API key."""

    def __init__(self, app: Flask, key: str) -> None:
        self.client = app.test_client()
        self.key = key

    def __call__(self, path: str, method: str = "GET", **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.key}", **more.pop("headers", {})}
        return self.client.open(path, method=method, headers=headers, **more)


@pytest.fixture
def program(app: Flask, settings: Settings, now_ms: int) -> Callable[..., Program]:
    """Make a program with a key of the given scopes."""

    def make(*scopes: str) -> Program:
        with changing(settings.data) as connection:
            made = keys.create(connection, f"test-{'-'.join(scopes)}", scopes, "local:test", now_ms, None)
        return Program(app, made.secret)

    return make


class Person:
    """Somebody's browser."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    @property
    def csrf(self) -> str:
        """The token that forms of this browser carry."""
        text = self.client.get("/account").text
        return text.split('name="csrf" value="', 1)[1].split('"', 1)[0]

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def post(self, path: str, **fields: str) -> TestResponse:
        return self.client.post(path, data={"csrf": self.csrf, **fields})


@pytest.fixture
def person(app: Flask, settings: Settings, now_ms: int) -> Callable[..., Person]:
    """Sign somebody in by a one-time link: `person("ada", "admin")`."""

    def make(name: str = "ada", scope: str = "admin") -> Person:
        with changing(settings.data) as connection:
            if people.user_named(connection, name) is None:
                people.add_user(connection, name, None, scope, now_ms)
        client = app.test_client()
        answer = client.get(f"/sign-in/link/{create_signin_link(settings.data, now_ms, name)}")
        assert answer.status_code == 303
        return Person(client)

    return make
