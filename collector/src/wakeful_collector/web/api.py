"""The REST API, /api/v1: its table of contents, its OpenAPI document, and the page that explains it."""

from __future__ import annotations

from flask import Blueprint

from wakeful_collector.web import (
    api_channels,
    api_doors,
    api_hosts,
    api_incidents,
    api_operations,
    api_samples,
    api_status,
    api_trail,
    api_troubles,
    api_watches,
    kit,
    openapi,
)
from wakeful_collector.web.kit_endpoints import register

ENDPOINTS = (
    *api_hosts.ENDPOINTS,
    *api_samples.ENDPOINTS,
    *api_trail.ENDPOINTS,
    *api_troubles.ENDPOINTS,
    *api_doors.ENDPOINTS,
    *api_operations.ENDPOINTS,
    *api_watches.ENDPOINTS,
    *api_incidents.ENDPOINTS,
    *api_channels.ENDPOINTS,
    *api_status.ENDPOINTS,
)
blueprint = Blueprint("api", __name__, url_prefix=openapi.PREFIX)
docs = Blueprint("docs", __name__)

register(blueprint, ENDPOINTS)


@blueprint.get("/openapi.json")
def openapi_document() -> kit.Answer:
    """Answer the OpenAPI document; it holds no secret, so everybody may read it."""
    return kit.json_answer(openapi.document(ENDPOINTS), headers={"Cache-Control": "no-cache"})


@kit.page(docs, "/api/docs")
def docs_page() -> kit.Answer:
    """Explain the API, from its OpenAPI document."""
    document = openapi.document(ENDPOINTS)
    tags: dict[str, list[dict[str, object]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tags.setdefault(operation["tags"][0], []).append({"method": method.upper(), "path": path, **operation})
    return kit.render("api-docs.html", document=document, tags=tags, active="api")
