"""The fake Panel against the facts, sections 1.1 and 1.2: who may come in, and how often."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING

import pytest

from .pterodactyl import Pterodactyl, code
from .pterodactyl_clients import Browser, ask, by_key

if TYPE_CHECKING:
    from .pterodactyl import Server, User

SECRET = base64.b32encode(b"twelve bytes").decode()
ME = "/api/client/account"


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


def test_pelican_has_no_login_for_programs(stage: Pterodactyl, kim: User) -> None:
    stage.panel.pelican = True
    for method in ("GET", "POST"):
        answer = ask(stage.panel, method, "/auth/login", {"user": "kim", "password": "secret-1"})
        assert (answer.status, answer.headers["Location"]) == (302, stage.panel.url + "/login")
    key = stage.panel.add_key(kim)
    assert (key[:5], by_key(stage, "GET", ME, key).status) == ("pacc_", 200)


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
    stage.panel.passed_seconds = 301
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
    stage.panel.passed_seconds = 61
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
    stage.panel.passed_seconds = 61
    assert by_key(stage, "GET", ME, key).status == 200


def test_five_socket_tokens_a_minute_for_each_server(stage: Pterodactyl, kim: User, key: str, server: Server) -> None:
    pat = stage.panel.add_user("pat")
    server.subusers[pat.uuid] = (pat, ["websocket.connect"])
    path = f"/api/client/servers/{server.short}/websocket"
    ends = [by_key(stage, "GET", path, one).status for one in [key, stage.panel.add_key(pat)] * 3]
    assert ends == [200] * 5 + [429]
    other = stage.add_server("creative", kim)
    assert by_key(stage, "GET", f"/api/client/servers/{other.short}/websocket", key).status == 200
    headers = by_key(stage, "GET", f"/api/client/servers/{other.short}/websocket", key).headers
    assert headers.get_all("X-RateLimit-Limit") == ["5"], "one limit is told: the closer one"
    stage.panel.token_limit_a_server = False
    assert by_key(stage, "GET", path, key).status == 200
