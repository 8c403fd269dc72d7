"""The running agent: a real process, a real collector's door, real signals."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Callable, Iterator

import pytest

from wakeful_agent.daemon import grid
from wakeful_wire.push import parse_push
from wakeful_wire.tuning import tuning_hash

if TYPE_CHECKING:
    from pathlib import Path


class Agent:
    """A started agent with what it says on stderr."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self.folder = folder
        self.error_path = folder / f"stderr-{time.monotonic_ns()}"
        with self.error_path.open("w") as error:
            command = [sys.executable, "-m", "wakeful_agent", "run"]
            self.process = subprocess.Popen(command, env=environ, stderr=error, cwd=folder)

    @property
    def said(self) -> str:
        return self.error_path.read_text()

    def send(self, number: int) -> None:
        self.process.send_signal(number)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        started = time.monotonic()
        self.send(number)
        code = self.process.wait(30)
        return code, time.monotonic() - started


Start = Callable[..., Agent]


@pytest.fixture
def start(agent_folders: Path, door: Any, tools: Any) -> Iterator[Start]:
    made: list[Agent] = []

    def make(url: str = "", **environ: str) -> Agent:
        given = {"WAKEFUL_AGENT_INTERVAL_SECONDS": "1", **environ}
        made.append(Agent(agent_folders, {**tools["enrol"](agent_folders, url or door.url), **given}))
        return made[-1]

    yield make
    for agent in made:
        if agent.process.poll() is None:
            agent.process.kill()
            agent.process.wait()


def events(door: Any) -> list[dict[str, Any]]:
    return [event for push in door.pushes for event in push.get("events", [])]


def kinds(door: Any) -> list[str]:
    return [event["kind"] for event in events(door)]


def ticks(door: Any) -> list[int]:
    return [tick[0] for push in door.pushes for tick in push["ticks"]]


def test_the_first_push_says_everything_and_later_ones_only_numbers(start: Start, door: Any, tools: Any) -> None:
    start()
    tools["until"](lambda: len(door.pushes) >= 3)
    first = parse_push(door.pushes[0])
    assert (first.sequence, len(first.ticks)) == (0, 1)
    assert first.hello["name"]
    assert {"cpu", "memory", "processes"} <= set(first.hello["meters"])
    assert first.hello["capabilities"]
    assert first.hello["config"] == {"hash": None, "refused": None}
    assert {"cpu", "memory"} <= set(first.meters)
    assert "processes" in {inventory.name for inventory in first.inventories}
    assert [event.kind for event in first.events] == ["agent.started"]
    assert first.events[0].data == {
        "version": first.hello["version"],
        "python": first.hello["python"],
        "run": first.run,
    }
    # What runs aside comes with one of the next ticks; then there is nothing new.
    tools["until"](lambda: set(door.pushes[-1]) <= {"wire", "run", "sequence", "schema", "ticks", "meters"}, 15)
    names = [name for name, _ in door.pushes[0]["series"]]
    assert "system.cpu.time" in names
    assert "agent.spool.pushes" in names


def test_ticks_rise_on_the_grid_of_the_agent(start: Start, door: Any, tools: Any) -> None:
    agent = start()
    tools["until"](lambda: len(ticks(door)) >= 4)
    agent.end()
    found = ticks(door)
    assert found == sorted(set(found))
    off = {time_ms % 1000 for time_ms in found[1:]}
    assert grid.jitter_ms("abcdefghijkl") % 1000 in off


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_a_last_push(start: Start, door: Any, tools: Any, number: int) -> None:
    agent = start()
    tools["until"](lambda: door.pushes)
    code, seconds = agent.end(number)
    assert code == 0
    assert seconds < 8
    assert kinds(door)[-1] == "agent.stopped"
    assert events(door)[-1]["data"] == {"signal": signal.Signals(number).name}
    assert not list((agent.folder / "state" / "spool").glob("*.push"))


