import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host import addresses as module
from wakeful_agent.host.addresses import addresses, parse_address, parse_if_inet6
from wakeful_agent.host.errors import Absent, HostError, Malformed
from wakeful_agent.host.files import Host

HEAD = struct.Struct("=BBBBi")


def attribute(kind, content):
    return struct.pack("=HH", 4 + len(content), kind) + content


def test_the_files_of_a_machine(machine):
    found = addresses(machine("bare-metal"))
    assert found == {"lo": ["::1/128"], "enp3s0": ["fe80::211:22ff:fe33:4455/64", "2001:db8::2/64"]}
    with pytest.raises(Absent):
        addresses(machine("gvisor"))


def test_the_kernels_answer():
    four = HEAD.pack(2, 24, 0, 0, 3) + attribute(1, b"\x0a\0\0\xff") + attribute(2, b"\x0a\0\0\1")
    assert parse_address(four) == (3, "10.0.0.1/24"), "the local address, not the peer's"
    six = HEAD.pack(10, 64, 0, 0, 4) + attribute(1, bytes(15) + b"\1")
    assert parse_address(six) == (4, "::1/64")
    assert parse_address(HEAD.pack(2, 8, 0, 0, 1)) == (1, "")
    for wrong in (b"", HEAD.pack(2, 8, 0, 0, 1) + attribute(1, b"abc")):
        with pytest.raises(Malformed):
            parse_address(wrong)


@given(st.binary(max_size=80))
def test_garbage_raises_nothing_but_our_own(content):
    try:
        parse_address(content)
    except HostError:
        return


def test_an_interface_that_vanished_between_two_questions_costs_no_other(monkeypatch):
    gone = HEAD.pack(2, 24, 0, 0, 2_000_000_000) + attribute(2, b"\x0a\0\0\1")
    stays = HEAD.pack(2, 8, 0, 0, 1) + attribute(2, b"\x7f\0\0\1")
    monkeypatch.setattr(module, "dump", lambda *_: [HEAD.pack(2, 8, 0, 0, 1), gone, stays])
    assert addresses(Host()) == {"lo": ["127.0.0.1/8"]}


def test_this_machine():
    assert "127.0.0.1/8" in addresses(Host())["lo"]


@pytest.mark.parametrize("text", ["zz 1 40 0 0 lo\n", "00 01\n", "00 01 40 20 80 lo\n"])
def test_malformed_lines(text):
    with pytest.raises(Malformed):
        parse_if_inet6(text)
