"""Inventories, events and the audit trail over the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def host(machine: Callable[..., Any], now_ms: int) -> Any:
    found = machine("web-1")
    events = [
        {"id": f"e{n}", "at": now_ms - n * 1000, "kind": "recovery.started", "subject": "<b>x</b>", "data": {"n": n}}
        for n in range(3)
    ]
    body = {"columns": ["pid"], "rows": [[1]]}
    found.push([[now_ms, [1, 2, 3, 4]]], now_ms, events=events, inventories={"processes": {"hash": "h1", "body": body}})
    return found


def test_inventories(program: Callable[..., Any], host: Any) -> None:
    asks, path = program("read"), f"/api/v1/hosts/{host.id}/inventories"
    listed = asks(path).get_json()["inventories"]
    assert [(one["name"], one["hash"], one["at"]) for one in listed] == [("processes", "h1", "2026-11-18T11:06:40Z")]
    assert asks(f"{path}/processes").get_json()["body"] == {"columns": ["pid"], "rows": [[1]]}
    missing = asks(f"{path}/packages")
    assert (missing.status_code, missing.get_json()["error"]) == (404, "unknown_inventory")
    assert asks(f"{path}/..%2fstate.db").status_code == 404


def test_events_page_by_page(program: Callable[..., Any], host: Any) -> None:
    asks, seen, cursor = program("read"), [], ""
    while cursor is not None:
        document = asks(f"/api/v1/hosts/{host.id}/events?limit=2{cursor}").get_json()
        seen += document["events"]
        cursor = None if document["next"] is None else f"&cursor={document['next']}"
    pushed = [event for event in seen if event["kind"] == "recovery.started"]
    assert [event["data"]["n"] for event in pushed] == [0, 1, 2]
    assert all(event["host"] == host.id and event["subject"] == "<b>x</b>" for event in pushed)
    everywhere = asks("/api/v1/events?limit=500").get_json()["events"]
    assert [event["id"] for event in everywhere] == [event["id"] for event in seen]


def test_events_of_a_kind(program: Callable[..., Any], host: Any) -> None:
    asks = program("read")
    some = asks("/api/v1/events?kind=recovery.*&limit=500").get_json()
    assert [event["id"] for event in some["events"]] == ["e0", "e1", "e2"]
    assert some["next"] is None
    enrolled = asks("/api/v1/events?kind=host.enrolled&limit=1").get_json()["events"]
    assert [event["kind"] for event in enrolled] == ["host.enrolled"]
    nothing = asks("/api/v1/events?kind=nothing").get_json()
    assert (nothing["events"], nothing["next"]) == ([], None)


def test_events_are_followed_in_the_order_they_arrive(program: Callable[..., Any], host: Any, now_ms: int) -> None:
    asks = program("read")
    begun = asks("/api/v1/events?limit=1").get_json()
    assert asks(f"/api/v1/events?after={begun['latest']}").get_json() == {
        "events": [],
        "next": None,
        "latest": begun["latest"],
    }
    told = [{"id": name, "at": now_ms - ago, "kind": "late.news", "data": {}} for name, ago in (("a", 5), ("b", 9_000))]
    host.push([], now_ms, events=told)
    first = asks(f"/api/v1/events?after={begun['latest']}&limit=1").get_json()
    assert [event["id"] for event in first["events"]] == ["a"]
    second = asks(f"/api/v1/hosts/{host.id}/events?after={first['latest']}&kind=late.*").get_json()
    assert [event["id"] for event in second["events"]] == ["b"], "a late event is no lost event"
    quiet = asks(f"/api/v1/events?after={begun['latest']}&kind=nothing").get_json()
    assert (quiet["events"], quiet["latest"]) == ([], second["latest"])


def test_a_place_ahead_of_all_events_is_said(program: Callable[..., Any], host: Any) -> None:
    answer = program("read")("/api/v1/events?after=999999999")
    assert (answer.status_code, answer.get_json()["error"]) == (400, "unknown_place")
    both = program("read")("/api/v1/events?after=1&cursor=1-1")
    assert (both.status_code, both.get_json()["error"]) == (400, "invalid_parameter")
    assert program("read")("/api/v1/events?after=" + "9" * 30).status_code == 400


def test_pages_of_a_rare_kind_are_full(program: Callable[..., Any], host: Any, now_ms: int) -> None:
    told = [{"id": f"n{n}", "at": now_ms - 9_000 - n, "kind": "noise", "data": {}} for n in range(300)]
    told += [{"id": f"r{n}", "at": now_ms - 20_000 - n, "kind": "rare", "data": {}} for n in range(5)]
    host.push([], now_ms, events=told)
    for path in ("/api/v1/events", f"/api/v1/hosts/{host.id}/events"):
        first = program("read")(f"{path}?kind=rare&limit=3").get_json()
        assert [event["id"] for event in first["events"]] == ["r0", "r1", "r2"]
        rest = program("read")(f"{path}?kind=rare&limit=3&cursor={first['next']}").get_json()
        assert ([event["id"] for event in rest["events"]], rest["next"]) == (["r3", "r4"], None)


def test_events_of_forgotten_hosts_have_no_host(program: Callable[..., Any], host: Any) -> None:
    asks = program("admin")
    asks(f"/api/v1/hosts/{host.id}", "DELETE")
    assert {event["host"] for event in asks("/api/v1/events").get_json()["events"]} <= {None}


@pytest.mark.parametrize(
    "path", ["/api/v1/events?cursor=x", "/api/v1/audit?cursor=x", "/api/v1/audit?cursor=" + "9" * 30]
)
def test_cursors_that_are_none(program: Callable[..., Any], path: str) -> None:
    answer = program("admin")(path)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_parameter")


def test_the_audit_trail(program: Callable[..., Any], host: Any) -> None:
    asks = program("admin")
    asks(f"/api/v1/hosts/{host.id}", "PATCH", json={"name": "x"})
    asks(f"/api/v1/hosts/{host.id}", "PATCH", json={"tags": ["y"]})
    first = asks("/api/v1/audit?limit=1").get_json()
    assert first["audit"][0]["operation"] == "host.tag"
    assert first["audit"][0]["detail"] == {"tags": ["y"]}
    second = asks(f"/api/v1/audit?limit=1&cursor={first['next']}").get_json()
    assert second["audit"][0]["operation"] == "host.rename"
    ours = asks(f"/api/v1/audit?principal=key:test-admin&subject={host.id}&operation=host.tag").get_json()
    assert [row["id"] for row in ours["audit"]] == [first["audit"][0]["id"]]
    assert ours["next"] is None
    check = asks("/api/v1/audit/check").get_json()
    assert (check["first_broken"], check["head"]) == (None, first["audit"][0]["hash"])
