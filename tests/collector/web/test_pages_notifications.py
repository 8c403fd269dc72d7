"""Settings of who is told: channels, their messages, and what reached nobody."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.model.delivery import DEAD, Attempt, Next
from wakeful_collector.read import channels, deliveries
from wakeful_collector.store import outbox
from wakeful_collector.store.changes import changing

from .keeping import HOSTILE, NOW_MS, event, keeps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATH = "/settings/notifications"
PART = {"HX-Request": "true"}
HOOK = {"kind": "webhook", "url": "https://127.0.0.1:9/very-secret-path", "moments": "opened"}


@pytest.fixture
def ada(person: Callable[..., Any]) -> Any:
    return person()


def only(data: Path) -> Any:
    """Return the only channel there is."""
    (found,) = channels.channels(data)
    return found


def test_without_a_channel_the_page_says_that_nobody_is_told(ada: Any) -> None:
    text = ada.get(PATH).text
    assert "Nobody is told" in text
    assert "Nothing was told yet." in text
    assert ">Notifications</a>" in text


def test_a_webhooks_secret_is_shown_once_and_its_address_never(ada: Any, data: Path) -> None:
    text = ada.post(PATH, name="hook", hosts="db-*, nas", tags="prod prod", **HOOK).text
    assert re.search(r"wk_whs_[\w-]{32,}", text)
    made = only(data)
    assert (made.name, made.wishes.hosts, made.wishes.tags) == ("hook", ("db-*", "nas"), ("prod",))
    again = ada.get(PATH).text
    assert "wk_whs_" not in again
    assert "very-secret-path" not in text + again
    assert "https://127.0.0.1:9/..." in again
    assert "of db-*, nas, prod" in again


def test_a_channel_of_a_service_has_quiet_hours(ada: Any, data: Path) -> None:
    fields = {"begins": "22:00", "ends": "07:00", "zone": "Europe/Berlin", "moments": "closed", "kinds": "host"}
    text = ada.post(PATH, name=HOSTILE[:28], kind="apprise", url="json://127.0.0.1:9/key", **fields).text
    assert "is there." in text
    assert "<img" not in text
    assert "not from 22:00 to 07:00 Europe/Berlin" in text
    assert "about silent machines" in text
    quiet = only(data).wishes.quiet
    assert quiet is not None
    assert quiet.zone == "Europe/Berlin"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (
            {"name": "x", "kind": "webhook", "url": "nothing", "moments": "opened"},
            "url must be an address like https://",
        ),
        ({"name": "x", "kind": "apprise", "url": "nosuch://x", "moments": "opened"}, "address cannot be used"),
        ({"name": "x", **HOOK, "begins": "22:00"}, "quiet.ends must be a time of the day like 22:30"),
        ({"name": "x", "kind": "webhook", "url": HOOK["url"]}, "moments must name at least 1"),
    ],
)
def test_what_is_refused_is_said_beside_the_form(ada: Any, data: Path, fields: dict[str, str], said: str) -> None:
    text = ada.post(PATH, **fields).text
    assert "That was not done." in text
    assert said in text.lower().replace("&#39;", "'")
    assert channels.channels(data) == []
    assert 'value="x"' in text


def test_a_channel_is_changed_and_keeps_its_address(ada: Any, data: Path) -> None:
    ada.post(PATH, name="hook", **HOOK)
    path = f"{PATH}/{only(data).id}"
    text = ada.get(path).text
    assert 'name="name" value="hook"' in text
    assert "very-secret-path" not in text
    assert "cannot be read" not in text
    assert ada.post(path, name="other", moments="closed").headers["Location"] == PATH
    changed = only(data)
    assert (changed.name, changed.enabled, changed.wishes.moments) == ("other", False, ("closed",))
    assert ">off<" in ada.get(PATH).text
    moved = ada.post(path, name="other", enabled="on", **{**HOOK, "url": "https://127.0.0.1:10/x"}).text
    assert "The secret of other" in moved
    assert only(data).address == "https://127.0.0.1:10/..."
    assert "1 to 64 characters" in ada.post(path, name="", moments="closed").text
    (data / "vault.key").unlink()
    assert "Its address cannot be read." in ada.get(path).text
    assert ada.get(f"{PATH}/none").status_code == 404


def test_operators_see_and_test_but_do_not_change(person: Callable[..., Any], ada: Any, data: Path) -> None:
    ada.post(PATH, name="hook", **HOOK)
    olga = person("olga", "operate")
    assert olga.get("/settings").headers["Location"] == PATH
    text = olga.get(PATH).text
    assert "An administrator adds and changes channels." in text
    assert ">Test<" in text
    assert 'disabled title="This needs the scope admin' in text
    assert "API keys" not in text
    assert olga.post(PATH, name="x", **HOOK).status_code == 403
    assert olga.get(f"{PATH}/{only(data).id}").status_code == 403
    assert person("bob", "read").get(PATH).status_code == 403


def test_what_reached_nobody_stands_out_and_is_tried_again(ada: Any, machine: Callable[..., Any], data: Path) -> None:
    ada.post(PATH, name="hook", **HOOK)
    told = [event(1, "watch.down", 60, HOSTILE), event(2, "recovery.given_up", 50, HOSTILE, attempts=5)]
    games = keeps(machine("games"), events=told)
    with changing(data) as connection:
        (one,) = outbox.due(connection, NOW_MS, 9)
        outbox.claim(connection, one.id, "t", NOW_MS, NOW_MS + 1000)
        failed = Attempt("refused", f"HTTP 410 {HOSTILE}", 0.25)
        outbox.settle(connection, one, "t", failed, Next(DEAD, NOW_MS), NOW_MS)
    text = ada.get(f"{PATH}?state=dead").text
    assert '<span class="count bad">1</span>' in text
    assert "something needs a person" in text
    assert "refused after 0.2 s: HTTP 410" in text
    assert "<img" not in text
    assert f"/hosts/{games.id}/watches?incident=inc_" in text
    assert "Everything" not in text
    ada.post("/ask/delivery.retry", id=one.id)
    found = deliveries.delivery(data, one.id)
    assert found is not None
    assert found.state == "waiting"
    part = ada.get(f"{PATH}?state=dead", headers=PART).text
    assert "<html" not in part
    assert "Everything that was to be told reached somebody." in part
    assert "Nothing waits." not in ada.get(f"{PATH}?state=waiting").text
    assert ada.get(f"{PATH}?before=x").status_code == 400
    assert "Nothing was told yet." in ada.get(f"{PATH}?before=1&state=odd").text


def test_a_long_log_comes_in_pages(ada: Any, data: Path) -> None:
    ada.post(PATH, name="hook", **HOOK)
    for _ in range(51):
        ada.post("/ask/channel.test", id=only(data).id)
    (older,) = re.findall(r'href="([^"]*before=\d+[^"]*)"', ada.get(PATH).text)
    assert ada.get(older.split("#")[0]).text.count("a test</span>") == 1
