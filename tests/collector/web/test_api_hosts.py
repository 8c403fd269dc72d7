"""Hosts over the API: list, one, change, tune, live, forget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

HELLO = {
    "version": "0.1.0",
    "name": "web-1",
    "interval": 15,
    "uname": {"sysname": "Linux", "release": "6.1"},
    "capabilities": [{"name": "smart", "available": False, "reason": "no sudo", "fix": "a line", "exposes": "disks"}],
}


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [host["id"] for host in answer.get_json()["hosts"]]


@pytest.fixture
def fleet(machine: Callable[..., Any], now_ms: int) -> dict[str, Any]:
    """Three hosts: up, silent, and one that has never pushed."""
    found = {"up": machine("beta", ["prod", "eu"]), "silent": machine("alpha", ["prod"]), "new": machine("Gamma")}
    found["silent"].push([[now_ms - 200_000, [0.5, 1, 2, 3]]], now_ms - 200_000)
    found["up"].push(
        [[now_ms - 5_000, [0.5, 1, 2, 3]]],
        now_ms - 5_000,
        hello=HELLO,
        meters={"smart": {"outcome": "failed", "error": "<img onerror=x>", "seconds": 0.8}},
    )
    return found


def test_the_list_has_the_promised_fields(program: Callable[..., Any], fleet: dict[str, Any]) -> None:
    document = program("read")("/api/v1/hosts").get_json()
    assert document["next"] is None
    by_id = {host["id"]: host for host in document["hosts"]}
    up = by_id[fleet["up"].id]
    assert up["last_seen"] == "2026-11-18T11:06:35Z"
    assert up["enrolled"] == "2026-11-18T11:06:40Z"
    assert {
        key: up[key] for key in ("name", "status", "tags", "version", "interval", "twin_of", "twins", "live_until")
    } == {
        "name": "web-1",
        "status": "up",
        "tags": ["prod", "eu"],
        "version": "0.1.0",
        "interval": 15.0,
        "twin_of": None,
        "twins": [],
        "live_until": None,
    }
    assert by_id[fleet["silent"].id]["status"] == "silent"
    assert (by_id[fleet["new"].id]["status"], by_id[fleet["new"].id]["last_seen"]) == ("new", None)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["silent", "new", "up"]),
        ("?sort=-name", ["up", "new", "silent"]),
        ("?sort=status", ["silent", "new", "up"]),
        ("?sort=-last_seen", ["up", "silent", "new"]),
        ("?tag=prod", ["silent", "up"]),
        ("?tag=prod&tag=eu", ["up"]),
        ("?status=silent&status=new", ["silent", "new"]),
        ("?search=ALPHA", ["silent"]),
        ("?search=prod", ["silent", "up"]),
        ("?search=%25", []),
    ],
)
def test_filter_and_sort(program: Callable[..., Any], fleet: dict[str, Any], query: str, names: list[str]) -> None:
    assert ids(program("read")(f"/api/v1/hosts{query}")) == [fleet[name].id for name in names]


def test_pages_of_one_make_the_whole(program: Callable[..., Any], fleet: dict[str, Any]) -> None:
    asks, found, cursor = program("read"), [], ""
    for _ in range(3):
        answer = asks(f"/api/v1/hosts?limit=1{cursor}")
        found += ids(answer)
        cursor = f"&cursor={answer.get_json()['next']}"
    assert cursor == "&cursor=None"
    assert found == ids(asks("/api/v1/hosts"))


def test_a_cursor_of_nothing_is_said(program: Callable[..., Any], fleet: dict[str, Any]) -> None:
    asks = program("read")
    assert asks("/api/v1/hosts?cursor=a").get_json()["error"] == "invalid_parameter"
    assert asks("/api/v1/hosts?cursor=..").status_code == 400
    assert ids(asks("/api/v1/hosts?cursor=Z29uZQ")) == [], "the host it named is gone: nothing is behind it"


def test_one_host_with_all_that_is_known(program: Callable[..., Any], fleet: dict[str, Any]) -> None:
    asks = program("read")
    found = asks(f"/api/v1/hosts/{fleet['up'].id}").get_json()
    assert found["hello"]["uname"]["release"] == "6.1"
    assert found["capabilities"][0]["reason"] == "no sudo"
    assert (found["meters"][0]["meter"], found["meters"][0]["error"]) == ("smart", "<img onerror=x>")
    assert (found["tuning"], found["reported_name"]) == (None, "web-1")
    assert asks(f"/api/v1/hosts/{fleet['new'].id}").get_json()["capabilities"] == []


@pytest.mark.parametrize("path", ["nobody", "..%2f..%2fetc", "%00", "' OR 1=1", "x" * 64])
def test_hosts_that_are_none(program: Callable[..., Any], path: str) -> None:
    answer = program("read")(f"/api/v1/hosts/{path}")
    assert answer.status_code == 404
    assert answer.get_json()["error"] in {"unknown_host", "not_found"}


def test_change_name_and_tags(program: Callable[..., Any], fleet: dict[str, Any]) -> None:
    asks, path = program("operate"), f"/api/v1/hosts/{fleet['up'].id}"
    document = asks(path, "PATCH", json={"name": "<script>alert(1)</script>", "tags": ["x"]}).get_json()
    assert (document["name"], document["tags"]) == ("<script>alert(1)</script>", ["x"])
    assert asks(path, "PATCH", json={"name": "", "tags": []}).get_json()["name"] == "web-1"
    assert asks(path, "PATCH", json={"name": "a\nb"}).status_code == 400
    assert asks(path, "PATCH", json={}).get_json()["tags"] == []
    assert asks("/api/v1/hosts/nobody", "PATCH", json={}).status_code == 404


def test_tuning(program: Callable[..., Any], fleet: dict[str, Any]) -> None:
    asks, path = program("operate"), f"/api/v1/hosts/{fleet['up'].id}/tuning"
    assert asks(path).get_json() == {"tuning": None}
    assert asks(path, "PUT", json={"interval": 30}).get_json() == {"tuning": {"interval": 30}}
    refused = asks(path, "PUT", json={"meters": {"cpu": {"enabled": "yes"}}})
    assert (refused.status_code, refused.get_json()["error"]) == (400, "invalid_tuning")
    assert asks(path).get_json() == {"tuning": {"interval": 30}}
    assert asks(path, "DELETE").get_json() == {"tuning": None}


def test_live(program: Callable[..., Any], fleet: dict[str, Any]) -> None:
    asks, path = program("read"), f"/api/v1/hosts/{fleet['up'].id}"
    assert asks(f"{path}/live", "POST", json={"seconds": 30}).get_json() == {"live_until": "2026-11-18T11:07:10Z"}
    assert asks(path).get_json()["live_until"] == "2026-11-18T11:07:10Z"
    assert asks(f"{path}/live", "POST", json={"seconds": 0}).status_code == 400


def test_forget(program: Callable[..., Any], fleet: dict[str, Any]) -> None:
    asks, path = program("admin"), f"/api/v1/hosts/{fleet['new'].id}"
    assert asks(path, "DELETE").get_json()["forgotten"] is True
    assert asks(path, "DELETE").status_code == 404
    assert fleet["new"].id not in ids(asks("/api/v1/hosts"))
