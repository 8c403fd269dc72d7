import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host import listeners as module
from wakeful_agent.host.errors import Absent, HostError, Malformed
from wakeful_agent.host.files import Host
from wakeful_agent.host.listeners import Listener, connections, listeners, listens, parse_diagnosis, parse_sockets

BODY = struct.Struct("=BBBB2s2s16s16sIQIIIII")


def diagnosis(family, port, source, inode, only=None):
    body = BODY.pack(
        family, 10, 0, 0, port.to_bytes(2, "big"), b"\0\0", source.ljust(16, b"\0"), bytes(16), *[0] * 6, inode
    )
    return body if only is None else body + struct.pack("=HHB3x", 5, 11, only)


def test_the_kernels_diagnosis():
    assert parse_diagnosis(diagnosis(2, 22, b"\x7f\0\0\1", 9), "tcp") == Listener("tcp", "127.0.0.1", 22, 9)
    assert parse_diagnosis(diagnosis(10, 80, b"", 9, 1), "tcp") == Listener("tcp", "::", 80, 9, True)
    assert parse_diagnosis(diagnosis(10, 80, b"", 9, 0), "udp") == Listener("udp", "::", 80, 9, False)
    with pytest.raises(Malformed):
        parse_diagnosis(b"short", "tcp")


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_diagnosis_and_tables_tell_the_same_of_this_machine(monkeypatch, kind):
    protocol = "tcp" if kind == socket.SOCK_STREAM else "udp"
    with socket.socket(socket.AF_INET, kind) as four, socket.socket(socket.AF_INET6, kind) as six:
        for one, address in ((four, "127.0.0.1"), (six, "::1")):
            one.bind((address, 0))
            if protocol == "tcp":
                one.listen()
        ports = {four.getsockname()[1]: "127.0.0.1", six.getsockname()[1]: "::1"}
        told = {one.port: one for one in listeners(Host(), protocol) if one.port in ports}

        def refuse(*_):
            raise HostError("netlink: not here")

        monkeypatch.setattr(module, "dump", refuse)
        read = {one.port: one for one in listeners(Host(), protocol) if one.port in ports}
    assert {port: one.address for port, one in told.items()} == ports
    assert {port: one._replace(v6_only=None) for port, one in told.items()} == read


def test_connections_by_state(machine, made):
    assert {state: count for state, count in connections(machine("bare-metal")).items() if count} == {
        "listen": 5,
        "established": 1,
        "close_wait": 1,
        "time_wait": 1,
    }
    with pytest.raises(Absent):
        connections(made({}))
    with pytest.raises(Absent):
        listeners(made({}), "udp")


def test_a_state_that_nobody_knows_counts_as_closed(made):
    assert connections(made({"proc/net/tcp": "head\n 0: 0:0 0:0 EE 0\n"}))["close"] == 1


@given(st.lists(st.text(max_size=120), max_size=5))
def test_garbage_raises_nothing_but_our_own(lines):
    try:
        parse_sockets(lines, "tcp")
    except HostError:
        return


@given(st.binary(max_size=100))
def test_garbage_of_the_kernel_too(content):
    try:
        parse_diagnosis(content, "tcp")
    except HostError:
        return


def test_whether_a_local_port_is_served(tmp_path):
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        assert not listens(Host(), server.getsockname()[1])
        server.listen()
        assert listens(Host(), server.getsockname()[1])
    assert not listens(Host(str(tmp_path)), 80)
    table = tmp_path / "proc/net/tcp"
    table.parent.mkdir(parents=True)
    row = "0: {}:1F90 00000000:0000 0A 0:0 0:0 0 0 0 77 1 0 100 0 0 10 0\n"
    for address, local in (("0100007F", True), ("00000000", True), ("0A00000A", False)):
        table.write_text("head\n" + row.format(address))
        assert listens(Host(str(tmp_path)), 8080) is local
        assert not listens(Host(str(tmp_path)), 8081)
