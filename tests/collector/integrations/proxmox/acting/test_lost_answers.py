"""A cluster that does what it is asked, and whose answer to that never arrives whole."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.proxmox.acting import performing, preparing
from wakeful_collector.integrations.proxmox.acting.deeds import Deed
from wakeful_collector.integrations.proxmox.link import clusters
from wakeful_collector.integrations.proxmox.link.client import Client

from .....fakes.proxmox import raw

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import Book

LOGIN = "wakeful@pve!wakeful"


class Node:
    """One VM on one node: it starts when it is asked to, and answers that with `lost`."""

    def __init__(self, lost: bytes, exitstatus: str = "OK") -> None:
        self.lost = lost
        self.exitstatus = exitstatus
        self.status = "stopped"
        self.upid = ""
        self.logless = False

    def __call__(self, heard: raw.Heard) -> bytes:
        where = heard.target.partition("?")[0].removeprefix("/api2/json")
        if heard.method == "POST":
            self.status = "running" if self.exitstatus == "OK" else "stopped"
            self.upid = f"UPID:pve1:0000C530:001C9BEC:{int(time.time()):08X}:qmstart:101:{LOGIN}:"
            return self.lost
        if where.endswith("/log") and self.logless:
            return raw.said({"data": None}, 500, "unable to open file")
        return raw.said({"data": self._told(where)})

    def _told(self, where: str) -> Any:
        if where == "/cluster/resources":
            return [{"type": "qemu", "vmid": 101, "node": "pve1"}]
        if where.endswith("/status/current"):
            return {"status": self.status, "name": "web"}
        if where.endswith("/config"):
            return {"name": "web", "digest": "0" * 40}
        if where.endswith("/tasks"):
            return [{"upid": self.upid}, {"upid": "nonsense"}, 7] if self.upid else []
        if where.endswith("/log"):
            return [{"n": 1, "t": "TASK OK"}]
        return {"status": "stopped", "exitstatus": self.exitstatus}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[raw.RawServer]:
    with raw.raw_server(tmp_path) as made:
        yield made


def perform(server: raw.RawServer, node: Node, book: Book) -> Any:
    server.answers, server.keeps = [node], False
    cluster = clusters.check({"name": "home", "hosts": [server.host], "login": LOGIN, "ca": server.ca})
    client = Client(cluster, "secret", answer_seconds=30.0)
    prepared = preparing.prepare(client, Deed("start", "home", 101))
    return performing.perform(client, prepared, book, LOGIN)


def writes(server: raw.RawServer) -> int:
    return sum(heard.method != "GET" for heard in server.heard)


LOST = [
    raw.GONE,
    raw.said(b'{"data":"UPID:pve1:0000C5'),
    raw.said(b'{"data":"UPID:pve1:00', length=500),
    raw.said(raw.HTML, 502, "Bad Gateway"),
    raw.said(raw.HTML),
    raw.said({"data": None}, 596, "Connection timed out"),
    raw.said({"data": None}, 599, "Too many redirections"),
]


@pytest.mark.parametrize("lost", LOST)
def test_what_was_carried_out_is_found_and_not_sent_again(server: raw.RawServer, book: Book, lost: bytes) -> None:
    end = perform(server, Node(lost), book)
    assert (end.state, end.log_tail) == ("ok", ("TASK OK",))
    assert writes(server) == 1
    assert ("sent", "qmstart") in book.told


def test_how_it_ended_is_told_even_so(server: raw.RawServer, book: Book) -> None:
    end = perform(server, Node(raw.GONE, "start failed: QEMU exited with code 1"), book)
    assert (end.state, end.exitstatus) == ("failed", "start failed: QEMU exited with code 1")
    assert writes(server) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 500, 501, 595])
def test_a_refusal_is_no_doubt(server: raw.RawServer, book: Book, status: int) -> None:
    node = Node(raw.said({"data": None}, status, "it is refused"), "it never ran")
    end = perform(server, node, book)
    assert (end.state, end.exitstatus) == ("failed", "it is refused")
    assert writes(server) == 1
    assert not any(heard.target.startswith("/api2/json/nodes/pve1/tasks?") for heard in server.heard)


def test_a_task_without_a_log_ends_all_the_same(server: raw.RawServer, book: Book) -> None:
    node = Node(raw.said({"data": f"UPID:pve1:0000C530:001C9BEC:6920F3C4:qmstart:101:{LOGIN}:"}))
    node.logless = True
    assert perform(server, node, book) == ("ok", "Start: VM 101 (web) runs", "OK", ())
