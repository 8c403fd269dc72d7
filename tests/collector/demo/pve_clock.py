"""A sample cluster whose clock the tests move."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wakeful_collector import clock
from wakeful_collector.demo.pve_world import World

if TYPE_CHECKING:
    from collections.abc import Callable

END_SECONDS = 1_795_000_000.0


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """The sample cluster at the end of the story."""
    monkeypatch.setattr(clock, "now_ms", lambda: round(END_SECONDS * 1000))
    return World(END_SECONDS)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Let it be so many seconds after the end of the story."""
    return lambda seconds: monkeypatch.setattr(clock, "now_ms", lambda: round((END_SECONDS + seconds) * 1000))
