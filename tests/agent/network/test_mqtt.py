import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Denied, HostError, Late, Malformed
from wakeful_agent.network.dialogue import Dialogue
from wakeful_agent.network.mqtt import (
    PACKET_BYTES_MAX,
    Message,
    Subscriber,
    connect_packet,
    fits,
    is_filter,
    packet,
    parse_publish,
)

WELCOME = b"\x20\x02\x00\x00"
GRANTED = b"\x90\x04\x00\x01\x00\x00"
PONG = b"\xd0\x00"


def publish(topic, payload=b"", flags=0):
    return packet(3, flags, len(topic).to_bytes(2, "big") + topic + payload)


@pytest.fixture
def met(served):
    """Return a function that begins a session with somebody who says one part for each that it hears."""

    def meet(*parts, user="", password="", filters=("$SYS/#", "home/+")):
        asked, heard = [], []

        def serve(channel):
            for part in parts:
                asked.append(channel.recv(65_536))
                channel.sendall(part)
            channel.recv(1)

        session = Subscriber(Dialogue(served(serve).address, 2), heard.append)
        session.begin(user, password, list(filters))
        return session, asked, heard

    return meet


def test_packets_say_their_size_in_seven_bits_a_byte():
    assert packet(12, 0, b"") == b"\xc0\x00"
    assert packet(3, 1, b"x" * 127)[:2] == b"\x31\x7f"
    assert packet(3, 0, b"x" * 128)[:3] == b"\x30\x80\x01"
    assert packet(3, 0, b"x" * 16_384)[:4] == b"\x30\x80\x80\x01"


def test_a_greeting_with_and_without_a_login():
    assert connect_packet("w", "", "x") == b"\x10\x0d\x00\x04MQTT\x04\x02\x1c\x20\x00\x01w"
    assert connect_packet("w", "me", "no") == b"\x10\x15\x00\x04MQTT\x04\xc2\x1c\x20\x00\x01w\x00\x02me\x00\x02no"
    assert connect_packet("w", "me", "") == b"\x10\x11\x00\x04MQTT\x04\x82\x1c\x20\x00\x01w\x00\x02me"
    with pytest.raises(Malformed, match="65535"):
        connect_packet("w", "me", "x" * 70_000)


def test_messages_before_between_and_after_are_heard(met):
    session, asked, heard = met(
        WELCOME,
        publish(b"$SYS/broker/version", b"mosquitto", 1) + GRANTED,
        publish(b"home/a", b"1") + publish(b"home/b", b"\x00\x072", 2) + b"\xb0\x02\x00\x00" + PONG,
        publish(b"home/c") + PONG,
    )
    assert asked[1][:6] == b"\x82\x14\x00\x01\x00\x06"
    assert session.refused == []
    session.listen(2)
    session.listen(2)
    session.close()
    assert heard == [
        Message("$SYS/broker/version", b"mosquitto", True),
        Message("home/a", b"1", False),
        Message("home/b", b"2", False),
        Message("home/c", b"", False),
    ]
    assert asked[2] == asked[3] == b"\xc0\x00"


def test_topics_that_are_not_granted_are_named(met):
    session, _, _ = met(WELCOME, b"\x90\x04\x00\x01\x80\x00")
    assert session.refused == ["$SYS/#"]
    session.close()


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        (1, HostError, "3.1.1"),
        (2, HostError, "name"),
        (3, HostError, "not available"),
        (4, Denied, "user and password"),
        (5, Denied, "another login"),
        (99, HostError, "refuses the connection"),
    ],
)
def test_a_broker_that_refuses(met, code, error, words):
    with pytest.raises(error, match=words) as raised:
        met(b"\x20\x02\x00" + bytes([code]))
    assert type(raised.value) is error


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n", b"\x20\x03\x00\x00\x00", b"\x90\x02\x00\x00"])
def test_somebody_who_is_no_broker(met, answer):
    with pytest.raises(Malformed, match="does not speak MQTT"):
        met(answer)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"\x20\xff\xff\xff\xff\x7f", "does not speak MQTT"),
        (b"\x30" + packet(0, 0, b"x" * (PACKET_BYTES_MAX + 1))[1:5], "sends a packet of 1048577 bytes"),
        (b"\x30\x01\x00", "without its topic"),
    ],
)
def test_a_broker_that_says_what_cannot_be(met, said, words):
    session, _, heard = met(WELCOME, GRANTED, said)
    with pytest.raises(Malformed, match=words):
        session.listen(2)
    assert heard == []


def test_a_broker_that_says_nothing_is_late_and_one_that_goes_away_is_told(met):
    session, _, _ = met(WELCOME, GRANTED, b"")
    with pytest.raises(Late):
        session.listen(0.2)
    with pytest.raises(HostError, match="is not connected"):
        session.listen(0.2)


def test_nobody_there():
    with pytest.raises(HostError, match="nothing listens"):
        Subscriber(Dialogue("127.0.0.1:1", 2), print).begin("", "", ["a"])


@given(st.integers(0, 15), st.binary(max_size=40))
def test_any_bytes_are_a_message_or_malformed(flags, body):
    try:
        message = parse_publish(flags, body)
    except Malformed:
        return
    assert isinstance(message.topic, str)


@pytest.mark.parametrize(
    ("wanted", "topic", "answer"),
    [
        ("home/temp", "home/temp", True),
        ("home/temp", "home/temp/x", False),
        ("home/temp", "home", False),
        ("home/+", "home/temp", True),
        ("home/+", "home/", True),
        ("home/+", "home", False),
        ("+/temp", "home/temp", True),
        ("home/#", "home", True),
        ("home/#", "home/a/b", True),
        ("#", "home", True),
        ("#", "$SYS/broker", False),
        ("+/broker", "$SYS/broker", False),
        ("$SYS/#", "$SYS/broker", True),
        ("/a", "a", False),
    ],
)
def test_which_topics_a_filter_asks_for(wanted, topic, answer):
    assert fits(wanted, topic) is answer


@pytest.mark.parametrize("text", ["a", "a/b", "+", "#", "a/+/b", "a/#", "/", "$SYS/#"])
def test_filters(text):
    assert is_filter(text)


@pytest.mark.parametrize("text", ["", "a#", "#/a", "a/#/b", "a+/b", "a\0b", "x" * 600])
def test_no_filters(text):
    assert not is_filter(text)
