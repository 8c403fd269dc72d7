"""Machines of the gateway added, changed and removed; what is wrong with one is said at once, secrets never."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.ollama import sealed, settings, sleeping, status
from wakeful_collector.integrations.ollama.schemas import MACHINE
from wakeful_collector.operations.arguments import LINES, shape
from wakeful_collector.operations.registry import Context, Operation, OperationError
from wakeful_collector.read import gateway, hosts
from wakeful_collector.settings_fields import SettingsUnfit, loosened
from wakeful_collector.store import gateway_history, gateway_machines
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_machines import MACHINES_MAX

if TYPE_CHECKING:
    from wakeful_collector.integrations.ollama.settings import Machine

_HOSTS = ("host", "relay", "wake_host")


def _add(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    data = context.settings.data
    known = gateway.machines(data)
    if any(one.name == given["name"] for one in known):
        raise OperationError("name_taken", f"there is a machine {given['name']!r} already; change that one", 409)
    if len(known) >= MACHINES_MAX:
        raise OperationError("too_many", f"there are {MACHINES_MAX} machines already", 409)
    return _keep(context, given, {"default": not known} | given, "", context.now_ms)


def _change(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    machine = status.known(context.settings.data, given["name"])
    row = gateway.machine(context.settings.data, machine.name)
    if row is None:
        raise status.unknown(context.settings.data, given["name"])
    return _keep(context, given, asdict(machine) | given, row.sealed, row.made_ms, machine)


def _keep(
    context: Context,
    given: dict[str, Any],
    whole: dict[str, Any],
    known: str,
    made_ms: int,
    before: Machine | None = None,
) -> dict[str, Any]:
    """Check and write a machine, which may have been `before`; raise OperationError with everything that is wrong."""
    data = context.settings.data
    plain = {name: value for name, value in whole.items() if name not in sealed.NAMES}
    try:
        machine = settings.check(plain)
        if before is not None:
            _refuse_to_send(before, machine, sealed.set_names(data, machine.name) - given.keys())
        secrets = {name: text for name, text in given.items() if name in sealed.NAMES}
        row = settings.row(machine, sealed.seal(data, known, secrets), made_ms, context.now_ms)
    except SettingsUnfit as unfit:
        raise OperationError("invalid_machine", str(unfit)) from None
    for name in _HOSTS:
        host = getattr(machine, name)
        if host and hosts.host(data, host) is None:
            raise OperationError("unknown_host", f"{name}: there is no host {host!r}", 404)
    with changing_gateway(data) as connection:
        gateway_machines.keep(connection, row)
    kept = sorted(sealed.set_names(data, machine.name))
    return {"name": machine.name, "url": machine.url, "default": machine.default, "secrets": kept}


def _refuse_to_send(before: Machine, wanted: Machine, kept: frozenset[str]) -> None:
    """Raise OperationError where a kept secret would go elsewhere than it was given for.

    Whoever may change settings may not read a secret, and so may not have it sent to a machine of their own either. A
    private key signs, and is sent nowhere; the SecureOn password travels in clear as it is.
    """
    changed = [name for name in ("url", "fingerprint") if getattr(wanted, name) != getattr(before, name)]
    again = {"upstream_key": ", ".join(changed)} if changed else {}
    if sleeping.place(wanted) != sleeping.place(before):
        again |= dict.fromkeys(("ssh_password", "sudo_password"), "the SSH server")
    for name, what in again.items():
        if name in kept:
            hint = "empty text removes it"
            said = f"give {name} again: {what} is another now, which it was not given for ({hint})"
            raise OperationError("secret_needed", said, 409)


def _remove(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    machine = status.known(context.settings.data, given["name"])
    with changing_gateway(context.settings.data) as connection:
        gateway_machines.remove(connection, machine.name)
        gateway_history.forget(connection, machine.name)
    return {"name": machine.name, "removed": True}


def _shape() -> dict[str, Any]:
    """Return the schema of a machine: every setting and secret as a flat property."""
    found = {name: loosened(one) for name, one in settings.schema().items()}
    for one in sealed.SECRETS:
        if one.kind.widget == LINES:
            found[one.name] = {**found[one.name], "format": LINES}
    return shape(("name",), **found | {"name": MACHINE})


OPERATIONS = (
    Operation(
        "gateway.machine.add",
        "Add a machine to the gateway",
        "admin",
        "changes",
        _shape(),
        _add,
        subject="name",
        secrets=tuple(sorted(sealed.NAMES)),
    ),
    Operation(
        "gateway.machine.change",
        "Change how a machine of the gateway is reached, woken and put to sleep",
        "admin",
        "changes",
        _shape(),
        _change,
        subject="name",
        secrets=tuple(sorted(sealed.NAMES)),
    ),
    Operation(
        "gateway.machine.remove",
        "Remove a machine from the gateway",
        "admin",
        "destroys",
        shape(("name",), name=MACHINE),
        _remove,
        subject="name",
    ),
)
