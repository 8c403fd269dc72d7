"""What the tests of the Ollama gateway share: a fake Ollama and the gateway's door before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ....fakes.ollama import ollama
from .front_door import Door

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ....fakes.ollama import Ollama


@pytest.fixture(scope="session")
def served() -> Iterator[Ollama]:
    """A fake Ollama for all tests of a run."""
    with ollama() as server:
        yield server


@pytest.fixture
def server(served: Ollama) -> Ollama:
    """A fake Ollama with its first manners."""
    served.manners.__init__()  # type: ignore[misc]  # back to the defaults
    served.manners.reply = lambda _: ["one", " two", " three"]
    served.reboot()
    return served


@pytest.fixture
def door(data: Path, server: Ollama) -> Door:
    """A door before that server, awake and the default."""
    made = Door(data)
    made.machine(server.url)
    return made
