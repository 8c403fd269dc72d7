"""Faults that must lose nothing: both halves as they run for people, killed and cut off, then counted in the store."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_agent.transport.spool import Head, Spool
from wakeful_collector.read import hosts
from wakeful_collector.store import chunks, database
from wakeful_wire import packing
from wakeful_wire.schema import parse_series, schema_hash

from .halves import Agent, Collector, kill, wait_for

if TYPE_CHECKING:
    from pathlib import Path

SERIES = [["system.cpu.utilization", {}], ["system.uptime", {}]]
SCHEMA = schema_hash(parse_series(SERIES))
CUT_OFF = "run-cut-off"


def rows(data: Path, statement: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in database.reader(data, "samples").execute(statement)]


def times_of(data: Path, run: str, from_ms: int, to_ms: int) -> list[int]:
    """Return when the ticks of a run were, those that the worker has sealed meanwhile as well."""
    connection = database.reader(data, "samples")
    connection.execute("BEGIN")
    found = [row[0] for row in rows(data, f"SELECT to_ms FROM hot WHERE run = '{run}'")]
    ((host,),) = rows(data, f"SELECT host FROM runs WHERE run = '{run}'")
    for table in chunks.read(connection, host, chunks.RAW, from_ms, to_ms):
        found += table.times_ms.tolist()
    connection.execute("COMMIT")
    return sorted(found)


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
    wait_for(lambda: rows(collector.data, "SELECT 1 FROM hot"), 60)
    for victims in (("web",), ("worker",), ("agent",), ("web", "worker"), ("agent", "web")):
        time.sleep(chance.uniform(0.3, 1.6))
        for victim in victims:
            if victim == "agent":
                agent.kill()
            else:
                kill(collector.part(victim))
        if "agent" in victims:
            agent.start()
    wait_for(collector.answers, 60)
    collector.kill_all()
    agent.kill()
    before = len(rows(collector.data, "SELECT run FROM runs"))
    collector.start()
    agent.start()
    wait_for(lambda: len(rows(collector.data, "SELECT run FROM runs")) > before, 60)
    wait_for(lambda: not agent.waiting(), 60)
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
        push = {"wire": 1, "run": CUT_OFF, "sequence": sequence, "schema": SCHEMA}
        packed = packing.pack({**push, "ticks": [[time_ms, [sequence / 240, sequence]]]})
        spool.put(Head(time_ms, CUT_OFF, sequence, SCHEMA), packed, now_ms)
        expected.append(time_ms)
    agent.environ["WAKEFUL_AGENT_SPOOL_DRAIN_PER_SECOND"] = "100"
    agent.start()
    time.sleep(1.5)
    agent.kill()
    collector.start()
    agent.start()
    taken = f"SELECT 1 FROM runs WHERE run = '{CUT_OFF}' AND last = 239"
    wait_for(lambda: rows(collector.data, taken) and not agent.waiting(), 60)
    agent.end()
    assert times_of(collector.data, CUT_OFF, expected[0], now_ms) == expected
    assert agent.set_aside() == []
    check_exactly_once(collector.data)