def test_a_network_that_hangs_does_not_keep_it_from_ending(start: Start, tools: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        agent = start(f"http://127.0.0.1:{listener.getsockname()[1]}")
        channel, _ = listener.accept()
        channel.recv(100)
        tools["until"](lambda: len(list((agent.folder / "state" / "spool").glob("*.push"))) >= 2)
        code, seconds = agent.end()
        channel.close()
    assert code == 0
    assert seconds < 8
    assert len(list((agent.folder / "state" / "spool").glob("*.push"))) >= 2


def test_what_was_kept_before_a_kill_9_arrives_once_with_its_own_run(start: Start, door: Any, tools: Any) -> None:
    door.answer = tools["refuse"](500, "away")
    agent = start()
    spool = agent.folder / "state" / "spool"
    tools["until"](lambda: len(list(spool.glob("*.push"))) >= 3)
    agent.end(signal.SIGKILL)
    kept = {tuple(path.name.split(".")[1:3]) for path in spool.glob("*.push")}
    door.requests.clear()
    door.answer = tools["accept"]
    again = start()
    tools["until"](lambda: not list(spool.glob("*.push")) and len(door.pushes) > len(kept))
    again.end()
    old_run = next(iter(kept))[1]
    found = [(f"{push['sequence']:010d}", push["run"]) for push in door.pushes]
    assert {pair for pair in found if pair[1] == old_run} == kept
    assert len(found) == len(set(found))


def test_sighup_reads_the_file_again(start: Start, door: Any, tools: Any) -> None:
    agent = start()
    tools["until"](lambda: door.pushes)
    file = agent.folder / "config" / "agent.toml"
    file.write_text('name = "renamed"\n[meters.ports]\nenabled = false\n')
    agent.send(signal.SIGHUP)
    tools["until"](lambda: "agent.reloaded" in kinds(door))
    hello = next(push["hello"] for push in reversed(door.pushes) if "hello" in push)
    assert hello["name"] == "renamed"
    assert hello["meters"]["ports"]["enabled"] is False
    outcomes = next(push["meters"] for push in reversed(door.pushes) if "meters" in push)
    assert outcomes["ports"]["outcome"] == "disabled"
    file.write_text("name = 5\ncolour = 1\n")
    agent.send(signal.SIGHUP)
    refused = tools["until"](lambda: [one for one in events(door) if one["kind"] == "agent.file_refused"])
    assert len(refused[0]["data"]["problems"]) == 2
    assert "agent.toml:1: name must be text" in agent.said
    assert "settings that were in force stay" in agent.said
    before = len(door.pushes)
    tools["until"](lambda: len(door.pushes) > before)
    assert agent.end()[0] == 0
    assert not [push for push in door.pushes[before:] if "hello" in push]


def answer_once(door: Any, tools: Any, **more: Any) -> None:
    """Say something with the next answer and nothing with those after it."""
    told = []

    def answer(request: Any) -> Any:
        if told:
            return tools["accept"](request)
        told.append(1)
        return tools["accept"](request, **more)

    door.answer = answer


def test_the_collector_tunes_and_it_outlives_a_restart(start: Start, door: Any, tools: Any) -> None:
    tuning = {"interval": 2, "meters": {"cpu": {"enabled": False}}}
    answer_once(door, tools, config=tuning)
    agent = start()
    tools["until"](lambda: "agent.config_applied" in kinds(door))
    agent.end()
    hello = [push["hello"] for push in door.pushes if "hello" in push][-1]
    assert hello["config"] == {"hash": tuning_hash(tuning), "refused": None}
    assert hello["interval"] == 2
    door.requests.clear()
    again = start()
    tools["until"](lambda: door.pushes)
    again.end()
    names = {name for name, _ in door.pushes[0]["series"]}
    assert "system.memory.usage" in names
    assert "system.cpu.time" not in names
    assert door.pushes[0]["hello"]["config"]["hash"] == tuning_hash(tuning)


def test_a_tuning_the_local_file_forbids_is_refused_and_reported_once(start: Start, door: Any, tools: Any) -> None:
    tuning = {"interval": 3, "meters": {"ports": {"enabled": True}}}
    door.answer = lambda request: tools["accept"](request, config=tuning)
    agent = start(WAKEFUL_AGENT_ALLOW_COLLECTOR_TUNING="false")
    tools["until"](lambda: "agent.config_refused" in kinds(door))
    before = len(door.pushes)
    tools["until"](lambda: len(door.pushes) >= before + 2)
    agent.end()
    assert kinds(door).count("agent.config_refused") == 1
    assert agent.said.count("what the collector tuned is refused") == 1
    hello = [push["hello"] for push in door.pushes if "hello" in push][-1]
    assert hello["config"]["hash"] is None
    assert hello["config"]["refused"]["hash"] == tuning_hash(tuning)
    assert "allow_collector_tuning" in hello["config"]["refused"]["error"]
    assert not (agent.folder / "state" / "tuning.json").exists()


def test_it_samples_every_second_while_somebody_looks(start: Start, door: Any, tools: Any) -> None:
    answer_once(door, tools, live=int(time.time() * 1000) + 60_000, want=["hello"])
    agent = start(WAKEFUL_AGENT_INTERVAL_SECONDS="600")
    tools["until"](lambda: len(ticks(door)) >= 4)
    agent.end()
    gaps = [later - earlier for earlier, later in zip(ticks(door)[1:], ticks(door)[2:])]
    assert all(500 < gap < 1500 for gap in gaps), "on the grid where the machine is quick enough, near it always"
    assert "hello" in door.pushes[1]


def test_the_service_manager_is_told(start: Start, door: Any, tools: Any, tmp_path: Path) -> None:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(path))
        channel.settimeout(5)
        agent = start(NOTIFY_SOCKET=str(path), WATCHDOG_USEC="600000", WAKEFUL_AGENT_INTERVAL_SECONDS="100")
        assert channel.recv(1000).startswith(b"READY=1\nSTATUS=Sampling every 100 s")
        assert channel.recv(1000) == b"WATCHDOG=1"
        agent.send(signal.SIGHUP)
        heard = [channel.recv(1000)]
        while b"READY=1" not in heard[-1]:
            heard.append(channel.recv(1000))
        assert any(message.startswith(b"RELOADING=1\nMONOTONIC_USEC=") for message in heard)
        agent.send(signal.SIGTERM)
        while heard[-1] != b"STOPPING=1\nSTATUS=Stopping":
            heard.append(channel.recv(1000))
        assert agent.process.wait(30) == 0


