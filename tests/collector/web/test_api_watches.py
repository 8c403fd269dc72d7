"""Watches and servers over the API; links are whole for those who may operate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

LINK = "https://sshx.io/s/AbCdEf0123#KeyKeyKey12345"
WATCHES = [
    {
        "name": "survival",
        "kind": "pterodactyl",
        "state": "down",
        "phase": "backing_off",
        "since_ms": 1_795_000_000_000,
        "attempts": 2,
        "of": 5,
        "next_ms": 1_795_000_010_000,
        "until_ms": None,
        "flapping": True,
        "incident": "i1",
        "detail": "offline",
        "paused": False,
        "dry_run": False,
        "data": {"exit_code": 137},
    }
]
SERVERS = [
    {
        "watch": "survival",
        "server": "1a2b3c4d",
        "name": "Survival",
        "state": "offline",
        "resources": {"memory_bytes": 5},
        "console_tail": [f"Link: {LINK}"],
        "links": [{"kind": "read", "url": LINK}],
    }
]


@pytest.fixture
def fleet(machine: Callable[..., Any], now_ms: int) -> list[Any]:
    """Two hosts, one of which keeps something alive."""
    games, web = machine("games"), machine("web")
    said = {"watches": {"hash": "h1", "body": WATCHES}, "pterodactyl": {"hash": "h2", "body": SERVERS}}
    games.push([], now_ms, hello={"name": "games"}, inventories=said)
    return [games, web]


def test_watches_of_the_fleet_and_of_a_host(program: Callable[..., Any], fleet: list[Any]) -> None:
    ask = program("read")
    (found,) = ask("/api/v1/watches").get_json()["watches"]
    assert found == {
        "host": fleet[0].id,
        "host_name": "games",
        "at": "2026-11-18T11:06:40Z",
        "name": "survival",
        "kind": "pterodactyl",
        "state": "down",
        "phase": "backing_off",
        "since": "2026-11-18T11:06:40Z",
        "attempts": 2,
        "of": 5,
        "until": None,
        "flapping": True,
        "incident": "i1",
        "next": "2026-11-18T11:06:50Z",
        "detail": "offline",
        "paused": False,
        "dry_run": False,
        "data": {"exit_code": 137},
    }
    for path, count in ((f"/hosts/{fleet[0].id}/watches", 1), (f"/watches?host={fleet[1].id}", 0)):
        assert len(ask(f"/api/v1{path}").get_json()["watches"]) == count
    for path in ("/hosts/nobody/watches", "/watches?host=nobody", "/servers?host=nobody"):
        assert ask(f"/api/v1{path}").status_code == 404


@pytest.mark.parametrize(("scope", "url"), [("read", "https://sshx.io/s/AbCd..."), ("operate", LINK), ("admin", LINK)])
def test_links_are_whole_for_who_may_operate(
    program: Callable[..., Any], fleet: list[Any], scope: str, url: str
) -> None:
    answer = program(scope)("/api/v1/servers")
    assert answer.headers["Cache-Control"] == "no-store"
    (found,) = answer.get_json()["servers"]
    assert (found["host"], found["watch"], found["resources"]) == (fleet[0].id, "survival", {"memory_bytes": 5})
    assert found["links"] == [{"kind": "read", "url": url}]
    assert found["console_tail"] == ["Link: https://sshx.io/s/AbCd..."]


def test_the_inventory_itself_is_masked_for_everybody(program: Callable[..., Any], fleet: list[Any]) -> None:
    for scope in ("read", "admin"):
        text = program(scope)(f"/api/v1/hosts/{fleet[0].id}/inventories/pterodactyl").text
        assert "https://sshx.io/s/AbCd..." in text
        assert "KeyKey" not in text
        assert "sealed" not in text


def test_it_needs_a_key_that_may_read(app: Any, program: Callable[..., Any]) -> None:
    for path in ("/api/v1/watches", "/api/v1/servers"):
        assert app.test_client().get(path).status_code == 401
        assert program("gateway")(path).status_code == 403
