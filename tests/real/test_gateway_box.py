"""The gateway keeps a box over a real bridge: Debian's sshd and sudo, magic packets, a worker that is killed."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ..fakes.ssh_server import PASSWORD
from .keeping_box import WRONG
from .networks import CARDS, networks
from .sshd import Sshd, machine
from .test_wake import magic

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .networks import Networks

pytestmark = [pytest.mark.real, pytest.mark.root, pytest.mark.networks]

ADDRESS, SSH_PORT = CARDS["sleeper", "eth0"][2], 22
ENVIRON = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


@contextlib.contextmanager
def box(land: Networks, made: Sshd, deaf: int, boot_seconds: float) -> Iterator[tuple[int, list[str]]]:
    """Run the box on the machine `sleeper`; give the port of its Ollama and the lines that it tells."""
    made.program("shutdown", f"kill -USR1 $(cat {made.folder}/box.pid); sleep 30")
    mac = CARDS["sleeper", "eth0"][1]
    words = [sys.executable, "-m", "tests.real.sleeping_box", made.folder, ADDRESS, mac, deaf, boot_seconds]
    command = land.command("sleeper", *made.command(" ".join(map(str, words))))
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=ENVIRON) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        first = process.stdout.readline().split()
        lines: list[str] = []
        reader = threading.Thread(target=lambda: lines.extend(process.stdout or ()), daemon=True)
        reader.start()
        yield int(first[1]), lines
        process.stdin.close()
        reader.join(20)


def test_a_box_is_woken_kept_and_put_to_sleep(tmp_path: Path) -> None:
    with networks(tmp_path) as land, machine(ADDRESS, SSH_PORT) as made:
        land.run("agent", "ip", "link", "set", "lo", "up")
        land.run("sleeper", "ip", "link", "set", "lo", "up")
        before = made.host_key.fingerprint
        mac = CARDS["sleeper", "eth0"][1]
        with box(land, made, deaf=3, boot_seconds=2) as (port, lines):
            words = [tmp_path, f"http://{ADDRESS}:{port}", mac, SSH_PORT, made.folder, made.folder / "key"]
            command = land.command("agent", sys.executable, "-m", "tests.real.keeping_box", *map(str, words))
            done = subprocess.run(command, capture_output=True, text=True, env=ENVIRON, timeout=400, check=False)
            assert done.returncode == 0, done.stderr[-4000:]
            after = made.host_key.fingerprint
        told = json.loads(done.stdout.splitlines()[-1])
        commands = (made.folder / "sudo.log").read_text(encoding="utf-8")
    assert told["killed"] >= 1
    frames = [bytes.fromhex(line.split()[1]) for line in lines if line.startswith("frame")]
    assert all(magic("sleeper") in frame for frame in frames)
    first = lines.index("on\n")
    assert 3 < len([line for line in lines[:first] if line.startswith("frame")]) <= 12, "lost ones are sent again"
    assert [line for line in lines if line in {"on\n", "off\n"}][:5] == ["on\n", "off\n", "on\n", "off\n", "on\n"]
    assert commands.count("COMMAND=") >= 2
    assert "shutdown -h now" in commands
    assert (before in told["changed"]["reason"], after in told["changed"]["reason"]) == (True, True)
    assert told["trusted"]["result"]["trusted"] == [{"kind": "ssh-ed25519", "fingerprint": after}]
    assert told["trusted"]["result"]["before"] == [before]
    assert "`sudo -S -p -- shutdown -h now` ended with 1" in told["refused"]["reason"]
    assert told["leaked"] == []
    assert "wakeful.gateway: box is asleep" in done.stderr, "the collector's own log"
    logs = done.stderr + "".join(lines) + commands
    assert [secret for secret in (PASSWORD, WRONG, made.key.splitlines()[2]) if secret in logs] == []
