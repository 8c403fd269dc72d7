"""Buttons: what they ask for, who may press them, and what is shown of what comes of it."""

from __future__ import annotations

import socket
from dataclasses import replace
from ipaddress import IPv4Interface
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.read import audit, channels, commands, incidents
from wakeful_collector.store import channels as table
from wakeful_collector.store.changes import changing
from wakeful_collector.wake import sending
from wakeful_collector.wake.sending import Own
from wakeful_collector.web import kit

from .keeping import HELLO, NOW_MS, event, keeps

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PART = {"HX-Request": "true"}


@pytest.fixture
def games(machine: Callable[..., Any]) -> Any:
    return keeps(machine("games"), events=[event(1, "watch.down", 60)])


@pytest.fixture
def ada(person: Callable[..., Any]) -> Any:
    return person("ada", "operate")


def press(who: Any, operation: str, **fields: str) -> Any:
    """Press a button as the page's script does."""
    return who.client.post(f"/ask/{operation}", data={"csrf": who.csrf, **fields}, headers=PART)


def test_a_button_asks_the_machine_and_its_note_follows_the_command(ada: Any, games: Any, data: Path) -> None:
    answer = press(ada, "watch.pause", host=games.id, watch="survival", seconds="3600")
    (asked,) = commands.commands(data).commands
    assert (asked.action, asked.arguments) == ("watch.pause", {"watch": "survival", "seconds": 3600})
    assert asked.principal == "user:ada"
    assert answer.headers["HX-Trigger"] == "wakeful:changed"
    assert "<strong>Pause survival</strong>" in answer.text
    path = f"/asked/commands/{asked.id}"
    assert f'hx-get="{path}?seen=requested"' in answer.text
    assert ada.get(f"{path}?seen=requested").status_code == 204
    games.push([], NOW_MS + 1000)
    assert "under way" in ada.get(f"{path}?seen=requested").text
    data_of = {"summary": "paused for an hour", "data": {}, "dry_run": False}
    games.push([], NOW_MS + 2000, results=[{"command": asked.id, "state": "done", "data": data_of}])
    ended = ada.get(f"{path}?seen=delivered")
    assert "Paused for an hour." in ended.text
    assert "hx-get" not in ended.text
    listed = ada.get(f"/hosts/{games.id}/watches").text
    assert "seconds 3600" in listed
    assert ">ada<" in listed


def test_without_a_script_the_page_comes_again(ada: Any, games: Any, data: Path) -> None:
    answer = ada.post("/ask/watch.repair", host=games.id, watch="survival", back=f"/hosts/{games.id}/watches")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/hosts/{games.id}/watches")
    assert len(commands.commands(data).commands) == 1
    away = ada.post("/ask/watch.repair", host=games.id, watch="survival", back="https://evil.example/")
    assert away.headers["Location"] == "/"
    refused = ada.post("/ask/watch.repair", host=games.id, watch="nothing")
    assert refused.status_code == 400
    assert "watch must be one of" in refused.text.lower()


def test_a_refusal_is_told_with_its_way_out(ada: Any, machine: Callable[..., Any]) -> None:
    made = machine("web")
    made.push([], NOW_MS, hello={"name": "web", "actions": []})
    answer = press(ada, "watch.repair", host=made.id, watch="nginx")
    assert answer.status_code == 200
    assert "That was not done." in answer.text
    assert "allow = [&#34;watch.repair&#34;]" in answer.text
    assert "hx-get" not in answer.text


@pytest.mark.parametrize(("typed", "done"), [("survival", 1), (" survival ", 1), ("Survival", 0), ("", 0)])
def test_what_destroys_is_done_only_when_its_name_was_typed(
    ada: Any, games: Any, data: Path, typed: str, done: int
) -> None:
    answer = press(ada, "server.power", host=games.id, watch="survival", signal="kill", confirm=typed)
    assert len(commands.commands(data).commands) == done
    assert ("was not named" in answer.text) is not bool(done)


def test_an_action_of_the_machines_own_gets_its_typed_arguments(ada: Any, games: Any, data: Path) -> None:
    fields = {"with.world": "overworld", "with.keep": "3", "with.quick": "on", "with.other": "x", "with.note": ""}
    press(ada, "host.command", host=games.id, action="backup-world", **fields)
    (asked,) = commands.commands(data).commands
    assert asked.arguments == {"world": "overworld", "keep": 3, "quick": True}
    refused = press(ada, "host.command", host=games.id, action="backup-world", **{**fields, "with.keep": "many"})
    assert "keep must be a number" in refused.text.lower()
    assert "not named" in press(ada, "host.command", host=games.id, action="wipe-world").text
    press(ada, "host.command", host=games.id, action="wipe-world", confirm="games")
    assert [one.action for one in commands.commands(data).commands] == ["wipe-world", "backup-world"]
    assert "here is no host" in press(ada, "host.command", host="nobody", action="x").text


