"""The fake Panel against the facts, sections 1.1 to 1.3: what was seen on the real one."""

from __future__ import annotations

import base64
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from .pterodactyl import Pterodactyl, Times, code, pterodactyl
from .pterodactyl_clients import Browser, ask, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .pterodactyl import Server, User

SECRET = base64.b32encode(b"twelve bytes").decode()
ME = "/api/client/account"


@pytest.fixture
def stage() -> Iterator[Pterodactyl]:
    with pterodactyl(Times(create_seconds=0.02, boot_seconds=0.05, stop_seconds=0.05)) as stage:
        yield stage


@pytest.fixture
def kim(stage: Pterodactyl) -> User:
    return stage.panel.add_user("kim", password="secret-1")


@pytest.fixture
def key(stage: Pterodactyl, kim: User) -> str:
    return stage.panel.add_key(kim)


@pytest.fixture
def server(stage: Pterodactyl, kim: User) -> Server:
    return stage.add_server("survival", kim, "running")


def by_key(stage: Pterodactyl, method: str, path: str, key: str, document: Any = None, **headers: str) -> Any:
    return ask(stage.panel, method, path, document, Authorization=f"Bearer {key}", **headers)


# 1.1 keys


def test_a_key_needs_no_cookie_and_gets_none(stage: Pterodactyl, key: str, server: Server) -> None:
    assert (len(key), key[:5]) == (48, "ptlc_")
    answer = by_key(stage, "GET", ME, key)
    assert (answer.status, answer.cookies) == (200, {})
    assert answer.json()["attributes"]["username"] == "kim"
    answer = by_key(stage, "POST", f"/api/client/servers/{server.short}/power", key, {"signal": "start"})
    assert (answer.status, answer.body) == (204, b"")


def test_an_application_key_is_refused(stage: Pterodactyl, kim: User) -> None:
    assert by_key(stage, "GET", ME, stage.panel.add_key(kim, "ptla_")).status == 403


def test_a_key_may_be_bound_to_addresses_and_may_expire(stage: Pterodactyl, kim: User) -> None:
    elsewhere = by_key(stage, "GET", ME, stage.panel.add_key(kim, allowed_ips=("203.0.113.9",)))
    assert elsewhere.status == 403
    assert "This IP address (127.0.0.1)" in elsewhere.error["detail"]
    assert by_key(stage, "GET", ME, stage.panel.add_key(kim, allowed_ips=("127.0.0.1",))).status == 200
    assert by_key(stage, "GET", ME, stage.panel.add_key(kim, expires=time.time() - 1)).status == 401


@pytest.mark.parametrize("header", ["Origin", "Referer", "Cookie"])
def test_a_key_beside_anything_of_a_browser_cannot_write(
    stage: Pterodactyl, key: str, server: Server, header: str
) -> None:
    path = f"/api/client/servers/{server.short}/power"
    text = "pterodactyl_session=x" if header == "Cookie" else stage.panel.url + ("/" if header == "Referer" else "")
    answer = by_key(stage, "POST", path, key, {"signal": "start"}, **{header: text})
    assert (answer.status, answer.error["detail"]) == (419, "CSRF token mismatch.")
    assert by_key(stage, "GET", ME, key, **{header: text}).status == 200
    other = by_key(stage, "POST", path, key, {"signal": "start"}, Origin="https://elsewhere.example")
    assert other.status == 204


def test_keys_go_on_when_the_account_has_a_second_factor(stage: Pterodactyl) -> None:
    user = stage.panel.add_user("two", totp=SECRET)
    assert by_key(stage, "GET", ME, stage.panel.add_key(user)).status == 200


def test_a_stranger_without_accept_is_sent_to_a_page(stage: Pterodactyl) -> None:
    answer = ask(stage.panel, "GET", ME, Accept="")
    assert (answer.status, answer.headers["Location"]) == (302, stage.panel.url + "/auth/login")
    assert ask(stage.panel, "GET", ME).error == {
        "code": "AuthenticationException",
        "status": "401",
        "detail": "Unauthenticated.",
    }
    assert b"<html" in ask(stage.panel, "GET", "/auth/login", Accept="").body


# 1.1 cookies


def test_the_session_cookie_has_the_panels_name(stage: Pterodactyl) -> None:
    stage.panel.app_name = "My Games"
    answer = ask(stage.panel, "GET", "/sanctum/csrf-cookie")
    assert (answer.status, set(answer.cookies)) == (204, {"XSRF-TOKEN", "my_games_session"})
    session = next(line for line in answer.headers.get_all("Set-Cookie") or [] if "my_games" in line)
    assert "httponly" in session
    assert "Max-Age=43200" in session
    assert "ecure" not in session


