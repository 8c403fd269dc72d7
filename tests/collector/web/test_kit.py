"""The kit: pages with what every template knows, and operations on behalf of who asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.read import audit
from wakeful_collector.web import kit

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from wakeful_collector.config import Settings


def test_pages_know_who_asks(person: Callable[..., Any]) -> None:
    text = person("<b>", "read").get("/account").text
    assert "&lt;b&gt;" in text
    assert "<b>" not in text


def test_operations_run_for_who_asks(program: Callable[..., Any], app: Flask, settings: Settings) -> None:
    headers = {"X-API-Key": program("admin").key}
    with app.test_request_context("/", headers=headers, environ_base={"REMOTE_ADDR": "192.0.2.7"}):
        assert kit.run("user.add", {"name": "bob"})["name"] == "bob"
    entry = audit.rows(settings.data, 1)[0].entry
    assert (entry.principal, entry.address, entry.face) == ("key:test-admin", "192.0.2.7", "api")


def test_operations_for_nobody_do_not_run(app: Flask) -> None:
    with app.test_request_context("/"), pytest.raises(kit.WebError) as caught:
        kit.run("user.add", {"name": "bob"})
    assert caught.value.status == 401
