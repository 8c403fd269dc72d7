"""What bounds recovery: budgets over crash loops and kill -9, one watch for one server, clocks, no collector at all."""

from __future__ import annotations

import contextlib
import signal
import time
from typing import TYPE_CHECKING

import pytest

from .halves import Collector
from .recovering import Keeper, Scene, Told, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CLOCK = """\
import os, time
_real, _real_ns = time.time, time.time_ns
def _off():
    try:
        with open(os.environ["TEST_CLOCK_FILE"]) as file:
            return float(file.read() or 0)
    except OSError:
        return 0.0
time.time = lambda: _real() + _off()
time.time_ns = lambda: _real_ns() + int(_off() * 1e9)
"""
"""Stands in for a machine's clock that somebody sets: loaded before anything of the agent."""


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    found = Collector(tmp_path_factory.mktemp("collector"))
    found.start()
    yield found
    found.end()


@pytest.fixture
def stack() -> Iterator[contextlib.ExitStack]:
    with contextlib.ExitStack() as stack:
        yield stack


@pytest.fixture
def agent(tmp_path: Path, collector: Collector) -> Iterator[Keeper]:
    found = Keeper(tmp_path / "agent")
    found.enrol(collector)
    yield found
    found.end()


def test_two_watches_on_one_server_are_refused(agent: Keeper, stack: contextlib.ExitStack) -> None:
    scene = Scene("first", stack)
    one = scene.text(agent.folder)
    agent.keep(one)
    assert agent.check().returncode == 0
    agent.keep(one, one.replace('name = "first"', 'name = "second"').replace(scene.server.short, scene.server.uuid))
    refused = agent.check()
    assert refused.returncode != 0
    assert "second" in refused.stdout + refused.stderr
    assert "first" in refused.stdout + refused.stderr


def test_a_crash_loop_gets_one_start_and_a_backoff(
    collector: Collector, agent: Keeper, stack: contextlib.ExitStack
) -> None:
    scene = Scene("loops", stack)
    agent.keep(scene.text(agent.folder, backoff_seconds=60, steady_seconds=20))
    agent.start()
    wait_until(lambda: scene.live, 20, agent.log)
    began = time.monotonic()
    scene.server.crash()
    wait_until(lambda: scene.server.state == "running", 20, agent.log)
    for _ in range(3):
        scene.server.crash()
        time.sleep(1.2)  # longer than the debounce
        assert scene.server.state == "offline"
        scene.server.person("start")
        wait_until(lambda: scene.server.state == "running", 20)
    offlines = [state for _, state in scene.server.states if state == "offline"]
    assert (len(offlines), time.monotonic() - began < 30) == (4, True)
    assert len(scene.ours("start")) == 1
    told = Told(collector)
    wait_until(lambda: "recovery.failed" in told.kinds("loops"), 60, agent.log)
    assert told.kinds("loops").count("recovery.attempted") == 1
    assert told.kinds("loops").count("watch.down") == 1


def test_one_that_cannot_be_kept_up_is_given_up_and_told_once(
    collector: Collector, agent: Keeper, stack: contextlib.ExitStack
) -> None:
    scene = Scene("hopeless", stack)
    scene.server.dies_after_seconds = 0.3
    agent.keep(scene.text(agent.folder, attempts=2, steady_seconds=5))
    agent.start()
    wait_until(lambda: scene.live, 20, agent.log)
    scene.server.say("what it said last")
    scene.server.crash()
    told = Told(collector)
    wait_until(lambda: "recovery.given_up" in told.kinds("hopeless"), 40, agent.log)
    time.sleep(4)
    assert len(scene.ours("start")) == 2
    assert told.kinds("hopeless").count("recovery.given_up") == 1
    down = told.events("hopeless", "watch.down")
    assert "what it said last" in str(down[0]["data"])
    assert told.events("hopeless", "recovery.given_up")[0]["data"]["story"]


