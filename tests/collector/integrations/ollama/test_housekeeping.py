"""The jobs that clear up after the gateway do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.ollama import claims, housekeeping
from wakeful_collector.rooms import INTEGRATIONS
from wakeful_collector.store import database, gateway_leases

from . import machines

if TYPE_CHECKING:
    from wakeful_collector.config import Settings


def test_the_worker_clears_up(settings: Settings, now_ms: int) -> None:
    machines.add(settings.data)
    claims.claim(settings.data, "box", "person", "user:ada", "", 1, now_ms)
    before = (settings.data / "gateway.db").stat().st_size
    for job in housekeeping.JOBS:
        job.run(settings.data, settings, now_ms + 5_000)
    assert gateway_leases.one(database.reader(settings.data, "gateway"), "x") is None
    assert gateway_leases.living(database.reader(settings.data, "gateway"), None, now_ms) == []
    assert (settings.data / "gateway.db").stat().st_size >= before
    names = [job.name for room in INTEGRATIONS for job in room.jobs]
    assert {"gateway_log", "gateway_upkeep"} <= set(names)
