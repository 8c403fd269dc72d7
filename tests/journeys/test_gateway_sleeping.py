"""A machine that nobody uses is put to sleep over SSH, and one that is asked while it goes down comes back."""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from ..fakes.ollama_clients import PROMPT, native, paced
from ..fakes.sleeping_machine import SleepingMachine, sleeping_machine
from ..fakes.ssh_server import PASSWORD, USER, SshServer, ssh_server
from .gateway import Gateway, gateway, took
from .halves import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUDO_PASSWORD = "a sudo password, 7"
STOP_SECONDS = 3.0
IDLE = {"idle_seconds": 2, "boot_seconds": 60, "stop_seconds": 30, "check_gpu": False, "check_logins": False}


class Box:
    """A machine with an account that may put it to sleep."""

    def __init__(self, machine: SleepingMachine, ssh: SshServer) -> None:
        self.machine, self.ssh = machine, ssh
        self.orders = 0
        self.ended = threading.Event()
        self.let("exec systemctl-as-root")
        threading.Thread(target=self._obey, daemon=True).start()

    def let(self, script: str) -> None:
        """Say what sudo does once the password was right."""
        check = f'read -r given; [ "$given" = "{SUDO_PASSWORD}" ] || {{ echo "Sorry, try again."; exit 1; }}'
        self.ssh.program("sudo", f"{check}\n{script}")
        self.ssh.program("systemctl-as-root", "echo order >>orders")

    @property
    def settings(self) -> dict[str, Any]:
        """What the gateway has to know of it."""
        sleep = {"sleep": "ssh", "ssh_host": "127.0.0.1", "ssh_port": self.ssh.port, "ssh_user": USER}
        secrets = {"ssh_password": PASSWORD, "sudo_password": SUDO_PASSWORD}
        return {**self.machine.settings, **sleep, **secrets, **IDLE}

    def _obey(self) -> None:
        """Go down some seconds after an order, as a machine does that stops its services first."""
        log = self.ssh.folder / "orders"
        while not self.ended.wait(0.1):
            given = len(log.read_text().splitlines()) if log.exists() else 0
            if given > self.orders:
                self.orders = given
                threading.Timer(STOP_SECONDS, self.machine.power_off).start()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    with sleeping_machine(1.0) as machine, ssh_server(tmp_path / "ssh") as ssh:
        made = Box(machine, ssh)
        yield made
        made.ended.set()


@pytest.fixture
def door(tmp_path: Path, box: Box) -> Iterator[Gateway]:
    """A gateway whose machine somebody has switched on: the pause between two wakings has not begun."""
    box.machine.ollama.reboot()
    with gateway(tmp_path / "data") as made:
        made.add("box", "awake", default=True, **box.settings)
        yield made


def chat(door: Gateway, **more: Any) -> str:
    return str(native(door.url(), door.key).chat("gem", PROMPT, **more).message.content)


SAID = "You said: the quick brown fox"


def test_it_sleeps_when_nobody_needs_it_and_only_then(door: Gateway, box: Box, tmp_path: Path) -> None:
    lease = door.run("gateway.lease", machine="box", seconds=600, note="a long night")["result"]
    assert chat(door, keep_alive="3s") == SAID
    time.sleep(10)
    assert (door.machine("box")["state"], box.orders) == ("awake", 0), "somebody claims it"
    door.run("gateway.release", lease=lease["lease"] if isinstance(lease["lease"], str) else lease["lease"]["id"])
    door.wait_for_state("box", "asleep", 60)
    assert (box.orders, box.machine.is_on) == (1, False)
    assert box.ssh.commands == ["sudo -S -p '' -- systemctl suspend"], "no secret is in the command"
    assert box.ssh.said == [f"{SUDO_PASSWORD}\n"]
    for secret in (SUDO_PASSWORD, PASSWORD):
        assert not any(
            secret.encode() in file.read_bytes() for file in (tmp_path / "data").rglob("*") if file.is_file()
        )
    assert chat(door) == SAID, "and is woken by the next who needs it"
    assert len(box.machine.wakings) == 1


def test_it_does_not_sleep_while_a_stream_runs_or_a_model_is_loaded(door: Gateway, box: Box) -> None:
    said = paced(box.machine.ollama, 60, 0.2)
    assert chat(door, keep_alive="6s") == "".join(said)
    assert box.orders == 0, "twelve seconds of one request"
    time.sleep(4)
    assert box.orders == 0, "a model is loaded"
    door.wait_for_state("box", "asleep", 60)
    assert box.orders == 1


def test_a_request_while_it_goes_down_brings_it_back(door: Gateway, box: Box) -> None:
    assert chat(door, keep_alive=0) == SAID
    door.wait_for_state("box", "stopping", 60)
    wait_for(lambda: box.orders == 1, 10)
    seconds, answer = took(lambda: chat(door, keep_alive=0))
    assert answer == SAID
    assert box.machine.is_on
    assert len(box.machine.wakings) == 1, "it went all the way down, and up again"
    assert seconds < 90


def test_sudo_refuses(door: Gateway, box: Box) -> None:
    box.let('echo "nala is not in the sudoers file." >&2; exit 1')
    assert chat(door, keep_alive=0) == SAID
    found = door.wait_for("box", lambda one: "sudoers" in one["reason"], 60)
    assert found["state"] == "awake"
    assert not re.search(f"{SUDO_PASSWORD}|{PASSWORD}", str(found))
    assert chat(door) == SAID, "and it goes on serving"
    assert len(box.ssh.commands) == 1, "it is not ordered again and again"


def test_another_host_key_is_refused_until_a_person_accepts_it(door: Gateway, box: Box) -> None:
    assert chat(door, keep_alive=0) == SAID
    door.wait_for_state("box", "asleep", 60)
    first = box.ssh.host_key
    box.ssh.change_host_key()
    assert chat(door, keep_alive=0) == SAID
    found = door.wait_for("box", lambda one: box.ssh.host_key.fingerprint in one["reason"], 90)
    assert first.fingerprint in found["reason"]
    assert (found["state"], box.orders) == ("awake", 1)
