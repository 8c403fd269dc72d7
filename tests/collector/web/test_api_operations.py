"""Operations and commands over the API."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import commands
from wakeful_collector.read import hosts
from wakeful_collector.rooms import REGISTRY
from wakeful_collector.store.changes import changing
from wakeful_wire.push import Result

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ACTIONS = [
    {"name": "restart-web", "danger": "changes", "parameters": {"unit": {"kind": "choice", "choices": ["nginx"]}}},
    {"name": "wake", "danger": "none", "parameters": {}},
]
BODY = {"action": "restart-web", "arguments": {"unit": "nginx"}}
COMMAND = "/api/v1/operations/host.command"


@pytest.fixture
def host(machine: Callable[..., Any], now_ms: int) -> Any:
    found = machine("web-1")
    found.push([[now_ms - 5_000, [1, 2, 3, 4]]], now_ms - 5_000, hello={"name": "web-1", "actions": ACTIONS})
    return found


def test_the_registry_is_listed_whole_with_what_this_key_may_do(program: Callable[..., Any]) -> None:
    listed = program("operate")("/api/v1/operations").get_json()["operations"]
    assert [one["name"] for one in listed] == [one.name for one in REGISTRY]
    by_name = {one["name"]: one for one in listed}
    assert by_name["host.command"]["permitted"]
    assert not by_name["key.create"]["permitted"]
    assert by_name["host.command"]["arguments"]["required"] == ["host", "action"]
    assert by_name["user.add"]["secrets"] == ["password"]
    assert (by_name["host.forget"]["scope"], by_name["host.forget"]["danger"]) == ("admin", "destroys")


def test_any_operation_runs_with_its_own_scope(program: Callable[..., Any], host: Any, data: Path) -> None:
    answer = program("operate")("/api/v1/operations/host.rename", "POST", json={"host": host.id, "name": "other"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.get_json() == {
        "operation": "host.rename",
        "result": {"host": host.id, "name": "other"},
        "command": None,
    }
    found = hosts.host(data, host.id)
    assert found is not None
    assert found.name == "other"
    refused = program("operate")("/api/v1/operations/host.forget", "POST", json={"host": host.id})
    assert (refused.status_code, refused.get_json()["error"]) == (403, "forbidden")
    made = program("admin")("/api/v1/operations/key.create", "POST", json={"name": "n", "scopes": ["read"]})
    assert made.get_json()["result"]["key"].startswith("wk_key_")


def test_a_command_is_answered_with_its_id_and_found_again(
    program: Callable[..., Any], host: Any, now_ms: int, data: Path
) -> None:
    ask = program("operate")
    answer = ask(COMMAND, "POST", json={"host": host.id, **BODY}).get_json()
    command = answer["command"]
    assert command["id"] == answer["result"]["command"]
    expected = {
        "host": host.id,
        "host_name": "web-1",
        "action": "restart-web",
        "arguments": {"unit": "nginx"},
        "danger": "changes",
        "state": "requested",
        "principal": "key:test-operate",
        "requested": "2026-11-18T11:06:40Z",
        "expires": "2026-11-18T11:11:40Z",
        "delivered": None,
        "finished": None,
        "late": False,
        "summary": "",
        "data": {},
    }
    assert command == {"id": command["id"], **expected}
    look = program("read")
    assert look(f"/api/v1/commands/{command['id']}").get_json() == command
    assert look("/api/v1/commands").get_json() == {"commands": [command], "next": None}
    with changing(data) as connection:
        commands.hand_out(connection, host.key, "run-1", 1, now_ms)
        commands.take_results(connection, host.key, host.id, [Result(command["id"], "done", {"summary": "ok"})], now_ms)
    ended = look(f"/api/v1/commands/{command['id']}").get_json()
    assert (ended["state"], ended["summary"], ended["finished"]) == ("done", "ok", "2026-11-18T11:06:40Z")
    assert look(f"/api/v1/commands?host={host.id}&state=done&state=failed").get_json()["commands"] == [ended]
    assert look("/api/v1/commands?state=refused").get_json()["commands"] == []


def test_who_waits_is_answered_with_the_end(program: Callable[..., Any], host: Any, now_ms: int, data: Path) -> None:
    def work() -> None:
        for _ in range(200):
            time.sleep(0.02)
            with changing(data) as connection:
                handed = commands.hand_out(connection, host.key, "run-1", 1, now_ms).commands
                told = [Result(one["id"], "done", {"summary": "restarted"}) for one in handed]
                commands.take_results(connection, host.key, host.id, told, now_ms)
            if handed:
                return

    working = threading.Thread(target=work)
    working.start()
    answer = program("operate")(f"{COMMAND}?wait=30", "POST", json={"host": host.id, **BODY}).get_json()
    working.join()
    assert answer["result"]["state"] == "requested"
    assert (answer["command"]["state"], answer["command"]["summary"]) == ("done", "restarted")


def test_patience_ends_with_the_id(program: Callable[..., Any], host: Any) -> None:
    ask = program("operate")
    began = time.monotonic()
    answer = ask(f"{COMMAND}?wait=1", "POST", json={"host": host.id, **BODY}).get_json()
    assert 0.9 < time.monotonic() - began < 10
    assert answer["command"]["state"] == "requested"
    answer = ask(f"/api/v1/commands/{answer['command']['id']}?wait=1").get_json()
    assert answer["state"] == "requested"


def test_pages_of_commands_follow_each_other(program: Callable[..., Any], host: Any) -> None:
    ask = program("operate")
    made = [ask(COMMAND, "POST", json={"host": host.id, **BODY}).get_json()["command"]["id"] for _ in range(5)]
    first = ask("/api/v1/commands?limit=3").get_json()
    second = ask(f"/api/v1/commands?limit=3&cursor={first['next']}").get_json()
    assert [one["id"] for one in first["commands"] + second["commands"]] == made[::-1]
    assert second["next"] is None


UNFIT = {"host": "HOST", "action": "restart-web", "arguments": {"unit": "ssh"}}


@pytest.mark.parametrize(
    ("path", "method", "body", "status", "code"),
    [
        ("/operations/host.none", "POST", {}, 404, "unknown_operation"),
        ("/operations/host.command", "POST", {}, 400, "invalid"),
        ("/operations/host.command", "POST", ["x"], 400, "invalid"),
        ("/operations/host.command", "POST", {"host": "nobody", "action": "wake"}, 404, "unknown_host"),
        ("/operations/host.command", "POST", {"host": "HOST", "action": "rm"}, 409, "not_announced"),
        ("/operations/host.command", "POST", {"host": "HOST", "action": "wake", "x": 1}, 400, "invalid"),
        ("/operations/host.command", "POST", UNFIT, 400, "not_fitting"),
        ("/operations/host.command?wait=56", "POST", {}, 400, "invalid_parameter"),
        ("/operations/host.command?wait=-1", "POST", {}, 400, "invalid_parameter"),
        ("/operations/host.command?wait=soon", "POST", {}, 400, "invalid_parameter"),
        ("/operations/host.command?later=1", "POST", {}, 400, "invalid_parameter"),
        ("/operations/host.command", "GET", None, 405, "method_not_allowed"),
        (f"/operations/{'x' * 65}", "POST", {}, 400, "invalid_parameter"),
        ("/commands/cmd-none", "GET", None, 404, "unknown_command"),
        ("/commands?host=nobody", "GET", None, 404, "unknown_host"),
        ("/commands?state=gone", "GET", None, 400, "invalid_parameter"),
        ("/commands?cursor=x1", "GET", None, 400, "invalid_parameter"),
        ("/commands?limit=0", "GET", None, 400, "invalid_parameter"),
    ],
)
def test_what_does_not_fit_is_said(
    program: Callable[..., Any], host: Any, path: str, method: str, body: Any, status: int, code: str
) -> None:
    if isinstance(body, dict) and body.get("host") == "HOST":
        body = {**body, "host": host.id}
    more = {} if body is None else {"json": body}
    answer = program("admin")(f"/api/v1{path}", method, **more)
    assert (answer.status_code, answer.get_json()["error"]) == (status, code)
    assert program("admin")("/api/v1/commands").get_json()["commands"] == []


def test_a_body_that_is_no_json_is_refused(program: Callable[..., Any]) -> None:
    ask = program("admin")
    assert ask(COMMAND, "POST", data="{", content_type="application/json").status_code == 400
    assert ask(COMMAND, "POST", data="host=x").status_code == 415


def test_too_many_commands_are_429_with_a_time_to_come_again(
    program: Callable[..., Any], host: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wakeful_collector.commands.asking.PER_MINUTE_MAX", 1)
    ask = program("operate")
    assert ask(COMMAND, "POST", json={"host": host.id, **BODY}).status_code == 200
    answer = ask(COMMAND, "POST", json={"host": host.id, **BODY})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")


def test_reading_is_not_asking(app: Any, program: Callable[..., Any], person: Callable[..., Any], host: Any) -> None:
    body = {"host": host.id, **BODY}
    assert program("read")(COMMAND, "POST", json=body).status_code == 403
    assert app.test_client().post(COMMAND, json=body).status_code == 401
    ada = person("ada", "admin")
    assert ada.client.post(COMMAND, json=body).get_json()["error"] == "csrf"
    answer = ada.client.post(COMMAND, json=body, headers={"X-CSRF-Token": ada.csrf})
    assert answer.get_json()["command"]["principal"] == "user:ada"


def test_a_command_of_a_host_that_was_forgotten_names_none(program: Callable[..., Any], host: Any) -> None:
    ask = program("admin")
    made = ask(COMMAND, "POST", json={"host": host.id, **BODY}).get_json()["command"]
    ask("/api/v1/operations/host.forget", "POST", json={"host": host.id})
    found = ask(f"/api/v1/commands/{made['id']}").get_json()
    assert (found["host"], found["host_name"]) == (None, None)
