"""The conversations are those of upsd 2.8.0; tests/real/test_ups.py has it with the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Denied, HostError, Late, Malformed
from wakeful_agent.network.nut import PORT, Refusal, Ups, ask, split
from wakeful_agent.network.place import parse_place

if TYPE_CHECKING:
    import socket

LISTED = 'BEGIN LIST UPS\nUPS rack "A rack \\"one\\""\nUPS desk ""\nEND LIST UPS\n'
RACK = 'BEGIN LIST VAR rack\nVAR rack battery.charge "96"\nVAR rack ups.status "OL CHRG"\nEND LIST VAR rack\n'
STALE = "ERR DATA-STALE\n"


def server(answers: dict[str, str]) -> Callable[[socket.socket], None]:
    def serve(channel: socket.socket) -> None:
        held = b""
        while True:
            part = channel.recv(1000)
            if not part:
                return
            held += part
            while b"\n" in held:
                line, _, held = held.partition(b"\n")
                channel.sendall(answers.get(line.decode(), "ERR UNKNOWN-COMMAND\n").encode())

    return serve


def test_every_ups_with_its_variables(served: Callable[..., Any]) -> None:
    place = served(server({"LIST UPS": LISTED, "LIST VAR rack": RACK, "LIST VAR desk": STALE}), "tcp")
    assert ask(place.address, 5) == [
        Ups("rack", 'A rack "one"', {"battery.charge": "96", "ups.status": "OL CHRG"}),
        Ups("desk", "", {}, "DATA-STALE"),
    ]


def test_a_server_without_any(served: Callable[..., Any]) -> None:
    assert ask(served(server({"LIST UPS": "BEGIN LIST UPS\nEND LIST UPS\n"}), "tcp").address, 5) == []


def test_words_and_their_quotes() -> None:
    assert split(r'VAR a b.c "say \"hi\" and \\"') == ["VAR", "a", "b.c", 'say "hi" and \\']
    assert split('UPS a ""') == ["UPS", "a", ""]
    assert split("") == []


def test_the_port_of_the_protocol_is_the_default() -> None:
    assert parse_place("nas.local", PORT).port == 3493


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("ERR ACCESS-DENIED\n", Denied),
        ("ERR UNKNOWN-COMMAND\n", Refusal),
        ("ERR\n", Refusal),
        ("SSH-2.0-OpenSSH_9.2p1\n", Malformed),
        ("\n", Malformed),
        ("BEGIN LIST UPS\n\n", Malformed),
        ("BEGIN LIST UPS\nUPS\n", Malformed),
        ('BEGIN LIST UPS\nUPS "a b" ""\nEND LIST UPS\n', Malformed),
        ("BEGIN LIST UPS\n" + "UPS a x\n" * 1001, Malformed),
        ("BEGIN LIST UPS\n" + "x" * 5000, Malformed),
    ],
)
def test_servers_that_refuse_or_are_none(served: Callable[..., Any], answer: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        ask(served(server({"LIST UPS": answer}), "tcp").address, 5)


def test_a_server_that_falls_silent(served: Callable[..., Any]) -> None:
    with pytest.raises(Late):
        ask(served(server({"LIST UPS": "BEGIN LIST UPS\n"}), "tcp").address, 0.2)


def test_hostile_names_are_data(served: Callable[..., Any]) -> None:
    evil = "\x1b[1m<b>"
    listed = f'BEGIN LIST UPS\nUPS a "{evil}"\nEND LIST UPS\n'
    place = served(server({"LIST UPS": listed, "LIST VAR a": "BEGIN LIST VAR a\nVAR a x\nEND LIST VAR a\n"}), "tcp")
    assert ask(place.address, 5) == [Ups("a", "\ufffd[1m<b>", {})]


@given(st.text())
def test_any_line_has_words(line: str) -> None:
    assert all(isinstance(word, str) for word in split(line))


def test_a_refusal_is_a_sentence() -> None:
    assert str(Refusal("127.0.0.1:3493", "DATA-STALE")) == "127.0.0.1:3493 answers DATA-STALE"
    assert issubclass(Refusal, HostError)
