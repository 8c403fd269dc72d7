"""The OpenAPI 3.1 document, made from the same records that serve the API."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from wakeful_collector import __version__
from wakeful_collector.web.api_shapes import COMPONENTS, ref

if TYPE_CHECKING:
    from wakeful_collector.web.kit_endpoints import Endpoint
    from wakeful_collector.web.kit_parameters import Parameter

PREFIX = "/api/v1"
_USUAL = (400, 401, 403, 429, 503)
_ABOUT = (
    "Everything that Wakeful's pages show, and everything they can do. Send an API key as `Authorization: Bearer` or"
    " `X-API-Key`; make one by `wakeful-collector key create --name N --scope read`. Fields are only ever added."
)


def document(endpoints: tuple[Endpoint, ...]) -> dict[str, Any]:
    """Return the OpenAPI document of `endpoints`."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(PREFIX + endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Wakeful", "version": __version__, "description": _ABOUT},
        "security": [{"bearer": []}, {"key": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": COMPONENTS,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "wakeful-8800",
                    "description": "The session of a browser; changes need the header X-CSRF-Token too.",
                },
            },
        },
    }


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    parameters = [_parameter(one, "path") for one in endpoint.path_parameters]
    parameters += [_parameter(one, "query") for one in endpoint.parameters]
    answers = {str(endpoint.status): _answer(endpoint)}
    unfit = (413, 415) if endpoint.body is not None else ()
    for status in sorted({*_USUAL, *endpoint.errors, *unfit}):
        answers[str(status)] = {
            "description": HTTPStatus(status).phrase,
            "content": {"application/json": {"schema": ref("Error")}},
        }
    found: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "description": " ".join(filter(None, (endpoint.description, _needs(endpoint.scope)))),
        "tags": [endpoint.tag],
        "parameters": parameters,
        "responses": answers,
        "x-scope": endpoint.scope or "own",
    }
    if endpoint.body is not None:
        required = bool(endpoint.body.get("required"))
        found["requestBody"] = {"required": required, "content": {"application/json": {"schema": endpoint.body}}}
    return found


def _needs(scope: str) -> str:
    return f"Needs the scope `{scope}`." if scope else "Needs the scope of what is run."


def _answer(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "description": HTTPStatus(endpoint.status).phrase,
        "content": {"application/json": {"schema": endpoint.answer}},
    }


def _parameter(parameter: Parameter, place: str) -> dict[str, Any]:
    schema = parameter.kind.schema
    if parameter.repeated:
        least = 1 if parameter.required else 0
        schema = {"type": "array", "items": schema, "minItems": least, "maxItems": parameter.at_most}
    elif parameter.default is not None:
        schema = {**schema, "default": int(parameter.default) if schema["type"] == "integer" else parameter.default}
    found = {
        "name": parameter.name,
        "in": place,
        "required": parameter.required,
        "description": parameter.help,
        "schema": schema,
    }
    return {**found, "style": "form", "explode": True} if parameter.repeated else found
