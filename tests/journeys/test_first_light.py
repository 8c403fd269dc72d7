"""`make run`: a collector and this machine's own agent, a chart within a minute, a clean end, and all of it again."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
CHART = re.compile(r"the first chart is there, (\d+) s after the start")
HOST = re.compile(r"this machine +(\S+)/hosts/(\S+)")
LINK = re.compile(r"sign in, once, by +(\S+)")


class MakeRun:
    """packaging/run.py with a data folder and a port of its own, as `make run` starts it."""

    def __init__(self, data: Path, port: int) -> None:
        self.lines: list[str] = []
        environ = {name: text for name, text in os.environ.items() if not name.startswith("WAKEFUL_")}
        environ |= {"WAKEFUL_DATA": str(data), "WAKEFUL_LISTEN": f"127.0.0.1:{port}"}
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "packaging" / "run.py")],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def read_until(self, pattern: re.Pattern[str]) -> re.Match[str]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if found := pattern.search(line):
                return found
        raise AssertionError("it ended: " + "".join(self.lines))

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        out, _ = self.process.communicate(timeout=60)
        self.lines.append(out)
        return self.process.returncode


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def collector(data: Path, *words: str) -> str:
    argv = [sys.executable, "-m", "wakeful_collector", *words, "--data", str(data)]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def get(url: str, key: str) -> dict:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def test_the_first_chart_the_clean_end_and_the_second_run(tmp_path, port):
    data = tmp_path / "var"
    began = time.monotonic()
    first = MakeRun(data, port)
    link = first.read_until(LINK)[1]
    base, host_id = first.read_until(HOST).groups()
    first.read_until(CHART)
    seconds = time.monotonic() - began
    assert seconds < 60, "".join(first.lines)
    assert base == f"http://127.0.0.1:{port}"
    assert not [line for line in first.lines if " info " in line], "the agent's log stands between what is to be read"

    key = json.loads(collector(data, "key", "create", "--name", "journey", "--scope", "read", "--json"))["key"]
    hosts = get(f"{base}/api/v1/hosts", key)["hosts"]
    assert [host["id"] for host in hosts] == [host_id]
    assert hosts[0]["status"] == "up"
    answer = get(f"{base}/api/v1/hosts/{host_id}/series?name=system.load_average.1m&from=-5m&points=300", key)
    assert sum(value is not None for value in answer["columns"][0]["values"]) >= 2
    with urllib.request.urlopen(link, timeout=10) as page:
        assert page.status == 200

    family = first.family()
    assert len(family) >= 3
    assert first.end(signal.SIGINT) == 0
    _, alive = psutil.wait_procs(family, 20)
    assert alive == []

    second = MakeRun(data, port)
    assert second.read_until(HOST)[2] == host_id
    hosts = get(f"{base}/api/v1/hosts", key)["hosts"]
    assert [host["id"] for host in hosts] == [host_id]
    answer = get(f"{base}/api/v1/hosts/{host_id}/series?name=system.load_average.1m&from=-10m&points=600", key)
    assert sum(value is not None for value in answer["columns"][0]["values"]) >= 2
    family = second.family()
    second.process.kill()
    second.process.wait()
    _, alive = psutil.wait_procs(family, 20)
    assert alive == [], "kill -9 of make run left somebody behind"


def test_who_it_was_to_a_collector_that_is_gone_is_forgotten_and_its_settings_stay(tmp_path, port):
    config = tmp_path / "var" / "agent" / "config"
    config.mkdir(parents=True)
    for folder in (config, *config.parents[:3]):
        folder.chmod(0o700)
    identity = {"agent_id": "ofyesterday", "url": "http://127.0.0.1:9", "fingerprint": None, "enrolled_ms": 1}
    texts = {"identity.json": json.dumps(identity), "TOKEN": "wk_agt_x\n", "agent.toml": 'tags = ["kept"]\n'}
    for name, text in texts.items():
        (config / name).write_text(text)
        (config / name).chmod(0o600)
    run = MakeRun(tmp_path / "var", port)
    host_id = run.read_until(HOST)[2]
    assert run.end(signal.SIGINT) == 0
    assert json.loads((config / "identity.json").read_text())["agent_id"] == host_id != "ofyesterday"
    assert (config / "agent.toml").read_text() == 'tags = ["kept"]\n'
    assert (config / "TOKEN").read_text() != "wk_agt_x\n"


def test_a_taken_port_is_said_with_the_setting(tmp_path, port):
    with socket.create_server(("127.0.0.1", port)):
        run = MakeRun(tmp_path / "var", port)
        out, _ = run.process.communicate(timeout=90)
    assert run.process.returncode == 2
    assert f"127.0.0.1:{port} is taken by" in out
    assert f"(pid {os.getpid()})" in out
    assert "WAKEFUL_LISTEN=127.0.0.1:9000 make run" in out
