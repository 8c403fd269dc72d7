"""What stands behind the gateway of the sample fleet: a machine that naps, with its past, and one that never comes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from wakeful_collector.demo import napping, ollama, rhythm
from wakeful_collector.demo.keeping import KEEPER, PLUG, SOCKETS, SUSPEND
from wakeful_collector.demo.napping import IDLE_SECONDS, NAPS
from wakeful_collector.integrations.ollama import settings
from wakeful_collector.store import (
    gateway_answers,
    gateway_history,
    gateway_limits,
    gateway_machines,
    gateway_states,
)
from wakeful_collector.store.changes import changing_gateway
from wakeful_collector.store.gateway_answers import Answer
from wakeful_collector.store.gateway_history import Request
from wakeful_collector.store.gateway_limits import Limit
from wakeful_collector.store.gateway_states import Turn

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from wakeful_collector.demo.fleet import Machine
    from wakeful_collector.demo.napping import Session
    from wakeful_collector.demo.story import Story

ATTIC = "attic"
NOWHERE = "http://127.0.0.1:9"
"""Nobody listens there: the machine that never answers, and the one that naps until it is told where it stands."""

WATTS = 310
_ASKERS = (("key:editor", "qwen3:8b"), ("user:mira", "llama3.2:3b"), ("key:home-assistant", "llama3.2:3b"))


def napper(story: Story) -> Machine | None:
    """Return the machine that naps, None in a fleet that is too small to have one or somebody who wakes it."""
    machines = story.machines()
    found = next((one for one in machines if one.fate == NAPS), None)
    return found if len(machines) > KEEPER else None


def tell(data: Path, story: Story) -> None:
    """Put machines behind the gateway of a filled data folder, with what happened to them."""
    one = napper(story)
    if one is None:
        return
    end_ms = story.end_ms
    start_ms = end_ms - story.days * 86_400_000
    past = napping.sessions(start_ms / 1000, end_ms / 1000, one.salt)
    keeper = story.machines()[KEEPER]
    with changing_gateway(data) as connection:
        for made in (_napper(one), _attic(keeper)):
            gateway_machines.keep(connection, settings.row(made, "", start_ms, start_ms))
        _remember(connection, one, past, start_ms, end_ms)
        _forget_attic(connection, end_ms)
        gateway_limits.keep(connection, Limit("*", 4, 60))
        gateway_limits.keep(connection, Limit("key:home-assistant", 1, 20, ("llama3.2*",)))


def settle(data: Path, story: Story, url: str) -> None:
    """Say where the machine that naps stands this time."""
    one = napper(story)
    known = None if one is None else settings.machine(data, one.name)
    if known is not None:
        with changing_gateway(data) as connection:
            gateway_machines.keep(connection, settings.row(replace(known, url=url), "", story.end_ms, story.end_ms))


def _napper(machine: Machine) -> settings.Machine:
    return settings.check(
        {
            "name": machine.name, "url": NOWHERE, "host": machine.id, "default": True, "wake": "packet",
            "sleep": "action", "sleep_action": SUSPEND, "idle_seconds": round(IDLE_SECONDS), "boot_seconds": 180,
            "check_gpu": False, "check_logins": False, "watts": WATTS,
        }
    )  # fmt: skip


def _attic(keeper: Machine) -> settings.Machine:
    return settings.check(
        {
            "name": ATTIC, "url": NOWHERE, "wake": "action", "wake_host": keeper.id, "wake_action": PLUG,
            "wake_arguments": {"socket": SOCKETS[0]}, "sleep": "never", "boot_seconds": 20, "watts": 140,
        }
    )  # fmt: skip


def _remember(
    connection: sqlite3.Connection, machine: Machine, past: list[Session], start_ms: int, end_ms: int
) -> None:
    """Write what the machine that naps went through: its turns, what was asked of it, the counters of both."""
    name = machine.name
    for session in past:
        _live(connection, machine, session)
    awake = sum(one.gone - one.up for one in past)
    called = sum(one.up - one.called for one in past)
    whole = (end_ms - start_ms) / 1000
    counted = {"awake_seconds": awake, "asleep_seconds": whole - awake - called, "wake_seconds": called}
    for counter, value in {**counted, "seen_seconds": whole, "sleeps": float(len(past))}.items():
        gateway_history.count(connection, name, counter, value=value)
    gateway_history.count(connection, name, "wakes", {"by": "request"}, float(len(past)))
    gone_ms = round(past[-1].gone * 1000)
    memory = {"used_ms": gone_ms - round(IDLE_SECONDS * 1000), "probed_ms": gone_ms}
    gateway_states.keep(connection, name, "asleep", gone_ms, f"nobody used it for {IDLE_SECONDS:.0f} s", memory)
    for path, document in (("/api/tags", ollama.tags()), ("/api/ps", {"models": []})):
        body = json.dumps(document).encode()
        gateway_answers.keep(connection, Answer(name, path, 200, "application/json", body, gone_ms - 30_000))


def _live(connection: sqlite3.Connection, machine: Machine, session: Session) -> None:
    idle = session.gone - 22.0
    took = session.up - session.called
    unused = f"nobody used it for {IDLE_SECONDS:.0f} s"
    turns = (
        (session.called, "asleep", "waking", "a request waits for it", "request"),
        (session.up, "waking", "awake", f"it answered after {took:.0f} s", "request"),
        (idle, "awake", "draining", unused, "idle"),
        (idle + 5.0, "draining", "stopping", unused, "idle"),
        (session.gone, "stopping", "asleep", unused, "idle"),
    )
    for at, was, state, reason, by in turns:
        gateway_states.add_turn(connection, Turn(machine.name, round(at * 1000), was, state, reason, by))
    at, number = session.called, 0
    while at < idle - IDLE_SECONDS:
        gap, size, asker, luck = rhythm.chance(np.arange(4) + round(at) * 4, machine.salt)
        gateway_history.add(connection, _request(machine.name, session, at, (size, asker, luck)))
        at = max(at, session.up) + 40.0 + 900.0 * gap**2
        number += 1


def _request(name: str, session: Session, at: float, chances: tuple[float, float, float]) -> Request:
    size, asker, luck = chances
    key, model = _ASKERS[int(asker * len(_ASKERS))]
    path = "/v1/chat/completions" if key == "key:editor" else "/api/chat"
    waited_ms = round(max(0.0, session.up - at) * 1000)
    made = Request(round(at * 1000), name, key, "POST", path, model, 200, "ok", waited_ms, bytes_in=900)
    if luck > 0.985:
        return replace(made, model="llama4", status=404, outcome="refused", first_byte_ms=4, took_ms=waited_ms + 5)
    tokens = 20 + round(700 * size)
    first_ms = 140 + round(260 * size) + (4_200 if waited_ms else 0)
    took_ms = waited_ms + first_ms + round(tokens * 1000 / (62 if model.startswith("llama") else 41))
    outcome = "cancelled" if luck > 0.95 else "ok"
    return replace(
        made,
        outcome=outcome,
        first_byte_ms=first_ms,
        took_ms=took_ms,
        bytes_out=tokens * 130,
        prompt_tokens=180 + round(900 * asker),
        completion_tokens=tokens,
    )


def _forget_attic(connection: sqlite3.Connection, end_ms: int) -> None:
    """Let the machine in the attic not have come when it was called."""
    called_ms = end_ms - 130 * 60_000
    gave_up_ms = called_ms + 20_000
    reason = "no answer within 20 s; it was called once: plug ended with 0 after 0.4 s"
    for at_ms, was, state, why, by in (
        (called_ms, "asleep", "waking", "user:jonas had it woken", "user:jonas"),
        (gave_up_ms, "waking", "unreachable", reason, "user:jonas"),
    ):
        gateway_states.add_turn(connection, Turn(ATTIC, at_ms, was, state, why, by))
    memory = {"woke_ms": called_ms, "probed_ms": gave_up_ms, "tries": 1}
    gateway_states.keep(connection, ATTIC, "unreachable", gave_up_ms, reason, memory)
    gateway_history.count(connection, ATTIC, "wake_failures")
