"""Faults that must lose nothing: both halves as they run for people, killed and cut off, then counted in the store."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from wakeful_agent.transport.spool import Head, Spool
from wakeful_collector.read import hosts
from wakeful_collector.store import database
from wakeful_wire import packing
from wakeful_wire.schema import parse_series, schema_hash

if TYPE_CHECKING:
    from pathlib import Path

SERIES = [["system.cpu.utilization", {}], ["system.uptime", {}]]
SCHEMA = schema_hash(parse_series(SERIES))


class Collector:
    """`wakeful-collector serve` on a port that stays the same from start to start."""

    def __init__(self, data: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.data = data
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environ = {name: text for name, text in os.environ.items() if not name.startswith("WAKEFUL_")}
        environ |= {"WAKEFUL_DATA": str(self.data), "WAKEFUL_LISTEN": f"127.0.0.1:{self.port}"}
        argv = [sys.executable, "-m", "wakeful_collector", "serve", "--quiet"]
        self.process = subprocess.Popen(argv, env=environ)
        wait_for(lambda: self.answers(), 30)

    def answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), 2) as probe:
                probe.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                return probe.recv(20).startswith(b"HTTP/1.1 ")
        except OSError:
            return False

    def invite(self) -> str:
        argv = [sys.executable, "-m", "wakeful_collector", "invite", "--json", "--uses", "9", "--data", str(self.data)]
        found = json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)
        return next(text for text in found.values() if isinstance(text, str) and text.startswith("wk_inv_"))

    def part(self, word: str) -> list[psutil.Process]:
        """Return the processes of a part: `web` with gunicorn's own, or `worker`."""
        assert self.process is not None
        found = []
        for child in psutil.Process(self.process.pid).children():
            try:
                if word in child.cmdline():
                    found += [child, *child.children(recursive=True)]
            except (psutil.NoSuchProcess, psutil.ZombieProcess):  # it died while we looked
                continue
        return found

    def kill_all(self) -> None:
        assert self.process is not None
        family = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        kill(family)
        self.process.wait(30)

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)


class Agent:
    """`wakeful-agent run` with folders of its own, one tick a second."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environ = {
            **os.environ,
            "CONFIG_DIR": str(folder / "config"),
            "STATE_DIR": str(folder / "state"),
            "WAKEFUL_AGENT_INTERVAL_SECONDS": "1",
        }
        self.process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def enrol(self, collector: Collector) -> None:
        argv = [sys.executable, "-m", "wakeful_agent", "enroll", f"http://127.0.0.1:{collector.port}"]
        subprocess.run([*argv, "--invite", collector.invite()], env=self.environ, check=True, capture_output=True)

    def start(self) -> None:
        self.starts += 1
        argv = [sys.executable, "-m", "wakeful_agent", "run"]
        self.process = subprocess.Popen(argv, env=self.environ, stderr=subprocess.DEVNULL)

    def waiting(self) -> list[str]:
        return [path.name for path in (self.folder / "state" / "spool").glob("*.push*") if path.is_file()]

    def set_aside(self) -> list[Path]:
        return list((self.folder / "state" / "spool" / "aside").glob("*"))

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(30)

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)


def kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue


def wait_for(fulfilled: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not fulfilled():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.1)


def rows(data: Path, statement: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in database.reader(data, "samples").execute(statement)]


@pytest.fixture
def collector(tmp_path: Path):
    found = Collector(tmp_path / "collector")
    found.start()
    yield found
    found.end()


@pytest.fixture
def agent(tmp_path: Path, collector: Collector):
    found = Agent(tmp_path / "agent")
    found.enrol(collector)
    yield found
    found.end()


def check_exactly_once(data: Path) -> list[tuple[Any, ...]]:
    """Every sequence of every run was taken, none twice, and no time of a host stands there twice."""
    runs = rows(data, "SELECT run, first, last, holes FROM runs")
    assert all(not holes for _, _, _, holes in runs), runs
    assert all(first == 0 for _, first, _, _ in runs), runs
    assert rows(data, "SELECT run, sequence FROM hot GROUP BY run, sequence HAVING count(*) > 1") == []
    assert rows(data, "SELECT host, to_ms FROM hot GROUP BY host, to_ms HAVING count(*) > 1") == []
    return runs


def test_nothing_is_lost_or_doubled_when_processes_are_killed(collector: Collector, agent: Agent) -> None:
    chance = random.Random()
    agent.start()
    wait_for(lambda: rows(collector.data, "SELECT 1 FROM hot"), 20)
    for victims in (("web",), ("worker",), ("agent",), ("web", "worker"), ("agent", "web")):
        time.sleep(chance.uniform(0.3, 1.6))
        for victim in victims:
            if victim == "agent":
                agent.kill()
            else:
                kill(collector.part(victim))
        if "agent" in victims:
            agent.start()
    wait_for(collector.answers, 20)
    collector.kill_all()
    agent.kill()
    before = len(rows(collector.data, "SELECT run FROM runs"))
    collector.start()
    agent.start()
    wait_for(lambda: len(rows(collector.data, "SELECT run FROM runs")) > before, 40)
    wait_for(lambda: not agent.waiting(), 40)
    agent.end()
    assert agent.set_aside() == []
    runs = check_exactly_once(collector.data)
    assert 1 < len(runs) <= agent.starts
    taken = sum(last + 1 for _, _, last, _ in runs)
    stored = rows(collector.data, "SELECT count(*) FROM hot")[0][0]
    assert taken - 2 * len(runs) <= stored <= taken, "only a run's first and last push may hold no tick"
    assert [host.twins for host in hosts.hosts(collector.data)] == [()]


def test_an_hour_without_network_is_made_up_for(collector: Collector, agent: Agent) -> None:
    """The hour is simulated: the agent's spool holds what it would have written; the collector is away at first."""
    collector.kill_all()
    now_ms = int(time.time() * 1000)
    spool = Spool(str(agent.folder / "state" / "spool"), 64 * 1024 * 1024, 86_400_000)
    spool.put_schema(SCHEMA, SERIES)
    expected = []
    for sequence in range(240):
        time_ms = now_ms - 3_600_000 + sequence * 15_000
        push = {"wire": 1, "run": "run-cut-off", "sequence": sequence, "schema": SCHEMA}
        packed = packing.pack({**push, "ticks": [[time_ms, [sequence / 240, sequence]]]})
        spool.put(Head(time_ms, "run-cut-off", sequence, SCHEMA), packed, now_ms)
        expected.append((sequence, time_ms))
    agent.environ["WAKEFUL_AGENT_SPOOL_DRAIN_PER_SECOND"] = "100"
    agent.start()
    time.sleep(1.5)
    agent.kill()
    collector.start()
    agent.start()
    statement = "SELECT sequence, to_ms FROM hot WHERE run = 'run-cut-off' ORDER BY sequence"
    wait_for(lambda: len(rows(collector.data, statement)) >= 240 and not agent.waiting(), 40)
    agent.end()
    assert rows(collector.data, statement) == expected
    assert agent.set_aside() == []
    check_exactly_once(collector.data)
