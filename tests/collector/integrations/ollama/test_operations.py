"""The gateway's operations in the collector's registry, and over the API with a key of the scope gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.accounts import keys
from wakeful_collector.app import create_app
from wakeful_collector.integrations.ollama import sealed
from wakeful_collector.integrations.ollama import settings as machines
from wakeful_collector.integrations.ollama.operations import OPERATIONS
from wakeful_collector.rooms import REGISTRY
from wakeful_collector.store.changes import changing

from .asking import GPU, Asker

if TYPE_CHECKING:
    from wakeful_collector.config import Settings


def test_all_of_them_stand_in_the_registry() -> None:
    names = {operation.name for operation in OPERATIONS}
    assert {"wake", "sleep", "lease", "release", "status", "models"} <= {name.partition(".")[2] for name in names}
    assert names <= {operation.name for operation in REGISTRY}


def test_every_setting_and_secret_of_a_machine_is_an_argument() -> None:
    for name in ("gateway.machine.add", "gateway.machine.change"):
        operation = REGISTRY.get(name)
        assert {one.name for one in machines.FIELDS} | sealed.NAMES == set(operation.arguments["properties"])
        assert set(operation.secrets) == sealed.NAMES


@pytest.fixture
def client(settings: Settings, now_ms: int) -> Any:
    Asker(settings, now_ms)("gateway.machine.add", **GPU)
    return create_app(settings).test_client()


def header(settings: Settings, scope: str, now_ms: int) -> dict[str, str]:
    with changing(settings.data) as connection:
        made = keys.create(connection, f"k-{scope}", (scope,), "local:test", now_ms, None)
    return {"X-API-Key": made.secret}


def test_a_key_of_the_gateway_leases_and_wakes_but_does_not_look_around(
    settings: Settings, client: Any, now_ms: int
) -> None:
    asked = {"headers": header(settings, "gateway", now_ms)}
    taken = client.post("/api/v1/operations/gateway.lease", json={"machine": "gpu", "seconds": 60}, **asked)
    assert taken.status_code == 200
    lease = taken.get_json()["result"]["lease"]["id"]
    given_back = client.post("/api/v1/operations/gateway.release", json={"lease": lease}, **asked)
    assert given_back.get_json()["result"]["released"] is True
    assert client.post("/api/v1/operations/gateway.wake", json={"machine": "gpu"}, **asked).status_code == 200
    state = client.post("/api/v1/operations/gateway.state", json={"machine": "gpu"}, **asked).get_json()["result"]
    assert (state["name"], state["state"], state["asked"], "leases" in state) == ("gpu", "asleep", "wake", False)
    for forbidden in ("gateway.status", "gateway.machine.remove", "host.forget"):
        arguments = {"name": "gpu"} if "machine" in forbidden else {"host": "x"} if "host" in forbidden else {}
        answer = client.post(f"/api/v1/operations/{forbidden}", json=arguments, **asked)
        assert (answer.status_code, answer.get_json()["error"]) == (403, "forbidden")
    assert client.get("/api/v1/operations", **asked).status_code == 403


def test_status_and_models_are_for_who_may_look(settings: Settings, client: Any, now_ms: int) -> None:
    asked = {"headers": header(settings, "read", now_ms)}
    found = client.post("/api/v1/operations/gateway.status", json={}, **asked).get_json()["result"]["machines"]
    assert [one["name"] for one in found] == ["gpu"]
    found = client.post("/api/v1/operations/gateway.models", json={"machine": "gpu"}, **asked).get_json()["result"]
    assert found["machines"][0]["models"] == []
