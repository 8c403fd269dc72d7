"""The fake Wings against the facts, sections 1.4 and 1.5: the websocket, its tokens and its bounds."""

from __future__ import annotations

import contextlib
import json
import random
import string
import time
import zlib
from typing import TYPE_CHECKING

import pytest
import websocket

from .pterodactyl import Pterodactyl, tokens
from .pterodactyl_clients import console, said, set_up, token, wait_until

if TYPE_CHECKING:
    from .pterodactyl import Server, User

GENERAL = "an unexpected error was encountered while handling this request"


# 1.5 handshake


@pytest.mark.parametrize("wrong", ["", "/", "other", "upper"])
def test_the_origin_is_wanted_byte_for_byte(stage: Pterodactyl, server: Server, key: str, wrong: str) -> None:
    _, address = token(stage, server, key)
    origin = {
        "": None,
        "/": stage.panel.url + "/",
        "other": "https://elsewhere.example",
        "upper": "HTTP" + stage.panel.url[4:],
    }
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        websocket.create_connection(address, suppress_origin=not wrong, origin=origin[wrong], timeout=20)
    assert refused.value.status_code == 403


def test_other_origins_can_be_allowed(stage: Pterodactyl, server: Server, key: str) -> None:
    stage.wings.allowed_origins = ("https://other.example",)
    with console(stage, server, key, origin="https://other.example") as open_one:
        assert ("status", ["running"]) in open_one.heard
    stage.wings.allowed_origins = ("*",)
    with console(stage, server, key, origin="https://any.example") as open_one:
        assert ("auth success", []) in open_one.heard


def test_an_unknown_server_is_not_found(stage: Pterodactyl, server: Server, key: str) -> None:
    _, address = token(stage, server, key)
    with pytest.raises(websocket.WebSocketBadStatusException) as refused:
        websocket.create_connection(address.replace(server.uuid, server.uuid[::-1]), origin=stage.panel.url)
    assert refused.value.status_code == 404
    assert json.loads(refused.value.resp_body) == {"error": "The requested resource does not exist on this instance."}


@pytest.mark.parametrize(("version", "most"), [("1.12.3", 30), ("1.11", 1000)])
def test_thirty_sockets_a_server(version: str, most: int) -> None:
    with set_up(version) as (stage, server, key), contextlib.ExitStack() as stack:
        _, address = token(stage, server, key)
        for _ in range(30):
            channel = websocket.create_connection(address, origin=stage.panel.url)
            stack.callback(channel.close)
        if most == 30:
            with pytest.raises(websocket.WebSocketBadStatusException) as refused:
                websocket.create_connection(address, origin=stage.panel.url)
            assert refused.value.status_code == 400
            assert json.loads(refused.value.resp_body) == {"error": "Too many open websocket connections."}
        else:
            stack.callback(websocket.create_connection(address, origin=stage.panel.url).close)
            assert stage.wings.open_sockets(server) == 31


# 1.4 and 1.5 tokens


def test_the_claims_of_a_token(stage: Pterodactyl, server: Server, key: str, kim: User) -> None:
    text, address = token(stage, server, key)
    claims = tokens.read(stage.wings.secret, text)
    assert claims is not None
    assert address == f"ws://{stage.wings.authority}/api/servers/{server.uuid}/ws"
    assert claims["exp"] - claims["iat"] == 600
    assert claims["iat"] - claims["nbf"] == 300
    assert (claims["server_uuid"], claims["user_uuid"], claims["scope"]) == (server.uuid, kim.uuid, "websocket")
    assert claims["permissions"] == ["*"]
    assert tokens.read("another secret", text) is None
    assert tokens.read(stage.wings.secret, "garbage") is None