def test_a_command_is_taken_back(ada: Any, games: Any, data: Path) -> None:
    press(ada, "watch.repair", host=games.id, watch="survival")
    (asked,) = commands.commands(data).commands
    assert "Take back" in ada.get(f"/hosts/{games.id}/watches").text
    assert "Taken back before" in press(ada, "command.cancel", id=asked.id).text
    assert "taken back" in ada.get(f"/asked/commands/{asked.id}").text


def test_an_incident_is_taken_on_and_a_host_is_marked(ada: Any, games: Any, data: Path) -> None:
    (record,) = incidents.incidents(data).incidents
    assert "Taken on" in press(ada, "incident.acknowledge", id=record.incident.id).text
    fields = {"as": "maintenance", "minutes": "60", "reason": "new disks"}
    marked = press(ada, "host.mark", host=games.id, back="/timeline", **fields)
    assert "Noted." in marked.text
    assert marked.headers["HX-Redirect"] == "/timeline"
    absence = incidents.absence(data, games.key, NOW_MS)
    assert absence is not None
    assert (absence.kind, absence.until_ms, absence.reason) == ("maintenance", NOW_MS + 3_600_000, "new disks")
    press(ada, "host.mark", host=games.id, **{"as": "sleeping", "minutes": ""})
    absence = incidents.absence(data, games.key, NOW_MS)
    assert absence is not None
    assert absence.until_ms is None


def test_waking_says_who_was_chosen_and_why(ada: Any, machine: Callable[..., Any], data: Path) -> None:
    nas, pi = machine("nas"), machine("pi")
    card = {"interface": "eth0", "mac": "02:00:00:00:00:01", "addresses": ["192.168.77.5/24"]}
    other = {"interface": "eth0", "mac": "02:00:00:00:00:02", "addresses": ["192.168.77.6/24"]}
    nas.push([], NOW_MS - 86_400_000, hello={"name": "nas", "networks": [card]})
    takes = {name: {"kind": "text", "required": False} for name in ("mac", "name", "address")}
    wakes = {"name": "wake", "danger": "changes", "parameters": takes}
    pi.push([], NOW_MS, hello={"name": "pi", "networks": [other], "actions": [wakes]})
    answer = press(ada, "host.wake", host=nas.id)
    assert "<strong>Wake nas</strong>" in answer.text
    (asked,) = commands.commands(data).commands
    assert asked.host_key == pi.key
    assert "<strong>Wake nas</strong>" in answer.text
    assert "on pi" in answer.text
    assert "Chosen because pi is in 192.168.77.0/24 too." in answer.text
    assert "HX-Redirect" not in answer.headers
    page = ada.get(f"/hosts/{nas.id}").text
    assert "Wake it" in page
    assert "through pi" in page
    lonely = machine("lonely")
    assert "No hardware address" in press(ada, "host.wake", host=lonely.id).text


