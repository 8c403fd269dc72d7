"""Errors: JSON for programs, pages for people, tracebacks for nobody."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.accounts import create_signin_link, sessions
from wakeful_collector.model.store_errors import StoreBusy, StoreFull
from wakeful_collector.web import kit

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask

    from wakeful_collector.config import Settings


@pytest.fixture
def broken(app: Flask) -> Flask:
    def fail(error: Exception) -> Callable[[], Any]:
        def view() -> Any:
            raise error

        return view

    errors: dict[str, Exception] = {
        "fault": RuntimeError("secret detail at 0x1234"),
        "full": StoreFull("state.db cannot grow"),
        "busy": StoreBusy("held"),
        "operation": kit.OperationError("last_admin", "somebody must be left", 409),
        "ours": kit.WebError(418, "teapot", "<b>short and stout</b>", {"X-Pot": "1"}),
    }
    for name, error in errors.items():
        app.add_url_rule(f"/api/{name}", f"api-{name}", fail(error))
        app.add_url_rule(f"/page/{name}", f"page-{name}", fail(error))
    return app


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("fault", 500, "internal"),
        ("full", 503, "disk_full"),
        ("busy", 503, "busy"),
        ("operation", 409, "last_admin"),
        ("ours", 418, "teapot"),
    ],
)
def test_programs_get_json_and_people_a_page(
    broken: Flask, name: str, status: int, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL, "wakeful.web"):
        program, person = broken.test_client().get(f"/api/{name}"), broken.test_client().get(f"/page/{name}")
    assert (program.status_code, person.status_code) == (status, status)
    document = program.get_json()
    assert document["error"] == code
    assert set(document) == {"error", "message"}
    assert person.mimetype == "text/html"
    for text in (program.text, person.text):
        assert "Traceback" not in text
        assert "secret detail" not in text
        assert "<b>short" not in person.text
    assert program.headers["Cache-Control"] == "no-store"
    assert ("Retry-After" in program.headers) is (status == 503)


def test_a_fault_is_logged_once_with_a_reference(broken: Flask, caplog: pytest.LogCaptureFixture) -> None:
    message = broken.test_client().get("/api/fault").get_json()["message"]
    reference = message.rsplit(" ", 1)[1]
    records = [record for record in caplog.records if record.name == "wakeful.web"]
    assert len(records) == 1
    assert reference in records[0].getMessage()
    assert records[0].exc_info is not None


def test_headers_of_errors_are_kept(broken: Flask) -> None:
    assert broken.test_client().get("/api/ours").headers["X-Pot"] == "1"


def test_nothing_there_and_nothing_to_do_there(app: Flask) -> None:
    client = app.test_client()
    missing = client.get("/api/v1/<script>")
    assert (missing.status_code, missing.get_json()["error"]) == (404, "not_found")
    wrong = client.put("/healthz")
    assert (wrong.status_code, wrong.get_json()["error"]) == (405, "method_not_allowed")
    assert "GET" in wrong.headers["Allow"]
    assert "<script>" not in client.get("/<script>").text


def test_a_program_may_ask_for_json_anywhere(app: Flask) -> None:
    answer = app.test_client().get("/nothing", headers={"Accept": "application/json"})
    assert answer.get_json()["error"] == "not_found"


def test_json_has_no_numbers_that_are_none(app: Flask) -> None:
    with app.test_request_context("/api/x"):
        assert kit.json_answer({"x": float("nan"), "y": [float("inf")]}).get_json() == {"x": None, "y": [None]}


def test_one_time_links_never_reach_the_log(
    app: Flask, settings: Settings, now_ms: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = create_signin_link(settings.data, now_ms)
    for error in (StoreBusy("held"), RuntimeError("a fault")):

        def fail(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(sessions, "sign_in_by_link", fail)
        answer = app.test_client().get(f"/sign-in/link/{token}")
        assert answer.status_code in {500, 503}
    assert len(caplog.records) == 2
    assert "/sign-in/link/<token>" in caplog.text
    assert token not in caplog.text
