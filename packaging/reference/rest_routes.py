"""The page of the REST API, from the OpenAPI document that the collector serves."""

from __future__ import annotations

from typing import Any

from schema_words import words
from tables import code, page, sentence, table

from wakeful_collector.web import api, openapi


def rest() -> str:
    """Return the page of the routes and of the shapes that they answer."""
    document = openapi.document(api.ENDPOINTS)
    by_tag: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            by_tag.setdefault(one["tags"][0], []).append((method.upper(), path, one))
    routes = []
    for tag, members in by_tag.items():
        routes.append(f"## {tag[:1].upper()}{tag[1:]}")
        routes += [_route(method, path, one) for method, path, one in members]
    shapes = [_shape(name, schema) for name, schema in document["components"]["schemas"].items()]
    rows = [
        (f"[{method} {path}](#{_anchor(method, path)})", one["x-scope"], one["summary"])
        for members in by_tag.values()
        for method, path, one in members
    ]
    return page(
        "Routes of the API",
        "Every route as `/api/v1/openapi.json` has it, which the collector makes of the table that serves the"
        " requests. [API]"
        "(../api.md) says how to get in, and what holds for all of them. The scope `own` is that of the"
        " operation that is run.",
        table(("route", "scope", "does"), rows),
        *routes,
        "## Shapes",
        "What answers are made of.",
        *shapes,
    )


def _route(method: str, path: str, one: dict[str, Any]) -> str:
    parameters = [
        (
            code(given["name"]),
            given["in"],
            "yes" if given["required"] else "",
            words(given["schema"]) + _standard(given),
            sentence(given["description"]),
        )
        for given in one["parameters"]
    ]
    body = one.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    parts = [
        f"### {method} {path}",
        " ".join(filter(None, (sentence(one["summary"]), one["description"]))),
        table(("parameter", "in", "required", "takes", "meaning"), parameters),
        _body(body) if body else "",
        _answers(one["responses"]),
    ]
    return "\n\n".join(part for part in parts if part)


def _standard(given: dict[str, Any]) -> str:
    return f"; {code(given['schema']['default'])} if not given" if "default" in given["schema"] else ""


def _body(schema: dict[str, Any]) -> str:
    properties = schema.get("properties", {})
    if not properties:
        return f"The body: {words(schema)}."
    rows = [
        (
            code(name),
            "yes" if name in schema.get("required", ()) else "",
            words(one),
            sentence(str(one.get("description", ""))),
        )
        for name, one in properties.items()
    ]
    return "The body:\n\n" + table(("field", "required", "takes", "meaning"), rows)


def _answers(responses: dict[str, Any]) -> str:
    good = [(status, answer) for status, answer in responses.items() if status < "400"]
    bad = [status for status in responses if status >= "400"]
    told = "; ".join(f"{status}: {_said(answer)}" for status, answer in good)
    return f"Answers {told}. Errors: {', '.join(bad)}."


def _said(answer: dict[str, Any]) -> str:
    schema = answer.get("content", {}).get("application/json", {}).get("schema")
    return words(schema) if schema else "no body"


def _shape(name: str, schema: dict[str, Any]) -> str:
    rows = [
        (code(key), words(one), sentence(str(one.get("description", ""))))
        for key, one in schema.get("properties", {}).items()
    ]
    return f"### {name}\n\n" + (table(("field", "is", "meaning"), rows) or f"{words(schema)}.")


def _anchor(method: str, path: str) -> str:
    """Return the anchor of a route's heading, as GitHub and the site make it."""
    plain = "".join(letter for letter in f"{method} {path}".lower() if letter.isalnum() or letter in " -_")
    return plain.replace(" ", "-")
