"""Signing in: by password and by link, with a fresh session each time, and out again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.accounts import create_signin_link, passwords
from wakeful_collector.read import people as read
from wakeful_collector.store import people
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask
    from flask.testing import FlaskClient

    from wakeful_collector.config import Settings

PASSWORD = "correct horse battery"
COOKIE = "wakeful-8800"


@pytest.fixture
def ada(settings: Settings, now_ms: int) -> str:
    with changing(settings.data) as connection:
        people.add_user(connection, "ada", passwords.hashed(PASSWORD), "admin", now_ms)
    return "ada"


def csrf_of(client: FlaskClient) -> str:
    return client.get("/sign-in").text.split('name="csrf" value="', 1)[1].split('"', 1)[0]


def sign_in(client: FlaskClient, password: str = PASSWORD, **more: str) -> Any:
    return client.post("/sign-in", data={"csrf": csrf_of(client), "name": "ada", "password": password, **more})


def test_the_form_opens_and_leads_where_one_was_going(app: Flask, ada: str) -> None:
    client = app.test_client()
    away = client.get("/account?x=1")
    assert (away.status_code, away.location) == (303, "/sign-in?next=%2Faccount%3Fx%3D1")
    answer = sign_in(client, next="/account?x=1")
    assert (answer.status_code, answer.location) == (303, "/account?x=1")
    assert client.get("/account").status_code == 200
    assert client.get("/sign-in?next=/account").location == "/account"


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "evil", "/a\nb", ""])
def test_nobody_is_sent_elsewhere(app: Flask, ada: str, target: str) -> None:
    assert sign_in(app.test_client(), next=target).location == "/"


def test_the_cookie_is_strict_and_out_of_reach_of_scripts(app: Flask, ada: str) -> None:
    cookie = next(text for text in sign_in(app.test_client()).headers.getlist("Set-Cookie") if f"{COOKIE}=wk_" in text)
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie


def test_behind_tls_the_cookie_is_bound_to_the_host(app_with: Callable[..., Flask], ada: str) -> None:
    client = app_with(trusted_proxies=("127.0.0.1",)).test_client()
    secure = {"headers": {"X-Forwarded-Proto": "https"}, "base_url": "https://localhost"}
    page = client.get("/sign-in", **secure).text
    csrf = page.split('name="csrf" value="', 1)[1].split('"', 1)[0]
    answer = client.post("/sign-in", data={"csrf": csrf, "name": "ada", "password": PASSWORD}, **secure)
    cookie = next(text for text in answer.headers.getlist("Set-Cookie") if "=wk_ses_" in text)
    assert cookie.startswith(f"__Host-{COOKIE}=")
    assert "Secure" in cookie
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


def test_a_session_set_from_outside_is_not_taken_over(app: Flask, ada: str) -> None:
    client = app.test_client()
    client.set_cookie(COOKIE, "wk_ses_planted-by-somebody", domain="localhost")
    answer = sign_in(client)
    assert answer.status_code == 303
    cookie = client.get_cookie(COOKIE)
    assert cookie is not None
    assert cookie.value != "wk_ses_planted-by-somebody"
    attacker = app.test_client()
    attacker.set_cookie(COOKIE, "wk_ses_planted-by-somebody", domain="localhost")
    assert attacker.get("/account").status_code == 303


def test_wrong_passwords_are_said_kindly_and_then_slowed(app: Flask, ada: str, frozen: list[int]) -> None:
    client = app.test_client()
    answers = [sign_in(client, "wrong password") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [403] * 4 + [429] * 2
    assert "do not fit" in answers[0].text
    assert answers[5].headers["Retry-After"] == "1"
    assert "wait 1 s" in answers[5].text
    frozen[0] += 1000
    assert sign_in(client).status_code == 303


def test_the_form_needs_its_token(app: Flask, ada: str) -> None:
    client = app.test_client()
    csrf_of(client)
    fields = {"name": "ada", "password": PASSWORD}
    assert client.post("/sign-in", data=fields).status_code == 403
    assert client.post("/sign-in", data={**fields, "csrf": "0" * 64}).status_code == 403
    other = csrf_of(app.test_client())
    assert client.post("/sign-in", data={**fields, "csrf": other}).status_code == 403


def test_hostile_names_come_back_as_text(app: Flask, ada: str) -> None:
    client = app.test_client()
    answer = client.post("/sign-in", data={"csrf": csrf_of(client), "name": '"><script>x', "password": "y"})
    assert "<script>x" not in answer.text
    assert "&lt;script&gt;x" in answer.text


def test_a_link_signs_in_once(app: Flask, settings: Settings, now_ms: int) -> None:
    path = f"/sign-in/link/{create_signin_link(settings.data, now_ms)}"
    client = app.test_client()
    assert client.head(path).status_code == 200, "a look at its head spends nothing"
    answer = client.get(path)
    assert (answer.status_code, answer.location) == (303, "/")
    assert client.get("/account").status_code == 200
    again = app.test_client().get(path)
    assert again.status_code == 403
    assert "used already" in again.text
    assert "wakeful-collector signin" in again.text
    assert app.test_client().get("/sign-in/link/wk_lnk_guess").status_code == 403


def test_the_first_visit_says_how_to_get_in(app: Flask) -> None:
    assert "wakeful-collector signin" in app.test_client().get("/sign-in").text


def test_signing_out_ends_the_session_for_good(person: Callable[..., Any], app: Flask) -> None:
    ada = person()
    token = ada.client.get_cookie(COOKIE).value
    assert ada.post("/sign-out").location == "/sign-in"
    assert ada.get("/account").status_code == 303
    copy = app.test_client()
    copy.set_cookie(COOKIE, token, domain="localhost")
    assert copy.get("/account").status_code == 303


def test_ones_own_password(person: Callable[..., Any], settings: Settings) -> None:
    here, there = person(), person()
    assert "differ" in here.post("/account/password", password=PASSWORD, again="something else").text
    short = here.post("/account/password", password="short", again="short")
    assert short.status_code == 400
    assert "at least 10" in short.text
    done = here.post("/account/password", password=PASSWORD, again=PASSWORD)
    assert done.status_code == 200
    assert "Other sessions ended: 1" in done.text
    assert there.get("/account").status_code == 303
    assert passwords.fits(PASSWORD, read.users(settings.data)[0].password)
    assert here.post("/account/password", current="wrong", password=PASSWORD, again=PASSWORD).status_code == 403


def test_ones_own_sessions(person: Callable[..., Any], settings: Settings) -> None:
    here, there = person(), person()
    assert len(read.sessions(settings.data, 1)) == 2
    answer = here.post("/account/sessions")
    assert answer.location == "/account?done=sessions"
    assert "have ended" in here.get(answer.location).text
    assert there.get("/account").status_code == 303


def test_a_link_on_another_site_needs_one_more_step(person: Callable[..., Any], app: Flask) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    answer = app.test_client().get("/account", headers=headers)
    assert answer.status_code == 200
    assert 'content="0; url=/account"' in answer.text
    assert person().get("/account", headers=headers).status_code == 200


def test_parts_of_pages_send_the_whole_page_to_the_door(app: Flask) -> None:
    answer = app.test_client().get("/account", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (401, "/sign-in")


def test_forms_of_nobody_lead_to_the_door(app: Flask) -> None:
    assert app.test_client().post("/sign-out").location == "/sign-in"
