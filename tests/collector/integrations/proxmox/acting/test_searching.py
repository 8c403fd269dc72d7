"""The task of a request whose answer was lost."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from wakeful_collector.integrations.proxmox.acting import searching
from wakeful_collector.integrations.proxmox.acting.deeds import Request

if TYPE_CHECKING:
    from collections.abc import Collection

    from wakeful_collector.integrations.proxmox.link.client import Client

    from .....fakes.proxmox import FakeCluster


def search(client: Client, asked: Request, login: str, sent_ms: int, known: Collection[str]) -> str | None:
    return searching.search(client, asked, login, sent_ms, known, pause_seconds=0.01)


def request(method: str, path: str, **form: str) -> Request:
    return Request(method, path, form, 60.0)


@pytest.mark.parametrize(
    ("method", "path", "kinds"),
    [
        ("POST", "/nodes/a/qemu/101/status/start", {"qmstart", "vzstart", "hastart"}),
        ("POST", "/nodes/a/lxc/101/status/shutdown", {"qmshutdown", "vzshutdown", "hastop", "hashutdown"}),
        ("POST", "/nodes/a/qemu/101/snapshot", {"qmsnapshot", "vzsnapshot"}),
        ("POST", "/nodes/a/qemu/101/snapshot/s/rollback", {"qmrollback", "vzrollback"}),
        ("DELETE", "/nodes/a/qemu/101/snapshot/s", {"qmdelsnapshot", "vzdelsnapshot"}),
        ("DELETE", "/nodes/a/qemu/101", {"qmdestroy", "vzdestroy"}),
        ("POST", "/nodes/a/qemu/101/clone", {"qmclone", "vzclone"}),
        ("POST", "/nodes/a/qemu/101/migrate", {"qmmigrate", "qmigrate", "vzmigrate", "hamigrate"}),
        ("POST", "/nodes/a/vzdump", {"vzdump"}),
        ("PUT", "/nodes/a/qemu/101/resize", {"resize"}),
        ("POST", "/nodes/a/qemu/101/config", {"qmconfig", "vzconfig"}),
        ("POST", "/nodes/a/qemu", {"qmcreate", "vzcreate", "qmrestore", "vzrestore"}),
        ("PUT", "/nodes/a/lxc/101/config", set()),
    ],
)
def test_what_tasks_of_a_request_are_called(method: str, path: str, kinds: set[str]) -> None:
    assert searching.kinds(request(method, path)) == kinds


def test_whose_tasks_they_are() -> None:
    assert searching.subject(request("POST", "/nodes/a/qemu/101/status/start")) == "101"
    assert searching.subject(request("POST", "/nodes/a/vzdump", vmid="102")) == "102"
    assert searching.subject(request("POST", "/nodes/a/vzdump")) == ""


def test_the_one_task_that_fits_is_found(pve: FakeCluster, client: Client) -> None:
    pve.vm(101, "web")
    pve.vm(102, "other")
    start = request("POST", "/nodes/pve1/qemu/101/status/start")
    now_ms = time.time_ns() // 1_000_000
    upid = client.post(start.path)
    client.post("/nodes/pve1/qemu/102/status/start")
    client.post("/nodes/pve1/qemu/101/status/stop")
    assert search(client, start, pve.token_id, now_ms, ()) == upid
    assert search(client, start, "root@pam", now_ms, ()) is None
    assert search(client, start, pve.token_id, now_ms + 3_600_000, ()) is None
    assert search(client, start, pve.token_id, now_ms, {upid}) is None
    client.post(start.path)
    assert search(client, start, pve.token_id, now_ms, ()) is None  # two fit: nobody knows which


def test_where_nothing_can_be_looked_for(pve: FakeCluster, client: Client) -> None:
    before = len(pve.requests())
    assert search(client, request("POST", "/pools", poolid="prod"), "x", 0, ()) is None
    assert search(client, request("PUT", "/nodes/pve1/lxc/101/config"), "x", 0, ()) is None
    assert len(pve.requests()) == before
    pve.fail("GET", "/nodes/pve1/tasks", 500, "boom")
    assert search(client, request("POST", "/nodes/pve1/qemu/101/status/start"), "x", 0, ()) is None
    assert len(pve.requests()) == before + searching.TRIES
