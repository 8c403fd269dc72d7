"""The API against its own document: schemathesis asks whatever OpenAPI permits, and what it does not."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi import checks as openapi_checks

from wakeful_collector import clock
from wakeful_collector.accounts import keys
from wakeful_collector.app import create_app
from wakeful_collector.config import Settings
from wakeful_collector.enrolment import enroll, new_invite
from wakeful_collector.store import database
from wakeful_collector.store.changes import changing
from wakeful_collector.store.invites import add_invite
from wakeful_collector.web import openapi
from wakeful_collector.web.api import ENDPOINTS
from wakeful_wire.enroll import EnrollRequest

if TYPE_CHECKING:
    from flask import Flask

    from wakeful_collector.web.kit_endpoints import Endpoint

CHECKS = [
    schemathesis.checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.negative_data_rejection,
]
_made: dict[str, str] = {}


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """An application of its own with a host and an all-powerful key: what is asked here changes things."""
    data = tmp_path_factory.mktemp("api") / "data"
    database.create(data)
    now_ms = clock.now_ms()
    secret, digest = new_invite()
    with changing(data) as connection:
        add_invite(connection, digest, now_ms + 60_000, 1, ["lab"], "local:test", now_ms)
        _made["key"] = keys.create(connection, "fuzz", ("admin",), "local:test", now_ms, None).secret
    public_key = base64.b64encode(bytes(32)).decode()
    _made["host"] = enroll(data, EnrollRequest(secret, "web", "m", "0.1.0", public_key), "192.0.2.7", now_ms).agent_id
    return create_app(Settings(data=data))


@pytest.fixture(scope="module")
def api_schema(application: Flask) -> Any:
    """The document as it is served."""
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)


def asked(api_schema: Any, endpoint: Endpoint, mode: schemathesis.GenerationMode) -> None:
    """Ask one endpoint whatever `mode` permits, of a host that is there and of others; each answer is checked."""
    headers = {"X-API-Key": _made["key"], "Accept-Encoding": "identity"}
    operation = api_schema[openapi.PREFIX + endpoint.path][endpoint.method]

    @settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        answer = case.call(headers=headers)
        case.validate_response(answer, checks=CHECKS)
        if "host_id" in case.path_parameters and endpoint.name != "forgetHost" and answer.status_code == 404:
            case.path_parameters["host_id"] = _made["host"]
            case.validate_response(case.call(headers=headers), checks=CHECKS)

    ask()


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_what_the_document_permits_is_answered_as_it_says(api_schema: Any, endpoint: Endpoint) -> None:
    asked(api_schema, endpoint, schemathesis.GenerationMode.POSITIVE)


@pytest.mark.parametrize(
    "endpoint", [one for one in ENDPOINTS if one.parameters or one.body], ids=lambda endpoint: endpoint.name
)
def test_what_the_document_forbids_is_refused(api_schema: Any, endpoint: Endpoint) -> None:
    asked(api_schema, endpoint, schemathesis.GenerationMode.NEGATIVE)


def test_the_table_of_contents_holds_every_promise() -> None:
    paths = {f"{one.method} {one.path}" for one in ENDPOINTS}
    assert paths >= {
        "GET /hosts",
        "GET /hosts/{host_id}",
        "GET /hosts/{host_id}/series",
        "GET /hosts/{host_id}/inventories",
        "GET /hosts/{host_id}/inventories/{inventory_name}",
        "GET /hosts/{host_id}/events",
        "POST /hosts/{host_id}/live",
        "GET /events",
        "GET /audit",
        "GET /status",
    }
