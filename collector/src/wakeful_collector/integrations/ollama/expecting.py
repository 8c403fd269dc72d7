"""Whoever was put to sleep by the gateway is expected to be silent: no incident, nobody is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.ollama.commanding import PRINCIPAL
from wakeful_collector.model.silence import SLEEPING
from wakeful_collector.store import absences, agents
from wakeful_collector.store.absences import Absence
from wakeful_collector.store.changes import changing

if TYPE_CHECKING:
    from pathlib import Path

BACK_SECONDS = 600
"""How long the agent of a machine that is awake again may take to be heard, where nobody noticed that it slept."""


def asleep(data: Path, host_id: str, now_ms: int) -> bool:
    """Let a host be silent until it is heard again; False where somebody said something else of it, or it is gone."""
    with changing(data) as connection:
        rows = agents.rows(connection, host_id)
        if not rows or absences.of(connection, rows[0]["key"], now_ms) is not None:
            return False
        reason = "the gateway put it to sleep"
        absences.keep(connection, Absence(rows[0]["key"], SLEEPING, now_ms, None, False, PRINCIPAL, reason))
        return True


def awake(data: Path, host_id: str, now_ms: int) -> bool:
    """Expect a host again that was woken before its silence was noticed, after some time; else it does so by itself."""
    with changing(data) as connection:
        rows = agents.rows(connection, host_id)
        known = absences.of(connection, rows[0]["key"], now_ms) if rows else None
        if known is None or known.noted_by != PRINCIPAL or known.slept:
            return False
        absences.keep(connection, known._replace(until_ms=now_ms + BACK_SECONDS * 1000))
        return True