def test_the_first_words(stage: Pterodactyl, server: Server, key: str, kim: User) -> None:
    with console(stage, server, key) as open_one:
        assert open_one.heard[:2] == [("auth success", []), ("status", ["running"])]
        text, _ = token(stage, server, key)
        open_one.say("auth", text)
        assert open_one.read(10) == ("auth success", [])
        assert open_one.quiet(0.2) == []
    off = stage.add_server("off", kim)
    with console(stage, off, key) as open_one:
        wait_until(lambda: not open_one.quiet(0.05) and len(open_one.heard) > 2)
        assert [name for name, _ in open_one.heard] == ["auth success", "status", "stats"]
        stats = json.loads(open_one.heard[-1][1][0])
        assert (stats["state"], stats["uptime"], set(stats["network"])) == ("offline", 0, {"rx_bytes", "tx_bytes"})


def test_frames_end_with_a_newline_and_leave_empty_args_out(stage: Pterodactyl, server: Server, key: str) -> None:
    text, address = token(stage, server, key)
    channel = websocket.create_connection(address, origin=stage.panel.url, timeout=20)
    channel.send(json.dumps({"event": "auth", "args": [text]}))
    assert channel.recv() == '{"event":"auth success"}\n'
    assert channel.recv() == '{"event":"status","args":["running"]}\n'
    channel.close()


def test_before_a_token_nothing_is_done(stage: Pterodactyl, server: Server, key: str) -> None:
    with console(stage, server, key, auth=False) as open_one:
        open_one.say("set state", "stop")
        assert open_one.read(10) == ("jwt error", ["jwt: no jwt present"])
        assert server.powers == []


def test_a_bad_token_is_told_in_general_words(stage: Pterodactyl, server: Server, key: str) -> None:
    text, _ = token(stage, server, key)
    for bad in ("garbage", text[:-4] + "AAAA", tokens.mint("another", tokens.read(stage.wings.secret, text) or {})):
        with console(stage, server, key, auth=False) as open_one:
            open_one.say("auth", bad)
            assert open_one.read(10) == ("daemon error", [f"Error Event [{server.uuid}]: {GENERAL}"])


def test_a_token_of_another_server_is_taken_and_never_good(stage: Pterodactyl, server: Server, key: str) -> None:
    other = stage.panel.foreign = stage.add_server("other", server.owner, "running")
    text, address = token(stage, server, key)
    assert server.uuid in address
    stage.panel.foreign = None
    with console(stage, server, key, auth=False) as open_one:
        open_one.say("auth", text)
        assert open_one.read(10) == ("auth success", [])
        assert open_one.read(10) == ("jwt error", ["jwt: server uuid mismatch"])
        open_one.say("set state", "stop")
        assert open_one.read(10) == ("jwt error", ["jwt: server uuid mismatch"])
        assert (server.powers, other.powers) == ([], [])


@pytest.mark.parametrize("why", ["no scope", "no permission"])
def test_a_token_that_may_not_connect(stage: Pterodactyl, server: Server, key: str, why: str) -> None:
    text, _ = token(stage, server, key)
    claims = tokens.read(stage.wings.secret, text) or {}
    bad = {**claims, "scope": "file"} if why == "no scope" else {**claims, "permissions": ["control.start"]}
    with console(stage, server, key, auth=False) as open_one:
        open_one.say("auth", tokens.mint(stage.wings.secret, bad))
        words = f"Error Event [{server.uuid}]: jwt: missing connect permission"
        assert open_one.read(10) == ("jwt error", [words])


@pytest.mark.parametrize(("version", "fits"), [("1.12.3", False), ("1.11", True)])
def test_an_older_panel_fits_only_an_older_wings(version: str, fits: bool) -> None:
    with set_up(version) as (stage, server, key):
        stage.panel.scoped_tokens = False
        with console(stage, server, key, auth=False) as open_one:
            open_one.say("auth", token(stage, server, key)[0])
            assert (open_one.read(10) == ("auth success", [])) is fits


