"""From an operation to an agent and back: both halves as processes, two web processes, whatever dies meanwhile."""

from __future__ import annotations

import gzip
import http.client
import json
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_wire.schema import parse_series, schema_hash

from .halves import Agent, Collector, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SERIES = [["system.cpu.utilization", {}]]
SCHEMA = schema_hash(parse_series(SERIES))
LOCAL_FILE = """\
interval_seconds = 2
[meters.ports]
enabled = false
[policy]
allow = ["mark", "slow"]

[[action]]
name = "mark"
argv = ["/bin/sh", "-c", "echo $0 >> {folder}/marks", "{{word}}"]
[action.parameters.word]
kind = "choice"
choices = ["one", "two", "three"]

[[action]]
name = "slow"
argv = ["/bin/sh", "-c", "sleep 8; echo slow >> {folder}/marks"]
"""


class Operator:
    """A program with a key that may operate."""

    def __init__(self, collector: Collector) -> None:
        self.port = collector.port
        argv = [sys.executable, "-m", "wakeful_collector", "key", "create", "--name", "ops", "--scope", "operate"]
        made = subprocess.run([*argv, "--json", "--data", str(collector.data)], check=True, capture_output=True)
        self.key = str(json.loads(made.stdout)["key"])

    def ask(self, path: str, body: Any = None) -> Any:
        """Ask the API; an error's document is an answer too."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/v1{path}", content, headers)
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            return json.load(error)

    def command(self, host: str, action: str, wait: int = 0, **arguments: Any) -> Any:
        """Ask a host for an action and return the command."""
        body = {"host": host, "action": action, "arguments": arguments}
        return self.ask(f"/operations/host.command?wait={wait}", body)["command"]


@pytest.fixture
def collector(tmp_path: Path) -> Iterator[Collector]:
    """A collector with two web processes."""
    started = Collector(tmp_path / "collector")
    started.data.mkdir()
    (started.data / "collector.toml").write_text("web_workers = 2\n")
    started.start()
    yield started
    started.end()


@pytest.fixture
def operator(collector: Collector) -> Operator:
    return Operator(collector)


@pytest.fixture
def agent(tmp_path: Path, collector: Collector) -> Iterator[Agent]:
    """An agent whose file permits two actions."""
    made = Agent(tmp_path / "agent")
    made.environ.pop("WAKEFUL_AGENT_INTERVAL_SECONDS")
    config = made.folder / "config"
    config.mkdir(parents=True)
    (config / "agent.toml").write_text(LOCAL_FILE.format(folder=made.folder))
    (config / "agent.toml").chmod(0o600)
    made.enrol(collector)
    made.start()
    yield made
    made.end()


def marks(agent: Agent) -> list[str]:
    try:
        return (agent.folder / "marks").read_text("ascii").split()
    except FileNotFoundError:
        return []


def announced(operator: Operator) -> str:
    """Wait until the one host has said what it may be asked; return its id."""
    found: list[str] = []

    def said() -> bool:
        hosts = operator.ask("/hosts")["hosts"]
        detail = operator.ask(f"/hosts/{hosts[0]['id']}") if hosts else {"hello": {}}
        found[:] = [detail["id"]] if detail["hello"].get("actions") else []
        return bool(found)

    wait_for(said, 30)
    return found[0]


def test_it_is_asked_run_once_and_answered(operator: Operator, agent: Agent) -> None:
    host = announced(operator)
    ended = operator.command(host, "mark", wait=30, word="one")
    assert (ended["state"], ended["principal"]) == ("done", "key:ops")
    assert marks(agent) == ["one"]
    waits = []
    for word in ("two", "three", "two"):  # the host is live now: every second it is all ears
        began = time.monotonic()
        assert operator.command(host, "mark", wait=30, word=word)["state"] == "done"
        waits.append(time.monotonic() - began)
    assert marks(agent) == ["one", "two", "three", "two"]
    assert min(waits) < 1.5, waits
    assert operator.ask("/operations/host.command", {"host": host, "action": "erase"})["error"] == "not_announced"
    unfit = {"host": host, "action": "mark", "arguments": {"word": "one; rm -rf /"}}
    assert operator.ask("/operations/host.command", unfit)["error"] == "not_fitting"
    kinds = [event["kind"] for event in operator.ask(f"/hosts/{host}/events?kind=command.*")["events"]]
    assert sorted(kinds) == ["command.done"] * 4 + ["command.requested"] * 4


def test_a_collector_that_dies_meanwhile_hears_the_end_late(
    collector: Collector, operator: Operator, agent: Agent
) -> None:
    host = announced(operator)
    asked = operator.command(host, "slow")
    wait_for(lambda: operator.ask(f"/commands/{asked['id']}")["state"] == "delivered", 30)
    collector.kill_all()
    wait_for(lambda: marks(agent) == ["slow"], 30)
    collector.start()
    ended = operator.ask(f"/commands/{asked['id']}?wait=50")
    assert ended["state"] == "done"
    assert marks(agent) == ["slow"]


def test_an_agent_that_dies_meanwhile_says_so_and_runs_nothing_twice(
    collector: Collector, operator: Operator, agent: Agent
) -> None:
    host = announced(operator)
    asked = operator.command(host, "slow")
    wait_for(lambda: operator.ask(f"/commands/{asked['id']}")["state"] == "delivered", 30)
    time.sleep(0.5)
    agent.kill()
    agent.start()
    ended = operator.ask(f"/commands/{asked['id']}?wait=50")
    assert ended["state"] == "failed"
    assert "stopped while it ran" in ended["summary"]


class Machine:
    """A machine of its own making: enrolled, with connections that push what they are told."""

    def __init__(self, collector: Collector, invite: str, number: int) -> None:
        self.port = collector.port
        self.sequence = -1
        self.run = f"run-{number:05}"
        key = "A" * 43 + "="
        body = {"invite": invite, "name": f"m{number}", "machine_id": f"m{number}", "version": "1", "public_key": key}
        status, answer = self.post("/api/v1/enroll", json.dumps(body).encode(), {})
        assert status == 200, answer
        self.id, self.token = answer["agent_id"], answer["token"]
        hello = {"name": f"m{number}", "actions": [{"name": "wake", "danger": "none", "parameters": {}}]}
        assert self.push(series=SERIES, hello=hello)[0] == 200

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, Any]:
        """Post over a connection of its own, which may come to either web process."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("POST", path, body, {"Content-Type": "application/json", **headers})
        answer = connection.getresponse()
        found = json.loads(answer.read())
        connection.close()
        return answer.status, found

    def push(self, sequence: int | None = None, **more: Any) -> tuple[int, Any]:
        """Push, the next one or one again."""
        if sequence is None:
            self.sequence += 1
            sequence = self.sequence
        at_ms = round(time.time() * 1_000) - 10_000_000  # a slow clock, which ticks when it pushes
        said = {"wire": 1, "run": self.run, "sequence": sequence, "schema": SCHEMA, "ticks": [[at_ms, [1]]], **more}
        headers = {"Authorization": f"Bearer {self.token}", "Content-Encoding": "gzip"}
        return self.post("/api/v1/push", gzip.compress(json.dumps(said).encode()), headers)


