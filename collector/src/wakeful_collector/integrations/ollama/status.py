"""How a machine stands, as one document: for operations and the command line."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import msgspec

from wakeful_collector.clock import rfc3339
from wakeful_collector.integrations.ollama import persisting, settings
from wakeful_collector.integrations.ollama.outlook import outlook
from wakeful_collector.integrations.ollama.states import SERVING, Facts
from wakeful_collector.operations.registry import OperationError
from wakeful_collector.read import gateway, gateway_leases
from wakeful_collector.store.gateway_leases import REQUEST

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.integrations.ollama.settings import Machine
    from wakeful_collector.store.gateway_leases import Lease

MODELS_PATH = "/api/tags"
RUNNING_PATH = "/api/ps"
NAME_CHARACTERS_MAX, NAMES_MAX = 128, 500


def known(data: Path, name: str | None) -> Machine:
    """Return the machine of that name, the default one for None; raise OperationError when there is none."""
    wanted = name or gateway.default_name(data)
    found = None if wanted is None else settings.machine(data, wanted)
    if found is not None:
        return found
    if wanted is None:
        raise OperationError("no_default", "no machine is the default one; name one: `wakeful gateway machines`", 404)
    raise unknown(data, wanted)


def unknown(data: Path, name: str) -> OperationError:
    """Return what is said when a machine that is named is not there."""
    names = ", ".join(one.name for one in gateway.machines(data)) or "none yet"
    return OperationError("unknown_machine", f"there is no machine {name!r}; there are: {names}", 404)


def document(data: Path, machine: Machine, now_ms: int) -> dict[str, Any]:
    """Return where a machine stands, why, what happens next, and who claims it."""
    standing = persisting.known(data, machine, now_ms)
    leases = gateway_leases.leases(data, now_ms, machine.name)
    requests = [one for one in leases if one.kind == REQUEST]
    waiting = sum(one.admitted_ms is None for one in requests)
    facts = Facts(
        requests=len(requests),
        claims=len(leases) - len(requests),
        permanent=standing.permanent,
        asked=standing.asked.what if standing.asked else "",
        can_wake=machine.can_wake,
        can_sleep=machine.can_sleep,
    )
    ahead = outlook(standing.memory, facts, settings.policy(machine), now_ms)
    return {
        "name": machine.name,
        "url": machine.url,
        "host": machine.host or None,
        "default": machine.default,
        "wake": machine.wake,
        "sleep": machine.sleep,
        "state": standing.memory.state.value,
        "since": rfc3339(standing.memory.since_ms),
        "reason": standing.memory.reason,
        "next": ahead.text,
        "next_at": None if ahead.at_ms is None else rfc3339(ahead.at_ms),
        "permanent": standing.permanent,
        "asked": None if standing.asked is None else standing.asked.what,
        "requests": {"running": len(requests) - waiting, "waiting": waiting},
        "leases": [lease_document(one) for one in leases if one.kind != REQUEST],
        "running_models": names_of(listed(data, machine.name, RUNNING_PATH)[0]),
    }


def serves(data: Path, machine: Machine, now_ms: int) -> bool:
    """Tell whether a machine answers now."""
    return persisting.known(data, machine, now_ms).memory.state in SERVING


def holders(data: Path, machine: Machine, now_ms: int) -> list[str]:
    """Return who and what keeps a machine awake now, a sentence each."""
    standing = gateway.state(data, machine.name)
    leases = gateway_leases.leases(data, now_ms, machine.name)
    requests = sum(one.kind == REQUEST for one in leases)
    found = ["it is kept awake for good"] if standing is not None and standing.permanent else []
    found += [f"{requests} request{'s' if requests > 1 else ''} on the way"] if requests else []
    claims = Counter(f"{one.owner} claims it ({one.note or one.kind})" for one in leases if one.kind != REQUEST)
    return found + [told if times == 1 else f"{told}, {times} times" for told, times in claims.items()]


def lease_document(lease: Lease) -> dict[str, Any]:
    """Return a lease as it is shown."""
    return {
        "id": lease.id,
        "machine": lease.machine,
        "kind": lease.kind,
        "owner": lease.owner,
        "note": lease.note,
        "begun": rfc3339(lease.begun_ms),
        "expires": rfc3339(lease.expires_ms),
    }


def models(data: Path, machine: Machine) -> dict[str, Any]:
    """Return the models that a machine had, and those that were loaded, when it was seen last."""
    found, at_ms = listed(data, machine.name, MODELS_PATH)
    running, _ = listed(data, machine.name, RUNNING_PATH)
    return {
        "name": machine.name,
        "seen": None if at_ms is None else rfc3339(at_ms),
        "models": found,
        "running": running,
    }


def listed(data: Path, name: str, path: str) -> tuple[list[dict[str, Any]], int | None]:
    """Return the models of the last seen answer to `path`, and when it was seen; what is no list of models is empty."""
    answer = gateway.answer(data, name, path)
    if answer is None:
        return [], None
    try:
        said = msgspec.json.decode(answer.body)
    except (ValueError, RecursionError):
        return [], answer.at_ms
    found = said.get("models") if isinstance(said, dict) else None
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else [], answer.at_ms


def names_of(found: list[dict[str, Any]]) -> list[str]:
    """Return the names of models: hostile text, bounded."""
    return [str(one.get("name") or one.get("model") or "")[:NAME_CHARACTERS_MAX] for one in found[:NAMES_MAX]]
