"""The listening socket, and clear words when there cannot be one."""

import os
import socket

import psutil
import pytest

from wakeful_collector.serving import sockets
from wakeful_collector.serving.sockets import CannotListenError, listen_on


def test_the_socket_listens_and_children_may_have_it():
    with listen_on("127.0.0.1:0") as listener:
        assert listener.get_inheritable()
        with socket.create_connection(listener.getsockname(), 2):
            pass


def test_ipv6_is_listened_on_too():
    with listen_on("[::1]:0") as listener:
        assert listener.family == socket.AF_INET6


def test_a_taken_port_names_who_holds_it_and_the_setting():
    with listen_on("127.0.0.1:0") as listener:
        port = listener.getsockname()[1]
        with pytest.raises(CannotListenError) as caught:
            listen_on(f"127.0.0.1:{port}")
    assert f"(pid {os.getpid()})" in str(caught.value)
    assert "--listen" in str(caught.value)


def test_nobody_is_named_for_a_free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert sockets.holder_of(free.getsockname()[1]) == ""


def test_an_address_of_another_machine_is_said_so():
    with pytest.raises(CannotListenError, match="is not an address of this machine"):
        listen_on("192.0.2.1:8800")


def test_a_name_that_is_no_address_is_said_so():
    with pytest.raises(CannotListenError, match="check the setting listen"):
        listen_on("no-such-name.invalid:8800")


@pytest.mark.parametrize(("number", "words"), [(13, "ports below 1024 need root"), (5, "cannot be listened on")])
def test_other_refusals_are_explained(number, words):
    assert words in sockets._reason(OSError(number, "x"), "127.0.0.1:80", 80)


def test_who_holds_a_port_may_be_invisible(monkeypatch):
    def denied(_):
        raise psutil.AccessDenied

    monkeypatch.setattr(sockets.psutil, "net_connections", denied)
    assert sockets.holder_of(80) == ""


def test_who_holds_a_port_may_be_gone_before_it_is_named(monkeypatch):
    def gone(pid):
        raise psutil.NoSuchProcess(pid)

    with listen_on("127.0.0.1:0") as listener:
        monkeypatch.setattr(sockets.psutil, "Process", gone)
        assert sockets.holder_of(listener.getsockname()[1]) == f"pid {os.getpid()}"
