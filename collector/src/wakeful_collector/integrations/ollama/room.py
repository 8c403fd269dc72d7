"""What the Ollama gateway offers to the collector."""

from __future__ import annotations

from wakeful_collector.integration import Integration
from wakeful_collector.integrations.ollama import compat, front, keeping, operations, pages

ROOM = Integration(
    "ollama",
    "Ollama gateway",
    operations=operations.OPERATIONS,
    jobs=keeping.JOBS,
    blueprints=(*pages.BLUEPRINTS, *compat.BLUEPRINTS),
    front=front.create,
    navigation=pages.NAVIGATION,
    offers=pages.OFFERS,
)
