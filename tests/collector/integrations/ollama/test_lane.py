"""One thing at a time, in a thread of its own."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from wakeful_collector.integrations.ollama.lane import Lane

if TYPE_CHECKING:
    import pytest


def settle(lane: Lane[str]) -> None:
    until = time.monotonic() + 5
    while lane.is_busy and time.monotonic() < until:
        time.sleep(0.001)
    assert not lane.is_busy


def test_work_runs_beside_and_what_came_of_it_stays_until_it_is_taken() -> None:
    lane: Lane[str] = Lane("a", str)
    gate = threading.Event()
    assert lane.begin(lambda: str(gate.wait(30)))
    assert lane.is_busy
    assert lane.result() is None
    assert not lane.begin(lambda: "second"), "one at a time"
    gate.set()
    settle(lane)
    assert lane.result() == "True"
    assert lane.result() == "True"
    assert not lane.begin(lambda: "third"), "what came of the first was not taken yet"
    lane.take()
    assert lane.result() is None
    assert lane.begin(lambda: "fourth")
    settle(lane)
    assert lane.result() == "fourth"


def test_what_is_about_something_else_by_now_is_thrown_away() -> None:
    lane: Lane[str] = Lane("a", str)
    lane.begin(lambda: "old", mark=1)
    settle(lane)
    assert lane.result(mark=2) is None
    assert lane.begin(lambda: "new", mark=2)
    settle(lane)
    assert lane.result(mark=2) == "new"


def test_a_failure_is_logged_and_told(caplog: pytest.LogCaptureFixture) -> None:
    lane: Lane[str] = Lane("gateway-box-probe", lambda error: f"failed: {error}")

    def work() -> str:
        raise RuntimeError("no way")

    lane.begin(work)
    settle(lane)
    assert lane.result() == "failed: no way"
    assert "gateway-box-probe failed" in caplog.text