def test_a_login_by_name_and_by_address(stage: Pterodactyl, kim: User, server: Server) -> None:
    stage.panel.captcha = False
    for name in ("kim", "kim@example.test"):
        browser = Browser(stage.panel)
        before = dict(browser.cookies)
        answer = browser.log_in(name, "secret-1")
        assert answer.json()["data"]["complete"] is True
        assert any(cookie.startswith("remember_web_") for cookie in browser.cookies)
        assert all(browser.cookies[cookie] != text for cookie, text in before.items())
        old = "; ".join(f"{cookie}={text}" for cookie, text in before.items())
        assert ask(stage.panel, "GET", ME, Cookie=old).status == 401
        assert browser.ask("GET", ME).status == 200
    path = f"/api/client/servers/{server.short}/power"
    assert browser.ask("POST", path, {"signal": "start"}).status == 204
    assert browser.ask("POST", path, {"signal": "start"}, csrf="").status == 419
    again = browser.log_in("kim", "secret-1")
    assert (again.status, again.headers["Location"]) == (302, stage.panel.url + "/")
    assert browser.ask("POST", "/auth/logout").status == 204
    assert browser.ask("GET", ME).status == 401


def test_the_token_is_wanted_decoded(stage: Pterodactyl, kim: User) -> None:
    stage.panel.captcha = False
    browser = Browser(stage.panel)
    raw = browser.cookies["XSRF-TOKEN"]
    assert raw.endswith("%3D")
    answer = browser.ask("POST", "/auth/login", {"user": "kim", "password": "secret-1"}, csrf=raw)
    assert answer.status == 419
    assert ask(stage.panel, "POST", "/auth/login", {"user": "kim", "password": "secret-1"}).status == 419
    assert stage.panel.visits.attempts == []


def test_each_answer_has_new_cookies_and_the_old_ones_are_good(stage: Pterodactyl, kim: User) -> None:
    stage.panel.captcha = False
    browser = Browser(stage.panel)
    browser.log_in("kim", "secret-1")
    first = dict(browser.cookies)
    browser.ask("GET", ME)
    assert browser.cookies["XSRF-TOKEN"] != first["XSRF-TOKEN"]
    browser.cookies = first
    assert browser.ask("GET", ME).status == 200


def test_a_remember_cookie_logs_in_with_a_referer(stage: Pterodactyl, kim: User) -> None:
    stage.panel.captcha = False
    browser = Browser(stage.panel)
    browser.log_in("kim", "secret-1")
    browser.cookies = {name: text for name, text in browser.cookies.items() if name.startswith("remember")}
    assert browser.ask("GET", ME).status == 401
    assert browser.ask("GET", ME, Referer="https://elsewhere.example/").status == 401
    assert browser.ask("GET", ME, Referer=stage.panel.url + "/").status == 200
    assert "pterodactyl_session" in browser.cookies


def test_a_captcha_makes_it_impossible(stage: Pterodactyl, kim: User) -> None:
    answer = Browser(stage.panel).log_in("kim", "secret-1")
    assert (answer.status, answer.error["code"]) == (400, "DisplayException")
    assert answer.error["detail"] == "Failed to validate reCAPTCHA data."


# 1.1 second factor


@pytest.fixture
def two(stage: Pterodactyl) -> User:
    stage.panel.captcha = False
    user = stage.panel.add_user("two", password="secret-2", totp=SECRET)
    user.recovery.add("once-1")
    return user


def test_the_second_factor(stage: Pterodactyl, two: User) -> None:
    browser = Browser(stage.panel)
    data = browser.log_in("two", "secret-2").json()["data"]
    assert (data["complete"], len(data["confirmation_token"])) == (False, 64)
    assert browser.ask("GET", ME).status == 401
    door, given = "/auth/login/checkpoint", {"confirmation_token": data["confirmation_token"]}
    wrong = browser.ask("POST", door, {**given, "authentication_code": "000000"})
    assert (wrong.status, wrong.error["detail"]) == (400, "The two-factor authentication token was invalid.")
    assert browser.ask("POST", door, {}).status == 422
    assert len(browser.ask("POST", door, {}).json()["errors"]) == 2
    right = browser.ask("POST", door, {**given, "authentication_code": code(SECRET, time.time(), -4)})
    assert right.json()["data"]["complete"] is True
    assert browser.ask("GET", ME).status == 200


def test_a_recovery_token_serves_once(stage: Pterodactyl, two: User) -> None:
    ends = []
    for _ in range(2):
        browser = Browser(stage.panel)
        token = browser.log_in("two", "secret-2").json()["data"]["confirmation_token"]
        given = {"confirmation_token": token, "recovery_token": "once-1"}
        ends.append(browser.ask("POST", "/auth/login/checkpoint", given).status)
    assert ends == [200, 400]


def test_a_checkpoint_without_a_login_breaks_the_panel(stage: Pterodactyl, two: User) -> None:
    given = {"confirmation_token": "x" * 64, "authentication_code": "123456"}
    assert Browser(stage.panel).ask("POST", "/auth/login/checkpoint", given).status == 500