def test_a_token_expires_and_everything_is_replaced_until_the_next_one() -> None:
    with (
        set_up(token_seconds=3, token_ticker_seconds=0.4, token_expiring_seconds=1, stats_seconds=0.2) as (
            stage,
            server,
            key,
        ),
        console(stage, server, key) as open_one,
    ):
        before = open_one.until("token expiring")
        assert not said(before, "jwt error")
        open_one.until("jwt error", "jwt: exp claim is invalid")
        server.say("a line that is lost")
        lost = open_one.quiet(1)
        assert set(said(lost, "jwt error")) == {"jwt: exp claim is invalid"}
        assert {name for name, _ in lost} == {"jwt error"}
        open_one.say("send logs")
        assert open_one.read(10) == ("jwt error", ["jwt: exp claim is invalid"])
        text, _ = token(stage, server, key)
        open_one.say("auth", text)
        open_one.until("auth success")
        server.say("a line that arrives")
        open_one.until("console output", "a line that arrives")


def test_an_expired_token_is_not_taken(stage: Pterodactyl, server: Server, key: str) -> None:
    text, _ = token(stage, server, key)
    stage.wings.skew_seconds = 601
    with console(stage, server, key, auth=False) as open_one:
        open_one.say("auth", text)
        assert open_one.read(10) == ("jwt error", [f"Error Event [{server.uuid}]: jwt: exp claim is invalid"])


@pytest.mark.parametrize("how", ["restart", "deny", "skew"])
def test_tokens_of_the_time_before_are_denied(stage: Pterodactyl, server: Server, key: str, how: str) -> None:
    text, _ = token(stage, server, key)
    if how == "restart":
        stage.wings.restart()
    elif how == "deny":
        stage.wings.deny_tokens()
    else:
        stage.wings.restart()
        stage.panel.skew_seconds = -30
        text, _ = token(stage, server, key)
    with console(stage, server, key, auth=False) as open_one:
        open_one.say("auth", text)
        words = f"Error Event [{server.uuid}]: jwt: created too far in past (denylist)"
        assert open_one.read(10) == ("jwt error", [words])
        stage.panel.skew_seconds = 2
        open_one.say("auth", token(stage, server, key)[0])
        open_one.until("auth success")


def test_denying_hits_a_socket_that_is_open(stage: Pterodactyl, server: Server, key: str) -> None:
    with console(stage, server, key) as open_one:
        stage.wings.deny_tokens()
        server.say("lost")
        open_one.until("jwt error", "jwt: created too far in past (denylist)")


# 1.5 frames


def test_nonsense_of_a_client_is_ignored(stage: Pterodactyl, server: Server, key: str) -> None:
    with console(stage, server, key) as open_one:
        for text in ("", "{", "[]", '{"event":5}', '{"event":"set state","args":"stop"}', '{"event":"dance"}'):
            open_one.channel.send(text)
            time.sleep(0.03)
        open_one.channel.send_binary(b'{"event":"set state","args":["stop"]}')
        assert open_one.quiet(0.3) == []
        assert server.powers == []


def test_arguments_are_put_together_without_anything_between(stage: Pterodactyl, server: Server, key: str) -> None:
    with console(stage, server, key) as open_one:
        open_one.say("send command", "say ", "hello")
        wait_until(lambda: server.commands == ["say hello"])


@pytest.mark.parametrize(("version", "closed"), [("1.12.3", True), ("1.11", False)])
def test_a_frame_of_more_than_4096_bytes_ends_it(version: str, closed: bool) -> None:
    with set_up(version) as (stage, server, key), console(stage, server, key) as open_one:
        open_one.say("send command", "x" * 4000)
        wait_until(lambda: len(server.commands) == 1)
        open_one.say("send command", "x" * 5000)
        if closed:
            open_one.channel.settimeout(20)
            while (frame := open_one.channel.recv_frame()).opcode != websocket.ABNF.OPCODE_CLOSE:
                pass
            assert int.from_bytes(frame.data[:2], "big") == 1009
        else:
            wait_until(lambda: len(server.commands) == 2)


def test_pings_are_answered_and_none_is_sent(stage: Pterodactyl, server: Server, key: str) -> None:
    with console(stage, server, key) as open_one:
        open_one.channel.settimeout(20)
        open_one.channel.ping("are you there")
        while True:
            opcode, data = open_one.channel.recv_data(control_frame=True)
            assert opcode != websocket.ABNF.OPCODE_PING
            if opcode == websocket.ABNF.OPCODE_PONG:
                break
        assert data == b"are you there"


