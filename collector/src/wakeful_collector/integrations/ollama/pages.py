"""The pages of the gateway: what the room offers of them. Importing this registers them all on the blueprint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integrations.ollama import pages_machine, pages_machines, pages_requests, pages_settings
from wakeful_collector.integrations.ollama.pages_frame import blueprint
from wakeful_collector.web import kit

if TYPE_CHECKING:
    from flask import Blueprint

__all__ = ["BLUEPRINTS", "NAVIGATION", "OFFERS", "pages_machine", "pages_machines", "pages_requests", "pages_settings"]

BLUEPRINTS: tuple[Blueprint, ...] = (blueprint,)
NAVIGATION = (kit.Place("gateway", "ollama.machines", "Gateway"),)
OFFERS = (
    kit.Offer("gateway.wake", "It is called. The page shows how far it is."),
    kit.Offer("gateway.sleep", "It goes to sleep, if a last look finds nothing against it."),
    kit.Offer("gateway.permanent", "Noted."),
    kit.Offer("gateway.lease", "It stays awake for you until then."),
    kit.Offer("gateway.release", "Released: it sleeps when nobody else needs it."),
    kit.Offer("gateway.trust", "That key is trusted from now on.", elsewhere=True),
    kit.Offer("gateway.machine.remove", "Removed.", elsewhere=True),
)
"""The operations of the gateway that have buttons."""