def test_nothing_it_writes_holds_the_token(start: Start, door: Any, tools: Any) -> None:
    door.answer = tools["refuse"](401, "unknown_token", "no")
    agent = start(WAKEFUL_AGENT_LOG_LEVEL="debug")
    tools["until"](lambda: "enrol again" in agent.said)
    agent.end()
    written = [path for path in (agent.folder / "state").rglob("*") if path.is_file()]
    assert len(written) >= 2
    for path in [*written, agent.error_path]:
        assert b"wk_agt_" not in path.read_bytes()
    command = json.dumps(door.pushes[0])
    assert "wk_agt_" not in command


def test_start_to_first_sample_is_quick(start: Start, door: Any, tools: Any) -> None:
    began = time.time()
    agent = start()
    tools["until"](lambda: door.pushes)
    assert ticks(door)[0] / 1000 - began < 1.5, "0.3 s on a quiet machine, see docs/benchmarks.md"
    agent.end()


def test_files_are_for_the_owner_alone(start: Start, door: Any, tools: Any) -> None:
    agent = start()
    tools["until"](lambda: door.pushes)
    agent.end()
    for path in (agent.folder / "state").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
    assert os.path.exists(agent.folder / "state" / "lock")


def test_a_spoiled_file_of_the_last_tuning_is_said_and_passed_over(start: Start, door: Any, tools: Any) -> None:
    agent = start()
    tools["until"](lambda: door.pushes)
    agent.end()
    (agent.folder / "state" / "tuning.json").write_text("{")
    again = start()
    tools["until"](lambda: len({push["run"] for push in door.pushes}) == 2)
    assert again.end()[0] == 0
    assert "what the collector tuned before is not used" in again.said


def outcomes_of(door: Any, meter: str) -> list[str]:
    return [push["meters"][meter]["outcome"] for push in door.pushes if meter in push.get("meters", {})]


def test_an_optional_meter_comes_when_its_subject_does_and_is_told_once(
    start: Start, agent_folders: Path, door: Any, tools: Any
) -> None:
    folder = agent_folders / "prom"
    (agent_folders / "config" / "agent.toml").write_text(f'[meters.textfile]\nfolders = ["{folder}"]\n')
    agent = start()
    tools["until"](lambda: len(door.pushes) >= 2)
    tools["until"](lambda: "can be read here: cpu, load, memory" in agent.said, 30)
    tools["until"](lambda: "not on this machine: " in agent.said)
    assert agent.said.count("can be read here") == 1
    folder.mkdir()
    (folder / "a.prom").write_text("shop_orders 5\n")
    tools["until"](lambda: outcomes_of(door, "textfile")[-1:] == ["ok"], 30)
    changed = tools["until"](
        lambda: [
            one for one in events(door) if one["kind"] == "agent.capability_changed" and one["subject"] == "textfile"
        ],
        30,
    )
    assert [one["data"]["available"] for one in changed] == [True]
    assert agent.said.count("textfile: now available") == 1
    tools["until"](lambda: "shop_orders" in {name for push in door.pushes for name, _ in push.get("series", ())}, 30)


def test_one_that_is_switched_off_is_never_loaded(start: Start, agent_folders: Path, door: Any, tools: Any) -> None:
    (agent_folders / "config" / "agent.toml").write_text("[meters.packages]\nenabled = false\n")
    agent = start()
    tools["until"](lambda: len(door.pushes) >= 3)
    agent.end()
    assert not any("packages" in push.get("meters", {}) for push in door.pushes)
