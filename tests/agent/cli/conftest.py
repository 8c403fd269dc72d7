"""A command line of the agent, run as a process of its own in folders of its own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any, Callable

import pytest

if TYPE_CHECKING:
    from pathlib import Path

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def run(agent_folders: Path, tools: Any) -> Run:
    def call(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
        environ = tools["environment"](agent_folders, **more.pop("environ", {}))
        command = [sys.executable, "-m", "wakeful_agent", *arguments]
        return subprocess.run(
            command, env=environ, capture_output=True, text=True, timeout=30, check=False, cwd=agent_folders, **more
        )

    return call
