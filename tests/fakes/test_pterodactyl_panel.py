"""The fake Panel against the facts, section 1.3: the client API."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from .pterodactyl import Pterodactyl, Times, pterodactyl
from .pterodactyl_clients import Browser, ask, by_key, wait_until

if TYPE_CHECKING:
    from .pterodactyl import Server, User

ME = "/api/client/account"


# 1.3 endpoints


def test_whoever_may_not_see_a_server_is_told_there_is_none(stage: Pterodactyl, key: str, server: Server) -> None:
    stranger = stage.panel.add_key(stage.panel.add_user("pat"))
    for one, name in ((stranger, server.short), (key, "00000000")):
        answer = by_key(stage, "GET", f"/api/client/servers/{name}", one)
        assert (answer.status, answer.error["code"]) == (404, "NotFoundHttpException")
    assert by_key(stage, "GET", f"/api/client/servers/{server.uuid}", key).status == 200


def test_the_view_of_a_server(stage: Pterodactyl, key: str, server: Server) -> None:
    document = by_key(stage, "GET", f"/api/client/servers/{server.short}", key).json()
    assert document["attributes"]["uuid"] == server.uuid
    assert document["attributes"]["status"] is None
    assert document["meta"] == {"is_server_owner": True, "user_permissions": ["*"]}


def test_lists_have_pages_and_an_administrators_own_is_empty(stage: Pterodactyl, kim: User, key: str) -> None:
    for number in range(3):
        stage.add_server(f"world-{number}", kim)
    boss = stage.panel.add_key(stage.panel.add_user("boss", admin=True))

    def names(query: str, one: str) -> list[str]:
        rows = by_key(stage, "GET", "/api/client" + query, one).json()["data"]
        return [row["attributes"]["name"] for row in rows]

    assert names("?per_page=2&page=2", key) == ["world-1", "world-2"]
    assert names("?filter[*]=D-1", key) == ["world-1"]
    assert names("", boss) == []
    assert len(names("?type=admin-all", boss)) == 4
    assert names("?type=admin-all", key) == []
    pages = by_key(stage, "GET", "/api/client?per_page=2", key).json()["meta"]["pagination"]
    assert (pages["total"], pages["count"], pages["total_pages"]) == (4, 2, 2)


def test_a_permission_that_is_missing(stage: Pterodactyl, server: Server) -> None:
    pat = stage.panel.add_user("pat")
    server.subusers[pat.uuid] = (pat, ["control.start"])
    key = stage.panel.add_key(pat)
    base = f"/api/client/servers/{server.short}"
    assert by_key(stage, "POST", base + "/power", key, {"signal": "start"}).status == 204
    for path, document in (("/power", {"signal": "kill"}), ("/command", {"command": "list"})):
        answer = by_key(stage, "POST", base + path, key, document)
        assert (answer.status, answer.error["detail"]) == (403, "This action is unauthorized.")
    assert by_key(stage, "GET", base + "/websocket", key).status == 403
    assert by_key(stage, "GET", base + "/activity", key).status == 403


@pytest.mark.parametrize("condition", ["suspended", "installing", "restoring_backup", "transferring", "maintenance"])
def test_a_server_that_is_not_normal_can_only_be_looked_at(
    stage: Pterodactyl, key: str, server: Server, condition: str
) -> None:
    if condition in {"installing", "restoring_backup"}:
        server.status = condition
    else:
        setattr(server, condition, True)
    base = f"/api/client/servers/{server.short}"
    assert by_key(stage, "GET", base, key).status == 200
    asked = [("GET", "/websocket", None), ("GET", "/resources", None)]
    for method, path, document in [
        *asked,
        ("POST", "/power", {"signal": "start"}),
        ("POST", "/command", {"command": "x"}),
    ]:
        answer = by_key(stage, method, base + path, key, document)
        assert (answer.status, answer.error["code"]) == (409, "ServerStateConflictException"), path
    assert server.powers == []


def test_resources_are_twenty_seconds_old(stage: Pterodactyl, kim: User, key: str) -> None:
    server = stage.add_server("sleepy", kim)
    path = f"/api/client/servers/{server.short}/resources"

    def state() -> str:
        found: str = by_key(stage, "GET", path, key).json()["attributes"]["current_state"]
        return found

    assert state() == "offline"
    server.request_power("start")
    wait_until(lambda: server.state == "running")
    assert state() == "offline"
    stage.panel.passed_seconds = 10
    assert state() == "offline"
    stage.panel.passed_seconds = 21
    assert state() == "running"


def test_power_is_taken_and_validated(stage: Pterodactyl, key: str, server: Server) -> None:
    path = f"/api/client/servers/{server.short}/power"
    assert by_key(stage, "POST", path, key, {"signal": "explode"}).status == 422
    assert by_key(stage, "POST", path, key, "{").error["code"] == "BadRequestHttpException"
    error = by_key(stage, "POST", path, key, {}).error
    assert error["meta"] == {"source_field": "signal", "rule": "required"}
    assert by_key(stage, "POST", path, key, {"signal": "stop"}).status == 204
    wait_until(lambda: server.state == "offline")


def test_commands_to_a_server_that_is_off(stage: Pterodactyl, key: str, kim: User, server: Server) -> None:
    path = "/api/client/servers/{}/command"
    off = stage.add_server("off", kim)
    answer = by_key(stage, "POST", path.format(off.short), key, {"command": "list"})
    assert (answer.status, answer.error["detail"]) == (
        502,
        "Server must be online in order to send commands.",
    )
    assert by_key(stage, "POST", path.format(server.short), key, {"command": "list"}).status == 204
    assert server.commands == ["list"]


def test_the_activity_log_says_who_did_what(stage: Pterodactyl, key: str, server: Server) -> None:
    base = f"/api/client/servers/{server.short}"
    by_key(stage, "POST", base + "/command", key, {"command": "list"})
    by_key(stage, "POST", base + "/power", key, {"signal": "restart"})
    rows = by_key(stage, "GET", base + "/activity", key).json()["data"]
    assert [row["attributes"]["event"] for row in rows] == ["server:power.restart", "server:console.command"]
    assert rows[1]["attributes"]["properties"] == {"command": "list"}
    assert rows[0]["attributes"]["relationships"]["actor"]["attributes"]["username"] == "kim"


def test_keys_can_be_made_but_not_too_many(stage: Pterodactyl, kim: User) -> None:
    stage.panel.captcha = False
    browser = Browser(stage.panel)
    browser.log_in("kim", "secret-1")
    answers = [browser.ask("POST", ME + "/api-keys", {"description": "agent"}) for _ in range(25)]
    assert [answer.status for answer in answers] == [200] * 24 + [400]
    document = answers[0].json()
    whole = document["attributes"]["identifier"] + document["meta"]["secret_token"]
    assert by_key(stage, "GET", ME, whole).status == 200


def test_without_wings(stage: Pterodactyl, key: str, server: Server) -> None:
    stage.wings.kill()
    base = f"/api/client/servers/{server.short}"
    assert by_key(stage, "GET", base, key).status == 200
    assert by_key(stage, "GET", base + "/websocket", key).status == 200
    for method, path, document in [("GET", "/resources", None), ("POST", "/power", {"signal": "start"})]:
        answer = by_key(stage, method, base + path, key, document)
        assert (answer.status, answer.error["code"]) == (504, "DaemonConnectionException")


def test_wings_that_never_answers_is_given_up(kim: User) -> None:
    with pterodactyl(Times(wings_timeout_seconds=0.2)) as stage:
        owner = stage.panel.add_user("kim")
        key, server = stage.panel.add_key(owner), stage.add_server("survival", owner)
        stage.wings.freeze()
        began = time.monotonic()
        assert by_key(stage, "GET", f"/api/client/servers/{server.short}/resources", key).status == 504
        assert time.monotonic() - began >= 0.2


# What tests break


def test_the_panel_can_be_away_and_come_back(stage: Pterodactyl, key: str) -> None:
    port = stage.panel.port
    stage.panel.shut()
    with pytest.raises(ConnectionRefusedError):
        by_key(stage, "GET", ME, key)
    stage.panel.open()
    assert stage.panel.port == port
    assert by_key(stage, "GET", ME, key).status == 200


def test_the_next_answers_can_be_a_proxys(stage: Pterodactyl, key: str) -> None:
    stage.panel.fail(503, times=2, path="/account", headers=[("Retry-After", "1")])
    assert by_key(stage, "GET", "/api/client", key).status == 200
    answers = [by_key(stage, "GET", ME, key) for _ in range(3)]
    assert [answer.status for answer in answers] == [503, 503, 200]
    assert answers[0].headers["Retry-After"] == "1"
    assert [one.status for one in stage.panel.asked("/account")] == [503, 503, 200]
    assert stage.panel.asked("/account")[-1].way == "key"


def test_a_body_that_is_no_json(stage: Pterodactyl, kim: User) -> None:
    stage.panel.captcha = False
    answer = Browser(stage.panel).ask("POST", "/auth/login", "{")
    assert (answer.status, answer.error["code"]) == (400, "BadRequestHttpException")
    assert Browser(stage.panel).ask("POST", "/auth/login", {"user": "kim"}).status == 422
    assert json.loads(ask(stage.panel, "GET", "/nowhere").body)["errors"][0]["status"] == "404"
