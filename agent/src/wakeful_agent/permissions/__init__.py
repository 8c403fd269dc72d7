"""Probes for rights that are not one meter's own, each with a reason and the line that would grant it."""

from __future__ import annotations

from wakeful_agent.meter import Probe
from wakeful_agent.permissions.rights import all_processes, conntrack, energy, port_owners
from wakeful_agent.permissions.sandbox import sudo

PROBES: tuple[Probe, ...] = (
    Probe("all_processes", all_processes),
    Probe("port_owners", port_owners),
    Probe("energy", energy),
    Probe("conntrack", conntrack),
    Probe("sudo", sudo),
)
