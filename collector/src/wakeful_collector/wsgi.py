"""What gunicorn serves: the agents' door, those of the rooms, the pages, with the settings of the environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wakeful_collector import clock, config
from wakeful_collector.app import create_app
from wakeful_collector.ingest.door import Door
from wakeful_collector.rooms import INTEGRATIONS
from wakeful_collector.store import database
from wakeful_collector.web.agent_api import AgentApi
from wakeful_collector.web.kit import client_address

if TYPE_CHECKING:
    from typing import Any

    from wakeful_collector.config import Settings
    from wakeful_collector.integration import Application


def create_application(settings: Settings) -> AgentApi:
    """Return the whole web side of the collector for these settings; the databases are made where they are missing."""
    database.create(settings.data)
    app = create_app(settings)

    def address_of(environ: dict[str, Any]) -> str:
        with app.app_context():
            return client_address(app.request_class(environ))

    application: Application = app
    for room in INTEGRATIONS:
        if room.front is not None:
            application = room.front(settings, application, address_of)
    return AgentApi(Door(settings.data), application, clock.now_ms, address_of)


def __getattr__(name: str) -> AgentApi:
    """Make `application` when it is first asked for, so that importing this module touches no disk."""
    if name != "application":
        raise AttributeError(name)
    application = globals()["application"] = create_application(config.load(os.environ))
    return application