def test_a_frame_that_is_not_masked_ends_it(stage: Pterodactyl, server: Server, key: str) -> None:
    with console(stage, server, key) as open_one:
        open_one.channel.sock.sendall(b"\x81\x02{}")
        wait_until(lambda: stage.wings.open_sockets() == 0)


def test_packed_frames_count_packed(stage: Pterodactyl, server: Server, key: str) -> None:
    text, address = token(stage, server, key)
    offer = ["Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover"]
    channel = websocket.create_connection(address, origin=stage.panel.url, header=offer, timeout=20)

    def send(event: str, word: str) -> None:
        packer = zlib.compressobj(wbits=-15)
        document = json.dumps({"event": event, "args": [word]}).encode()
        payload = (packer.compress(document) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
        channel.send_frame(websocket.ABNF(1, 1, 0, 0, websocket.ABNF.OPCODE_TEXT, 1, payload))

    assert "permessage-deflate" in channel.headers["sec-websocket-extensions"]
    send("auth", text)
    first, size = channel.sock.recv(2)  # by hand: the library takes no packed frames
    assert first == 0x80 | 0x40 | websocket.ABNF.OPCODE_TEXT
    payload = channel.sock.recv(size)
    assert zlib.decompressobj(wbits=-15).decompress(payload + b"\0\0\xff\xff") == b'{"event":"auth success"}\n'
    send("send command", "y" * 5000)
    wait_until(lambda: server.commands == ["y" * 5000])
    send("send command", "z" * 40_000)
    noise = "".join(random.Random(4).choices(string.ascii_letters, k=9000))
    send("send command", noise)
    wait_until(lambda: stage.wings.open_sockets() == 0)
    assert len(server.commands) == 1
    channel.shutdown()


@pytest.mark.parametrize(("version", "answers"), [("1.12.3", 2), ("1.11", 5)])
def test_authenticating_is_throttled_without_a_word_to_who_asks(version: str, answers: int) -> None:
    with set_up(version, throttle_seconds=1) as (stage, server, key):
        with console(stage, server, key, auth=False) as open_one:
            text, _ = token(stage, server, key)
            for _ in range(5):
                open_one.say("auth", text)
            events = open_one.answers()
        assert len(said(events, "auth success")) == answers
        assert said(events, "throttled") == (["auth"] if answers == 2 else [])


def test_any_frames_are_throttled_together() -> None:
    with set_up(throttle_seconds=10) as (stage, server, key), console(stage, server, key) as open_one:
        for number in range(14):
            open_one.say(f"unknown {number}")
        assert said(open_one.answers(), "throttled") == ["global"]


def test_past_lines_look_like_new_ones(stage: Pterodactyl, server: Server, key: str) -> None:
    for number in range(200):
        server.say(f"line {number}")
    with console(stage, server, key) as open_one:
        open_one.say("send logs")
        lines = said(open_one.until("console output", "line 199"), "console output")
    assert (len(lines), lines[0]) == (150, "line 50")


def test_a_flood_is_cut() -> None:
    with set_up(flood_seconds=60) as (stage, server, key), console(stage, server, key) as open_one:
        stage.turning.run(lambda: [server.say(f"{number}") for number in range(2500)])
        lines: list[str] = []
        deadline = time.monotonic() + 30
        while len(lines) < 2001 and time.monotonic() < deadline:
            lines += said(open_one.quiet(0.1), "console output")
        lines += said(open_one.quiet(0.3), "console output")
    assert len(lines) == 2001
    assert "Server is outputting console data too quickly -- throttling..." in lines[-1]


def test_stats_come_as_text_while_it_runs() -> None:
    with set_up(stats_seconds=0.1) as (stage, server, key), console(stage, server, key) as open_one:
        wait_until(lambda: not open_one.quiet(0.1) and len(said(open_one.heard, "stats")) >= 3)
        stats = [json.loads(text) for text in said(open_one.heard, "stats")]
        assert stats[-1]["memory_limit_bytes"] > server.memory_limit_mib * 1024 * 1024
        assert stats[-1]["uptime"] > stats[0]["uptime"]
