"""Whole deeds, done at once with a journal in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.proxmox.acting import performing, preparing
from wakeful_collector.integrations.proxmox.acting.deeds import Deed, Refusal

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.acting.judging import End
    from wakeful_collector.integrations.proxmox.link.client import Client

    from .....fakes.proxmox import FakeCluster
    from .conftest import Book


def perform(client: Client, book: Book, kind: str, vmid: int = 101, /, **arguments: Any) -> End:
    prepared = preparing.prepare(client, Deed(kind, "home", vmid, arguments))
    return performing.perform(client, prepared, book, client.cluster.login)


def test_what_has_come_true_already_sends_nothing(pve: FakeCluster, client: Client, book: Book) -> None:
    pve.vm(101, "web", status="running")
    assert perform(client, book, "start") == ("ok", "VM 101 (web) runs already", "", ())
    assert pve.writes() == []
    assert book.told == []


def test_a_guest_that_runs_is_stopped_and_deleted(pve: FakeCluster, client: Client, book: Book) -> None:
    pve.vm(101, "web", status="running")
    assert perform(client, book, "delete", stop=True, name="web").state == "ok"
    assert [one.method for one in pve.writes()] == ["POST", "DELETE"]
    assert pve.call("guest", 101) is None
    assert [one[0] for one in book.told if isinstance(one, tuple)] == ["planned", "sending", "sent", "sending", "sent"]


def test_it_stops_at_the_first_failure(pve: FakeCluster, client: Client, book: Book) -> None:
    pve.vm(101, "web", status="running")
    pve.fail("POST", "/nodes/pve1/qemu/101/status/stop", 500, "boom")
    end = perform(client, book, "delete", stop=True)
    assert (end.state, end.exitstatus) == ("failed", "boom")
    assert len(pve.writes()) == 1


def test_an_id_that_somebody_took_meanwhile_is_replaced(pve: FakeCluster, client: Client, book: Book) -> None:
    new = preparing.prepare(client, Deed("create", "home", 0, {"type": "qemu", "node": "pve1"}))
    copy = preparing.prepare(client, Deed("clone", "home", 300, {})) if pve.vm(300, "base") is None else None
    assert new.deed.vmid == 100
    pve.vm(100, "somebody")
    end = performing.perform(client, new, book)
    assert (end.state, end.summary) == ("ok", "Create: VM 101 is created")
    assert copy is not None
    again = performing.perform(client, copy, book)
    assert again.summary == "Clone: VM 300 (base) is copied as 102"
    assert [one for one in book.told if one[0] == "planned"][:2] == [("planned", 100), ("planned", 101)]


def test_an_id_that_was_asked_for_is_not_replaced(pve: FakeCluster, client: Client, book: Book) -> None:
    new = preparing.prepare(client, Deed("create", "home", 105, {"type": "qemu", "node": "pve1"}))
    pve.vm(105, "somebody")
    end = performing.perform(client, new, book)
    assert end.state == "failed"
    assert "already exists" in end.exitstatus
    assert len(pve.writes()) == 1


def test_five_ids_are_tried(pve: FakeCluster, client: Client, book: Book) -> None:
    new = preparing.prepare(client, Deed("create", "home", 0, {"type": "qemu", "node": "pve1"}))
    pve.fail("POST", "/nodes/pve1/qemu", 500, "unable to create VM 100 - VM 100 already exists on node 'pve1'")
    assert performing.perform(client, new, book).state == "failed"
    assert len(pve.writes()) == performing.IDS_TRIED_MAX


def test_without_another_id_it_fails_as_it_was_told(pve: FakeCluster, client: Client, book: Book) -> None:
    new = preparing.prepare(client, Deed("create", "home", 0, {"type": "qemu", "node": "pve1"}))
    pve.vm(new.deed.vmid, "somebody")
    pve.fail("GET", "/cluster/nextid", 500, "no free id")
    assert performing.perform(client, new, book).state == "failed"


def test_what_of_a_change_waits_is_told(pve: FakeCluster, client: Client, book: Book) -> None:
    pve.vm(101, "web", status="running", config={"memory": 2048})
    end = perform(client, book, "change", settings={"memory": 4096, "description": "x"})
    assert end.summary == "Change: VM 101 (web) is changed; memory waits for the next start"
    pve.fail("GET", "/nodes/pve1/qemu/101/pending", 500, "boom")
    assert perform(client, book, "change", settings={"description": "y"}).summary == "Change: VM 101 (web) is changed"


def test_somebody_elses_change_is_not_overwritten(pve: FakeCluster, client: Client, book: Book) -> None:
    pve.vm(101, "web", config={"memory": 2048})
    prepared = preparing.prepare(client, Deed("change", "home", 101, {"settings": {"memory": 4096}}))
    pve.merge("config", {"memory": 1024}, guest=101)
    end = performing.perform(client, prepared, book)
    assert end.state == "failed"
    assert "checksum mismatch" in end.exitstatus
    assert pve.get("config", guest=101)["memory"] == 1024


def test_the_ha_manager_starts_it_in_its_own_time(pve: FakeCluster, client: Client, book: Book) -> None:
    pve.vm(101, "web")
    pve.put("ha_state", "stopped", guest=101)
    pve.pace(0.05)
    end = perform(client, book, "start")
    assert (end.state, end.exitstatus) == ("ok", "OK")
    assert pve.get("status", guest=101) == "running"
    assert ("sent", "hastart") in book.told


@pytest.mark.parametrize(("kind", "before", "after"), [("start", "stopped", "running"), ("stop", "running", "stopped")])
@pytest.mark.parametrize("vmid", [101, 200])
def test_somebody_else_was_first(
    pve: FakeCluster, client: Client, book: Book, kind: str, before: str, after: str, vmid: int
) -> None:
    """A VM's task fails with "already running", a container's call does; either way it is as it was wanted."""
    pve.vm(101, "web", status=before)
    pve.ct(200, "db", status=before)
    prepared = preparing.prepare(client, Deed(kind, "home", vmid))
    pve.put("status", after, guest=vmid)
    pve.put("qmpstatus", after, guest=101)
    assert performing.perform(client, prepared, book).state == "ok"
    assert len(pve.writes()) == 1


def test_the_ha_manager_cannot_do_it(pve: FakeCluster, client: Client, book: Book) -> None:
    pve.vm(101, "web")
    pve.put("ha_state", "error", guest=101)
    pve.pace(1.0)
    end = perform(client, book, "start")
    assert (end.state, end.exitstatus) == ("failed", "the HA manager has the guest in the state error")


def test_the_ha_manager_stops_it_before_it_is_deleted(pve: FakeCluster, client: Client, book: Book) -> None:
    pve.vm(101, "web", status="running")
    pve.put("ha_state", "started", guest=101)
    pve.pace(0.05)
    assert perform(client, book, "delete", stop=True, purge=True).state == "ok"
    assert pve.call("guest", 101) is None
    pve.vm(102, "web", status="running")
    pve.put("ha_state", "started", guest=102)
    client.post("/nodes/pve1/qemu/102/status/stop")
    deed = Deed("delete", "home", 102, {"stop": True, "purge": True})
    assert performing.go_on(client, deed, (), book, 1, client.cluster.login).state == "ok"
    pve.vm(103, "web", status="running")
    pve.put("ha_state", "error", guest=103)
    broken = perform(client, book, "delete", 103, stop=True, purge=True)
    assert (broken.state, broken.exitstatus) == ("failed", "the HA manager has the guest in the state error")
    assert pve.call("guest", 103) is not None


def test_the_rest_of_a_deed_is_planned_again(pve: FakeCluster, client: Client, book: Book) -> None:
    pve.vm(101, "web", status="stopped")
    deed = Deed("delete", "home", 101, {"stop": True})
    assert performing.go_on(client, deed, (), book, 1, client.cluster.login).state == "ok"
    assert [one.method for one in pve.writes()] == ["DELETE"]
    gone = performing.go_on(client, deed, (), book, 1, client.cluster.login)
    assert gone.state == "failed"
    assert "does not go on: guest 101 is gone" in gone.summary
    pve.vm(102, "web", status="running")
    pve.fail("POST", "/status/stop", 500, "boom")
    failed = performing.go_on(client, Deed("delete", "home", 102, {"stop": True}), (), book, 2, "")
    assert failed.exitstatus == "boom"


def test_a_refusal_ends_a_deed_before_it_begins() -> None:
    assert performing.refused(Refusal("x", "why")) == ("refused", "why", "", ())


def test_a_deed_that_is_to_end_sends_nothing_more(pve: FakeCluster, client: Client, book: Book) -> None:
    """Whoever takes a deletion back while the guest is still being stopped keeps the guest."""
    pve.vm(101, "web", status="running")
    prepared = preparing.prepare(client, Deed("delete", "home", 101, {"stop": True}))
    told = book.sent

    def sent(upid: str) -> None:
        told(upid)
        book.stopped = True

    book.sent = sent  # type: ignore[method-assign]  # a stand-in
    end = performing.perform(client, prepared, book, client.cluster.login)
    assert [one.method for one in pve.writes() if "/tasks/" not in one.path] == ["POST"]
    assert pve.call("guest", 101) is not None
    assert (end.state, "it was ended before" in end.summary) == ("failed", True)


def test_the_rest_of_a_deed_is_not_done_to_another_guest(pve: FakeCluster, client: Client, book: Book) -> None:
    pve.vm(101, "db", status="stopped", config={"meta": "ctime=1800000000"})
    deed = Deed("delete", "home", 101, {"stop": True})
    end = performing.go_on(client, deed, (), book, 1, client.cluster.login, "ctime=1700000000")
    assert (end.state, "another guest than the one that was meant" in end.summary) == ("failed", True)
    assert pve.writes() == []
