"""Invites and keys over the API: shown once, listed without secrets, revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def test_invites(program: Callable[..., Any], frozen: list[int]) -> None:
    asks = program("admin")
    made = asks("/api/v1/invites", "POST", json={"hours": 2, "uses": 2, "tags": ["lab"]})
    assert made.status_code == 201
    document = made.get_json()
    assert document["invite"] in document["line"]
    assert document["line"].startswith("wakeful-agent enroll http://localhost --invite wk_inv_")
    assert (document["expires"], document["uses"], document["tags"]) == ("2026-11-18T13:06:40Z", 2, ["lab"])
    listed = asks("/api/v1/invites")
    assert document["invite"] not in listed.text
    assert [(one["id"], one["state"], one["spent"]) for one in listed.get_json()["invites"]] == [
        (document["id"], "usable", 0)
    ]
    frozen[0] += 3 * 3_600_000
    assert asks("/api/v1/invites").get_json()["invites"][0]["state"] == "expired"
    assert asks(f"/api/v1/invites/{document['id']}", "DELETE").get_json()["revoked"] is True
    assert asks("/api/v1/invites").get_json()["invites"][0]["state"] == "revoked"
    assert asks(f"/api/v1/invites/{document['id']}", "DELETE").status_code == 404


def test_a_spent_invite(program: Callable[..., Any], machine: Callable[..., Any]) -> None:
    machine("web-1")
    assert [one["state"] for one in program("admin")("/api/v1/invites").get_json()["invites"]] == ["spent"]


def test_keys(program: Callable[..., Any], app: Any, frozen: list[int]) -> None:
    asks = program("admin")
    made = asks("/api/v1/keys", "POST", json={"name": "grafana", "scopes": ["read"], "days": 1})
    assert made.status_code == 201
    document = made.get_json()
    assert (document["scopes"], document["expires"]) == (["read"], "2026-11-19T11:06:40Z")
    client = app.test_client()
    assert client.get("/api/v1/hosts", headers={"X-API-Key": document["key"]}).status_code == 200
    listed = asks("/api/v1/keys")
    assert document["key"] not in listed.text
    mine = next(one for one in listed.get_json()["keys"] if one["id"] == document["id"])
    assert (mine["last_used"], mine["last_used_from"]) == ("2026-11-18T11:06:40Z", "127.0.0.1")
    assert (mine["state"], mine["created_by"]) == ("usable", "key:test-admin")
    frozen[0] += 2 * 86_400_000
    assert client.get("/api/v1/hosts", headers={"X-API-Key": document["key"]}).status_code == 401
    states = {one["id"]: one["state"] for one in asks("/api/v1/keys").get_json()["keys"]}
    assert states[document["id"]] == "expired"
    assert asks(f"/api/v1/keys/{document['id']}", "DELETE").get_json()["revoked"] is True
    states = {one["id"]: one["state"] for one in asks("/api/v1/keys").get_json()["keys"]}
    assert states[document["id"]] == "revoked"
    assert asks("/api/v1/keys/none", "DELETE").status_code == 404


def test_a_key_can_ask_what_it_may_do(program: Callable[..., Any], app: Any) -> None:
    answer = program("operate")("/api/v1/me")
    assert answer.get_json() == {"name": "key:test-operate", "scopes": ["read", "operate", "gateway"], "face": "api"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert program("gateway")("/api/v1/me").status_code == 403
    assert app.test_client().get("/api/v1/me").status_code == 401
