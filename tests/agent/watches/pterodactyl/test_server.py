"""A watched server, against a Panel and a Wings over real sockets: what happens to it, and to those who tell of it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from wakeful_agent.host.files import Host
from wakeful_agent.network.panel import Access, Panel
from wakeful_agent.network.websocket import connect
from wakeful_agent.watch import DOWN, HELD, STOPPED, UNKNOWN, UP
from wakeful_agent.watches.pterodactyl import server as hands
from wakeful_agent.watches.pterodactyl.conversation import Conversation

if TYPE_CHECKING:
    import pytest

    from wakeful_agent.watches.pterodactyl.pace import Pace

HOST = Host()
LINK = "https://sshx.io/s/AbCdEf0123#KeyKeyKey12345"


def start(seen: Any) -> Any:
    return seen.watch.repair(HOST, 0)


def offline(stage: Any, seen: Any) -> Any:
    """Let it crash so that Wings leaves it off."""
    stage.server.crash_detection = False
    stage.server.crash(exit_code=137, oom=True)
    return seen.wait(DOWN)


def test_a_crash_is_seen_with_its_last_lines_and_wings_restart_too(stage: Any, watched: Any) -> None:
    seen = watched()
    seen.wait(UP, "it is running")
    stage.server.say("\x1b[31mlast words\x1b[0m password=hunter2")
    stage.server.crash(exit_code=137, oom=True)
    down = seen.wait(DOWN, "exit code 137, out of memory")
    assert down.data["console"][0] == "last words password=[redacted]"
    assert (down.data["exit_code"], down.data["out_of_memory"]) == (137, True)
    seen.wait(UP, "it is running")
    assert stage.wings.frames("set state") == []


def test_a_start_goes_over_the_websocket_within_milliseconds(stage: Any, watched: Any) -> None:
    seen = watched()
    seen.wait(UP)
    offline(stage, seen)
    began = time.monotonic()
    outcome = start(seen)
    assert outcome.done
    assert "websocket" in outcome.summary
    seen.wait(UP, "it is running")
    [frame] = stage.wings.frames("set state")
    assert frame.at - began < 1.0
    assert [one[1:] for one in stage.server.powers] == [("start", "socket")]


def test_a_lost_start_is_asked_of_the_panel(stage: Any, watched: Any) -> None:
    seen = watched()
    seen.wait(UP)
    offline(stage, seen)
    stage.server.lost_powers = 1
    start(seen)
    seen.wait(UP, "it is running")
    assert [one[1:] for one in stage.server.powers] == [("start", "socket"), ("start", "panel")]


def test_a_busy_server_is_waited_for_while_its_console_is_read(
    stage: Any, watched: Any, fast: Pace, tools: dict[str, Any]
) -> None:
    seen = watched()
    seen.wait(UP)
    offline(stage, seen)
    stage.server.hold_power()
    start(seen)
    tools["until"](lambda: len(stage.wings.frames("set state")) == 2)
    stage.server.say("still talking")
    tools["until"](lambda: "still talking" in seen.row()["console_tail"])
    assert stage.panel.asked("/power") == []
    stage.server.release_power()
    seen.wait(UP)
    frames = stage.wings.frames("set state")
    assert frames[1].at - frames[0].at >= fast.busy * 0.9


def test_a_server_that_says_starting_for_ever_is_up(stage: Any, watched: Any) -> None:
    stage.server.boots_for_ever = True
    seen = watched()
    seen.wait(UP)
    offline(stage, seen)
    start(seen)
    seen.wait(UP, "it is starting")
    time.sleep(0.5)
    assert seen.last.state == UP


def test_a_start_that_fails_is_down_and_no_persons_stop(stage: Any, watched: Any) -> None:
    seen = watched()
    seen.wait(UP)
    offline(stage, seen)
    stage.server.start_failures = 1
    start(seen)
    seen.wait(DOWN, "while it was starting")
    assert STOPPED not in seen.states


def test_a_persons_stop_is_a_persons_and_a_restart_is_not(stage: Any, watched: Any) -> None:
    seen = watched()
    seen.wait(UP)
    stage.server.person("restart")
    seen.wait(UNKNOWN, "being stopped")
    seen.wait(UP, "it is running")
    stage.server.person("stop")
    seen.wait(STOPPED, "a person stopped it")
    assert DOWN not in seen.states


def test_a_stop_before_anybody_listened_is_found_in_the_log(stage: Any, watched: Any, tools: dict[str, Any]) -> None:
    stage.server.person("stop")
    tools["until"](lambda: stage.server.state == "offline")
    time.sleep(60 / 20 + 0.3)  # until the log has it
    watched().wait(STOPPED)


def test_what_is_found_off_is_down(stage: Any, watched: Any) -> None:
    other = stage.add_server("creative", owner=stage.kim)
    watched(other).wait(DOWN, "it is offline")
    assert other.state == "offline"


def test_suspended_is_held_and_told_when_it_ends(stage: Any, watched: Any) -> None:
    seen = watched()
    seen.wait(UP)
    stage.server.suspend()
    seen.wait(HELD, "suspended")
    assert seen.times[-1] - seen.times[seen.states.index(UP)] < 5  # long before anybody acts
    stage.server.unsuspend()
    seen.wait(DOWN)


def test_installing_is_held_and_told_when_it_ends(stage: Any, watched: Any) -> None:
    seen = watched()
    seen.wait(UP)
    stage.server.install()
    seen.wait(HELD, "installed")
    stage.server.installed()
    seen.wait(DOWN)


def test_a_full_disk_is_held(stage: Any, watched: Any) -> None:
    stage.server.disk_limit_mib = 1
    seen = watched()
    seen.wait(UP)
    stage.server.crash_detection = False
    stage.server.crash()
    seen.wait(HELD, "disk is full")


def test_maintenance_is_held(stage: Any, watched: Any) -> None:
    stage.server.maintenance = True
    watched().wait(HELD, "maintenance")


def test_two_watches_of_one_server_do_no_harm(stage: Any, watched: Any) -> None:
    first, second = watched(), watched()
    first.wait(UP)
    second.wait(UP)
    stage.server.crash_detection = False
    stage.server.crash()
    first.wait(DOWN)
    second.wait(DOWN)
    start(first)
    start(second)
    first.wait(UP, "it is running")
    second.wait(UP, "it is running")
    assert stage.server.starts == 1


def test_a_row_holds_what_is_shown_and_links_live_as_long_as_the_server(
    stage: Any, watched: Any, tools: dict[str, Any]
) -> None:
    seen = watched()
    seen.wait(UP)
    stage.server.say(f"  Link:  \x1b[4;36m{LINK}\x1b[0m")
    tools["until"](lambda: seen.row()["links"] and "memory_bytes" in seen.row()["resources"])
    row = seen.row()
    assert row["links"] == [{"kind": "link", "url": LINK}]
    assert (row["watch"], row["name"], row["node"], row["state"]) == ("survival", "survival", "node-1", "running")
    assert row["server"] == stage.server.short
    assert row["resources"]["memory_bytes"] > 0
    assert LINK not in str(row["console_tail"])
    assert seen.watch.inventory() is seen.watch.inventory()
    stage.server.crash_detection = False
    stage.server.crash()
    down = seen.wait(DOWN)
    assert "KeyKeyKey" not in str(down)
    assert seen.row()["links"] == []
    assert not seen.row()["resources"].get("memory_bytes")


def test_no_secret_is_told(stage: Any, watched: Any, tools: dict[str, Any]) -> None:
    seen = watched()
    seen.wait(UP)
    token = Panel(Access(stage.panel.url, stage.key)).grant(stage.server.short).token
    for line in (
        f"the key is {stage.key}",
        f"auth {token}",
        LINK,
        f"Link: {LINK},WriteWord12345",
        "--password hunter2",
    ):
        stage.server.say(line)
    tools["until"](lambda: len(seen.row()["console_tail"]) >= 5)
    offline(stage, seen)
    told = str(seen.sights) + str({**seen.row(), "links": []})
    for secret in (stage.key[:16], token.rpartition(".")[2], "KeyKeyKey", "WriteWord", "hunter2"):
        assert secret not in told, secret


def test_lines_of_before_are_asked_for_once_a_connection(stage: Any, watched: Any, tools: dict[str, Any]) -> None:
    stage.server.say(LINK)
    seen = watched()
    tools["until"](lambda: seen.row()["links"])
    stage.wings.break_framing()
    tools["until"](lambda: len(stage.wings.frames("send logs")) == 2)
    tools["until"](lambda: seen.row()["links"])
    tail = seen.row()["console_tail"]
    assert len(tail) == len(set(tail))


def test_links_can_be_left_out(stage: Any, watched: Any, tools: dict[str, Any]) -> None:
    seen = watched(links=False)
    seen.wait(UP)
    stage.server.say(LINK)
    tools["until"](lambda: "https://sshx.io/s/AbCd..." in seen.row()["console_tail"])
    assert seen.row()["links"] == []


def test_people_can_ask_for_every_action(stage: Any, watched: Any) -> None:
    seen = watched()
    seen.wait(UP)
    assert seen.watch.perform("server.kill", HOST, 0).done
    seen.wait(STOPPED)
    assert seen.watch.perform("server.start", HOST, 0).done
    seen.wait(UP, "running")
    assert [one[1] for one in stage.server.powers] == ["kill", "start"]


def test_a_panel_that_refuses_says_why(stage: Any, watched: Any) -> None:
    sam = stage.panel.add_user("sam")
    stage.server.subusers[sam.uuid] = (sam, ["websocket.connect"])
    seen = watched(key=stage.panel.add_key(sam))
    seen.wait(UP)
    stage.server.crash_detection = False
    stage.server.crash()
    seen.wait(DOWN, "control.start")
    start(seen)
    seen.wait(DOWN, "the panel forbids to start the server (403)")


def test_a_power_action_of_a_panel_that_hangs_is_given_up(
    stage: Any, watched: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hands, "POWER_SECONDS", 0.2)
    stage.panel.freeze()
    seen = watched()
    outcome = start(seen)
    assert not outcome.done
    assert "nobody answered" in outcome.summary
    stage.panel.thaw()


def test_who_asked_first_is_told_that_another_took_his_place(
    stage: Any, watched: Any, tools: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.panel.freeze()
    seen = watched()
    first: list[Any] = []
    asking = threading.Thread(target=lambda: first.append(seen.watch.perform("server.kill", HOST, 0)))
    asking.start()
    tools["until"](lambda: seen.watch._server._asker)
    monkeypatch.setattr(hands, "POWER_SECONDS", 0.5)
    second = seen.watch.perform("server.start", HOST, 0)
    asking.join(10)
    stage.panel.thaw()
    assert (first[0].done, first[0].summary) == (False, "it was asked to start before an answer came")
    assert "nobody answered within" in second.summary


def test_what_was_ended_is_asked_nothing(stage: Any, watched: Any, tools: dict[str, Any]) -> None:
    seen = watched()
    other = watched()
    seen.wait(UP)
    server = seen.watch._server
    seen.watch.end()
    tools["until"](lambda: stage.wings.open_sockets() == 1)
    outcome = server.power("start")
    assert not outcome.done
    assert "does not watch" in outcome.summary
    other.wait(UP)


def test_a_connection_that_opens_after_the_end_is_closed(stage: Any, watched: Any, tools: dict[str, Any]) -> None:
    watched().wait(UP)
    seen = watched()
    seen.wait(UP)
    server = seen.watch._server
    line = connect(f"ws{stage.wings.url[4:]}/api/servers/{stage.server.uuid}/ws", stage.panel.url, 10)
    server._board.call(lambda: server._on_open(line, None))  # it has one already
    tools["until"](lambda: stage.wings.open_sockets() == 2)
    server.end()
    tools["until"](lambda: stage.wings.open_sockets() == 1)
    late = connect(f"ws{stage.wings.url[4:]}/api/servers/{stage.server.uuid}/ws", stage.panel.url, 10)
    server._board.call(lambda: server._on_open(late, None))
    tools["until"](lambda: stage.wings.open_sockets() == 1)
    assert len(stage.wings.frames("auth")) == 2


def test_another_node_can_be_named(stage: Any, watched: Any) -> None:
    elsewhere = watched(node="127.0.0.1:1")
    elsewhere.wait(UP, "nothing listens at 127.0.0.1:1")
    here = stage.wings.url.partition("://")[2]
    assert watched(node=here).wait(UP).detail == "it is running"


def test_a_fault_of_our_own_ends_nothing(stage: Any, watched: Any) -> None:
    seen = watched()
    seen.wait(UP)
    server = seen.watch._server
    server._board.call(lambda: server._step(lambda _: 1 // 0))
    assert seen.wait(UNKNOWN, "ZeroDivisionError").data == {"trouble": "fault"}
    server._board.call(lambda: server._ask(lambda: 1 // 0, lambda *_: (), server._said.ungranted))
    stage.server.crash()
    seen.wait(DOWN)
    seen.wait(UP)


def test_a_fault_that_takes_what_was_awaited_with_it_begins_again(
    stage: Any, watched: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wakeful_agent.watches.pterodactyl.server.CONNECT_SECONDS", 0.2)
    granted = Conversation.granted
    faults = [True]

    def once(self: Conversation, grant: Any, now: float) -> Any:
        return 1 // 0 if faults and faults.pop() else granted(self, grant, now)

    monkeypatch.setattr(Conversation, "granted", once)
    seen = watched()
    seen.wait(UNKNOWN, "ZeroDivisionError")
    seen.wait(UP)


def test_what_is_not_understood_at_all_is_a_loss(
    stage: Any, watched: Any, tools: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = watched()
    seen.wait(UP)
    monkeypatch.setattr(seen.watch._server._console, "hear", lambda _: 1 // 0)
    stage.server.say("hello")
    tools["until"](lambda: len(stage.wings.handshakes) == 2)
    monkeypatch.undo()
    assert seen.wait(UP)


def test_a_websocket_without_tls_is_not_used_for_a_panel_with_it(stage: Any, watched: Any, fast: Pace) -> None:
    board = watched().watch._server._board
    told: list[Any] = []
    panel = Panel(Access("https://127.0.0.1:1", "ptlc_x"))
    server = hands.Server(hands.Settings("s", "1a7ce997", ""), panel, board, told.append, fast, lambda: 0.5)
    board.call(lambda: server._do_open(f"ws{stage.wings.url[4:]}/api/servers/1/ws"))
    end = time.monotonic() + 10
    while not told and time.monotonic() < end:
        time.sleep(0.01)
    server.end()
    assert "without TLS" in told[0].detail


def test_a_socket_that_breaks_while_it_is_spoken_to_is_a_loss(stage: Any, watched: Any, tools: dict[str, Any]) -> None:
    seen = watched()
    seen.wait(UP)
    server = seen.watch._server

    def break_and_speak() -> None:
        server._socket._channel.close()
        server._do_ping("")

    server._board.call(break_and_speak)
    tools["until"](lambda: len(stage.wings.handshakes) == 2)
    server._board.call(lambda: (server._do_close(""), server._do_ping(""), server._hear()))
    stage.server.say("hello")
    assert seen.last.state == UP
