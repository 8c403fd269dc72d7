"""A gateway with a past, as tests of its pages look at it: machines, states, leases, requests, answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.ollama import settings
from wakeful_collector.store import (
    gateway_answers,
    gateway_history,
    gateway_leases,
    gateway_machines,
    gateway_states,
)
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_answers import Answer
from wakeful_collector.store.gateway_history import Request
from wakeful_collector.store.gateway_leases import Lease
from wakeful_collector.store.gateway_states import Turn

if TYPE_CHECKING:
    from pathlib import Path

NOW_MS = 1_795_000_000_000
MINUTE_MS = 60_000
HOSTILE = '<img src=x onerror="alert(1)">'
BASIC: dict[str, Any] = {
    "name": "gpu", "url": "http://192.0.2.9:11434", "mac": "02:00:00:00:00:01", "sleep": "ssh", "ssh_user": "wake",
}  # fmt: skip


def keep(data: Path, sealed: str = "", **more: Any) -> settings.Machine:
    """Put a machine behind the gateway."""
    made = settings.check(BASIC | more)
    with changing_gateway(data) as connection:
        gateway_machines.keep(connection, settings.row(made, sealed, NOW_MS, NOW_MS))
    return made


def stand(data: Path, state: str, minutes: float = 10, reason: str = "", name: str = "gpu", **memory: Any) -> None:
    """Let a machine be in a state since so many minutes."""
    with changing_gateway(data) as connection:
        since_ms = NOW_MS - round(minutes * MINUTE_MS)
        gateway_states.keep(connection, name, state, since_ms, reason, {"used_ms": since_ms, **memory})


def turn(data: Path, minutes: float, was: str, state: str, reason: str = "", by: str = "") -> None:
    """Let a machine have turned so many minutes ago."""
    with changing_gateway(data) as connection:
        gateway_states.add_turn(connection, Turn("gpu", NOW_MS - round(minutes * MINUTE_MS), was, state, reason, by))


def lease(data: Path, number: int, kind: str = "person", owner: str = "user:mira", **more: Any) -> str:
    """Let somebody claim a machine for an hour; return the id of the lease."""
    whole = {"note": "", "admitted_ms": NOW_MS, "machine": "gpu"} | more
    made = Lease(
        id=f"lease-{number}", kind=kind, owner=owner, key=owner, begun_ms=NOW_MS, expires_ms=NOW_MS + 3_600_000, **whole
    )
    with changing_gateway(data) as connection:
        gateway_leases.take(connection, made)
    return made.id


def request(data: Path, minutes: float = 1, **more: Any) -> None:
    """Let a request have come so many minutes ago."""
    whole = {
        "machine": "gpu", "key": "key:laptop", "method": "POST", "path": "/api/chat", "model": "qwen3:8b",
        "status": 200, "outcome": "ok",
    } | more  # fmt: skip
    with changing_gateway(data) as connection:
        gateway_history.add(connection, Request(at_ms=NOW_MS - round(minutes * MINUTE_MS), **whole))


def say(data: Path, path: str, document: Any) -> None:
    """Let a machine have answered so at a path a minute ago."""
    body = json.dumps(document).encode()
    with changing_gateway(data) as connection:
        answer = Answer("gpu", path, 200, "application/json", body, NOW_MS - MINUTE_MS)
        gateway_answers.keep(connection, answer)
