"""What all pages share."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.store import room
from wakeful_collector.web import kit, pages_frame

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flask import Flask


def test_styles_carry_their_hash_and_modules_their_plain_name(app: Flask) -> None:
    with app.test_request_context():
        assert re.fullmatch(r"/static/css/base\.css\?v=[0-9a-f]{12}", pages_frame.asset("css/base.css"))
        assert pages_frame.asset("js/main.js") == "/static/js/main.js"
        assert pages_frame.asset("vendor/not-fetched.js") == "/static/vendor/not-fetched.js"


@pytest.mark.parametrize(("cookie", "found"), [("dark", 'data-theme="dark"'), ("light", 'data-theme="light"')])
def test_the_chosen_theme_is_there_before_the_first_paint(person: Callable[..., Any], cookie: str, found: str) -> None:
    ada = person()
    ada.client.set_cookie("theme", cookie)
    assert f'<html lang="en" {found}>' in ada.get("/").text


def test_a_theme_nobody_offers_is_ignored(person: Callable[..., Any]) -> None:
    ada = person()
    ada.client.set_cookie("theme", "x onload=")
    assert '<html lang="en">' in ada.get("/").text


def test_a_full_disk_is_said_on_every_page(person: Callable[..., Any], data: Path, now_ms: int) -> None:
    ada = person()
    assert "disk is full" not in ada.get("/").text
    room.prepare(data)
    room.mark(data, now_ms - 60_000, now_ms - 60_000)
    for path in ("/", "/events", "/machines/add", "/settings/keys"):
        assert "The collector's disk is full." in ada.get(path).text


def test_administration_is_offered_to_administrators_only(person: Callable[..., Any]) -> None:
    assert "/settings" in person("ada", "admin").get("/").text
    assert 'href="/settings"' not in person("bob", "read").get("/").text


def test_a_room_stands_in_the_navigation_before_what_is_done_once_in_a_while(
    app: Flask, person: Callable[..., Any]
) -> None:
    known = kit_state_of(app)
    kit.install(app, replace(known, navigation=(kit.Place("gateway", "pages.events", "A room"),)))
    text = person().get("/").text
    found = re.findall(r"<a href=[^>]+><svg.*?</svg><span>(.*?)</span></a>", text)
    labels = [re.sub(r"<[^>]+>", "", label) for label in found]
    assert labels == ["Fleet", "Timeline", "Events", "A room", "Add a machine", "Settings"]


def kit_state_of(app: Flask) -> kit.State:
    with app.app_context():
        return kit.state()
