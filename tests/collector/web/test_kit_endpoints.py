"""Endpoints check what comes and label what goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


def test_bad_parameters_get_400_with_name_and_hint(program: Callable[..., Any]) -> None:
    answer = program("read")("/api/v1/hosts?limit=0")
    assert answer.status_code == 400
    assert answer.get_json() == {
        "error": "invalid_parameter",
        "message": "limit is '0': give a whole number from 1 to 5000",
    }


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        (b"{", "application/json", 400, "not_json"),
        (b"\xff", "application/json", 400, "not_json"),
        (b'{"a":' * 200_000, "application/json", 400, "not_json"),
        (b"[1]", "application/json", 400, "invalid"),
        (b'{"name":"x","scopes":["read"],"evil":1}', "application/json", 400, "invalid"),
        (b'{"name":"x","scopes":["read"]}', "text/plain", 415, "unsupported_media_type"),
        (b"name=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        (b"", "application/json", 400, "not_json"),
    ],
)
def test_bad_bodies(program: Callable[..., Any], body: bytes, kind: str, status: int, code: str) -> None:
    answer = program("admin")("/api/v1/keys", "POST", data=body, content_type=kind)
    assert (answer.status_code, answer.get_json()["error"]) == (status, code)


def test_no_body_is_an_empty_one_where_nothing_is_needed(program: Callable[..., Any]) -> None:
    assert program("admin")("/api/v1/invites", "POST").status_code == 201


def test_answers_are_asked_for_again_and_not_sent_twice(program: Callable[..., Any]) -> None:
    asks = program("read")
    first = asks("/api/v1/hosts")
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert "Authorization" in first.headers["Vary"]
    again = asks("/api/v1/hosts", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_secrets_are_kept_by_no_cache(program: Callable[..., Any]) -> None:
    asks = program("admin")
    for path in ("/api/v1/keys", "/api/v1/invites", "/api/v1/audit"):
        assert asks(path).headers["Cache-Control"] == "no-store"
    assert asks("/api/v1/invites", "POST").headers["Cache-Control"] == "no-store"


def test_only_the_listed_methods(program: Callable[..., Any]) -> None:
    asks = program("admin")
    for method in ("POST", "PUT", "OPTIONS", "TRACE"):
        answer = asks("/api/v1/hosts", method)
        assert answer.status_code == 405
        assert "GET" in answer.headers["Allow"]
