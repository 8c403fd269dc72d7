import errno
import socket
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wakeful_agent.host.errors import Denied, HostError
from wakeful_agent.network import icmp

TOKEN = bytes(range(16))


def test_a_request_is_what_the_wire_wants():
    # What ping(8) of iputils sends for the same sequence and content, identifier 0.
    packet = icmp.request(8, 1, TOKEN)
    assert packet == b"\x08\x00\xbf\xbe\x00\x00\x00\x01" + TOKEN
    assert icmp.checksum(packet) == 0, "a packet with its checksum sums up to nothing"
    assert icmp.checksum(b"\xff\xff" * 3) == 0


@given(st.binary(max_size=40))
def test_only_the_answer_is_one(packet):
    assert not icmp.is_answer(packet, 0, 1, TOKEN)
    answer = icmp.request(0, 1, TOKEN)
    assert icmp.is_answer(answer, 0, 1, TOKEN)
    assert not icmp.is_answer(answer, 0, 2, TOKEN)
    assert not icmp.is_answer(answer, 129, 1, TOKEN)
    assert not icmp.is_answer(answer[:-1], 0, 1, TOKEN)


class Kernel:
    """The socket module of a kernel whose ICMP sockets are what the test says; all else is the real one's."""

    def __init__(self, make):
        self._make = make

    def __getattr__(self, name):
        return getattr(socket, name)

    def socket(self, family, kind, protocol):
        return self._make(family)


@pytest.fixture
def echoing(monkeypatch):
    """Let ICMP sockets be UDP ones; return a function that starts an end which answers as told."""
    monkeypatch.setattr(icmp, "socket", Kernel(lambda family: socket.socket(family, socket.SOCK_DGRAM)))
    made = []

    def make(answer):
        end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        end.bind(("127.0.0.1", 0))
        made.append(end)

        def serve():
            while True:
                packet, sender = end.recvfrom(1024)
                if not packet:
                    return
                for part in answer(packet):
                    end.sendto(part, sender)

        threading.Thread(target=serve, daemon=True).start()
        return end.getsockname()

    yield make
    for end in made:
        end.sendto(b"", end.getsockname())


def answer_to(packet):
    return bytes([0]) + packet[1:]


def test_answers_are_timed(echoing):
    end = echoing(lambda packet: [b"junk", icmp.request(0, 99, TOKEN), answer_to(packet)])
    found = icmp.echo(socket.AF_INET, end, 3, 2, 0.01)
    assert len(found) == 3
    assert all(0 < one < 1 for one in found)


def test_what_is_lost_is_none(echoing):
    count = []

    def answer(packet):
        count.append(1)
        return [answer_to(packet)] if len(count) == 2 else []

    found = icmp.echo(socket.AF_INET, echoing(answer), 3, 0.1, 0.01)
    assert [one is None for one in found] == [True, False, True]


def test_junk_without_end_ends(echoing):
    def flood(packet):
        for _ in range(200):
            time.sleep(0.002)
            yield b"junk"

    begun = time.monotonic()
    assert icmp.echo(socket.AF_INET, echoing(flood), 1, 0.1) == [None]
    assert time.monotonic() - begun < 10


def test_a_group_that_may_not_and_a_kernel_without(monkeypatch):
    def refuse(family):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(icmp, "socket", Kernel(refuse))
    with pytest.raises(Denied, match="ping_group_range"):
        icmp.echo(socket.AF_INET, ("127.0.0.1", 0), 1, 1)

    def lack(family):
        raise OSError(errno.EPROTONOSUPPORT, "Protocol not supported")

    monkeypatch.setattr(icmp, "socket", Kernel(lack))
    with pytest.raises(HostError, match="Protocol not supported"):
        icmp.open_socket(socket.AF_INET6)


def test_a_network_that_is_not_there(echoing, monkeypatch):
    class Broken(socket.socket):
        sent = 0

        def sendto(self, *_):
            Broken.sent += 1
            if Broken.sent != 2:
                raise OSError(errno.ENETUNREACH, "Network is unreachable")
            return super().sendto(*_)

    monkeypatch.setattr(icmp, "socket", Kernel(lambda family: Broken(family, socket.SOCK_DGRAM)))
    with pytest.raises(HostError, match=r"ICMP to 192\.0\.2\.1: Network is unreachable"):
        icmp.echo(socket.AF_INET, ("192.0.2.1", 0), 1, 1)
    end = echoing(lambda packet: [answer_to(packet)])
    found = icmp.echo(socket.AF_INET, end, 2, 1, 0.01)
    assert found[0] is not None
    assert found[1] is None, "it went away in between"
