"""Looking at a guest: where it is, how it stands, and what must not be taken for absent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.proxmox.acting import looking
from wakeful_collector.integrations.proxmox.link.errors import PveError

if TYPE_CHECKING:
    from wakeful_collector.integrations.proxmox.link.client import Client

    from .....fakes.proxmox import FakeCluster


def test_a_vm_as_it_is(pve: FakeCluster, client: Client) -> None:
    config = {"tags": "web;prod", "protection": 1, "memory": "2048", "meta": "ctime=1700000000"}
    pve.vm(101, "web", status="running", config=config)
    pve.merge(
        "snapshots",
        {"b": {"snaptime": 200}, "a": {"snaptime": 99}, "c": {"snaptime": 300, "snapstate": "prepare"}},
        101,
    )
    found = looking.look(client, 101, with_snapshots=True)
    assert found is not None
    assert (found.kind, found.node, found.name, found.status) == ("qemu", "pve1", "web", "running")
    assert (found.tags, found.config["protection"], found.mark) == (("prod", "web"), "1", "ctime=1700000000")
    assert len(found.digest) == 40
    assert "digest" not in found.config
    assert found.snapshots == ("a", "b")
    assert (found.lock, found.ha, found.template) == ("", "", False)


def test_a_container_as_it_is(pve: FakeCluster, client: Client) -> None:
    pve.ct(200, "db", status="stopped", config={"hostname": "db", "lock": "backup"}, lock="backup")
    pve.put("ha_state", "stopped", guest=200)
    found = looking.look(client, 200)
    assert found is not None
    assert (found.kind, found.name, found.status, found.lock, found.ha) == ("lxc", "db", "stopped", "backup", "stopped")
    assert found.snapshots is None


@pytest.mark.parametrize("qmpstatus", sorted(looking.PAUSED))
def test_a_paused_vm_does_not_run(pve: FakeCluster, client: Client, qmpstatus: str) -> None:
    pve.vm(101, "web", status="running", qmpstatus=qmpstatus)
    found = looking.look(client, 101)
    assert found is not None
    assert found.status == "paused"
    assert looking.status(client, found).status == "paused"


def test_a_guest_is_asked_where_it_was_and_looked_for_when_it_moved(pve: FakeCluster, client: Client) -> None:
    pve.node("pve2")
    pve.vm(101, "web", node="pve2")
    before = len(pve.requests())
    found = looking.look(client, 101, ("qemu", "pve2"))
    assert found is not None
    assert "/cluster/resources" not in [one.path for one in pve.requests(before)]
    moved = looking.look(client, 101, ("qemu", "pve1"))
    assert moved == found
    assert looking.look(client, 999, ("qemu", "pve1")) is None
    assert looking.look(client, 101, ("", "")) == found


def test_what_cannot_be_looked_at_is_not_absent(pve: FakeCluster, client: Client) -> None:
    pve.vm(101, "web")
    pve.fail("GET", "/nodes/pve1/qemu/101/config", 403, "Permission check failed (/vms/101, VM.Audit)")
    with pytest.raises(PveError) as caught:
        looking.look(client, 101)
    assert caught.value.kind == "forbidden"
    pve.mend()
    pve.offline("pve1")
    with pytest.raises(PveError) as caught:
        looking.look(client, 101, ("qemu", "pve1"))
    assert caught.value.kind == "node_unreachable"


@pytest.mark.parametrize(
    ("path", "told"),
    [("nodes/pve1/qemu/101/config", []), ("nodes/pve1/qemu/101/status/current", "x"), ("cluster/resources", {"a": 1})],
)
def test_a_configuration_that_is_none_is_never_an_empty_one(
    pve: FakeCluster, client: Client, path: str, told: Any
) -> None:
    pve.vm(101, "web", config={"protection": 1})
    pve.answer(f"GET /{path}", told)
    with pytest.raises(PveError) as caught:
        looking.look(client, 101)
    assert caught.value.kind == "garbled"


def test_a_node_that_was_taken_out_is_not_where_it_is(pve: FakeCluster, client: Client) -> None:
    pve.node("pve2")
    pve.offline("pve2")
    pve.vm(101, "web")
    found = looking.look(client, 101, ("qemu", "pve2"))
    assert found is not None
    assert found.node == "pve1"


def test_what_a_cluster_calls_things_is_hostile_text(pve: FakeCluster, client: Client) -> None:
    pve.vm(101, "a\x1b[1m\nb" + "c" * 1_000, lock="l" * 1_000)
    pve.merge("snapshots", {"s\x00" + "n" * 1_000: {"snaptime": 1}}, guest=101)
    found = looking.look(client, 101, with_snapshots=True)
    assert found is not None
    assert found.snapshots is not None
    for text, most in ((found.name, 255), (found.lock, 64), (found.snapshots[0], 64)):
        assert text.isprintable()
        assert len(text) <= most
    assert len(found.title) < 300


def test_the_next_free_id(pve: FakeCluster, client: Client) -> None:
    pve.vm(100, "web")
    assert looking.next_id(client) == 101
    pve.answer("GET /cluster/nextid", 105)
    assert looking.next_id(client) == 105
    pve.answer("GET /cluster/nextid", {"x": 1})
    with pytest.raises(PveError):
        looking.next_id(client)


def test_a_guest_that_ha_ignores_is_none_of_its(pve: FakeCluster, client: Client) -> None:
    pve.vm(101, "web")
    for state, expected in (("started", "started"), ("error", "error"), ("ignored", "")):
        pve.put("ha_state", state, guest=101)
        found = looking.look(client, 101)
        assert found is not None
        assert found.ha == expected
