"""The whole agent keeps a real process alive by a named action, tells at once, and needs no collector for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any, Iterator

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FILE = """
interval_seconds = 5

[[action]]
name = "start-it"
argv = ["{starter}", "{{number}}"]
[action.parameters.number]
kind = "number"
least = 1
most = 9

[[watch]]
name = "it"
kind = "process"
pidfile = "{pidfile}"
interval_seconds = 0.5
action = "start-it"
attempts = {attempts}
debounce_seconds = 0.2
backoff_seconds = 1
verify_seconds = 10
steady_seconds = 0.5
[watch.arguments]
number = 3
"""
STARTER = """#!/bin/sh
echo "$1" >>{folder}/asked
[ -e {folder}/broken ] && exit 7
rm -f {pidfile}
setsid -f sh -c 'echo $$ >{pidfile}; exec sleep 300' </dev/null >/dev/null 2>&1
while [ ! -s {pidfile} ]; do sleep 0.02; done # what is still of this program's group ends with it
"""


class Place:
    """An agent that is enrolled at a door, and the process it keeps."""

    def __init__(self, folder: Path, environment: dict[str, str], until: Callable[..., Any]) -> None:
        self.folder = folder
        self.environment = environment
        self.until = until
        self.pidfile = folder / "it.pid"
        self.agent: subprocess.Popen[str] | None = None
        starter = folder / "starter"
        starter.write_text(STARTER.format(folder=folder, pidfile=self.pidfile))
        starter.chmod(0o755)
        self.write(5)

    def write(self, attempts: int) -> None:
        file = self.folder / "config" / "agent.toml"
        file.write_text(FILE.format(starter=self.folder / "starter", pidfile=self.pidfile, attempts=attempts))

    def run(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "wakeful_agent", "run"]
        self.agent = subprocess.Popen(command, env=self.environment, stderr=subprocess.PIPE, text=True)
        return self.agent

    @property
    def pid(self) -> int:
        try:
            return int(self.pidfile.read_text() or 0)
        except FileNotFoundError:
            return 0

    def end(self) -> None:
        if self.agent is not None:
            self.agent.kill()
            self.agent.communicate()
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)


@pytest.fixture
def place(agent_folders: Path, door: Any, tools: Any) -> Iterator[Place]:
    made = Place(agent_folders, tools["enrol"](agent_folders, door.url), tools["until"])
    yield made
    made.end()


def told(door: Any) -> list[dict[str, Any]]:
    return [event for push in door.pushes for event in push.get("events", ()) if event["subject"] == "it"]


def kinds(door: Any) -> list[str]:
    return [event["kind"] for event in sorted(told(door), key=lambda event: event["at"])]


def rows(door: Any) -> list[dict[str, Any]]:
    found = [push["inventories"]["watches"] for push in door.pushes if "watches" in push.get("inventories", {})]
    return [item["body"][0] for item in found if "body" in item]


def test_a_process_is_kept_alive_and_events_leave_at_once(place: Place, door: Any) -> None:
    place.run()
    place.until(lambda: "watch.up" in kinds(door))
    assert (place.folder / "asked").read_text() == "3\n"
    hello = next(push["hello"] for push in door.pushes if "hello" in push)
    assert hello["watches"] == [{"name": "it", "kind": "process"}]
    first = place.pid
    place.until(lambda: rows(door)[-1]["state"] == "up")
    time.sleep(0.6)
    os.kill(first, signal.SIGKILL)
    place.until(lambda: kinds(door).count("watch.up") == 2)
    assert [push for push in door.pushes if push.get("events") and not push["ticks"]], "events wait for no tick"
    assert place.pid != first
    assert kinds(door)[-4:] == ["watch.down", "recovery.attempted", "recovery.succeeded", "watch.up"]
    incidents = {event["data"]["incident"] for event in told(door)}
    assert len(incidents) == 2
    names = {series[0] for push in door.pushes for series in push.get("series") or ()}
    assert names == set() or {"watch.up", "recovery.attempts"} <= names


def test_it_is_kept_alive_while_the_collector_is_away_and_the_story_arrives_later(
    place: Place, door: Any, tools: Any
) -> None:
    door.answer = tools["refuse"](503, "busy")
    place.run()
    place.until(lambda: place.pid)
    door.requests.clear()
    door.answer = tools["accept"]
    place.until(lambda: len(kinds(door)) == 4)
    assert kinds(door) == ["watch.down", "recovery.attempted", "recovery.succeeded", "watch.up"]


def test_a_reload_forgets_no_attempt_and_a_hard_end_neither(place: Place, door: Any) -> None:
    (place.folder / "broken").touch()
    place.write(2)
    agent = place.run()
    place.until(lambda: "recovery.given_up" in kinds(door))
    assert "ended with 7" in next(one["data"]["why"] for one in told(door) if one["kind"] == "recovery.failed")
    place.write(3)
    agent.send_signal(signal.SIGHUP)
    place.until(lambda: any(row["of"] == 3 for row in rows(door)))
    assert rows(door)[-1]["phase"] == "given_up"
    assert rows(door)[-1]["attempts"] == 2
    agent.kill()
    agent.communicate()
    door.requests.clear()
    (place.folder / "broken").unlink()
    place.run()
    place.until(lambda: rows(door) and rows(door)[-1]["state"] == "down")
    time.sleep(1.5)
    assert rows(door)[-1]["phase"] == "given_up"
    assert (place.folder / "asked").read_text() == "3\n" * 2
