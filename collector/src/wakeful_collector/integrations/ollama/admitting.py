"""Who is let in, and who goes next: what a request meets at the queue, all inside one transaction of `gateway.db`."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from wakeful_collector.integrations.ollama import outlook, persisted, queueing, settings
from wakeful_collector.integrations.ollama.queueing import Place
from wakeful_collector.integrations.ollama.states import SERVING
from wakeful_collector.store import gateway_leases, gateway_limits, gateway_machines, gateway_states

if TYPE_CHECKING:
    import sqlite3

    from wakeful_collector.integrations.ollama.settings import Machine
    from wakeful_collector.store.gateway_leases import Lease
    from wakeful_collector.store.gateway_limits import Limit

FULL_RETRY_SECONDS = 10
_MINUTE_MS = 60_000.0


class Refused(Exception):
    """A request that is not served: `code` for programs, the text for people, `status` as HTTP has it.

    `retry_seconds` is when asking again may help, 0 where it cannot.
    """

    def __init__(self, code: str, message: str, status: int, retry_seconds: int = 0) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.retry_seconds = retry_seconds


def enter(connection: sqlite3.Connection, machine: Machine, lease: Lease, model: str, now_ms: int) -> bool:
    """Take a request's lease and return whether it is admitted at once; else it waits for its turn.

    Raises:
        Refused: its key asks too often or for a forbidden model, the queue is full, the machine will not be there.
    """
    limit = gateway_limits.for_key(connection, lease.key)
    if not limit.permits(model):
        raise Refused("forbidden", f"the model {model[:128]!r} is not permitted for this key", 403)
    known = persisted.read(gateway_states.of(connection, machine.name), machine, now_ms)
    chance = persisted.prospect(known, machine, now_ms)
    if chance.verdict == outlook.REFUSE:
        raise Refused("not_awake", chance.reason, 504, chance.retry_seconds)
    count = gateway_leases.count(connection, machine.name, now_ms)
    can_go = (
        known.memory.state in SERVING
        and count.running < machine.parallel
        and _has_room(connection, limit, lease.key, now_ms)
    )
    is_full = _is_full(connection, machine, lease.key, count.waiting, now_ms)
    if not can_go and is_full:
        raise _full(machine, count.waiting)
    _keep_pace(connection, limit, lease.key, now_ms)
    is_first = can_go and not count.waiting
    if not gateway_leases.take(connection, replace(lease, admitted_ms=now_ms) if is_first else lease):
        raise Refused("not_awake", f"the machine {machine.name} was removed", 504)
    if is_first or not can_go:
        return is_first
    # Those who wait may all wait for their own key's bound: then nobody else waits behind them.
    admitted = lease.id in admit_waiting(connection, machine, now_ms)
    if not admitted and is_full:
        raise _full(machine, count.waiting)
    return admitted


def _is_full(connection: sqlite3.Connection, machine: Machine, key: str, waiting: int, now_ms: int) -> bool:
    """Tell whether a key's request may not wait: one always may of each key, so that no key takes all the room."""
    if waiting < machine.queue:
        return False
    return not machine.queue or gateway_leases.is_waiting(connection, machine.name, key, now_ms)


def _full(machine: Machine, waiting: int) -> Refused:
    return Refused("full", f"{waiting} requests wait for {machine.name} already", 503, FULL_RETRY_SECONDS)


def admit_waiting(connection: sqlite3.Connection, machine: Machine, now_ms: int) -> tuple[str, ...]:
    """Let those go whose turn it is and return their leases; nobody goes while the machine does not serve."""
    found = gateway_leases.places(connection, machine.name, now_ms)
    waiting = {key for _, key, admitted in found if not admitted}
    if not waiting or len(found) - sum(not admitted for *_, admitted in found) >= machine.parallel:
        return ()
    state = gateway_states.of(connection, machine.name)
    if state is None or state.state not in SERVING:
        return ()
    elsewhere = gateway_leases.running_elsewhere(connection, machine.name, now_ms)
    bounds = {key: _bound(gateway_limits.for_key(connection, key), elsewhere.get(key, 0)) for key in waiting}
    served = gateway_leases.served(connection, machine.name)
    chosen = queueing.admit([Place(*one) for one in found], machine.parallel, bounds, served)
    gateway_leases.admit(connection, chosen.ids, now_ms)
    gateway_leases.note_served(connection, machine.name, chosen.served)
    return chosen.ids


def admit_everywhere(connection: sqlite3.Connection, now_ms: int) -> tuple[str, ...]:
    """Let those go whose turn it is, at every machine that somebody waits for."""
    admitted: tuple[str, ...] = ()
    for name in gateway_leases.awaited(connection, now_ms):
        row = gateway_machines.by_name(connection, name)
        if row is not None:
            admitted += admit_waiting(connection, settings.made(row), now_ms)
    return admitted


def _has_room(connection: sqlite3.Connection, limit: Limit, key: str, now_ms: int) -> bool:
    return limit.concurrency is None or gateway_leases.running_of(connection, key, now_ms) < limit.concurrency


def _bound(limit: Limit, elsewhere: int) -> int | None:
    return None if limit.concurrency is None else limit.concurrency - elsewhere


def _keep_pace(connection: sqlite3.Connection, limit: Limit, key: str, now_ms: int) -> None:
    """Take one request off the key's allowance: so many at once, then one as each is earned back."""
    if limit.per_minute is None:
        return
    step_ms = _MINUTE_MS / max(1, limit.per_minute)
    due_ms = gateway_leases.pace(connection, key)
    if due_ms > now_ms + step_ms:  # the clock was set back
        due_ms = 0.0
    due_ms = max(due_ms, now_ms - _MINUTE_MS) + step_ms
    if due_ms > now_ms or limit.per_minute < 1:
        retry = max(1, math.ceil((due_ms - now_ms) / 1000))
        raise Refused("limited", f"this key may ask {limit.per_minute} times a minute", 429, retry)
    gateway_leases.set_pace(connection, key, due_ms)
