"""What tests of the gateway's faces share: somebody who asks, and machines that stand somewhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wakeful_collector.accounts import Principal
from wakeful_collector.accounts.principal import implied
from wakeful_collector.operations import run
from wakeful_collector.rooms import REGISTRY
from wakeful_collector.store import gateway_answers, gateway_leases, gateway_states
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_answers import Answer
from wakeful_collector.store.gateway_leases import Lease

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.config import Settings
    from wakeful_collector.operations.registry import Registry

GPU = {"name": "gpu", "url": "http://192.0.2.20:11434", "mac": "00:11:22:33:44:55", "sleep": "ssh", "ssh_user": "ia"}
MODELS = [
    {"name": "llama3:latest", "size": 4_700_000_000, "modified_at": "2026-01-02T03:04:05Z"},
    {"model": "qwen:0.5b"},
]


class Asker:
    """Somebody with a name and a scope, who asks for operations at a time."""

    def __init__(self, settings: Settings, now_ms: int, name: str = "user:ada", scope: str = "admin") -> None:
        self.settings = settings
        self.now_ms = now_ms
        self.principal = Principal(name, implied((scope,)), "192.0.2.7", "api", "hash")

    def __call__(self, operation: str, registry: Registry = REGISTRY, /, **arguments: Any) -> dict[str, Any]:
        return run(self.settings, registry, self.principal, operation, arguments, self.now_ms)


def stand(data: Path, machine: str, state: str, now_ms: int, reason: str = "a reason") -> None:
    """Let a machine be in a state since `now_ms`."""
    with changing_gateway(data) as connection:
        gateway_states.keep(connection, machine, state, now_ms, reason, {"used_ms": now_ms})


def seen(data: Path, machine: str, path: str, document: Any, now_ms: int) -> None:
    """Let a machine have answered a document at `path`."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    with changing_gateway(data) as connection:
        gateway_answers.keep(connection, Answer(machine, path, 200, "application/json", body, now_ms))


def request(data: Path, machine: str, name: str, now_ms: int, is_admitted: bool = True) -> None:
    """Let a request be on its way."""
    admitted_ms = now_ms if is_admitted else None
    with changing_gateway(data) as connection:
        lease = Lease(name, machine, "request", "key:x", "key:x", "", now_ms, admitted_ms, now_ms + 20_000)
        gateway_leases.take(connection, lease)


def asked(data: Path, machine: str) -> tuple[str, str] | None:
    """Return what was asked of a machine, and by whom."""
    with changing_gateway(data) as connection:
        found = gateway_states.of(connection, machine)
    return None if found is None or found.asked is None else (found.asked.what, found.asked.by)
