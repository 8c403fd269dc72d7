"""What the fakes' own tests start with: a Panel and a Wings with small times, owner, key and server; an Ollama."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .ollama import ollama
from .pterodactyl_clients import set_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .ollama import Ollama
    from .pterodactyl import Pterodactyl, Server, User


@pytest.fixture
def stage() -> Iterator[Pterodactyl]:
    with set_up() as (stage, _, _):
        yield stage


@pytest.fixture
def server(stage: Pterodactyl) -> Server:
    return next(iter(stage.panel.servers.values()))


@pytest.fixture
def kim(stage: Pterodactyl) -> User:
    return stage.panel.users[0]


@pytest.fixture
def key(kim: User) -> str:
    return kim.keys[0].text


@pytest.fixture
def upstream() -> Iterator[Ollama]:
    with ollama() as server:
        yield server
