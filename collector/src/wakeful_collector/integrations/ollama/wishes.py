"""What may be asked of a machine: to wake, to sleep, to stay awake for good or for as long as a lease lives."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.ollama import claims, looking, sealed, status
from wakeful_collector.integrations.ollama.claims import SECONDS_MAX, TooManyClaims
from wakeful_collector.integrations.ollama.schemas import LEASE, MACHINE
from wakeful_collector.integrations.ollama.states import FORCE, SLEEP, WAKE
from wakeful_collector.operations.arguments import shape
from wakeful_collector.operations.registry import Context, Operation, OperationError, Request
from wakeful_collector.read import gateway_leases
from wakeful_collector.store import gateway_leases as gateway_leases_table
from wakeful_collector.store import gateway_states
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_leases import REQUEST
from wakeful_collector.store.gateway_states import Asked

if TYPE_CHECKING:
    from wakeful_collector.integrations.ollama.settings import Machine
    from wakeful_collector.store.gateway_leases import Lease

SECONDS_MIN, SECONDS_DEFAULT = 10, 3_600
"""How long a lease may live before it must be renewed, and how long it does when nothing is said."""

_looking = threading.Lock()


def _wake(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    machine = status.known(context.settings.data, given["machine"])
    if not machine.can_wake and not status.serves(context.settings.data, machine, context.now_ms):
        raise OperationError("not_wakeable", f"nothing says how {machine.name} is woken; set `wake` of it", 409)
    ask(context, machine, WAKE)
    return _answer(context, machine)


def _against(request: Request, given: dict[str, Any]) -> tuple[str, ...]:
    """Return what speaks against sleep as the machine is now, so that whoever asks is told; the worker looks again.

    One at a time: a machine that hangs must not take up the threads of the pages.
    """
    data, now_ms = request.settings.data, request.now_ms
    machine = status.known(data, given["machine"])
    if given.get("force") or not machine.can_sleep or not status.serves(data, machine, now_ms):
        return ()
    if status.holders(data, machine, now_ms) or not _looking.acquire(blocking=False):
        return ()
    try:
        return looking.reasons(data, machine, sealed.upstream_key(data, machine.name), now_ms)
    finally:
        _looking.release()


def _sleep(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    machine = status.known(context.settings.data, given["machine"])
    force = given.get("force", False)
    if force and not context.principal.may("operate"):
        raise OperationError("forbidden", "to put a machine to sleep that is in use needs the scope operate", 403)
    if not machine.can_sleep:
        raise OperationError("no_sleep", f"nothing says how {machine.name} is put to sleep; set `sleep` of it", 409)
    holding = [] if force else status.holders(context.settings.data, machine, context.now_ms)
    if holding:
        told = "; ".join(holding)
        raise OperationError("in_use", f"{machine.name} is in use: {told}. `force` puts it to sleep anyway", 409)
    if context.prepared:
        told = "; ".join(context.prepared)
        raise OperationError("in_use", f"{machine.name} stays awake: {told}. `force` puts it to sleep anyway", 409)
    ask(context, machine, FORCE if force else SLEEP)
    return _answer(context, machine)


def _permanent(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    machine = status.known(context.settings.data, given["machine"])
    with changing_gateway(context.settings.data) as connection:
        gateway_states.set_permanent(connection, machine.name, given["on"], context.now_ms)
    return _answer(context, machine)


def _lease(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    data, seconds = context.settings.data, given.get("seconds", SECONDS_DEFAULT)
    machine = status.known(data, given["machine"])
    kind = "person" if context.principal.name.startswith("user:") else "script"
    note = given.get("note", "")
    try:
        taken = claims.claim(data, machine.name, kind, context.principal.name, note, seconds, context.now_ms)
    except TooManyClaims as error:
        raise OperationError("too_many", str(error), 409) from None
    return {"lease": status.lease_document(taken), **_answer(context, machine)}


def _renew(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    """Let a lease live on from now; whoever holds one for days does not fill the audit trail with that."""
    _own(context, given["lease"])
    found = claims.extend(context.settings.data, given["lease"], given.get("seconds", SECONDS_DEFAULT), context.now_ms)
    if found is None:
        raise _gone(given["lease"])
    return {"lease": status.lease_document(found)}


def _release(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    _own(context, given["lease"])
    found = claims.release(context.settings.data, given["lease"], context.now_ms)
    if found is None:
        raise _gone(given["lease"])
    return {"lease": found.id, "machine": found.machine, "released": True}


def _own(context: Context, lease_id: str) -> Lease:
    """Return a lease that the principal may change; raise OperationError."""
    found = gateway_leases.lease(context.settings.data, lease_id, context.now_ms)
    if found is None:
        raise _gone(lease_id)
    if found.kind == REQUEST:
        raise OperationError("a_request", "a request's lease ends with the request", 409)
    if found.owner != context.principal.name and not context.principal.may("operate"):
        raise OperationError("forbidden", f"that lease is {found.owner}'s; others' need the scope operate", 403)
    return found


def _gone(lease_id: str) -> OperationError:
    return OperationError("unknown_lease", f"there is no lease {lease_id!r} (any more)", 404)


def ask(context: Context, machine: Machine, what: str) -> None:
    """Ask a machine to `wake`, to `sleep`, or by `force`: then nobody claims it any longer, or it would wake again."""
    with changing_gateway(context.settings.data) as connection:
        if what == FORCE:
            gateway_leases_table.end_claims(connection, machine.name)
            gateway_states.set_permanent(connection, machine.name, False, context.now_ms)
        gateway_states.ask(connection, machine.name, Asked(what, context.principal.name, context.now_ms))


def _answer(context: Context, machine: Machine) -> dict[str, Any]:
    found = status.document(context.settings.data, machine, context.now_ms)
    return {"machine": machine.name} | {name: found[name] for name in ("state", "reason", "next", "permanent")}


_FLAG = {"type": "boolean"}
_SECONDS = {"type": "integer", "minimum": SECONDS_MIN, "maximum": SECONDS_MAX}
_NOTE = {"type": "string", "maxLength": 200}
OPERATIONS = (
    Operation(
        "gateway.wake",
        "Wake a machine of the gateway",
        "gateway",
        "changes",
        shape(("machine",), machine=MACHINE),
        _wake,
        subject="machine",
    ),
    Operation(
        "gateway.sleep",
        "Put a machine of the gateway to sleep now, if nobody uses it",
        "gateway",
        "changes",
        shape(("machine",), machine=MACHINE, force=_FLAG),
        _sleep,
        subject="machine",
        prepare=_against,
    ),
    Operation(
        "gateway.permanent",
        "Keep a machine of the gateway awake for good, or no longer",
        "gateway",
        "changes",
        shape(("machine", "on"), machine=MACHINE, on=_FLAG),
        _permanent,
        subject="machine",
    ),
    Operation(
        "gateway.lease",
        "Claim a machine of the gateway for a while: it is woken, and stays awake",
        "gateway",
        "changes",
        shape(("machine",), machine=MACHINE, seconds=_SECONDS, note=_NOTE),
        _lease,
        subject="machine",
    ),
    Operation(
        "gateway.renew",
        "Let a claim of a machine live on",
        "gateway",
        "none",
        shape(("lease",), lease=LEASE, seconds=_SECONDS),
        _renew,
        subject="lease",
    ),
    Operation(
        "gateway.release",
        "Give a claim of a machine back",
        "gateway",
        "changes",
        shape(("lease",), lease=LEASE),
        _release,
        subject="lease",
    ),
)
