"""Gathering what can be seen of a machine: whether it answers, why it may not sleep, what pollers may be told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector import clock
from wakeful_collector.integrations.ollama import idleness, probing
from wakeful_collector.read import hosts, latest
from wakeful_collector.store import gateway_answers
from wakeful_collector.store.changes import changing_gateway

if TYPE_CHECKING:
    from pathlib import Path

    from wakeful_collector.integrations.ollama.settings import Machine

PROBE_SECONDS = 5.0
ASK_SECONDS = 10.0
_NO_OLLAMA = frozenset({404, 405, 501})


def answers(machine: Machine, key: str) -> bool:
    """Tell whether the service answers."""
    return not probing.is_up(machine.url, key, PROBE_SECONDS, machine.fingerprint)


def reasons(data: Path, machine: Machine, key: str, now_ms: int) -> tuple[str, ...]:
    """Return why the machine may not sleep now; a look that failed is such a reason too."""
    try:
        loaded = _loaded(data, machine, key, now_ms)
    except (probing.Unanswered, ValueError) as error:
        return (f"its loaded models cannot be seen: {error}",)
    return idleness.reasons(machine, loaded, _told(data, machine), now_ms)


def refresh(data: Path, machine: Machine, key: str) -> int:
    """Keep what the service says now to those who poll; return how many answers that were."""
    seen = []
    for path in probing.POLLED:
        try:
            found = probing.get(machine.url, path, key, ASK_SECONDS, machine.fingerprint)
        except probing.Unanswered:
            break  # the next probe tells whether it is gone
        if found.status == 200:
            seen.append(found)
    return _keep(data, machine, seen) if seen else 0


def _keep(data: Path, machine: Machine, seen: list[probing.Seen]) -> int:
    now_ms = clock.now_ms()
    with changing_gateway(data) as connection:
        return sum(
            gateway_answers.keep(
                connection,
                gateway_answers.Answer(machine.name, one.path, one.status, one.content_type, one.body, now_ms),
            )
            for one in seen
        )


def _loaded(data: Path, machine: Machine, key: str, now_ms: int) -> tuple[probing.Loaded, ...]:
    seen = probing.get(machine.url, probing.RUNNING, key, ASK_SECONDS, machine.fingerprint)
    if seen.status in _NO_OLLAMA:
        return ()
    if seen.status != 200:
        raise ValueError(f"{probing.RUNNING} answers {seen.status}")
    found = probing.loaded(seen.body, now_ms)
    _keep(data, machine, [seen])
    return found


def _told(data: Path, machine: Machine) -> idleness.Told | None:
    if not machine.host:
        return None
    host = hosts.host(data, machine.host)
    if host is None:
        return idleness.Told(None)
    return idleness.Told(host.last_seen_ms, latest.latest(data, host.key))
