"""The fake Wings against the facts, sections 1.5 to 1.7: how sockets end, states and crashes, its own API."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import websocket

from .pterodactyl import Pterodactyl, Times, pterodactyl
from .pterodactyl_clients import QUICK, Console, console, said, set_up, token, wait_until

if TYPE_CHECKING:
    from .pterodactyl import Server, User

GENERAL = "an unexpected error was encountered while handling this request"


def opcodes_to_the_end(open_one: Console) -> list[int]:
    """Return the kinds of the frames that come until the connection is gone."""
    opcodes = []
    with contextlib.suppress(websocket.WebSocketConnectionClosedException, ConnectionError):
        while True:
            opcodes.append(open_one.channel.recv_frame().opcode)
    return opcodes


# 1.5 ends


def test_a_suspended_server(stage: Pterodactyl, server: Server, key: str) -> None:
    _, address = token(stage, server, key)
    with console(stage, server, key) as open_one:
        server.suspend()
        assert websocket.ABNF.OPCODE_CLOSE not in opcodes_to_the_end(open_one)
    channel = websocket.create_connection(address, origin=stage.panel.url, timeout=20)
    frame = channel.recv_frame()
    assert (frame.opcode, frame.data) == (websocket.ABNF.OPCODE_CLOSE, b"\x11\x39server is suspended")
    channel.shutdown()


def test_an_old_wings_knows_nothing_of_being_suspended() -> None:
    with set_up("1.11") as (stage, server, key), console(stage, server, key) as open_one:
        server.suspend()
        open_one.until("status", "offline")
        assert said(open_one.quiet(0.2), "status") == []
        assert stage.wings.open_sockets(server) == 1


def test_a_deleted_server(stage: Pterodactyl, server: Server, key: str) -> None:
    with console(stage, server, key) as open_one:
        server.delete()
        while (frame := open_one.channel.recv_frame()).opcode == websocket.ABNF.OPCODE_TEXT:
            pass
        assert frame.data == b"\x03\xe9server deleted"


def test_a_half_open_socket_says_and_hears_nothing(stage: Pterodactyl, server: Server, key: str) -> None:
    with console(stage, server, key) as open_one:
        open_one.quiet(0.1)
        stage.wings.freeze()
        server.crash()
        open_one.channel.ping("x")
        assert open_one.quiet(0.4) == []
        stage.wings.thaw()
        open_one.channel.settimeout(20)
        with pytest.raises((websocket.WebSocketConnectionClosedException, OSError)):
            open_one.channel.recv()


def test_one_socket_is_half_open_while_new_ones_are_served(stage: Pterodactyl, server: Server, key: str) -> None:
    with console(stage, server, key) as old:
        old.quiet(0.1)
        stage.wings.half_open()
        old.say("set state", "stop")
        old.channel.ping("x")
        with console(stage, server, key) as new:
            server.say("hello")
            new.until("console output", "hello")
        assert old.quiet(0.2) == []
        assert (server.powers, old.channel.connected) == ([], True)


def test_wings_ends_and_comes_back_on_its_port(stage: Pterodactyl, server: Server, key: str) -> None:
    _, address = token(stage, server, key)
    stage.wings.kill()
    with pytest.raises(ConnectionRefusedError):
        websocket.create_connection(address, origin=stage.panel.url)
    stage.wings.boot()
    stage.panel.skew_seconds = 2
    with console(stage, server, key) as open_one:
        assert ("status", ["running"]) in open_one.heard


def test_a_proxy_in_front_answers(stage: Pterodactyl, server: Server, key: str) -> None:
    _, address = token(stage, server, key)
    stage.wings.refuse(502, times=1)
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        websocket.create_connection(address, origin=stage.panel.url)
    assert refused.value.status_code == 502
    websocket.create_connection(address, origin=stage.panel.url).close()


def test_garbage_of_every_kind_is_sent(stage: Pterodactyl, server: Server, key: str) -> None:
    with console(stage, server, key) as open_one:
        open_one.quiet(0.1)
        open_one.channel.settimeout(20)
        stage.wings.garbage()
        opcodes = {open_one.channel.recv_data()[0] for _ in range(19)}
        assert opcodes == {websocket.ABNF.OPCODE_TEXT, websocket.ABNF.OPCODE_BINARY}
        stage.wings.break_framing()
        with pytest.raises(websocket.WebSocketProtocolException):
            open_one.channel.recv()


# 1.6 states


def test_a_start_over_the_socket(stage: Pterodactyl, kim: User, key: str) -> None:
    server = stage.add_server("off", kim)
    with console(stage, server, key) as open_one:
        open_one.say("set state", "start")
        seen = open_one.until("status", "running")
        assert said(seen, "status") == ["starting", "running"]
        assert any("Done (" in line for line in said(seen, "console output"))
        [heard] = stage.wings.frames("set state", server)
        assert heard.args == ["start"]
        assert heard.at <= server.powers[0][0] <= time.monotonic()


def test_one_whose_done_line_never_matches_stays_starting(stage: Pterodactyl, kim: User, key: str) -> None:
    server = stage.add_server("modded", kim)
    server.boots_for_ever = True
    with console(stage, server, key) as open_one:
        open_one.say("set state", "start")
        open_one.quiet(0.4)
        assert server.state == "starting"
        open_one.say("send command", "list")
        wait_until(lambda: server.commands == ["list"])


def test_a_stop_passes_through_stopping_and_is_no_crash(stage: Pterodactyl, server: Server, key: str) -> None:
    with console(stage, server, key) as open_one:
        open_one.say("set state", "stop")
        seen = open_one.until("status", "offline")
        assert said(seen, "status") == ["stopping", "offline"]
        assert seen[0] == ("console output", ["bye"])
        assert open_one.quiet(0.2) == []
        assert server.starts == 0


def test_the_stop_command_typed_is_no_crash(stage: Pterodactyl, server: Server, key: str) -> None:
    with console(stage, server, key) as open_one:
        open_one.say("send command", "stop")
        seen = open_one.until("status", "offline")
        assert said(seen, "status") == ["stopping", "offline"]
        assert not [line for line in said(open_one.quiet(0.2), "console output") if "crashed" in line]


def test_a_crash_is_restarted_once_a_minute(stage: Pterodactyl, server: Server, key: str) -> None:
    with console(stage, server, key) as open_one:
        server.crash(exit_code=137, oom=True)
        seen = open_one.until("status", "running")
        assert said(seen, "status") == ["offline", "starting", "running"]
        lines = " ".join(said(seen, "console output"))
        for words in ("Detected server process in a crashed state!", "Exit code: 137", "Out of memory: true"):
            assert words in lines
        server.crash()
        open_one.line("Aborting automatic restart, last crash occurred less than 60 seconds ago.")
        open_one.quiet(0.2)
        assert (server.state, server.starts) == ("offline", 1)


def test_after_the_minute_it_is_restarted_again() -> None:
    with set_up(crash_timeout_seconds=0.3) as (_, server, _key):
        for starts in (1, 2):
            server.crash()
            wait_until(lambda n=starts: server.starts == n and server.state == "running")
            time.sleep(0.3)


@pytest.mark.parametrize(("detect", "starts"), [(True, 1), (False, 0)])
def test_a_clean_exit_is_a_crash_by_default(server: Server, detect: bool, starts: int) -> None:
    server.detect_clean_exit = detect
    server.crash(exit_code=0)
    wait_until(lambda: server.starts >= starts)
    time.sleep(0.2)
    assert server.starts == starts


def test_without_crash_detection_it_stays_off(stage: Pterodactyl, server: Server, key: str) -> None:
    server.crash_detection = False
    with console(stage, server, key) as open_one:
        server.crash()
        open_one.line("crash detection is disabled for this instance.")
        assert said(open_one.quiet(0.2), "console output") == []
        assert server.state == "offline"


def test_two_power_actions_at_once(stage: Pterodactyl, server: Server, key: str) -> None:
    server.hold_power()
    with console(stage, server, key) as open_one:
        open_one.say("set state", "stop")
        words = "another power action is currently being processed for this server, please try again later"
        assert open_one.read(10) == ("daemon error", [f"Error Event [{server.uuid}]: {words}"])
        server.request_power("restart")
        time.sleep(0.1)
        assert server.state == "running"
        open_one.say("set state", "kill")
        assert said(open_one.until("status", "offline"), "status") == ["stopping", "offline"]
        server.release_power()
        open_one.until("status", "running")


def test_what_the_panel_waits_for_too_long_is_dropped() -> None:
    with set_up(power_wait_seconds=0.1) as (_, server, _key):
        server.hold_power()
        server.request_power("stop")
        time.sleep(0.6)
        server.release_power()
        time.sleep(0.2)
        assert server.state == "running"


def test_a_start_while_it_runs(stage: Pterodactyl, server: Server, key: str) -> None:
    with console(stage, server, key) as open_one:
        open_one.say("set state", "start")
        assert open_one.read(10) == ("daemon error", [f"Error Event [{server.uuid}]: {GENERAL}"])
        server.request_power("start")
        assert open_one.quiet(0.2) == []


@pytest.mark.parametrize("why", ["image", "disk"])
def test_a_start_that_fails(stage: Pterodactyl, kim: User, key: str, why: str) -> None:
    server = stage.add_server("off", kim)
    if why == "image":
        server.start_failures = 1
    else:
        server.disk_limit_mib, server.disk_bytes = 10, 20 * 1024 * 1024
    with console(stage, server, key) as open_one:
        open_one.say("set state", "start")
        seen = open_one.until("daemon error")
        assert said(seen, "status") == (["starting", "stopping", "offline"] if why == "image" else [])
        assert not [line for line in said(open_one.quiet(0.2), "console output") if "crashed" in line]
        assert server.state == "offline"


def test_a_start_that_is_lost(stage: Pterodactyl, kim: User, key: str) -> None:
    server = stage.add_server("off", kim)
    server.lost_powers = 1
    with console(stage, server, key) as open_one:
        open_one.say("set state", "start")
        assert open_one.quiet(0.3) == []
        open_one.say("set state", "start")
        open_one.until("status", "running")


def test_a_server_that_dies_again_and_again(stage: Pterodactyl, kim: User) -> None:
    server = stage.add_server("broken", kim)
    server.dies_after_seconds, server.crash_detection = 0.1, False
    for starts in (1, 2):
        server.request_power("start")
        wait_until(lambda n=starts: server.starts == n and server.state == "offline")


def test_what_may_not_be_done_is_not_done_without_a_word(stage: Pterodactyl, server: Server) -> None:
    pat = stage.panel.add_user("pat")
    server.subusers[pat.uuid] = (pat, ["websocket.connect", "control.start"])
    with console(stage, server, stage.panel.add_key(pat)) as open_one:
        open_one.say("set state", "stop")
        open_one.say("send command", "list")
        assert open_one.quiet(0.3) == []
        assert (server.powers, server.commands) == ([], [])


def test_install_words_are_for_who_may_read_them(stage: Pterodactyl, server: Server, key: str) -> None:
    with console(stage, server, key) as open_one:
        server.install()
        server.tell("install output", "a line of the installer")
        server.installed()
        seen = [name for name, _ in open_one.until("install completed")]
    assert "install started" in seen
    assert "install output" not in seen


def test_a_person_presses_stop(stage: Pterodactyl) -> None:
    with set_up(activity_send_seconds=1) as (stage, server, key), console(stage, server, key) as open_one:
        server.person("stop")
        assert said(open_one.until("status", "offline"), "status") == ["stopping", "offline"]
        assert stage.panel.api.activity.get(server.uuid) is None
        wait_until(lambda: server.uuid in stage.panel.api.activity)
        [row] = stage.panel.api.activity[server.uuid]
        assert (row["attributes"]["event"], row["attributes"]["is_api"]) == ("server:power.stop", False)


# 1.7 its own API


def test_the_api_of_the_node(stage: Pterodactyl, server: Server) -> None:
    def ask(method: str, path: str, document: Any = None, secret: str = stage.wings.secret) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", stage.wings.port, timeout=20)
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        connection.request(method, path, json.dumps(document) if document else None, headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, json.loads(body) if body else answer.headers.get("WWW-Authenticate")

    base = f"/api/servers/{server.uuid}"
    assert ask("GET", "/api/system", secret="")[0] == 401
    assert ask("GET", "/api/system", secret="wrong")[0] == 403
    assert ask("GET", "/api/system")[1]["version"] == "1.12.3"
    assert ask("GET", base)[1]["state"] == "running"
    server.say("hello")
    assert ask("GET", base + "/logs?size=1") == (200, {"data": ["hello"]})
    assert ask("POST", base + "/commands", {"commands": ["list"]})[0] == 204
    assert ask("POST", base + "/power", {"action": "dance"})[0] == 422
    assert ask("POST", base + "/power", {"action": "kill"})[0] == 202
    wait_until(lambda: server.state == "offline")
    assert ask("POST", base + "/commands", {"commands": ["list"]})[0] == 502
    server.suspend()
    assert ask("POST", base + "/power", {"action": "start"})[0] == 400
    assert ask("GET", "/api/servers/none")[0] == 404


# TLS


def test_under_its_own_authority() -> None:
    with pterodactyl(Times(**QUICK), tls=True) as stage:
        import ssl
        import urllib.request

        kim = stage.panel.add_user("kim")
        request = urllib.request.Request(stage.panel.url + "/api/client/account")
        request.add_header("Authorization", f"Bearer {stage.panel.add_key(kim)}")
        context = ssl.create_default_context(cafile=str(stage.ca_file))
        with urllib.request.urlopen(request, context=context, timeout=20) as answer:
            assert answer.status == 200
        assert stage.authority is not None
        bad: list[dict[str, Any]] = [{"name": "elsewhere.example"}, {"days_left": -1}, {"trusted": False}]
        for how in bad:
            stage.authority.show(**how)
            with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
                urllib.request.urlopen(request, context=context, timeout=20)
        stage.authority.show()
        channel = websocket.create_connection(
            f"wss://{stage.wings.authority}/api/servers/{stage.add_server('x', kim).uuid}/ws",
            origin=stage.panel.url,
            sslopt={"ca_certs": str(stage.ca_file)},
        )
        assert Console(channel).channel.connected
        channel.close()


def test_the_fake_ends_with_its_threads() -> None:
    before = threading.active_count()
    with set_up() as (stage, server, key), console(stage, server, key):
        assert threading.active_count() > before
    assert threading.active_count() == before
