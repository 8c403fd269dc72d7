import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import HostError, Late, Malformed
from wakeful_agent.network.minecraft import MAGIC, ask_bedrock, ask_java, parse_bedrock, parse_java, varint
from wakeful_agent.network.place import Place

from ...fakes import game_servers
from ...fakes.game_servers import bedrock_server, datagrams, java_packet, java_serve, java_status


def at(port):
    return Place("tcp", "127.0.0.1", port)


def java(said, **changes):
    text = said if isinstance(said, bytes) else json.dumps({**java_status(), **said, **changes}).encode()
    return parse_java(b"\0" + varint(len(text)) + text)


def test_a_java_server(served):
    heard = []
    end = served(java_serve(java_status(), heard))
    found = ask_java(at(end.port), 5)
    assert found._replace(seconds=0) == ("A Minecraft Server", "Minecraft", "", "1.21.1", 5, 100, None, 0)
    assert found.seconds > 0
    assert heard == [b"\0\xff\xff\xff\xff\x0f\x09127.0.0.1" + struct.pack(">H", end.port) + b"\x01"]


def test_a_bedrock_server():
    with bedrock_server() as port:
        found = ask_bedrock(at(port), 5)
    assert found._replace(seconds=0) == (
        "Dedicated Server",
        "Minecraft Bedrock",
        "Bedrock level",
        "1.19.1",
        3,
        10,
        None,
        0,
    )
    with bedrock_server(edition="MCEE", players="-1") as port:
        found = ask_bedrock(at(port), 5)
    assert (found.game, found.players) == ("Minecraft Education", None)


def test_numbers_are_written_in_seven_bits():
    # The examples of the protocol's page on data types.
    for number, content in ((0, "00"), (127, "7f"), (128, "8001"), (25565, "ddc701"), (2**31 - 1, "ffffffff07")):
        assert varint(number) == game_servers.varint(number) == bytes.fromhex(content)


def test_a_server_that_hides_its_players_has_none_to_tell():
    for players in ({}, [], None, {"online": "many", "max": -1}, {"online": 1e9, "max": True}):
        found = java({"players": players})
        assert (found.players, found.limit) == (None, None)
    assert java({"version": "old"}).version == ""


@pytest.mark.parametrize(
    ("description", "name"),
    [
        ("\u00a7lBold\u00a7r  and\nmore", "Bold and more"),
        ({"text": "a", "extra": [{"text": "b", "extra": ["c"]}, {"extra": "d"}]}, "abcd"),
        (["a", ["b"], {"text": 5}], "ab"),
        (None, ""),
        (7, ""),
        ("x" * 100_000, "x" * 200),
        (["x"] * 1000, "x" * 64),
    ],
)
def test_the_line_below_the_name_is_made_plain(description, name):
    assert java({"description": description}).name == name


def nested(depth):
    component = {"text": "end"}
    for _ in range(depth):
        component = {"extra": [component]}
    return component


def test_what_is_nested_without_end_is_no_danger():
    assert java({"description": nested(300)}).name == "end"
    with pytest.raises(Malformed):
        java(b'{"description":' + b"[" * 200_000)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"<html>"])
def test_a_status_that_is_no_json(text):
    with pytest.raises(Malformed):
        java(text)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"x" * 100, Malformed),
        (b"\xff\xff\xff\xff\xff\xff", Malformed),
        (varint(2**30) + b"x", Malformed),
        (varint(100) + b"short", HostError),
        (b"\x00", Malformed),
        (b"\x01\x01", Malformed),
        (b"", HostError),
    ],
)
def test_what_is_no_java_server(answered, answer, error):
    with pytest.raises(error):
        ask_java(at(answered(answer).port), 2)


def test_a_server_that_only_listens(served):
    def wait(channel):
        while channel.recv(1000):
            pass

    with pytest.raises(Late):
        ask_java(at(served(wait).port), 0.3)
    with datagrams(lambda _asked: []) as port, pytest.raises(Late):
        ask_bedrock(at(port), 0.3)


@pytest.mark.parametrize(
    "answer",
    [b"", b"\x1c", b"\x1d" + b"\0" * 40, b"\x1c" + b"\0" * 40, b"\x1c" + b"\0" * 16 + MAGIC + b"\0\x04MCPE"],
)
def test_what_is_no_bedrock_server(answer):
    with datagrams(lambda _asked: [answer]) as port, pytest.raises(Malformed):
        ask_bedrock(at(port), 5)


@given(st.binary(max_size=100), st.integers(0, 100))
def test_no_answer_raises_anything_but_our_own(inserted, position):
    packet = java_packet(java_status(favicon=""))[2:]
    pong = b"\x1c" + b"\0" * 16 + MAGIC + struct.pack(">H", 30) + b"MCPE;a;1;2;3;4;5;6;7;8;9;10;11"
    for parse, whole in ((parse_java, packet), (parse_bedrock, pong)):
        for answer in (inserted, whole[:position] + inserted + whole[position + len(inserted) :], whole[:position]):
            try:
                parse(answer)
            except Malformed:
                continue
