from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

from wakeful_agent.host.notify import Notifier

if TYPE_CHECKING:
    from pathlib import Path


def test_states_go_to_the_socket(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(tmp_path / "n"))
        channel.settimeout(2)
        notifier = Notifier({"NOTIFY_SOCKET": str(tmp_path / "n")})
        notifier.ready("Sampling")
        notifier.alive()
        notifier.alive("Well")
        notifier.reloading()
        notifier.stopping()
        heard = [channel.recv(200).decode() for _ in range(5)]
    assert heard[0] == "READY=1\nSTATUS=Sampling"
    assert heard[1] == "WATCHDOG=1"
    assert heard[2] == "WATCHDOG=1\nSTATUS=Well"
    assert heard[3].startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert heard[4] == "STOPPING=1\nSTATUS=Stopping"


def test_an_abstract_socket_is_spoken_to() -> None:
    name = f"wakeful-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind("\0" + name)
        channel.settimeout(2)
        Notifier({"NOTIFY_SOCKET": "@" + name}).stopping()
        assert channel.recv(200).startswith(b"STOPPING=1")


def test_without_a_manager_it_is_silent(tmp_path: Path) -> None:
    Notifier({}).ready("x")
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "nobody")}).ready("x")


def test_the_watchdog_is_ours_or_nobodys() -> None:
    assert Notifier({}).watchdog_seconds == 0
    assert Notifier({"WATCHDOG_USEC": "3000000"}).watchdog_seconds == 3
    assert Notifier({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}).watchdog_seconds == 3
    assert Notifier({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}).watchdog_seconds == 0
    assert Notifier({"WATCHDOG_USEC": "soon"}).watchdog_seconds == 0


def test_the_file_holds_the_newest_state(tmp_path: Path) -> None:
    file = tmp_path / "with space" / "status"
    notifier = Notifier({}, str(file))
    notifier.ready("before the folder is there")
    assert not file.exists()
    file.parent.mkdir()
    notifier.ready("Sampling")
    assert file.read_text() == f"MAINPID={os.getpid()}\nREADY=1\nSTATUS=Sampling\nRELOADS=0\nREFUSED=0\n"
    notifier.reloading()
    notifier.reloaded("wrong", False)
    assert file.read_text().splitlines()[2:] == ["STATUS=wrong", "RELOADS=1", "REFUSED=1"]
    notifier.reloaded("right", True)
    assert file.read_text().splitlines()[2:] == ["STATUS=right", "RELOADS=2", "REFUSED=1"]
    notifier.stopping()
    assert "READY=0" in file.read_text().splitlines()
    assert [path.name for path in file.parent.iterdir()] == ["status"]
