"""The composition root of the web: puts the faces, the guards and the registry into one Flask application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

from wakeful_collector.integrations.ollama import room as ollama
from wakeful_collector.model.store_errors import StoreBusy, StoreError, StoreFull
from wakeful_collector.operations import core
from wakeful_collector.operations.registry import Registry
from wakeful_collector.web import kit, kit_errors, kit_guard, metrics, pages, signin
from wakeful_collector.web.api import blueprint as api
from wakeful_collector.web.api import docs

if TYPE_CHECKING:
    from wakeful_collector.config import Settings

FULL = "the disk is full: nothing can be changed until there is room; what is stored can still be read"
BUSY = "the database is busy; try again"
BROKEN = "the store cannot be read or written; the collector's log and `wakeful-collector doctor` say why"

INTEGRATIONS = (ollama.ROOM,)
"""The rooms, in the order in which their doors and pages are asked."""

REGISTRY = Registry((*core.CORE, *(one for room in INTEGRATIONS for one in room.operations)))
"""Every operation of this collector: the core's, then those of the rooms."""


def create_app(settings: Settings) -> Flask:
    """Return the application for these settings; the databases must exist (`store.database.create`)."""
    app = Flask("wakeful_collector.web")
    app.jinja_env.autoescape = True
    app.json.ensure_ascii = True  # type: ignore[attr-defined]  # the default provider has it
    places = tuple(place for room in INTEGRATIONS for place in room.navigation)
    offers = {offer.operation: offer for room in INTEGRATIONS for offer in room.offers}
    kit.install(app, kit.State(settings, REGISTRY, navigation=places, offers=offers))
    kit_guard.register(app)
    kit_errors.register(app)
    kit.translate(app, StoreFull, 503, "disk_full", FULL)
    kit.translate(app, StoreBusy, 503, "busy", BUSY)
    kit.translate(app, StoreError, 503, "store", BROKEN)
    for blueprint in (signin.blueprint, api, docs, metrics.blueprint, pages.blueprint):
        app.register_blueprint(blueprint)
    for room in INTEGRATIONS:
        for blueprint in room.blueprints:
            app.register_blueprint(blueprint)
    return app
