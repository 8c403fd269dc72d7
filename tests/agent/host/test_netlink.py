import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host import netlink
from wakeful_agent.host.errors import HostError, Malformed

HEADER = struct.Struct("=IHHII")


def message(kind, body=b""):
    return HEADER.pack(HEADER.size + len(body), kind, 0, 0, 0) + body + b"\0" * (-len(body) % 4)


def test_bodies_until_the_dump_is_done():
    assert netlink.parse_messages(message(20, b"abcde") + message(20, b"xy")) == ([b"abcde", b"xy"], False)
    assert netlink.parse_messages(message(20, b"abcd") + message(3) + message(20)) == ([b"abcd"], True)
    assert netlink.parse_messages(b"") == ([], False)


def test_errors_and_lengths_that_do_not_add_up():
    with pytest.raises(HostError, match="refused"):
        netlink.parse_messages(message(2, b"\0" * 4))
    for content in (b"\1", HEADER.pack(5000, 20, 0, 0, 0), HEADER.pack(3, 20, 0, 0, 0)):
        with pytest.raises(Malformed):
            netlink.parse_messages(content)


def test_attributes():
    body = b"head" + struct.pack("=HH", 7, 1) + b"abc\0" + struct.pack("=HH", 4, 9)
    assert netlink.parse_attributes(body, 4) == {1: b"abc", 9: b""}
    for wrong in (struct.pack("=HH", 0, 1), struct.pack("=HH", 99, 1)):
        with pytest.raises(Malformed):
            netlink.parse_attributes(wrong, 0)


@given(st.binary(max_size=200))
def test_garbage_raises_nothing_but_our_own(content):
    for parse in (netlink.parse_messages, lambda body: netlink.parse_attributes(body, 0)):
        try:
            parse(content)
        except HostError:
            continue


def test_a_kernel_that_does_not_answer_or_does_not_end(monkeypatch):
    with pytest.raises(HostError, match="netlink: "):
        netlink.dump(9_999, 0, b"")
    monkeypatch.setattr(netlink, "_DATAGRAMS_MAX", 0)
    with pytest.raises(HostError, match="does not end"):
        netlink.dump(0, 22, struct.pack("=BBBBi", 0, 0, 0, 0, 0))


def test_the_kernel_answers():
    assert netlink.dump(socket.NETLINK_ROUTE, 22, struct.pack("=BBBBi", 0, 0, 0, 0, 0))
