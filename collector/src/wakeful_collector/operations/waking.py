"""Waking a machine that sleeps, by its name: through an agent of its network, or by the collector itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from wakeful_collector import wake
from wakeful_collector.operations.commands import ask, shape
from wakeful_collector.operations.hosts import ID
from wakeful_collector.operations.registry import Context, Operation, OperationError, Request
from wakeful_collector.read import hosts
from wakeful_collector.wake import sending

if TYPE_CHECKING:
    from wakeful_collector.wake.relay import Plan

CHECK = {"type": "string", "maxLength": 300, "pattern": r"^(tcp:[^\s/@]{1,253}:[0-9]{1,5}|ping:[^\s/@]{1,253})$"}


class _Prepared(NamedTuple):
    plan: Plan
    sent: sending.Sent | None


def _prepare(request: Request, given: dict[str, Any]) -> _Prepared:
    """Find who can wake the machine, and send the packet where that is the collector."""
    data = request.settings.data
    if hosts.host(data, given["host"]) is None:
        raise OperationError("unknown_host", f"there is no host {given['host']!r}", 404)
    plan = wake.plan(data, given["host"], given, request.now_ms)
    if plan.reason:
        raise OperationError("no_relay", plan.reason, 409)
    if not plan.itself:
        return _Prepared(plan, None)
    try:
        return _Prepared(plan, sending.send(plan.arguments))
    except sending.WakeError as error:
        raise OperationError("not_sent", str(error), 409) from None


def _wake(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    plan, sent = context.prepared
    if sent is not None:
        return {"command": None, "host": given["host"], "relay": None, "why": plan.why, "summary": sent.summary}
    relay = plan.relays[0]
    asked = ask(context, relay.id, wake.ACTION, dict(plan.arguments), given)
    return {**asked, "host": given["host"], "relay": relay.id, "why": plan.why}


OPERATIONS = (
    Operation(
        "host.wake",
        "Wake a machine that sleeps, through an agent of its network or from the collector",
        "operate",
        "changes",
        shape(
            ("host",),
            host=ID,
            relay=ID,
            check=CHECK,
            port={"type": "integer", "minimum": 1, "maximum": 65_535},
            repeat={"type": "integer", "minimum": 1, "maximum": 60},
            wait_seconds={"type": "integer", "minimum": 1, "maximum": 600},
        ),
        _wake,
        subject="host",
        prepare=_prepare,
    ),
)
