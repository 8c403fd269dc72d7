"""Fills an empty data folder with the sample fleet and its past."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TYPE_CHECKING

import numpy as np

from wakeful_collector import rollups
from wakeful_collector.demo import asking, gateway, papers, pve, signals
from wakeful_collector.demo import story as story_file
from wakeful_collector.demo.driving import Driver
from wakeful_collector.demo.fate import QUIET_HOURS, Course
from wakeful_collector.demo.fleet import AGENT_VERSION, Machine, fleet
from wakeful_collector.demo.story import Story
from wakeful_collector.enrolment import new_token
from wakeful_collector.ingest import backfill
from wakeful_collector.store import agents, changes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wakeful_collector.demo.rhythm import Floats

PAST_STEP_SECONDS = 60.0
FRESH_STEP_SECONDS = float(papers.INTERVAL_SECONDS)
FRESH_SECONDS = 2 * 3_600.0
RAW_DAYS = 2  # as the default retention has it; what is older is kept rolled up


def fill(data: Path, hosts: int, days: int, seed: int, now_ms: int, told: Callable[[int], object]) -> Story:
    """Write `hosts` machines with `days` of past into a data folder without hosts; call `told` after each machine."""
    end_ms = now_ms // 15_000 * 15_000
    machines = fleet(hosts, seed)
    story_file.begin(data)
    story = Story(hosts, days, seed, end_ms, _enrol(data, machines, end_ms - days * 86_400_000))
    work = [(data, key, machine, days, end_ms) for key, machine in zip(story.keys, machines, strict=True)]
    with ProcessPoolExecutor(min(os.cpu_count() or 1, 8), multiprocessing.get_context("fork")) as pool:
        for number, done in enumerate(as_completed([pool.submit(_write_past, one) for one in work]), 1):
            done.result()
            told(number)
    _push_last(data, story)
    asking.tell(data, story)
    gateway.tell(data, story)
    pve.tell(data, story)
    rollups.refresh_sparks(data, end_ms)
    rollups.Watch().refresh(data, end_ms)
    story_file.write(data, story)
    return story


def times(days: int, end_ms: int) -> Floats:
    """Return the times of the past in seconds since the epoch: one a minute, then two hours every 15 seconds.

    The end itself is left out: it is pushed.
    """
    end = end_ms / 1000.0
    start = end - days * 86_400.0
    fresh = max(start, end - FRESH_SECONDS)
    return np.concatenate(
        [np.arange(start, fresh, PAST_STEP_SECONDS), np.arange(fresh, end - 0.001, FRESH_STEP_SECONDS)]
    )


def _write_past(work: tuple[Path, int, Machine, int, int]) -> int:
    data, key, machine, days, end_ms = work
    if machine.fate == "never pushed":
        return key
    end = end_ms / 1000.0
    seconds = Course(machine, end).heard(times(days, end_ms))
    columns = signals.series_of(machine)
    start = signals.Totals(float(seconds[0]) - PAST_STEP_SECONDS, np.zeros(len(columns)))
    values, _ = signals.measure(machine, end, seconds, start)
    backfill.fill(data, key, columns, signals.times_ms(seconds), values, end_ms - RAW_DAYS * 86_400_000)
    return key


def _push_last(data: Path, story: Story) -> None:
    """Push each machine's last tick, and all it has to say: the collector hears of it when the story says."""
    driver = Driver(data, story)
    for puppet in driver.puppets:
        last_ms = story.end_ms - round(QUIET_HOURS.get(puppet.machine.fate, 0.0) * 3_600_000)
        if puppet.heard(last_ms):
            driver.push([puppet], last_ms, story.end_ms - story.days * 86_400_000)
    driver.close()


def _enrol(data: Path, machines: list[Machine], start_ms: int) -> tuple[int, ...]:
    with changes.changing(data) as connection:
        keys = []
        for machine in machines:
            _, nobodys_token_hash = new_token()
            newcomer = agents.Newcomer(machine.name, nobodys_token_hash, version=AGENT_VERSION, tags=machine.tags)
            key = agents.add(connection, machine.id, newcomer, start_ms)
            keys.append(key)
    return tuple(keys)
