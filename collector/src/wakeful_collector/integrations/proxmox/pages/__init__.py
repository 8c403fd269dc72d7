"""The pages of Proxmox: what the room offers of them. Importing this registers them all on the blueprint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.proxmox.pages import (
    backups,
    clusters,
    deeds,
    guest,
    guests,
    history,
    node,
    overview,
    plan,
    settings,
    storage,
    tasks,
)
from wakeful_collector.integrations.proxmox.pages.frame import blueprint
from wakeful_collector.web import kit

if TYPE_CHECKING:
    from flask import Blueprint

__all__ = [
    "BLUEPRINTS",
    "NAVIGATION",
    "OFFERS",
    "backups",
    "clusters",
    "guest",
    "guests",
    "history",
    "node",
    "overview",
    "settings",
    "storage",
    "tasks",
]

BLUEPRINTS: tuple[Blueprint, ...] = (blueprint,)
NAVIGATION = (kit.Place("proxmox", "proxmox.clusters", "Proxmox"),)
OFFERS = (
    *deeds.offers(),
    plan.offer(),
    kit.Offer("proxmox.apply.stop", "Its task is asked to end, and no other step begins."),
    kit.Offer("proxmox.trust", "That certificate is trusted from now on.", elsewhere=True),
    kit.Offer("proxmox.sync", "It is looked at now."),
    kit.Offer("proxmox.cluster.remove", "Removed.", elsewhere=True),
)
"""The operations of Proxmox that have buttons."""
