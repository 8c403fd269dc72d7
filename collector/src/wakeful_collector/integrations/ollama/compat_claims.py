"""What the older management routes do: each `/arrancar` is a lease with an end, each `/apagar` gives one back.

A client is known by its key and its address. Its claims live on while it works, and end by themselves when it is gone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.ollama import claims, status
from wakeful_collector.integrations.ollama import compat_words as words
from wakeful_collector.integrations.ollama.claims import TooManyClaims
from wakeful_collector.integrations.ollama.states import FORCE, SLEEP, WAKE, State
from wakeful_collector.integrations.ollama.wishes import ask
from wakeful_collector.model.host import HostStatus, host_status
from wakeful_collector.operations.arguments import shape
from wakeful_collector.operations.registry import Context, Operation, OperationError, Registry
from wakeful_collector.read import gateway, gateway_leases, hosts
from wakeful_collector.store import gateway_leases as leases
from wakeful_collector.store import gateway_states
from wakeful_collector.store.changes import changing_gateway

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.integrations.ollama.settings import Machine
    from wakeful_collector.store.gateway_leases import Lease

LEGACY = "legacy"


def facts(data: Path, machine: Machine, now_ms: int) -> words.Facts:
    """Return what is known of a machine."""
    found = gateway.state(data, machine.name)
    host = hosts.host(data, machine.host) if machine.host else None
    return words.Facts(
        State.ASLEEP if found is None else found.state,
        "" if found is None else found.reason,
        host is not None and host_status(host, now_ms) is HostStatus.UP,
        len(living(data, machine, now_ms)),
        found is not None and found.permanent,
        now_ms,
    )


def living(data: Path, machine: Machine, now_ms: int) -> list[Lease]:
    """Return the claims that older clients hold, in the order they were made."""
    return [one for one in gateway_leases.leases(data, now_ms, machine.name) if one.kind == LEGACY]


def sign_of_life(data: Path, machine: Machine, owner: str, address: str, now_ms: int) -> None:
    """Let the claims of a client live on: it works."""
    mine = [one.id for one in living(data, machine, now_ms) if (one.owner, one.note) == (owner, _note(address))]
    if mine:
        with changing_gateway(data) as connection:
            leases.renew(connection, mine, now_ms + machine.claim_seconds * 1000)


def _start(context: Context, _given: dict[str, Any]) -> dict[str, Any]:
    data, machine = context.settings.data, status.known(context.settings.data, None)
    known = facts(data, machine, context.now_ms)
    if not machine.can_wake and not words.is_on(known):
        raise OperationError("not_wakeable", f"nothing says how {machine.name} is woken", 503)
    sign_of_life(data, machine, context.principal.name, context.principal.address, context.now_ms)
    note = _note(context.principal.address)
    try:
        claims.claim(data, machine.name, LEGACY, context.principal.name, note, machine.claim_seconds, context.now_ms)
    except TooManyClaims as error:
        raise OperationError("too_many", str(error), 503) from None
    if known.state == State.ASLEEP:  # whoever says so does not wait for the pause that is between the wakes of requests
        ask(context, machine, WAKE)
    text = "The machine is on already" if words.is_on(known) else "The machine is being woken"
    return words.message(text, len(living(data, machine, context.now_ms)))


def _stop(context: Context, _given: dict[str, Any]) -> dict[str, Any]:
    """Give back one claim of the key, rather one of the same address; when none is left, nothing waits any longer."""
    data, machine = context.settings.data, status.known(context.settings.data, None)
    mine = [one for one in living(data, machine, context.now_ms) if one.owner == context.principal.name]
    mine.sort(key=lambda one: (one.note != _note(context.principal.address), one.begun_ms))
    if mine:
        claims.release(data, mine[0].id, context.now_ms)
    known = facts(data, machine, context.now_ms)
    holding = status.holders(data, machine, context.now_ms)
    if not words.is_on(known) and known.state != "waking":
        return words.message("The machine is off already", known.claims)
    if holding:
        return words.message(f"The machine stays on: {'; '.join(holding)}", known.claims)
    if not machine.can_sleep:
        return words.message("The machine stays on: nothing says how it is put to sleep", known.claims)
    ask(context, machine, SLEEP)
    return words.message("The machine is put to sleep, if nothing is loaded or at work there", known.claims)


def _reset(context: Context, _given: dict[str, Any]) -> dict[str, Any]:
    machine = status.known(context.settings.data, None)
    _let_go(context, machine)
    known = facts(context.settings.data, machine, context.now_ms)
    text = f"Init: {words.said(known)}"
    return {"success": True, "mensaje": f"The state was reset. {text}", "status": words.state(known, text)}


def _shut_down(context: Context, _given: dict[str, Any]) -> dict[str, Any]:
    """Put the machine to sleep whatever claims and loaded models there are; what others are doing comes to its end."""
    data, machine = context.settings.data, status.known(context.settings.data, None)
    _let_go(context, machine)
    known = facts(data, machine, context.now_ms)
    if not words.is_on(known) and known.state != "waking":
        return words.message("The machine is off already; the state was reset", 0)
    if not machine.can_sleep:
        raise OperationError("no_sleep", f"nothing says how {machine.name} is put to sleep", 503)
    holding = status.holders(data, machine, context.now_ms)
    if holding and not context.principal.may("operate"):
        return words.message(f"The machine goes to sleep once nobody uses it: {'; '.join(holding)}", 0)
    ask(context, machine, FORCE)
    return words.message("The machine is being put to sleep; the state was reset", 0)


def _let_go(context: Context, machine: Machine) -> None:
    with changing_gateway(context.settings.data) as connection:
        for one in leases.living(connection, machine.name, context.now_ms):
            if one.kind == LEGACY:
                leases.end(connection, one.id)
        gateway_states.set_permanent(connection, machine.name, False, context.now_ms)


def _note(address: str) -> str:
    return f"arrancar from {address}"


def _operation(route: str, title: str, handler: Any) -> Operation:
    return Operation(f"gateway.{route}", title, "gateway", "changes", shape(()), handler)


REGISTRY = Registry(
    (
        _operation("arrancar", "Claim the default machine, as older clients do", _start),
        _operation("apagar", "Give one claim of an older client back", _stop),
        _operation("init", "Forget the claims of older clients, and that the machine stays on", _reset),
        _operation("shutdown", "Put the default machine to sleep whatever older clients claim", _shut_down),
    )
)
"""What only those routes run; it stands in the audit trail like any other operation."""
