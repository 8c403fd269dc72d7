"""A deed before it is done: only looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wakeful_collector.integrations.proxmox.acting.deeds import Deed, Refusal
from wakeful_collector.integrations.proxmox.acting.preparing import prepare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wakeful_collector.integrations.proxmox.link.client import Client

    from .....fakes.proxmox import FakeCluster

VMA = "local:backup/vzdump-qemu-101-2026_11_01-02_00_00.vma.zst"


@pytest.fixture(autouse=True)
def _only_read(pve: FakeCluster) -> Iterator[None]:
    pve.vm(101, "web", config={"meta": "ctime=1700000000"})
    pve.ct(200, "db")
    yield
    assert pve.writes() == []


def deed(kind: str, vmid: int = 101, **arguments: Any) -> Deed:
    return Deed(kind, "home", vmid, arguments)


def code(client: Client, asked: Deed, **more: Any) -> str:
    with pytest.raises(Refusal) as caught:
        prepare(client, asked, **more)
    return caught.value.code


def test_the_guest_must_be_there_and_the_one_that_was_meant(client: Client) -> None:
    assert prepare(client, deed("start"), mark="ctime=1700000000").planned.requests
    assert prepare(client, deed("start"), hint=("qemu", "pve1"), mark="").target.name == "web"
    assert code(client, deed("start"), mark="ctime=1600000000") == "another_guest"
    assert code(client, deed("start", 999)) == "unknown_guest"
    assert code(client, deed("stop"), protected=("101",)) == "protected"


def test_snapshots_are_looked_at_where_they_matter(client: Client) -> None:
    assert code(client, deed("rollback", snapshot="s1")) == "unknown_snapshot"
    assert prepare(client, deed("start")).target.snapshots is None


def test_the_cluster_chooses_an_id_where_none_is_given(client: Client) -> None:
    made = prepare(client, deed("clone"))
    assert (made.deed.arguments["new_vmid"], made.chosen) == (100, True)
    assert prepare(client, deed("clone", new_vmid=300)).chosen is False
    new = prepare(client, deed("create", 0, type="qemu", node="pve1", settings={"name": "new"}))
    assert (new.deed.vmid, new.target.status, new.target.name, new.chosen) == (100, "absent", "new", True)
    given = prepare(client, deed("create", 300, type="lxc", node="pve1", settings={"ostemplate": "x", "hostname": 7}))
    assert (given.planned.requests[0].form["vmid"], given.target.name, given.chosen) == ("300", "", False)


def test_what_cannot_be_made(client: Client) -> None:
    assert code(client, deed("create", 101, type="qemu", node="pve1")) == "exists"
    assert code(client, deed("create", 101, type="lxc", node="pve1")) == "exists"
    assert code(client, deed("create", 101, type="qemu", node="pve2")) == "exists"
    assert code(client, deed("restore", 300, archive="local:iso/x.iso", node="pve1")) == "no_archive"
    assert code(client, deed("restore", 300, archive=VMA)) == "no_node"


def test_a_backup_goes_over_the_guest_where_that_is(client: Client) -> None:
    assert code(client, deed("restore", archive=VMA)) == "exists"
    made = prepare(client, deed("restore", archive=VMA, overwrite=True))
    assert (made.target.node, made.planned.requests[0].form["force"]) == ("pve1", "1")
