"""What the Ollama gateway offers to the collector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integration import Integration
from wakeful_collector.integrations.ollama import (
    adopting,
    compat,
    compat_front,
    front,
    housekeeping,
    incidents,
    keeping,
    operations,
    pages,
)

if TYPE_CHECKING:
    from wakeful_collector.config import Settings
    from wakeful_collector.integration import AddressOf, Application


def _front(settings: Settings, application: Application, address_of: AddressOf) -> Application:
    """Return the gateway's door with the one for older clients before it."""
    return compat_front.create(settings, front.create(settings, application, address_of), address_of)


ROOM = Integration(
    "ollama",
    "Ollama gateway",
    operations=operations.OPERATIONS,
    jobs=(*keeping.JOBS, *adopting.JOBS, *housekeeping.JOBS, *incidents.JOBS),
    blueprints=(*pages.BLUEPRINTS, *compat.BLUEPRINTS),
    front=_front,
    navigation=pages.NAVIGATION,
    offers=pages.OFFERS,
)