def test_a_packet_that_the_collector_sends_itself_is_told_of_at_once(
    ada: Any, machine: Callable[..., Any], data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nas = machine("nas")
    card = {"interface": "eth0", "mac": "02:00:00:00:00:01", "addresses": ["198.18.1.20/24"]}
    nas.push([], NOW_MS - 86_400_000, hello={"name": "nas", "networks": [card]})
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.255.255.255", 0))
        ear.settimeout(5)
        here = Own("lo", IPv4Interface("198.18.1.9/24"), "127.255.255.255")
        monkeypatch.setattr(sending, "own", lambda: [here])
        assert "How: the collector itself is in 198.18.1.0/24." in ada.get(f"/hosts/{nas.id}").text
        refused = press(ada, "host.wake", host=nas.id)
        assert "That was not done." in refused.text, "the loopback sends nothing under another network's address"
        there = here._replace(address=IPv4Interface("127.0.0.1/8"))
        monkeypatch.setattr(sending, "_ways", lambda _address, _over: [there])
        answer = press(ada, "host.wake", host=nas.id, port=str(ear.getsockname()[1]))
        assert ear.recv(2048) == b"\xff" * 6 + bytes.fromhex("020000000001") * 16
    assert "The packet was sent." in answer.text
    assert "3 packets were sent to 02:00:00:00:00:01 by the collector itself" in answer.text
    assert "the collector itself is in 198.18.1.0/24" in answer.text
    assert answer.headers["HX-Trigger"] == "wakeful:changed"
    assert "hx-get" not in answer.text, "nobody is waited for"
    assert commands.commands(data).commands == []
    press(ada, "host.wake", host=nas.id, request_key="one")
    assert "by ada from the collector: <span" in ada.get(f"/hosts/{nas.id}").text
    [row, _] = [row for row in audit.rows(data, 9, operation="host.wake") if row.entry.outcome == "done"]
    assert (row.entry.subject, row.entry.principal) == (nas.id, "user:ada")


def test_a_test_of_a_channel_is_followed(ada: Any, data: Path) -> None:
    with changing(data) as connection:
        made = table.Channel("ch_1", "hook", "webhook", "Webhook", "https://x/...", "v1.x", NOW_MS, "user:ada")
        table.keep(connection, made)
    text = press(ada, "channel.test", id="ch_1").text
    assert "Message to hook" in text
    path = text.split('hx-get="', 1)[1].split("?", 1)[0]
    assert ada.get(f"{path}?seen=waiting").status_code == 204
    assert "waits for its turn" in ada.get(f"{path}?seen=claimed").text
    assert ada.get("/asked/deliveries/none").status_code == 404


def test_removing_a_channel_needs_its_name_and_an_administrator(
    ada: Any, person: Callable[..., Any], data: Path
) -> None:
    with changing(data) as connection:
        made = table.Channel("ch_1", "hook", "webhook", "Webhook", "https://x/...", "v1.x", NOW_MS, "user:ada")
        table.keep(connection, made)
    assert "scope admin" in press(ada, "channel.remove", id="ch_1", confirm="hook").text
    root = person("root", "admin")
    assert "was not named" in press(root, "channel.remove", id="ch_1").text
    assert len(channels.channels(data)) == 1
    assert "Removed." in press(root, "channel.remove", id="ch_1", confirm="hook").text
    assert channels.channels(data) == []
    assert "here is no channel" in press(root, "channel.remove", id="ch_1").text


def test_who_may_only_look_is_refused_and_that_is_written_down(
    games: Any, person: Callable[..., Any], data: Path
) -> None:
    bob = person("bob", "read")
    assert "needs the scope operate" in press(bob, "watch.repair", host=games.id, watch="survival").text
    assert bob.post("/ask/watch.repair", host=games.id, watch="survival").status_code == 403
    assert commands.commands(data).commands == []
    assert [row.entry.outcome for row in audit.rows(data, 2)] == ["refused", "refused"]


def test_only_what_has_a_button_can_be_pressed_and_only_from_our_pages(ada: Any, games: Any) -> None:
    assert press(ada, "user.add", name="eve").status_code == 404
    assert press(ada, "no.such").status_code == 404
    forged = ada.client.post("/ask/watch.repair", data={"host": games.id, "watch": "survival"}, headers=PART)
    assert forged.status_code == 403
    assert ada.get("/asked/commands/none").status_code == 404


def test_a_stranger_is_sent_to_sign_in(app: Any, games: Any) -> None:
    answer = app.test_client().post("/ask/watch.repair", data={"host": games.id, "watch": "survival"})
    assert answer.headers["Location"] == "/sign-in"


def test_the_announced_danger_counts_not_the_operations_own(ada: Any, machine: Callable[..., Any], data: Path) -> None:
    made = machine("odd")
    actions = [{**one, "danger": "destroys"} for one in HELLO["actions"] if one["name"] == "watch.repair"]
    made.push([], NOW_MS, hello={"name": "odd", "actions": actions})
    assert "was not named" in press(ada, "watch.repair", host=made.id, watch="survival").text
    assert commands.commands(data).commands == []


def test_a_room_offers_buttons_of_its_own_and_what_destroys_wants_the_subjects_name(
    app: Any, person: Callable[..., Any]
) -> None:
    with app.app_context():
        known = kit.state()
    offers = {
        "user.add": kit.Offer("user.add", "Welcome."),
        "user.disable": kit.Offer("user.disable", "Locked out."),
        "user.remove": kit.Offer("user.remove", "Gone.", elsewhere=True),
    }
    kit.install(app, replace(known, offers=offers))
    root = person("root", "admin")
    assert "Welcome." in press(root, "user.add", name="bob", scope="read").text
    assert "Locked out." in press(root, "user.disable", name="bob", disabled="yes").text
    assert "disabled must" in press(root, "user.disable", name="bob", disabled="perhaps").text.lower()
    assert "was not named" in press(root, "user.remove", name="bob").text
    gone = press(root, "user.remove", name="bob", confirm="bob", back="/settings/people")
    assert gone.headers["HX-Redirect"] == "/settings/people"
    assert "Gone." in gone.text


def test_a_room_says_what_is_typed_and_shows_what_was_answered(app: Any, person: Callable[..., Any]) -> None:
    state = app.extensions["wakeful"]
    typed = kit.Offer(
        "gateway.machine.remove",
        "",
        typed=lambda given: f"the {given['name']}",
        note=lambda answer: kit.render("asked-note.html", mood="ok", title="Followed.", text=str(answer)),
    )
    lifted = kit.Offer("gateway.limit", "", note=lambda _: kit.render("asked-note.html", mood="ok", title="Followed."))
    app.extensions["wakeful"] = replace(
        state, offers={**state.offers, typed.operation: typed, lifted.operation: lifted}
    )
    root = person("root", "admin")
    assert "type &#34;the gpu&#34;" in press(root, typed.operation, name="gpu", confirm="gpu").text.lower()
    assert "There is no machine" in press(root, typed.operation, name="gpu", confirm="the gpu").text
    assert "Followed." in press(root, lifted.operation, key="*", concurrency="3").text, "a number that may be left out"
