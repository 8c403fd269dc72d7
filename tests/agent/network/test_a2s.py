import struct
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import HostError, Late, Malformed
from wakeful_agent.network.a2s import ask, parse_info
from wakeful_agent.network.place import Place

from ...fakes.game_servers import a2s_server, datagrams, gold_info, source_info


def at(port):
    return Place("tcp", "127.0.0.1", port)


@pytest.mark.parametrize("challenge", [True, False])
@pytest.mark.parametrize("parts", [1, 3])
def test_a_server_is_asked_with_its_challenge_whole_or_in_parts(challenge, parts):
    with a2s_server(source_info(), challenge, parts) as port:
        found = ask(at(port), 5)
    assert found._replace(seconds=0) == ("Ours", "Team Fortress", "cp_badlands", "9234", 3, 10, 2, 0)
    assert 0 < found.seconds < 5


def test_more_bots_than_players_leave_no_player():
    assert parse_info(source_info(players=1, bots=4)).players == 0


def test_one_game_tells_more_before_its_version():
    assert parse_info(source_info(application=2400)).version == "9234"


@pytest.mark.parametrize("modified", [True, False])
def test_servers_of_goldsource(modified):
    assert parse_info(gold_info(modified)) == ("Old", "Half-Life", "crossfire", "47", 9, 32, 3, 0)


def test_nobody_there_and_nobody_answering():
    with a2s_server(source_info()) as port:
        pass
    with pytest.raises(HostError, match="nothing listens"):
        ask(at(port), 2)
    with datagrams(lambda _asked: []) as port:
        begun = time.monotonic()
        with pytest.raises(Late):
            ask(at(port), 0.3)
        assert time.monotonic() - begun < 10


WHOLE = b"\xff\xff\xff\xff"
PART = b"\xfe\xff\xff\xff"


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage",
        WHOLE,
        WHOLE + b"X",
        WHOLE + b"I",
        WHOLE + b"I\x11no end",
        WHOLE + b"m\0",
        PART,
        PART + struct.pack("<iBBh", -1, 2, 0, 9) + b"compressed",
        PART + struct.pack("<iBBh", 1, 2, 2, 9) + b"beyond",
        PART + struct.pack("<iBBh", 1, 200, 1, 9) + b"many",
        b"x" * 9000,
    ],
)
def test_what_is_no_status(answer):
    with datagrams(lambda _asked: [answer]) as port, pytest.raises(Malformed):
        ask(at(port), 5)


def test_a_server_that_asks_for_ever():
    with datagrams(lambda _asked: [WHOLE + b"A1234"]) as port, pytest.raises(Malformed, match="one challenge after"):
        ask(at(port), 5)


@given(st.binary(max_size=200), st.integers(0, 80), st.sampled_from([source_info(), gold_info()]))
def test_no_answer_raises_anything_but_our_own(inserted, position, whole):
    for answer in (inserted, whole[:position] + inserted + whole[position + len(inserted) :], whole[:position]):
        try:
            parse_info(answer)
        except Malformed:
            continue
