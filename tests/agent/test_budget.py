"""A tick of a machine with 500 processes, 100 containers and 20 disks stays within its budget."""

from __future__ import annotations

import resource
import time
from typing import TYPE_CHECKING, Iterator

import pytest

from wakeful_agent import meters
from wakeful_agent.host.files import Host
from wakeful_agent.runner import Runner

from ..fakes import crowded_machine
from ..fakes.docker_engine import docker_engine

if TYPE_CHECKING:
    from pathlib import Path

TICK_SECONDS = 15.0
TICK_CPU_SECONDS_MAX = 0.06
"""For all meters on one tick, programs and the fake engine included, as they fall due."""


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    root, programs = crowded_machine.build(tmp_path)
    with docker_engine(root / "run") as engine:
        crowded_machine.fill(root, engine)
        made = Runner(Host(str(root), programs=(str(programs),), user_id=0), meters.shelf())
        made.look([])
        yield made
        made.close()


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + used.ru_utime + used.ru_stime


def test_a_crowded_machine_is_read_within_its_budget(runner: Runner) -> None:
    runner.collect(0)
    a_tick, seconds = 0.0, {}
    for name in runner.meters:
        before = cpu_seconds()
        result = runner.collect(60_000, [name]).results[name]
        assert result.outcome in {"ok", "nothing"}, (name, result.error)
        meter = runner.meters[name]
        a_tick += (cpu_seconds() - before) * min(1.0, TICK_SECONDS / (meter.interval_seconds or TICK_SECONDS))
        seconds[name] = result.seconds
        assert result.seconds < meter.budget_seconds, name
    assert {"containers", "smart", "processes", "disk_io"} <= set(seconds)
    assert a_tick < TICK_CPU_SECONDS_MAX, f"{a_tick * 1000:.1f} ms"


def test_nothing_of_it_is_missing(runner: Runner) -> None:
    results = runner.collect(0).results
    containers = {dict(one.labels).get("container") for one in results["containers"].series} - {None}
    assert len(containers) == crowded_machine.CONTAINERS
    disks = {dict(one.labels)["device"] for one in results["disk_io"].series}
    assert len(disks) == crowded_machine.DISKS
    assert len(results["smart"].inventories["disks"]) == crowded_machine.DISKS
    assert results["processes"].inventories["processes"]["total"] > crowded_machine.PROCESSES


def test_a_tick_never_waits_for_what_runs_aside(runner: Runner) -> None:
    runner.collect(0)
    due = list(runner.meters)
    begun = time.monotonic()
    results = runner.collect(60_000, due, wait=False).results
    assert time.monotonic() - begun < 5
    assert not any(runner.meters[name].aside for name in results)
