"""Questions about clusters as they were seen last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from wakeful_collector.model.estate import Area, Guest, Item, Node, Storage, Task, Usage, Volume
from wakeful_collector.read import proxmox
from wakeful_collector.store import proxmox_changes, proxmox_estate
from wakeful_collector.store.changes import changing
from wakeful_collector.store.proxmox_changes import TaskRow
from wakeful_collector.store.proxmox_estate import Thing

if TYPE_CHECKING:
    from pathlib import Path

NODES = [Node("home", "pve1", "online"), Node("home", "pve2", "offline")]
GUESTS = [Guest("home", 100, "qemu", name="web"), Guest("home", 99_999, "lxc"), Guest("home", 200, "lxc")]
STORAGES = [Storage("home", "nas", "pve1", shared=True), Storage("home", "nas", "pve2", shared=True)]
ISO = Volume("nas", "pve1", "nas:iso/a", "iso")
DISK = Volume("local", "pve1", "local:100/disk", "images", vmid=100)
USAGE = {"qemu/100": Usage(cpu=0.5), "node/pve1": Usage()}


def thing(kind: str, one: Any, key: str = "", gone_ms: int = 0) -> Thing:
    return Thing(kind, key or one.id, msgspec.msgpack.encode(one), gone_ms)


@pytest.fixture(autouse=True)
def seen(data: Path) -> None:
    """A cluster that was seen."""
    things = [
        *(thing("node", one) for one in NODES),
        *(thing("guest", one) for one in GUESTS),
        *(thing("storage", one) for one in STORAGES),
        thing("contents", proxmox.Contents((ISO,)), "content/nas"),
        thing("contents", proxmox.Contents((DISK,)), "content/pve1/local"),
        thing("pool", Item("prod")),
    ]
    paper = proxmox.Paper({"/": {"VM.Audit": 1}}, (100,))
    with changing(data) as connection:
        proxmox_estate.keep(connection, "home", things)
        proxmox_estate.keep_areas(connection, "home", [proxmox_estate.Area("ha", "failed", "why", 5, 4)])
        proxmox_changes.keep_tasks(connection, "home", [TaskRow("a", "pve1", "qmstart", "100", "ann", 5, 0, "")])
        proxmox_changes.keep_tasks(connection, "home", [TaskRow("b", "pve1", "qmstart", "100", "ann", 5, 6, "OK")])
        proxmox_estate.stand(
            connection,
            "home",
            polled_ms=9,
            version="9.0.10",
            quorate=True,
            paper=msgspec.msgpack.encode(paper),
            usage=proxmox.packed(USAGE),
        )


def test_the_whole_estate(data: Path) -> None:
    found = proxmox.estate(data, "home")

    assert list(found.nodes) == NODES
    assert [one.vmid for one in found.guests] == [100, 200, 99_999]
    assert list(found.storages) == STORAGES
    assert set(found.contents) == {ISO, DISK}
    assert found.pools == (Item("prod"),)
    assert found.tasks == (Task("a", "pve1", "qmstart", "100", "ann", 5),)
    assert (found.usage, found.permissions, found.not_in_backup) == (USAGE, {"/": {"VM.Audit": 1}}, (100,))
    assert found.areas == (Area("ha", "failed", "why", 5, 4),)
    assert (found.version, found.quorate, found.polled_ms) == ("9.0.10", True, 9)


def test_each_part_alone(data: Path) -> None:
    whole = proxmox.estate(data, "home")

    assert proxmox.nodes(data, "home") == list(whole.nodes)
    assert proxmox.guests(data, "home") == list(whole.guests)
    assert proxmox.storages(data, "home") == list(whole.storages)
    assert proxmox.items(data, "home", "pool") == list(whole.pools)
    assert proxmox.areas(data, "home") == list(whole.areas)
    assert proxmox.usage(data, "home") == (9, USAGE)
    assert proxmox.clusters(data) == ["home"]
    assert proxmox.standing(data, "home").not_in_backup == (100,)
    assert proxmox.places(data, "home") == {"content/nas": (ISO,), "content/pve1/local": (DISK,)}


def test_a_cluster_that_was_never_seen(data: Path) -> None:
    found = proxmox.estate(data, "none")

    assert (found.guests, found.usage, found.areas, found.polled_ms) == ((), {}, (), 0)
    assert proxmox.standing(data, "none").polled_ms == 0
    assert proxmox.asked_ms(data, "none") == 0
    assert proxmox.guest(data, "none", 100) is None


def test_contents_of_a_shared_storage_are_those_of_every_node(data: Path) -> None:
    assert proxmox.contents(data, "home", node="pve2") == [ISO]
    assert set(proxmox.contents(data, "home", node="pve1")) == {ISO, DISK}
    assert proxmox.contents(data, "home", storage="local") == [DISK]
    assert proxmox.contents(data, "home", node="pve2", storage="local") == []


def test_a_guest_that_is_gone_is_found_by_its_number_until_another_has_it(data: Path) -> None:
    gone = msgspec.structs.replace(GUESTS[0], gone_ms=9)
    with changing(data) as connection:
        proxmox_estate.keep(connection, "home", [thing("guest", gone, gone_ms=9)])
    assert proxmox.guest(data, "home", 100) == gone
    assert proxmox.gone_guests(data, "home") == [gone]
    another = Guest("home", 100, "lxc")
    with changing(data) as connection:
        proxmox_estate.keep(connection, "home", [thing("guest", another)])

    assert proxmox.guest(data, "home", 100) == another


def test_a_node_that_is_gone_is_found_by_its_name(data: Path) -> None:
    with changing(data) as connection:
        proxmox_estate.keep(connection, "home", [thing("node", NODES[1], gone_ms=9)])

    assert proxmox.node(data, "home", "pve1") == NODES[0]
    assert proxmox.node(data, "home", "pve2") == NODES[1]
    assert proxmox.node(data, "home", "pve3") is None


def test_somebody_asked(data: Path) -> None:
    with changing(data) as connection:
        proxmox_estate.ask(connection, "home", 50)

    assert proxmox.asked_ms(data, "home") == 50