def test_a_login_waits_so_long_for_its_second_factor(stage: Pterodactyl, two: User) -> None:
    browser = Browser(stage.panel)
    token = browser.log_in("two", "secret-2").json()["data"]["confirmation_token"]
    stage.panel.skew_seconds = 301
    given = {"confirmation_token": token, "authentication_code": code(SECRET, time.time() + 301)}
    late = browser.ask("POST", "/auth/login/checkpoint", given)
    assert late.status == 400
    assert "has expired, please refresh" in late.error["detail"]


@pytest.mark.parametrize(
    ("policy", "admin", "status"), [(0, True, 200), (1, False, 200), (1, True, 400), (2, False, 400)]
)
def test_the_policy_of_second_factors_holds_for_keys(stage: Pterodactyl, policy: int, admin: bool, status: int) -> None:
    stage.panel.two_factor_required = policy
    key = stage.panel.add_key(stage.panel.add_user("someone", admin=admin))
    assert by_key(stage, "GET", "/api/client", key).status == status
    assert by_key(stage, "GET", ME, key).status == 200


# 1.2 limits


def test_five_failures_lock_the_address_out_for_everybody(stage: Pterodactyl, kim: User) -> None:
    stage.panel.captcha = False
    stage.panel.add_user("pat", password="secret-3")
    for number in range(5):
        answer = Browser(stage.panel).log_in(f"guess-{number}", "x")
        assert (answer.status, answer.error["detail"]) == (
            400,
            "No account matching those credentials could be found.",
        )
    locked = Browser(stage.panel).log_in("pat", "secret-3")
    assert (locked.status, locked.error["status"], locked.headers["Retry-After"]) == (429, "422", None)
    assert locked.error["detail"].startswith("Too many login attempts. Please try again in ")
    stage.panel.skew_seconds = 61
    assert Browser(stage.panel).log_in("pat", "secret-3").status == 200


def test_ten_logins_a_minute_for_the_whole_panel(stage: Pterodactyl, kim: User) -> None:
    stage.panel.captcha = False
    ends = [Browser(stage.panel).log_in("kim", "secret-1") for _ in range(11)]
    assert [answer.status for answer in ends] == [200] * 10 + [429]
    assert ends[-1].error["detail"] == "Too Many Attempts."
    assert 0 < int(ends[-1].headers["Retry-After"]) <= 60
    assert stage.panel.visits.attempts[-1] == ("kim", "limited")


def test_requests_are_counted_on_the_user_over_all_keys(stage: Pterodactyl, kim: User, key: str) -> None:
    stage.panel.client_limit = 3
    other = stage.panel.add_key(kim)
    answers = [by_key(stage, "GET", ME, one) for one in (key, other, key, other)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert [answer.headers["Retry-After"] is None for answer in answers] == [True, True, True, False]
    assert int(answers[3].headers["X-RateLimit-Reset"]) > time.time()
    assert by_key(stage, "GET", ME, stage.panel.add_key(stage.panel.add_user("pat"))).status == 200
    stage.panel.skew_seconds = 61
    assert by_key(stage, "GET", ME, key).status == 200


def test_five_socket_tokens_a_minute_for_each_server(stage: Pterodactyl, kim: User, key: str, server: Server) -> None:
    pat = stage.panel.add_user("pat")
    server.subusers[pat.uuid] = (pat, ["websocket.connect"])
    path = f"/api/client/servers/{server.short}/websocket"
    ends = [by_key(stage, "GET", path, one).status for one in [key, stage.panel.add_key(pat)] * 3]
    assert ends == [200] * 5 + [429]
    other = stage.add_server("creative", kim)
    assert by_key(stage, "GET", f"/api/client/servers/{other.short}/websocket", key).status == 200
    stage.panel.token_limit_a_server = False
    assert by_key(stage, "GET", path, key).status == 200


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

    assert names("?per_page=2&page=2", key) == ["world-2"]
    assert names("?filter[*]=D-1", key) == ["world-1"]
    assert names("", boss) == []
    assert len(names("?type=admin-all", boss)) == 3
    assert names("?type=admin-all", key) == []
    pages = by_key(stage, "GET", "/api/client?per_page=2", key).json()["meta"]["pagination"]
    assert (pages["total"], pages["count"], pages["total_pages"]) == (3, 2, 2)


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
    stage.panel.skew_seconds = 19
    assert state() == "offline"
    stage.panel.skew_seconds = 21
    assert state() == "running"


def test_power_is_taken_and_validated(stage: Pterodactyl, key: str, server: Server) -> None:
    path = f"/api/client/servers/{server.short}/power"
    assert by_key(stage, "POST", path, key, {"signal": "explode"}).status == 422
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
    answers = [browser.ask("POST", ME + "/api-keys", {"description": "agent"}) for _ in range(26)]
    assert [answer.status for answer in answers] == [200] * 25 + [400]
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
