"""An agent that was taken back finds what a newer one left: it sends what it can, and throws nothing away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.read import hosts
from wakeful_collector.store import database
from wakeful_wire import packing

from .halves import Agent, Collector, wait_for

if TYPE_CHECKING:
    from pathlib import Path


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


def taken(data: Path) -> int:
    return int(next(iter(database.reader(data, "samples").execute("SELECT count(*) FROM hot")))[0])


def from_tomorrow(path: Path) -> None:
    """Make a push one that a newer release wrote: it says more than is known today."""
    push: dict[str, Any] = packing.parse_json(packing.inflate(path.read_bytes()))
    push["tomorrow"] = {"more": [1, 2, 3]}
    path.write_bytes(packing.pack(push))


def test_what_a_newer_release_left_is_sent_or_kept(collector: Collector, agent: Agent) -> None:
    collector.end()
    agent.start()
    wait_for(lambda: len(agent.waiting()) >= 3, 40)
    agent.end()
    state = agent.folder / "state"
    waiting = sorted(agent.waiting())
    for name in waiting:
        from_tomorrow(state / "spool" / name)
    strange = {
        state / "spool" / "index.2": b"\x00\x01 a form nobody knows yet",
        state / "spool" / "0000000000001.0000000000.run.schema.extra.push": b"a name of another form",
        state / "spool" / f"{waiting[0]}2": b"another ending",
        state / "newer.db": b"SQLite",
    }
    for path, content in strange.items():
        path.write_bytes(content)
    (state / "newer").mkdir()
    (state / "tuning.json").write_text(json.dumps({"form": 2, "tuning": {"unheard": True}}))
    (state / "commands.json").write_text(json.dumps({"form": 2, "commands": [{"id": "x", "unheard": 1}]}))
    (state / "status").write_text("MAINPID=1\nREADY=1\nTOMORROW=1\n")
    (state / "proven").write_text("99.0\n")
    collector.start()
    agent.start()
    wait_for(lambda: not set(agent.waiting()) & set(waiting), 40)
    wait_for(lambda: taken(collector.data) >= len(waiting), 40)
    assert agent.process is not None
    assert agent.process.poll() is None
    aside = {path.name: path.read_bytes() for path in agent.set_aside()}
    assert aside == {path.name: content for path, content in strange.items() if path.parent.name == "spool"}
    assert (state / "newer.db").read_bytes() == b"SQLite"
    wait_for(lambda: (state / "proven").read_text() != "99.0\n", 20)
    assert len(hosts.hosts(collector.data)) == 1
