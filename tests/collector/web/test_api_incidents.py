"""Incidents and marks over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def fall(web: Any, now_ms: int) -> None:
    data = {"incident": "a1", "detail": "exit 1", "console": ["boot"]}
    down = {"id": "1", "at": now_ms, "kind": "watch.down", "subject": "survival", "data": data}
    web.push([[now_ms, [0.5, 1, 2, 3]]], now_ms, events=[down])


def test_incidents(program: Callable[..., Any], machine: Callable[..., Any], now_ms: int) -> None:
    web = machine("web-1")
    fall(web, now_ms)
    asks = program("read")
    listed = asks("/api/v1/incidents").get_json()
    [one] = listed["incidents"]
    assert (one["title"], one["state"], one["host"], one["host_name"]) == (
        "survival on web-1 is down: exit 1",
        "open",
        web.id,
        "web-1",
    )
    assert one["story"] == [{"at": "2026-11-18T11:06:40Z", "kind": "watch.down", "text": "is down: exit 1"}]
    assert (one["console"], one["closed"], one["told"], listed["next"]) == (["boot"], None, None, None)
    assert asks(f"/api/v1/incidents/{one['id']}").get_json() == one
    assert asks("/api/v1/incidents/none").status_code == 404
    assert asks(f"/api/v1/incidents?state=open&host={web.id}").get_json()["incidents"] == [one]
    assert asks("/api/v1/incidents?state=closed").get_json()["incidents"] == []
    assert asks("/api/v1/incidents?cursor=x").status_code == 400
    assert asks("/api/v1/incidents?host=none").status_code == 404


def test_an_incident_is_taken_on(program: Callable[..., Any], machine: Callable[..., Any], now_ms: int) -> None:
    fall(machine("web-1"), now_ms)
    [one] = program("read")("/api/v1/incidents").get_json()["incidents"]
    path = f"/api/v1/incidents/{one['id']}/acknowledge"
    assert program("read")(path, "POST").status_code == 403
    taken = program("operate")(path, "POST").get_json()
    assert (taken["state"], taken["acknowledged_by"]) == ("acknowledged", "key:test-operate")
    assert program("operate")("/api/v1/incidents/none/acknowledge", "POST").status_code == 404


def test_a_host_is_marked(program: Callable[..., Any], machine: Callable[..., Any]) -> None:
    path = f"/api/v1/hosts/{machine('web-1').id}/mark"
    asks = program("operate")
    assert asks(path).get_json()["as"] == "expected"
    body = {"as": "maintenance", "minutes": 60, "reason": "new disk"}
    assert program("read")(path, "PUT", json=body).status_code == 403
    marked = asks(path, "PUT", json=body).get_json()
    assert (marked["as"], marked["until"], marked["by"]) == ("maintenance", "2026-11-18T12:06:40Z", "key:test-operate")
    assert asks(path).get_json() == marked
    assert asks(path, "PUT", json={"as": "expected"}).get_json()["since"] is None
    assert asks(path, "PUT", json={"as": "lost"}).status_code == 400
    assert asks("/api/v1/hosts/none/mark").status_code == 404
