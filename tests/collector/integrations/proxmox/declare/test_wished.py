"""Wishes by cluster, and faults in one line."""

from __future__ import annotations

from wakeful_collector.integrations.proxmox.declare.wished import (
    CONTAINER,
    VM,
    Fault,
    GuestWish,
    Keep,
    PolicyWish,
    PoolWish,
    Wishes,
)


def test_wishes_are_told_apart_by_cluster() -> None:
    wishes = Wishes(
        (GuestWish("home", VM, 101), GuestWish("lab", CONTAINER, 101)),
        (PoolWish("lab", "prod"),),
        (PolicyWish("far", "nightly", "hourly", Keep(1)),),
    )
    assert wishes.clusters() == ("far", "home", "lab")
    assert [one.guest_kind for one in wishes.guests] == ["qemu", "lxc"]
    lab = wishes.of("lab")
    assert (len(lab.guests), len(lab.pools), len(lab.policies)) == (1, 1, 0)


def test_a_fault_reads_like_a_compilers() -> None:
    assert str(Fault("a.yaml", 3, "spec.x", "is odd", "do this")) == "a.yaml:3: spec.x: is odd; do this"
    assert str(Fault("a.yaml", 0, "", "is odd")) == "a.yaml: is odd"
