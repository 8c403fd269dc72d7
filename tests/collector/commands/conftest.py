"""What the tests of commands share: a machine that announced what it may be asked for, and its connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector import commands
from wakeful_collector.commands import Asked, Wish
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ACTIONS = [
    {"name": "restart-web", "danger": "changes", "parameters": {"unit": {"kind": "choice", "choices": ["nginx"]}}},
    {"name": "watch.pause", "danger": "none", "parameters": {"watch": {"kind": "choice", "choices": ["survival"]}}},
    {"name": "wake", "danger": "changes", "parameters": {}},
]


@pytest.fixture
def host(machine: Callable[..., Any], now_ms: int) -> Any:
    """A machine that pushed once and announced three actions."""
    found = machine("web-1")
    found.push([[now_ms - 5_000, [1, 2, 3, 4]]], now_ms - 5_000, hello={"name": "web-1", "actions": ACTIONS})
    return found


@pytest.fixture
def asked(data: Path, host: Any, now_ms: int) -> Callable[..., Asked]:
    """Ask the machine for something: `asked("wake", {}, request_key="k")`."""

    def ask(
        action: str = "wake",
        arguments: dict[str, Any] | None = None,
        principal: str = "user:ada",
        at_ms: int = now_ms,
        **more: Any,
    ) -> Asked:
        with changing(data) as connection:
            wish = Wish(more.pop("host", host.id), action, arguments or {}, principal, **more)
            return commands.ask(connection, wish, at_ms)

    return ask
