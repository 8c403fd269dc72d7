"""Waking a machine that sleeps: who can send it the packet, and the packet where the collector sends it itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wakeful_collector.model.wakeable import ACTION
from wakeful_collector.read import waking
from wakeful_collector.wake import sending
from wakeful_collector.wake.relay import Agent, Plan, Relay, Sleeper, choose

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["ACTION", "Agent", "Plan", "Relay", "Sleeper", "choose", "plan"]


def plan(data: Path, host_id: str, given: Mapping[str, Any], now_ms: int) -> Plan:
    """Return how to wake a host: whom to ask for it and with what, or why nobody can. An unknown host has no cards."""
    sleeper = waking.machine(data, host_id)
    if sleeper is None:
        return Plan(reason="there is no such host")
    around = waking.around(data, sleeper, str(given.get("relay") or ""), now_ms)
    agents = [Agent(one.id, one.name, one.cards, one.wakes, one.sightings) for one in around]
    own = [one.address for one in sending.own()]
    return choose(Sleeper(sleeper.id, sleeper.name, sleeper.cards), agents, own, given)
