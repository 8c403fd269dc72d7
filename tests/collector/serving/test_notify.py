"""The init system is told how things are, when it listens."""

import socket

from wakeful_collector.serving.notify import notify


def test_what_is_said_arrives(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        assert notify("READY=1", "STATUS=listening")
        assert listener.recv(100) == b"READY=1\nSTATUS=listening"


def test_abstract_sockets_are_meant_by_an_at_sign(monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0wakeful-test-notify")
        monkeypatch.setenv("NOTIFY_SOCKET", "@wakeful-test-notify")
        assert notify("WATCHDOG=1")
        assert listener.recv(100) == b"WATCHDOG=1"


def test_nobody_who_listens_is_no_error(tmp_path, monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    assert not notify("READY=1")


def test_an_init_system_that_does_not_read_keeps_nobody_waiting(tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        assert not all(notify("WATCHDOG=1") for _ in range(10_000))
        assert listener.recv(100) == b"WATCHDOG=1"
        assert notify("WATCHDOG=1"), "as soon as there is room again"
