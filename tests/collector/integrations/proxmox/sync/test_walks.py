"""Whatever happens to a cluster, however badly it answers: nothing that is there goes, in the end all is true."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .....fakes.proxmox import FakeCluster
    from .looks import Looks

STEPS = 30
NODES = ("pve1", "pve2", "pve3")


class Walk:
    """A cluster that lives, with what is true of it."""

    def __init__(self, pve: FakeCluster, seed: int) -> None:
        self.pve = pve
        self.chance = random.Random(seed)
        self.there: dict[int, dict[str, str]] = {}
        self.next_vmid = 100
        for name in NODES[1:]:
            pve.node(name)
        for _ in range(8):
            self.create()

    def create(self) -> None:
        node, status = self.chance.choice(NODES), self.chance.choice(("running", "stopped"))
        meta = f"creation-qemu=9.0.2,ctime={1_700_000_000 + self.next_vmid}"
        name = f"vm{self.next_vmid}"
        self.pve.vm(self.next_vmid, name, node=node, status=status, config={"meta": meta, "tags": "a"})
        self.there[self.next_vmid] = {"node": node, "status": status, "tags": "a", "name": name}
        self.next_vmid += 1

    def destroy(self) -> None:
        if len(self.there) > 2:
            vmid = self.any()
            self.pve.forget(vmid)
            del self.there[vmid]

    def power(self) -> None:
        vmid = self.any()
        status = "stopped" if self.there[vmid]["status"] == "running" else "running"
        self.pve.put("status", status, guest=vmid)
        self.there[vmid]["status"] = status

    def migrate(self) -> None:
        vmid = self.any()
        node = self.chance.choice(NODES)
        self.pve.put("node", node, guest=vmid)
        self.there[vmid]["node"] = node

    def retag(self) -> None:
        vmid = self.any()
        tags = "".join(self.chance.sample("abc", 1))
        self.pve.merge("config", {"tags": tags}, guest=vmid)
        self.there[vmid]["tags"] = tags

    def node_goes_or_comes(self) -> None:
        self.pve.offline(self.chance.choice(NODES[1:]), offline=self.chance.random() < 0.6)

    def network(self) -> None:
        self.pve.flaky(drop_rate=self.chance.choice((0.0, 0.2, 0.6)))

    def some_path_fails(self) -> None:
        ends = ("pending", "/cluster/tasks", "/cluster/resources", "/access/permissions", "snapshot", "/cluster/status")
        status, text = self.chance.choice(
            ((500, "internal error"), (595, "No route to host"), (403, "Permission check failed"))
        )
        self.pve.fail("GET", self.chance.choice(ends), status, text, times=self.chance.randint(1, 5))

    def step(self) -> None:
        deeds = (self.create, self.destroy, self.power, self.power, self.migrate, self.retag)
        troubles = (self.node_goes_or_comes, self.network, self.some_path_fails)
        self.chance.choice((*deeds, *troubles))()

    def mend(self) -> None:
        self.pve.flaky()
        self.pve.mend()
        for name in NODES:
            self.pve.offline(name, offline=False)

    def any(self) -> int:
        return self.chance.choice(sorted(self.there))


@pytest.mark.parametrize("seed", range(6))
def test_nothing_that_is_there_goes_and_in_the_end_all_is_true(looks: Looks, pve: FakeCluster, seed: int) -> None:
    walk = Walk(pve, seed)
    looks.settle()
    seen = set(walk.there)
    for number in range(STEPS):
        walk.step()
        looks.once(full=number % 7 == 3)
        if number % 11 == 5:
            looks.again()
        listed = {one.vmid for one in looks.estate.guests}
        assert seen & set(walk.there) <= listed, "a guest that is there was taken for gone"
        seen |= listed
    walk.mend()
    looks.once(full=True)
    looks.once(400)

    found = {
        one.vmid: {"node": one.node, "status": one.status, "tags": ";".join(one.tags), "name": one.name}
        for one in looks.estate.guests
    }
    assert found == walk.there
    assert {one.config_state for one in looks.estate.guests} == {"seen"}
    assert all(one.config["tags"] == walk.there[one.vmid]["tags"] for one in looks.estate.guests)
    for vmid, true in walk.there.items():  # the history of each leads to where it is
        for field in ("node", "status", "tags"):
            told = [one.new for one in looks.changes() if one.id == f"qemu/{vmid}" and one.field == field]
            assert not told or told[-1] == true[field]
    gone = {one.id for one in looks.changes() if not one.field and one.new is None and one.kind == "guest"}
    assert gone == {f"qemu/{vmid}" for vmid in seen - set(walk.there)}
