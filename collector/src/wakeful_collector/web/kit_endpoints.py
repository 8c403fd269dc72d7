"""Endpoints of the API: one record says route, rights, parameters and shapes; check and document come from it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from flask import Response, request

from wakeful_collector.operations import arguments
from wakeful_collector.web import kit_parameters
from wakeful_collector.web.kit_auth import require
from wakeful_collector.web.kit_errors import abort
from wakeful_collector.web.kit_state import now_ms

if TYPE_CHECKING:
    from flask import Blueprint
    from werkzeug.wrappers import Response as Answer

    from wakeful_collector.accounts import Principal
    from wakeful_collector.web.kit_parameters import Parameter


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an endpoint, checked: path and query values by name, and the body."""

    values: dict[str, Any]
    body: Any
    principal: Principal
    now_ms: int

    def __getitem__(self, name: str) -> Any:
        """Return the value of the parameter `name`."""
        return self.values[name]


Handler = Callable[[Call], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One route of the API, `path` as OpenAPI writes it; `errors` are the statuses it has beside the usual ones.

    An empty `scope`: whoever has a key or a session may ask, and what is run asks for its own scope. `secret` answers
    are kept by no cache; the others carry an ETag and are asked for again.
    """

    method: str
    path: str
    name: str
    summary: str
    handler: Handler
    answer: dict[str, Any]
    tag: str
    scope: str = "read"
    parameters: tuple[Parameter, ...] = ()
    body: dict[str, Any] | None = None
    status: int = 200
    errors: tuple[int, ...] = ()
    description: str = ""
    secret: bool = False
    path_parameters: tuple[Parameter, ...] = field(default=())


def register(blueprint: Blueprint, endpoints: tuple[Endpoint, ...]) -> None:
    """Serve `endpoints` under the blueprint's prefix."""
    for endpoint in endpoints:
        rule = endpoint.path.replace("{", "<").replace("}", ">")
        view = _view(endpoint)
        blueprint.add_url_rule(
            rule, f"{endpoint.name}", view, methods=[endpoint.method], provide_automatic_options=False
        )


def _view(endpoint: Endpoint) -> Callable[..., Answer]:
    def view(**path: str) -> Answer:
        asking = require(endpoint.scope)
        values = _parameters(endpoint, path)
        body = None if endpoint.body is None else _body(endpoint.body)
        document = endpoint.handler(Call(values, body, asking, now_ms()))
        return _answer(endpoint, document)

    return view


def _parameters(endpoint: Endpoint, path: dict[str, str]) -> dict[str, Any]:
    try:
        values = kit_parameters.read(endpoint.path_parameters, {name: [text] for name, text in path.items()}, now_ms())
        return values | kit_parameters.read(endpoint.parameters, dict(request.args.lists()), now_ms())
    except kit_parameters.Misfit as error:
        abort(400, "invalid_parameter", f"{error}: {error.hint}")


def _body(schema: dict[str, Any]) -> Any:
    raw = request.get_data(cache=False)
    if not raw and not schema.get("required"):
        return {}
    if request.mimetype != "application/json":
        abort(415, "unsupported_media_type", "the body must be JSON: send Content-Type: application/json")
    try:
        body = msgspec.json.decode(raw)
        arguments.check(body, schema)
    except arguments.Unfit as error:
        abort(400, "invalid", str(error))
    except (ValueError, RecursionError):
        abort(400, "not_json", "the body is not valid JSON in UTF-8")
    return body


def _answer(endpoint: Endpoint, document: dict[str, Any]) -> Answer:
    answer = Response(msgspec.json.encode(document) + b"\n", endpoint.status, content_type="application/json")
    if endpoint.secret or endpoint.method != "GET":
        answer.headers["Cache-Control"] = "no-store"
        return answer
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.vary.update(("Authorization", "Cookie", "X-API-Key"))
    answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:32], weak=True)
    return answer.make_conditional(request)
