"""What people and programs may ask of the gateway, and how it stands."""

from __future__ import annotations

from typing import Any

from wakeful_collector.integrations.ollama import limit_changes, machine_changes, settings, status, trusting, wishes
from wakeful_collector.integrations.ollama.schemas import MACHINE
from wakeful_collector.operations.arguments import shape
from wakeful_collector.operations.registry import Context, Operation


def _status(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    data = context.settings.data
    asked = [status.known(data, given["machine"])] if "machine" in given else settings.machines(data)
    return {"machines": [status.document(data, one, context.now_ms) for one in asked]}


def _state(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    """Tell whoever waits for a machine where it stands, and nothing of those who use it."""
    machine = status.known(context.settings.data, given["machine"])
    found = status.document(context.settings.data, machine, context.now_ms)
    return {name: found[name] for name in ("name", "state", "since", "reason", "next", "next_at", "asked")}


def _models(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    data = context.settings.data
    asked = [status.known(data, given["machine"])] if "machine" in given else settings.machines(data)
    return {"machines": [status.models(data, one) for one in asked]}


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "gateway.status",
        "Show how the machines of the gateway stand",
        "read",
        "none",
        shape((), machine=MACHINE),
        _status,
        subject="machine",
    ),
    Operation(
        "gateway.state",
        "Show where a machine of the gateway stands, to whoever waits for it",
        "gateway",
        "none",
        shape(("machine",), machine=MACHINE),
        _state,
        subject="machine",
    ),
    Operation(
        "gateway.models",
        "Show the models that machines of the gateway had when they were seen last",
        "read",
        "none",
        shape((), machine=MACHINE),
        _models,
        subject="machine",
    ),
    *wishes.OPERATIONS,
    *machine_changes.OPERATIONS,
    *limit_changes.OPERATIONS,
    *trusting.OPERATIONS,
)