def test_kill_9_in_the_middle_of_an_attempt_costs_the_attempt(
    collector: Collector, agent: Keeper, stack: contextlib.ExitStack
) -> None:
    scene = Scene("killed", stack)
    agent.keep(scene.text(agent.folder, attempts=3, verify_seconds=6))
    agent.start()
    wait_until(lambda: scene.live, 20, agent.log)
    scene.server.lost_powers = 1000  # nothing it asks for helps
    scene.server.crash()
    for attempts in (1, 2):
        wait_until(lambda before=attempts: len(scene.ours("start")) >= before, 40, agent.log)
        agent.kill()
        asked = len(scene.ours("start"))
        agent.start()
        wait_until(lambda: scene.live, 20, agent.log)
        assert len(scene.ours("start")) == asked
    told = Told(collector)
    wait_until(lambda: "recovery.given_up" in told.kinds("killed"), 90, agent.log)
    assert told.kinds("killed").count("recovery.given_up") == 1
    assert told.events("killed", "recovery.given_up")[0]["data"]["attempts"] == 3
    incidents = {one["data"]["incident"] for one in told.events("killed") if one["data"].get("incident")}
    assert len(incidents) == 1


def test_it_heals_alone_and_the_story_arrives_when_the_collector_is_back(
    tmp_path: Path, stack: contextlib.ExitStack
) -> None:
    own = Collector(tmp_path / "own")
    stack.callback(own.end)
    own.start()
    agent = Keeper(tmp_path / "agent")
    agent.enrol(own)
    told = Told(own)
    own.kill_all()
    scene = Scene("alone", stack)
    agent.keep(scene.text(agent.folder))
    stack.callback(agent.end)
    agent.start()
    wait_until(lambda: scene.live, 20, agent.log)
    scene.server.crash()
    wait_until(lambda: scene.server.state == "running", 10, agent.log)
    time.sleep(3)
    agent.kill()
    assert scene.server.starts == 1
    own.start()
    agent.start()
    story = ["watch.down", "recovery.attempted", "recovery.succeeded", "watch.up"]
    wait_until(lambda: len(told.story("alone")) >= len(story), 40, agent.log)
    assert told.story("alone") == story
    assert scene.server.starts == 1


def test_clocks_that_jump_start_nothing_and_stop_nothing(
    collector: Collector, agent: Keeper, stack: contextlib.ExitStack, tmp_path: Path
) -> None:
    scene = Scene("jumps", stack)
    (tmp_path / "sitecustomize.py").write_text(CLOCK)
    clock = tmp_path / "clock"
    agent.environ |= {"PYTHONPATH": str(tmp_path), "TEST_CLOCK_FILE": str(clock)}
    agent.keep(scene.text(agent.folder, debounce_seconds=3))
    agent.start()
    wait_until(lambda: scene.live, 20, agent.log)
    for number, seconds in enumerate((7200, -86_400), 1):
        clock.write_text(str(seconds))
        time.sleep(3)
        assert (scene.server.state, len(scene.ours())) == ("running", number - 1)
        scene.server.crash()
        time.sleep(1)
        clock.write_text(str(-seconds))  # in the middle of the debounce
        wait_until(lambda: scene.server.state == "running", 15, agent.log)
        assert len(scene.ours("start")) == number
        time.sleep(2.5)
    assert scene.live
    assert agent.process is not None
    assert agent.process.poll() is None


def test_a_wrong_password_is_tried_once_over_many_starts(agent: Keeper, stack: contextlib.ExitStack) -> None:
    scene = Scene("stranger", stack)
    scene.stage.panel.captcha = False
    scene.log_in_by("password of pat")
    agent.keep(scene.text(agent.folder))
    attempts = scene.stage.panel.visits.attempts
    stands = agent.folder / "state" / "watches.json"
    for start in range(7):
        if start:
            agent.kill()
            stands.unlink()
        agent.start()
        wait_until(lambda: stands.exists() and "not tried again" in stands.read_text(), 30, agent.log)
    assert attempts == [("kim", "wrong")], "five in a minute would lock this address out"
    (agent.folder / "stranger.secret").write_text(scene.owner.password)
    assert agent.process is not None
    agent.process.send_signal(signal.SIGHUP)
    wait_until(lambda: scene.live, 30, agent.log)
    assert attempts == [("kim", "wrong"), ("kim", "ok")]
    written = [file.read_bytes() for file in (agent.folder / "state").rglob("*") if file.is_file()]
    for secret in (b"password of pat", scene.owner.password.encode()):
        assert not any(secret in content for content in written)
