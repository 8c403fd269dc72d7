"""The older management routes as their clients ask them: a key in X-API-Key, exactly their keys, and their methods."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.accounts import keys
from wakeful_collector.app import create_app
from wakeful_collector.integrations.ollama import compat
from wakeful_collector.read import gateway_leases
from wakeful_collector.store.changes import changing

from ....fakes.ollama import ollama
from .asking import GPU, MODELS, Asker, asked, seen, stand

if TYPE_CHECKING:
    from flask import Flask

    from wakeful_collector.config import Settings

STATE_KEYS = ["logical_on", "phisical_on", "peticions_ollama", "permanent_on", "message", "datetime"]
API_KEY = "test_api_key_12345"


@pytest.fixture
def app(settings: Settings, now_ms: int, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr("wakeful_collector.clock.now_ms", lambda: now_ms)
    with changing(settings.data) as connection:
        keys.adopt(connection, (API_KEY, "another_key_67890"), ("gateway",), "local:environment", now_ms)
    Asker(settings, now_ms)("gateway.machine.add", **GPU, ssh_password="hush", broadcast="192.0.2.255")
    return create_app(settings)


@pytest.fixture
def client(app: Flask) -> Any:
    """A client with its key."""
    made = app.test_client()
    made.environ_base["HTTP_X_API_KEY"] = API_KEY
    return made


@pytest.fixture
def owner(settings: Settings, now_ms: int) -> Asker:
    return Asker(settings, now_ms)


def test_the_root_is_for_everybody_and_the_rest_for_keys(app: Flask) -> None:
    nobody = app.test_client()
    for path in ("/gateway", "/gateway/"):
        answer = nobody.get(path)
        assert answer.status_code == 200
        assert answer.get_json()["status"] == "running"
        assert set(answer.get_json()) == {"api", "version", "status"}
    for path in ("debug", "test", "status", "lista_modelos"):
        assert nobody.get(f"/gateway/{path}").status_code == 401
        wrong = nobody.get(f"/gateway/{path}", headers={"X-API-Key": "invalid_key"})
        assert (wrong.status_code, isinstance(wrong.get_json()["detail"], str)) == (401, True)
    for path in ("init", "arrancar", "apagar", "permanent_on_enable", "permanent_on_disable", "shutdown"):
        assert nobody.post(f"/gateway/{path}").status_code == 401
    assert nobody.get("/gateway/status", headers={"X-API-Key": "another_key_67890"}).status_code == 200


def test_the_state_document(client: Any, settings: Settings, now_ms: int) -> None:
    found = client.get("/gateway/status")
    assert found.headers["Cache-Control"] == "no-store"
    assert list(found.get_json()) == STATE_KEYS
    assert found.get_json()["logical_on"] is found.get_json()["phisical_on"] is False
    stand(settings.data, "gpu", "awake", now_ms)
    found = client.get("/gateway/status").get_json()
    assert found["logical_on"] is found["phisical_on"] is True
    datetime.fromisoformat(found["datetime"].replace("Z", "+00:00"))


def test_whether_it_is_on(client: Any, settings: Settings, now_ms: int) -> None:
    assert client.get("/gateway/test").get_json() == {
        "equipo_online": False,
        "ollama_online": False,
        "mensaje": "The machine is asleep",
    }
    stand(settings.data, "gpu", "stopping", now_ms)
    assert client.get("/gateway/test").get_json()["equipo_online"] is True


def test_the_models_it_had(client: Any, settings: Settings, now_ms: int) -> None:
    assert client.get("/gateway/lista_modelos").get_json()["success"] is False
    seen(settings.data, "gpu", "/api/tags", {"models": MODELS}, now_ms)
    found = client.get("/gateway/lista_modelos").get_json()
    assert found["success"] is True
    assert found["models"][0] == {
        "name": "llama3:latest",
        "size": 4_700_000_000,
        "modified_at": "2026-01-02T03:04:05Z",
    }


def test_the_models_it_has_while_it_is_awake(client: Any, settings: Settings, owner: Asker, now_ms: int) -> None:
    with ollama() as server:
        owner("gateway.machine.change", name="gpu", url=server.url, ssh_password="", upstream_key="of-the-upstream")
        stand(settings.data, "gpu", "awake", now_ms)
        assert "gem:latest" in [one["name"] for one in client.get("/gateway/lista_modelos").get_json()["models"]]
        assert server.seen("/api/tags")[-1].header("authorization") == "Bearer of-the-upstream"
        with compat._looking:  # somebody looks already, and may have to wait
            before = len(server.seen("/api/tags"))
            assert "gem:latest" in client.get("/gateway/lista_modelos").text
            assert len(server.seen("/api/tags")) == before
    assert "gem:latest" in client.get("/gateway/lista_modelos").text  # it is gone, and nobody has seen that yet


def test_what_is_set_without_any_secret(client: Any) -> None:
    answer = client.get("/gateway/debug")
    assert "hush" not in answer.text
    found = answer.get_json()
    assert found["config"] == {
        "EQUIPO_IA": "192.0.2.20",
        "IA_MAC": "00:11:22:33:44:55",
        "OLLAMA_PORT": "11434",
        "SSH_PORT": 22,
        "SSH_USER": "ia",
        "SSH_PASS_SET": True,
        "SSH_SUDO_PASS_SET": False,
        "WOL_BROADCAST": "192.0.2.255",
        "WOL_PORT": 9,
    }
    assert set(found) == {"os_name", "platform", "python_version", "config", "ping_test"}
    assert found["ping_test"]["returncode"] == 1


def test_a_whole_life(client: Any, settings: Settings, now_ms: int) -> None:
    assert client.post("/gateway/init").get_json()["status"]["peticions_ollama"] == 0
    for number in (1, 2):
        answer = client.post("/gateway/arrancar").get_json()
        assert answer["success"] is True
        assert f"Peticions Ollama: {number}" in answer["mensaje"]
    stand(settings.data, "gpu", "awake", now_ms)
    client.post("/gateway/apagar")
    assert client.get("/gateway/status").get_json()["peticions_ollama"] == 1
    client.post("/gateway/apagar")
    (name, by) = asked(settings.data, "gpu") or ("", "")
    assert (name, by.startswith("key:env-")) == ("sleep", True)


def test_it_is_kept_awake_and_no_longer(client: Any) -> None:
    assert client.post("/gateway/permanent_on_enable").get_json()["success"] is True
    assert client.get("/gateway/status").get_json()["permanent_on"] is True
    assert client.post("/gateway/permanent_on_disable").get_json()["success"] is True
    assert client.get("/gateway/status").get_json()["permanent_on"] is False


def test_twenty_at_once_are_twenty(app: Flask, settings: Settings, now_ms: int) -> None:
    gate, answers = threading.Barrier(20), []

    def start() -> None:
        mine = app.test_client()
        gate.wait(10)
        answers.append(mine.post("/gateway/arrancar", headers={"X-API-Key": API_KEY}).status_code)

    threads = [threading.Thread(target=start) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert answers == [200] * 20
    assert len(gateway_leases.leases(settings.data, now_ms)) == 20
    found = app.test_client().get("/gateway/status", headers={"X-API-Key": API_KEY}).get_json()
    assert found["peticions_ollama"] == 20


def test_what_is_not_there_is_said_in_their_words(client: Any) -> None:
    for path, method in (("nothing", "get"), ("nothing/more", "post"), ("status/x", "get")):
        answer = getattr(client, method)(f"/gateway/{path}")
        assert (answer.status_code, answer.get_json()) == (404, {"detail": "Not Found"})
    for path, method, allow in (("arrancar", "get", "POST"), ("status", "post", "GET"), ("init", "delete", "POST")):
        answer = getattr(client, method)(f"/gateway/{path}")
        assert (answer.status_code, answer.get_json()) == (405, {"detail": "Method Not Allowed"})
        assert answer.headers["Allow"] == allow


def test_refusals_say_why_under_their_key(client: Any, owner: Asker) -> None:
    owner("gateway.machine.change", name="gpu", wake="never")
    answer = client.post("/gateway/arrancar")
    assert (answer.status_code, answer.get_json()["error"]) == (503, "not_wakeable")
    assert "nothing says how gpu is woken" in answer.get_json()["detail"]
    owner("gateway.machine.remove", name="gpu")
    assert client.get("/gateway/status").status_code == 404
    assert client.post("/gateway/arrancar").get_json()["error"] == "no_default"


def test_what_is_refused_before_it_is_told_as_to_programs(client: Any) -> None:
    answer = client.post("/gateway/arrancar", data=b"x" * 2_000_000)
    assert (answer.status_code, answer.get_json()["error"]) == (413, "too_large")


def test_a_key_that_may_only_look_is_refused(app: Flask, settings: Settings, now_ms: int) -> None:
    with changing(settings.data) as connection:
        reader = keys.create(connection, "r", ("read",), "local:test", now_ms, None).secret
    answer = app.test_client().post("/gateway/arrancar", headers={"X-API-Key": reader})
    assert (answer.status_code, answer.get_json()["error"]) == (403, "forbidden")
