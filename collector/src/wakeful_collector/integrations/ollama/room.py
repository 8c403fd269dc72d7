"""What the Ollama gateway offers to the collector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wakeful_collector.integration import Faces, Integration
from wakeful_collector.integrations.ollama import adopting, housekeeping, incidents, keeping, operations

if TYPE_CHECKING:
    from wakeful_collector.config import Settings
    from wakeful_collector.integration import AddressOf, Application


def _faces() -> Faces:
    from wakeful_collector.integrations.ollama import compat, pages

    return Faces((*pages.BLUEPRINTS, *compat.BLUEPRINTS), pages.NAVIGATION, pages.OFFERS)


def _front(settings: Settings, application: Application, address_of: AddressOf) -> Application:
    """Return the gateway's door with the one for older clients before it."""
    from wakeful_collector.integrations.ollama import compat_front, front

    return compat_front.create(settings, front.create(settings, application, address_of), address_of)


ROOM = Integration(
    "ollama",
    "Ollama gateway",
    operations=operations.OPERATIONS,
    jobs=(*keeping.JOBS, *adopting.JOBS, *housekeeping.JOBS, *incidents.JOBS),
    faces=_faces,
    front=_front,
)
