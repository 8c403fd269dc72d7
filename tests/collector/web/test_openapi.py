"""The OpenAPI document is whole, valid, and what the API does."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from wakeful_collector.web import openapi
from wakeful_collector.web.api import ENDPOINTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask import Flask


def test_the_document_is_served_to_everybody_and_names_every_route(app: Flask) -> None:
    document = app.test_client().get("/api/v1/openapi.json").get_json()
    assert document["openapi"] == "3.1.0"
    served = {
        (method, rule.rule.replace("<", "{").replace(">", "}"))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.rule != "/api/v1/openapi.json"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert served == described
    assert len(described) == len(ENDPOINTS)


def test_every_operation_is_named_once_and_says_its_scope() -> None:
    document = openapi.document(ENDPOINTS)
    operations = [one for methods in document["paths"].values() for one in methods.values()]
    names = [one["operationId"] for one in operations]
    assert len(set(names)) == len(names)
    assert all(one["x-scope"] in {"read", "operate", "admin", "own"} for one in operations)
    assert all("401" in one["responses"] for one in operations)


def test_every_schema_is_one() -> None:
    document = openapi.document(ENDPOINTS)
    text = json.dumps(document).replace("#/components/schemas/", "#/$defs/")
    whole = {"$defs": json.loads(text)["components"]["schemas"]}
    jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **whole})
    for reference in {part.split('"')[0] for part in text.split("#/$defs/")[1:]}:
        assert reference in whole["$defs"]


def test_the_page_explains_it_to_who_is_signed_in(person: Callable[..., Any], app: Flask) -> None:
    assert app.test_client().get("/api/docs").status_code == 303
    text = html.unescape(person("ada", "read").get("/api/docs").text)
    for endpoint in ENDPOINTS:
        assert f"{endpoint.method} /api/v1{endpoint.path}" in text
        assert endpoint.summary in text
    assert not re.search(r"(?:href|src|srcset|action)=\"(?:https?:)?//", text), "examples are no links"
