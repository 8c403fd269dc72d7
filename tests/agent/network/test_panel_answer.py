"""A panel's answers: errors become sentences and codes, pages become records, other people's pages become errors."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wakeful_agent.network import panel_answer as answers
from wakeful_agent.network.panel_answer import PanelError

UUID = "1a7ce997-259b-452e-8b4e-cecc464142ca"


def error(detail: str, status: int = 400) -> bytes:
    return json.dumps({"errors": [{"code": "SomeException", "status": str(status), "detail": detail}]}).encode()


def page(**more: Any) -> bytes:
    attributes = {"uuid": UUID, "name": "Survival", "node": "node-1", "limits": {"disk": 2}, "status": None, **more}
    return json.dumps({"attributes": attributes, "meta": {"user_permissions": ["control.start"]}}).encode()


@pytest.mark.parametrize(
    ("status", "code", "part"),
    [
        (401, answers.UNAUTHORIZED, "may be expired"),
        (403, answers.FORBIDDEN, 'forbids for the log (403): "why"'),
        (404, answers.MISSING, "no such server"),
        (409, answers.CONFLICT, "why"),
        (419, answers.CSRF, "CSRF"),
        (429, answers.LIMITED, "limits"),
        (302, answers.REDIRECT, "leads elsewhere"),
        (502, answers.NODE, "node"),
        (504, answers.NODE, "node"),
        (500, answers.BROKEN, "answers 500 to for the log"),
    ],
)
def test_each_status_has_its_code_and_sentence(status: int, code: str, part: str) -> None:
    found = answers.error_of(status, error("why", status), "for the log")
    assert found.code == code
    assert part in str(found)
    assert found.lasting is (code in answers.LASTING)


def test_the_policy_of_two_factors_is_known_by_its_words() -> None:
    found = answers.error_of(400, error("Two-factor authentication is required on this account in order"), "x")
    assert found.code == answers.TWO_FACTOR
    assert found.lasting


def test_a_conflict_without_words_has_a_sentence() -> None:
    assert "cannot be used now" in str(answers.error_of(409, b"<html>", "x"))


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"errors": []}', b'{"errors": [7]}', b'{"errors": [{"detail": 7}]}']
)
def test_an_error_without_a_sentence_is_quoted_with_none(body: bytes) -> None:
    assert answers.detail_of(body) == ""


def test_a_hostile_sentence_is_cut_and_made_fit() -> None:
    said = answers.detail_of(error("\x1b[2J" + "a" * 500))
    assert len(said) == 200
    assert "\x1b" not in said


def test_a_view_is_read() -> None:
    view = answers.parse_view(page())
    assert view == answers.View(UUID, "Survival", "node-1", 2 * 1024 * 1024, "", ("control.start",))
    assert view.may("control.start")
    assert not view.may("control.stop")
    assert view._replace(permissions=("*",)).may("control.stop")
    assert view._replace(permissions=()).may("control.stop")


@pytest.mark.parametrize(
    ("told", "part"),
    [
        ({"is_suspended": True}, "suspended"),
        ({"status": "suspended"}, "suspended"),
        ({"is_transferring": True}, "moved"),
        ({"status": "installing"}, "being installed"),
        ({"is_installing": True}, "being installed"),
        ({"status": "reinstall_failed"}, "failed"),
        ({"status": "restoring_backup"}, "backup"),
        ({"is_node_under_maintenance": True}, "maintenance"),
    ],
)
def test_what_forbids_to_start_is_told(told: dict[str, Any], part: str) -> None:
    assert part in answers.parse_view(page(**told)).held


@pytest.mark.parametrize("body", [b"<html>", b"[]", page(uuid=None), page(uuid="../../etc"), b"[" * 100_000])
def test_a_view_of_something_else_is_an_error(body: bytes) -> None:
    with pytest.raises(PanelError) as caught:
        answers.parse_view(body)
    assert caught.value.code == answers.FOREIGN


def test_odd_limits_and_permissions_are_left_out() -> None:
    body = json.dumps({"attributes": {"uuid": UUID, "limits": {"disk": "much"}}, "meta": {"user_permissions": 7}})
    view = answers.parse_view(body.encode())
    assert view.disk_limit_bytes == 0
    assert view.permissions == ()


def test_a_grant_is_read() -> None:
    body = json.dumps({"data": {"token": "a.b.c", "socket": "wss://node:8080/api/servers/x/ws"}}).encode()
    assert answers.parse_grant(body) == answers.Grant("a.b.c", "wss://node:8080/api/servers/x/ws")


@pytest.mark.parametrize("data", [{}, {"token": "a\r\nb", "socket": "ws://n"}, {"token": "a", "socket": "file:///etc"}])
def test_a_grant_of_something_else_is_an_error(data: dict[str, str]) -> None:
    with pytest.raises(PanelError, match="token"):
        answers.parse_grant(json.dumps({"data": data}).encode())


def test_resources_and_activity_are_read() -> None:
    body = {"attributes": {"current_state": "running", "resources": {"memory_bytes": 5}}}
    assert answers.parse_resources(json.dumps(body).encode()) == {"memory_bytes": 5, "state": "running"}
    rows = [{"attributes": {"event": "server:power.stop"}}, {"attributes": {}}, 7]
    assert answers.parse_activity(json.dumps({"data": rows}).encode()) == ["server:power.stop", "", ""]
    assert answers.parse_activity(b'{"data": 7}') == []


@pytest.mark.parametrize(
    "timestamp", ["2026-11-21T19:00:00+00:00", "2026-11-21T20:00:00.123456+01:00", "2026-11-21T19:00:00Z"]
)
def test_activity_since_a_moment_leaves_out_what_is_older_or_has_no_time(timestamp: str) -> None:
    moment = answers.clock_of("Sat, 21 Nov 2026 19:00:00 GMT", 0.0)
    rows = [{"attributes": {"event": "server:power.start", "timestamp": timestamp}}]
    rows += [
        {"attributes": {"event": "server:power.stop", "timestamp": when}} for when in ("", "2026-99-99T00:00:00Z", 7)
    ]
    body = json.dumps({"data": rows}).encode()
    assert answers.parse_activity(body, moment - 1) == ["server:power.start"]
    assert answers.parse_activity(body, moment) == []
    assert len(answers.parse_activity(body)) == 4


@pytest.mark.parametrize("date", ["", "yesterday", "Sat, 21 Foo 2026 19:00:00 GMT", "Sat, 99 Nov 2026 19:00:00 GMT"])
def test_an_answer_without_a_date_leaves_our_own_clock(date: str) -> None:
    assert answers.clock_of(date, 7.0) == 7.0
