"""Accepting the SSH host key that a machine shows: after it was installed anew, or before its first order to sleep."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from wakeful_collector.integrations.ollama import sleeping, ssh, status
from wakeful_collector.integrations.ollama.schemas import MACHINE
from wakeful_collector.operations.arguments import shape
from wakeful_collector.operations.registry import Context, Operation, OperationError, Request
from wakeful_collector.read import gateway
from wakeful_collector.store import gateway_host_keys
from wakeful_collector.store.changes import changing_gateway

if TYPE_CHECKING:
    from wakeful_collector.integrations.ollama.ssh_keys import HostKey

log = logging.getLogger("wakeful.gateway")

LOOK_SECONDS = 10.0
FINGERPRINT = {"type": "string", "pattern": "^SHA256:[A-Za-z0-9+/]{43}$"}


def _shown(request: Request, given: dict[str, Any]) -> list[HostKey]:
    """Return the keys that the machine shows now: all of them, or the one of the fingerprint that was given."""
    machine = status.known(request.settings.data, given["machine"])
    if machine.sleep != "ssh":
        raise OperationError("no_ssh", f"{machine.name} is not put to sleep over SSH", 409)
    host, port = sleeping.place(machine)
    try:
        keys = ssh.host_keys(host, port, LOOK_SECONDS)
    except ssh.SshError as error:
        raise OperationError("not_seen", f"its key cannot be seen now: {error}; wake it first", 409) from None
    wanted = given.get("fingerprint")
    found = [one for one in keys if wanted in (None, one.fingerprint)]
    if not found:
        told = ", ".join(one.text for one in keys)
        raise OperationError("other_key", f"it shows {told}, which is not what was given: nothing is trusted", 409)
    return found


def _trust(context: Context, given: dict[str, Any]) -> dict[str, Any]:
    data, name = context.settings.data, status.known(context.settings.data, given["machine"]).name
    keys: list[HostKey] = context.prepared
    before = [one.fingerprint for one in gateway.host_keys(data, name)]
    with changing_gateway(data) as connection:
        gateway_host_keys.forget(connection, name)
        for one in keys:
            row = gateway_host_keys.HostKey(name, one.kind, one.key, one.fingerprint, context.now_ms)
            gateway_host_keys.pin(connection, row)
    shown = ", ".join(one.text for one in keys)
    log.warning("%s trusts another host key of %s: %s", context.principal.name, name, shown)
    trusted = [{"kind": one.kind, "fingerprint": one.fingerprint} for one in keys]
    return {"machine": name, "trusted": trusted, "before": before}


OPERATIONS = (
    Operation(
        "gateway.trust",
        "Trust the SSH host key that a machine of the gateway shows now",
        "admin",
        "changes",
        shape(("machine",), machine=MACHINE, fingerprint=FINGERPRINT),
        _trust,
        subject="machine",
        prepare=_shown,
    ),
)