def test_of_two_web_processes_one_hands_out_each_command(collector: Collector, operator: Operator) -> None:
    invite = collector.invite()
    machines = [Machine(collector, invite, number) for number in range(3)]
    asked = {operator.command(machine.id, "wake")["id"] for machine in machines for _ in range(6)}
    found: list[str] = []

    def push(machine: Machine, sequence: int) -> None:
        status, answer = machine.push(sequence)
        assert status == 200
        found.extend(one["id"] for one in answer.get("commands", []))

    threads = [threading.Thread(target=push, args=(machine, 10 + at)) for machine in machines for at in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == sorted(asked)
    for machine in machines:
        results = [{"command": one, "state": "done", "data": {"by": machine.id}} for one in asked]
        assert machine.push(20, results=results)[0] == 200
    ended = operator.ask("/commands?state=done&limit=100")["commands"]
    assert sorted(one["id"] for one in ended) == sorted(asked)
    assert all(one["data"]["by"] == one["host"] for one in ended), "nobody answers for another"


def test_the_worker_holds_for_expired_what_nobody_took(collector: Collector, operator: Operator) -> None:
    machine = Machine(collector, collector.invite(), 1)
    body = {"host": machine.id, "action": "wake", "expires_seconds": 1}
    asked = operator.ask("/operations/host.command?wait=30", body)["command"]
    assert asked["state"] == "expired"
    assert machine.push()[1].get("commands") is None


def test_what_is_asked_of_a_live_machine_leaves_at_once_whichever_process_holds_its_answer(
    collector: Collector, operator: Operator
) -> None:
    machine = Machine(collector, collector.invite(), 1)
    operator.ask(f"/hosts/{machine.id}/live", {"seconds": 600})
    delays: list[float] = []
    for _ in range(40):  # nothing is held by a process that has not heard of it for two seconds
        heard: list[tuple[float, Any]] = []

        def listen(heard: list[tuple[float, Any]] = heard) -> None:
            answer = machine.push()[1]
            heard.append((time.monotonic(), answer))

        listening = threading.Thread(target=listen)
        listening.start()
        time.sleep(0.15)
        asked = operator.command(machine.id, "wake")
        answered = time.monotonic()
        listening.join()
        if "commands" in heard[0][1]:
            assert [one["id"] for one in heard[0][1]["commands"]] == [asked["id"]]
            delays.append(heard[0][0] - answered)
        else:
            assert [one["id"] for one in machine.push()[1]["commands"]] == [asked["id"]]
        assert machine.push(results=[{"command": asked["id"], "state": "done"}])[0] == 200
        if len(delays) == 6:
            break
    assert len(delays) == 6, "they were held"
    assert sorted(delays)[2] < 0.3, delays
