"""What is known of watches survives restarts, and a broken file costs no more than that."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wakeful_agent.daemon.memory import KEPT_MS, Memory, path_of
from wakeful_agent.standing import State

STATE = State(phase="waiting", sight="down", known="down", tried_ms=(5,), attempts=1, seen_ms=1_000)


def test_states_are_kept_with_their_kind(tmp_path: Path) -> None:
    memory = Memory(str(tmp_path))
    assert memory.restore() == ""
    memory.keep({"web": ("unit", STATE)}, 2_000)
    again = Memory(str(tmp_path))
    assert again.restore() == ""
    assert again.state("web", "unit") == STATE
    assert again.state("web", "process") is None
    assert again.state("db", "unit") is None
    assert again.names() == ["web"]
    assert again.kind("web") == "unit"
    assert again.kind("db") == ""


def test_what_is_watched_no_longer_is_remembered_for_a_day(tmp_path: Path) -> None:
    memory = Memory(str(tmp_path))
    memory.keep({"web": ("unit", STATE)}, 1_000)
    memory.keep({"db": ("unit", STATE)}, 1_000 + KEPT_MS - 1)
    assert memory.names() == ["db", "web"]
    memory.keep({"db": ("unit", STATE)}, 1_000 + KEPT_MS)
    assert memory.names() == ["db"]


@pytest.mark.parametrize("content", ["", "[]", "7", "{", "[" * 100_000, '{"web": 7}', '{"web": {"kind": "unit"}}'])
def test_a_broken_file_is_no_failure(tmp_path: Path, content: str) -> None:
    Path(path_of(str(tmp_path))).write_text(content)
    memory = Memory(str(tmp_path))
    assert bool(memory.restore()) is not content.startswith('{"web')
    assert memory.state("web", "unit") in (None, State())
    memory.keep({"web": ("unit", STATE)}, 2_000)
    assert json.loads(Path(path_of(str(tmp_path))).read_text())["web"]["state"]["attempts"] == 1


def test_a_file_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    Path(path_of(str(tmp_path))).mkdir()
    assert "cannot be read" in Memory(str(tmp_path)).restore()
