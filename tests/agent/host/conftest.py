"""Machines to read: captured and hand-made trees, and empty ones that a test fills."""

from __future__ import annotations

import pathlib
from typing import Callable

import pytest

from wakeful_agent.host.files import Host

HOSTS = pathlib.Path(__file__).parents[2] / "fixtures" / "hosts"


@pytest.fixture
def machine() -> Callable[[str], Host]:
    """Return a function that gives the host of a fixture tree by name."""
    return lambda name: Host(str(HOSTS / name))


@pytest.fixture
def made(tmp_path: pathlib.Path) -> Callable[..., Host]:
    """Return a function that writes files (path to text) under an empty root and gives its host."""

    def make(files: dict[str, str | bytes]) -> Host:
        for path, content in files.items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Host(str(tmp_path))

    return make
