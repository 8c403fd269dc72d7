"""Asking: refused now when the machine does not permit it, kept once when it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import commands
from wakeful_collector.commands import Refusal, Wish, asking
from wakeful_collector.read import commands as read
from wakeful_collector.read import events, hosts
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wakeful_collector.commands import Asked

    Ask = Callable[..., Asked]


def test_what_was_asked_waits_and_makes_the_host_live(data: Path, host: Any, asked: Ask, now_ms: int) -> None:
    command, known = asked("restart-web", {"unit": "nginx"}, expires_seconds=30)
    assert not known
    assert (command.state, command.danger, command.principal) == ("requested", "changes", "user:ada")
    assert command.expires_ms == now_ms + 30_000
    assert read.command(data, command.id) == command
    found = hosts.host(data, host.id)
    assert found is not None
    assert found.live_until_ms == now_ms + asking.LIVE_SECONDS * 1000
    (told,) = events.events(data, host.key, kind="command.requested").events
    assert told.subject == "restart-web"
    assert told.data == {"command": command.id, "by": "user:ada", "arguments": {"unit": "nginx"}}


def test_what_was_not_announced_is_refused_now_with_the_lines_that_would_permit_it(asked: Ask, data: Path) -> None:
    with pytest.raises(Refusal) as caught:
        asked("clear-cache")
    assert (caught.value.code, caught.value.status) == ("not_announced", 409)
    assert "web-1 does not permit the action clear-cache" in caught.value.message
    assert 'allow = ["restart-web", "watch.pause", "wake", "clear-cache"]' in caught.value.message
    assert read.commands(data).commands == []


def test_a_watch_that_is_not_there_is_refused(asked: Ask) -> None:
    with pytest.raises(Refusal, match="watch must be one of survival"):
        asked("watch.pause", {"watch": "creative"})
    with pytest.raises(Refusal, match=r"watch\.repair for the watch survival"):
        asked("watch.repair", {"watch": "survival"})


def test_a_machine_that_has_not_spoken_yet_says_nothing_of_what_it_permits(
    asked: Ask, machine: Callable[..., Any]
) -> None:
    with pytest.raises(Refusal, match="has not said yet what it may be asked"):
        asked("wake", host=machine("new").id)
    with pytest.raises(Refusal, match="no host 'nobody'") as caught:
        asked("wake", host="nobody")
    assert caught.value.status == 404


@pytest.mark.parametrize(
    ("arguments", "code"),
    [({}, "not_fitting"), ({"unit": "ssh"}, "not_fitting"), ({"unit": ["nginx"]}, "invalid"), ({"u\n": 1}, "invalid")],
)
def test_arguments_that_do_not_fit_are_refused(asked: Ask, arguments: dict[str, Any], code: str) -> None:
    with pytest.raises(Refusal) as caught:
        asked("restart-web", arguments)
    assert (caught.value.code, caught.value.status) == (code, 400)


def test_a_request_key_makes_it_one_command(asked: Ask, data: Path, now_ms: int) -> None:
    first = asked("wake", request_key="k")
    again = asked("wake", request_key="k", at_ms=now_ms + 60_000)
    assert again == (first.command, True)
    assert asked("wake", request_key="k", principal="user:bob").command.id != first.command.id
    with pytest.raises(Refusal, match=first.command.id) as caught:
        asked("restart-web", {"unit": "nginx"}, request_key="k")
    assert caught.value.code == "request_key_taken"
    assert len(read.commands(data).commands) == 2


def test_what_the_collector_did_itself_is_noted_once_and_never_handed_out(data: Path, host: Any, now_ms: int) -> None:
    wish = Wish(host.id, "wake", {"mac": "02:00:00:00:00:01"}, "user:ada", request_key="k")
    with changing(data) as connection:
        first = commands.note_done(connection, wish, "changes", {"summary": "sent"}, now_ms)
        again = commands.note_done(connection, wish, "changes", {"summary": "sent twice"}, now_ms + 1)
        assert commands.hand_out(connection, host.key, "run-1", 4, now_ms) == commands.NOTHING
    assert (first.known, again.known) == (False, True)
    assert (again.command.id, again.command.state, again.command.summary) == (first.command.id, "done", "sent")
    with changing(data) as connection, pytest.raises(Refusal) as other:
        commands.note_done(connection, wish._replace(arguments={}), "changes", {}, now_ms)
    assert other.value.code == "request_key_taken"
    with changing(data) as connection, pytest.raises(Refusal) as unknown:
        commands.note_done(connection, wish._replace(host="nobody"), "changes", {}, now_ms)
    assert (unknown.value.code, unknown.value.status) == ("unknown_host", 404)


def test_so_many_wait_for_a_host_and_no_more(asked: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "OPEN_PER_HOST_MAX", 2)
    asked()
    asked()
    with pytest.raises(Refusal, match="2 commands wait for web-1 already") as caught:
        asked()
    assert (caught.value.code, caught.value.status) == ("too_many_open", 429)


def test_so_many_in_a_minute_and_no_more(asked: Ask, monkeypatch: pytest.MonkeyPatch, now_ms: int) -> None:
    monkeypatch.setattr(asking, "PER_MINUTE_MAX", 2)
    asked()
    asked()
    with pytest.raises(Refusal, match="come again in a minute") as caught:
        asked(at_ms=now_ms + 59_999)
    assert (caught.value.code, caught.value.status) == ("too_often", 429)
    assert asked(principal="user:bob").command.state == "requested"
    assert asked(at_ms=now_ms + 60_001).command.state == "requested"


def test_it_can_be_taken_back_until_the_machine_has_it(data: Path, asked: Ask, host: Any, now_ms: int) -> None:
    one, two = asked().command, asked().command
    with changing(data) as connection:
        assert commands.cancel(connection, one.id, "user:bob", now_ms).state == "cancelled"
    found = read.command(data, one.id)
    assert found is not None
    assert found.summary == "taken back by user:bob"
    assert [event.data["by"] for event in events.events(data, host.key, kind="command.cancelled").events] == [
        "user:bob"
    ]
    with changing(data) as connection:
        assert [item["id"] for item in commands.hand_out(connection, host.key, "run-1", 4, now_ms).commands] == [two.id]
    for command_id, code in ((two.id, "already_delivered"), (one.id, "already_over"), ("cmd-x", "unknown_command")):
        with changing(data) as connection, pytest.raises(Refusal) as caught:
            commands.cancel(connection, command_id, "user:bob", now_ms)
        assert caught.value.code == code
