"""Small estates and the plans of declarations for them."""

from __future__ import annotations

import textwrap
from typing import Any

from wakeful_collector.integrations.proxmox.declare import documents
from wakeful_collector.integrations.proxmox.declare.plan import plan
from wakeful_collector.integrations.proxmox.declare.steps import Options, Plan
from wakeful_collector.model.estate import SEEN, Area, Estate, Guest, Node, Storage

NOW_MS = 1_795_305_600_000
"""2026-11-22 00:00 UTC."""


def guest(vmid: int = 101, kind: str = "qemu", **more: Any) -> Guest:
    """Return a guest that runs on pve1."""
    given = {"node": "pve1", "status": "running", "config_state": SEEN, "name": "web", **more}
    return Guest(cluster="home", vmid=vmid, kind=kind, **given)


def estate(*guests: Guest, **more: Any) -> Estate:
    """Return a cluster of two nodes with some guests."""
    given = {
        "nodes": (Node("home", "pve1", "online"), Node("home", "pve2", "online"), Node("home", "pve3", "offline")),
        "storages": (Storage("home", "ceph", "pve1", shared=True), Storage("home", "local-lvm", "pve1")),
        "areas": (Area("guests", SEEN), Area("pools", SEEN)),
        **more,
    }
    return Estate(cluster="home", guests=guests, **given)


def made(of: Estate, text: str, now_ms: int = NOW_MS, protected: tuple[str, ...] = ()) -> Plan:
    """Return the plan of declarations."""
    reading = documents.read([documents.File("a.yaml", textwrap.dedent(text))], ["home"])
    assert reading.faults == (), [str(one) for one in reading.faults]
    return plan(of, reading.wishes, Options(now_ms, protected))


def document(metadata: str, spec: str, kind: str = "VirtualMachine") -> str:
    """Return one document; metadata and spec as YAML in braces without them."""
    return f"---\napiVersion: wakeful/v1\nkind: {kind}\nmetadata: {{{metadata}}}\nspec: {{{spec}}}\n"


def told(found: Plan) -> list[tuple[str, str, list[str]]]:
    """Return kinds, effects and requests of a plan."""
    return [
        (one.kind, one.effect, [f"{each.method} {each.path.rpartition('/')[2]}" for each in one.requests])
        for one in found.steps
    ]
