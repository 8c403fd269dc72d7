"""The composition root of the web: puts the faces, the guards and the registry into one Flask application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask

from wakeful_collector.model.store_errors import StoreBusy, StoreError, StoreFull
from wakeful_collector.rooms import INTEGRATIONS, REGISTRY
from wakeful_collector.web import kit, kit_errors, kit_guard, metrics, pages, releases, signin
from wakeful_collector.web.api import blueprint as api
from wakeful_collector.web.api import docs

if TYPE_CHECKING:
    from wakeful_collector.config import Settings

FULL = "the disk is full: nothing can be changed until there is room; what is stored can still be read"
BUSY = "the database is busy; try again"
BROKEN = "the store cannot be read or written; the collector's log and `wakeful-collector doctor` say why"


def create_app(settings: Settings) -> Flask:
    """Return the application for these settings; the databases must exist (`store.database.create`)."""
    app = Flask("wakeful_collector.web")
    app.jinja_env.autoescape = True
    app.json.ensure_ascii = True  # type: ignore[attr-defined]  # the default provider has it
    faces = [room.faces() for room in INTEGRATIONS]
    places = tuple(place for one in faces for place in one.navigation)
    offers = {offer.operation: offer for one in faces for offer in one.offers}
    kit.install(app, kit.State(settings, REGISTRY, navigation=places, offers=offers))
    kit_guard.register(app)
    kit_errors.register(app)
    kit.translate(app, StoreFull, 503, "disk_full", FULL)
    kit.translate(app, StoreBusy, 503, "busy", BUSY)
    kit.translate(app, StoreError, 503, "store", BROKEN)
    own = (signin.blueprint, api, docs, metrics.blueprint, releases.blueprint, pages.blueprint)
    for blueprint in (*own, *(blueprint for one in faces for blueprint in one.blueprints)):
        app.register_blueprint(blueprint)
    return app
