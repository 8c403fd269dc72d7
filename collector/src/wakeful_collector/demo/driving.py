"""Keeps the sample fleet alive: what its agents would push, taken in by the same door as theirs."""

from __future__ import annotations

import json
import math
import secrets
import signal
import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from wakeful_collector import clock
from wakeful_collector.demo import gateway, papers, pve, signals
from wakeful_collector.demo.fate import Course
from wakeful_collector.demo.keeping import Keeping
from wakeful_collector.demo.ollama import Upstream
from wakeful_collector.demo.pve_world import World
from wakeful_collector.ingest.door import Door
from wakeful_collector.ingest.intake import Intake
from wakeful_collector.read import hosts, latest
from wakeful_collector.store import agents, database
from wakeful_wire import WIRE
from wakeful_wire.schema import schema_hash

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from wakeful_collector.demo.fleet import Machine
    from wakeful_collector.demo.story import Story
    from wakeful_collector.store.agents import Agent

INTERVAL_MS = papers.INTERVAL_SECONDS * 1000
GLANCE_SECONDS = 1.0
PATIENCE_SECONDS = 30.0


class Puppet:
    """One machine of the sample fleet with what its agent would remember: run, sequence, where its counters stand."""

    def __init__(self, machine: Machine, key: int, end_seconds: float) -> None:
        self.machine = machine
        self.key = key
        self.end_seconds = end_seconds
        self.series = signals.series_of(machine)
        self.schema = schema_hash(self.series)
        self.run = f"demo-{secrets.token_hex(6)}"
        self.sequence = 0
        self.totals: signals.Totals | None = None
        self.kept = Keeping(machine, round(end_seconds * 1000))
        self.woken = False

    def heard(self, now_ms: int) -> bool:
        """Tell whether the machine can push at that time."""
        if self.machine.fate == "never pushed" or self.woken:
            return self.woken
        return len(Course(self.machine, self.end_seconds).heard(np.array([now_ms / 1000.0]))) == 1

    def body(self, data: Path, now_ms: int, past_from_ms: int | None) -> bytes:
        """Return the next push as JSON; the first of a run says who speaks, and what happened since `past_from_ms`."""
        seconds = now_ms / 1000.0
        before = self.totals or self._remember(data, seconds)
        values, self.totals = signals.measure(self.machine, self.end_seconds, np.array([seconds]), before)
        self.sequence += 1
        document: dict[str, Any] = {
            "wire": WIRE,
            "run": self.run,
            "sequence": self.sequence,
            "schema": self.schema,
            "ticks": [[now_ms, [None if math.isnan(value) else value for value in values[0].tolist()]]],
        }
        if self.sequence == 1:
            document["series"] = [one.document() for one in self.series]
            end_ms = round(self.end_seconds * 1000)
            document |= papers.introduction(self.machine, end_ms, now_ms, past_from_ms, self.kept)
        else:
            document |= self.kept.obey(now_ms)
        return json.dumps(document).encode()

    def _remember(self, data: Path, seconds: float) -> signals.Totals:
        """Return the counters as they were stored last, so that they go on from there."""
        known = {(one.name, tuple(sorted(one.labels.items()))): one for one in latest.latest(data, self.key)}
        found = [known.get((one.name, one.labels)) for one in self.series]
        times_ms = [one.time_ms for one in found if one is not None]
        began = max(times_ms) / 1000.0 if times_ms else seconds - papers.INTERVAL_SECONDS
        return signals.Totals(min(began, seconds), np.array([0.0 if one is None else one.value for one in found]))


class Driver:
    """Pushes for the whole fleet through one door."""

    def __init__(self, data: Path, story: Story, upstream: Upstream | None = None) -> None:
        self.data = data
        self.upstream = upstream
        self.door = Door(data)
        end_seconds = story.end_ms / 1000.0
        pairs = zip(story.machines(), story.keys, strict=True)
        self.puppets = [Puppet(machine, key, end_seconds) for machine, key in pairs]

    def push(self, puppets: Collection[Puppet], now_ms: int, past_from_ms: int | None = None) -> int:
        """Push once for each of them at `now_ms`; return how many pushes were taken."""
        counted = threading.Semaphore(0)
        intakes, asked = [], []
        for puppet in puppets:
            agent = self._agent(puppet.key)
            if agent is None:  # forgotten meanwhile
                continue
            body = puppet.body(self.data, now_ms, past_from_ms)
            taken = self.door.admit(agent, body, "", now_ms, lambda _: counted.release())
            if isinstance(taken, Intake):
                intakes.append(taken)
                asked.append(puppet)
        self.door.submit(intakes)
        for _ in intakes:
            counted.acquire(timeout=PATIENCE_SECONDS)
        replies = [self.door.reply(taken) for taken in intakes]
        for puppet, reply in zip(asked, replies, strict=True):
            self._take(puppet, reply.body)
        return sum(reply.status == 200 for reply in replies)

    def _take(self, puppet: Puppet, answer: bytes) -> None:
        """Let a machine have the commands of an answer; those that it woke before push from now on."""
        puppet.kept.asked += json.loads(answer).get("commands", []) if b'"commands"' in answer else []
        while puppet.kept.woke:
            mac = puppet.kept.woke.pop()
            for one in self.puppets:
                if one.machine.mac == mac:
                    self._wake(one)
        if puppet.kept.suspended:
            puppet.kept.suspended = puppet.woken = False
            self._switch(on=False)

    def _wake(self, puppet: Puppet) -> None:
        puppet.woken = True
        if puppet.kept.naps:
            self._switch(on=True)

    def _switch(self, on: bool) -> None:
        """Let the machine that naps answer, or no longer."""
        if self.upstream is not None:
            self.upstream.wake() if on else self.upstream.sleep()

    def watched(self, now_ms: int) -> set[int]:
        """Return the keys of hosts that somebody looks at live."""
        return {one.key for one in hosts.hosts(self.data) if one.live_until_ms > now_ms}

    def close(self) -> None:
        """Let the door finish."""
        self.door.close()

    def _agent(self, key: int) -> Agent | None:
        with database.translated():
            return agents.by_key(database.reader(self.data, "state"), key)


def drive(data: Path, story: Story) -> None:
    """Push for every machine each 15 seconds, each second for those looked at live, until SIGTERM or SIGINT."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    upstream = Upstream() if gateway.napper(story) else None
    if upstream is not None:
        gateway.settle(data, story, upstream.url)
    cluster = pve.Cluster(World(story.end_ms / 1000))
    pve.settle(data, story, cluster)
    driver = Driver(data, story, upstream)
    pushed_ms = 0
    try:
        while not stopping.is_set():
            now_ms = clock.now_ms() // 1000 * 1000
            due = now_ms // INTERVAL_MS > pushed_ms // INTERVAL_MS
            watched = set() if due else driver.watched(now_ms)
            chosen = [one for one in driver.puppets if (due or one.key in watched) and one.heard(now_ms)]
            driver.push(chosen, now_ms)
            pushed_ms = now_ms if due else pushed_ms
            stopping.wait(GLANCE_SECONDS - clock.now_ms() % 1000 / 1000)
    finally:
        driver.close()
        cluster.close()
        if upstream is not None:
            upstream.close()
