"""Another machine: the line that `invite` prints, pasted there, is all it takes."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("ip"), reason="needs root and iproute2"),
]

AGENT = str(Path(sys.executable).with_name("wakeful-agent"))


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.fixture
def machine():
    """A network namespace with an address of its own; yields its name and the address of this side."""
    name = f"wk{uuid.uuid4().hex[:8]}"
    net = 1 + uuid.uuid4().int % 250
    here, there = f"10.213.{net}.1", f"10.213.{net}.2"
    ip("netns", "add", name)
    try:
        ip("link", "add", f"{name}a", "type", "veth", "peer", "name", f"{name}b")
        ip("link", "set", f"{name}b", "netns", name)
        ip("addr", "add", f"{here}/24", "dev", f"{name}a")
        ip("link", "set", f"{name}a", "up")
        ip("-n", name, "addr", "add", f"{there}/24", "dev", f"{name}b")
        ip("-n", name, "link", "set", f"{name}b", "up")
        ip("-n", name, "link", "set", "lo", "up")
        yield name, here
    finally:
        with suppress(subprocess.CalledProcessError):
            ip("link", "del", f"{name}a")
        ip("netns", "del", name)


class Collector:
    """`wakeful-collector serve` on one address, as an operator starts it."""

    def __init__(self, data: Path, listen: str, *words: str) -> None:
        self.environ = {name: text for name, text in os.environ.items() if not name.startswith("WAKEFUL_")}
        self.environ |= {"WAKEFUL_DATA": str(data), "WAKEFUL_LISTEN": listen}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "wakeful_collector", "serve", *words],
            env=self.environ,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        assert "Wakeful collector" in self.process.stdout.readline()

    def ask(self, *words: str) -> str:
        argv = [sys.executable, "-m", "wakeful_collector", *words]
        return subprocess.run(argv, env=self.environ, check=True, capture_output=True, text=True).stdout

    def hosts(self, data: Path) -> list[dict]:
        code = (
            "import json, sys; from pathlib import Path; from wakeful_collector.read import hosts;"
            "print(json.dumps([[h.id, h.name, h.last_seen_ms, list(h.tags)] for h in hosts.hosts(Path(sys.argv[1]))]))"
        )
        out = subprocess.run([sys.executable, "-c", code, str(data)], check=True, capture_output=True, text=True)
        return json.loads(out.stdout)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=60)
        return self.process.returncode


@pytest.mark.parametrize("tls", [(), ("--tls", "self")], ids=["http", "own certificate"])
def test_the_invite_pasted_in_another_machine_enrols_it(tmp_path, machine, tls):
    name, here = machine
    data = tmp_path / "collector"
    collector = Collector(data, f"{here}:18800", *tls)
    agent = None
    try:
        line = collector.ask("invite", "--tag", "edge").strip()
        words = shlex.split(line)
        assert words[:2] == ["wakeful-agent", "enroll"]
        assert words[2] == ("https" if tls else "http") + f"://{here}:18800"
        assert ("--fingerprint" in words) == bool(tls)
        environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path / "home"), "HOSTNAME": "other"}
        environ |= {"CONFIG_DIR": str(tmp_path / "agent" / "config"), "STATE_DIR": str(tmp_path / "agent" / "state")}
        environ |= {key: text for key, text in os.environ.items() if key.startswith("COVERAGE")}
        agent = subprocess.Popen(
            ["ip", "netns", "exec", name, AGENT, *words[1:]],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        deadline = time.monotonic() + 120
        found: list = []
        while time.monotonic() < deadline and not (found and found[0][2]):
            assert agent.poll() is None, agent.communicate()[0]
            found = collector.hosts(data)
            time.sleep(0.3)
        assert len(found) == 1
        assert found[0][2] is not None, "it enrolled but never pushed"
        assert found[0][3] == ["edge"]
        # the invite is spent: the same line is worth nothing on a third machine
        again = subprocess.run(
            ["ip", "netns", "exec", name, AGENT, *[word for word in words[1:] if word != "--run"]],
            env=environ | {"CONFIG_DIR": str(tmp_path / "third"), "STATE_DIR": str(tmp_path / "third-state")},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert again.returncode != 0
        assert "invite" in again.stdout + again.stderr
        assert len(collector.hosts(data)) == 1
    finally:
        if agent is not None and agent.poll() is None:
            agent.send_signal(signal.SIGTERM)
            agent.communicate(timeout=60)
        assert collector.stop() == 0
