"""A cluster of many nodes and guests, in a process of its own, for what is measured against it."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path
from typing import Iterator

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fakes.proxmox import FakeCluster, FakeClusters


@contextlib.contextmanager
def cluster(nodes: int, guests: int) -> Iterator[FakeCluster]:
    """Start a cluster: a tenth of the guests are containers, nine tenths of the others run."""
    with tempfile.TemporaryDirectory(prefix="wakeful-bench-pve-") as folder:
        clusters = FakeClusters(Path(folder))
        try:
            pve = clusters.open()
            pve.put("max_requests", 1)
            pve.storage("ceph", type="rbd", shared=True, content="images,rootdir")
            for number in range(2, nodes + 1):
                pve.node(f"pve{number}")
            for number in range(guests):
                furnish(pve, 100 + number, f"pve{number % nodes + 1}")
            yield pve
        finally:
            clusters.close()


def furnish(pve: FakeCluster, vmid: int, node: str) -> None:
    """Add a guest with the settings that a guest usually has."""
    mac = f"BC:24:11:{vmid >> 16 & 255:02X}:{vmid >> 8 & 255:02X}:{vmid & 255:02X}"
    if vmid % 10 == 0:
        net = f"name=eth0,bridge=vmbr0,hwaddr={mac},ip=dhcp,type=veth"
        pve.ct(vmid, f"ct{vmid}", node=node, config={"hostname": f"ct{vmid}", "net0": net, "memory": 2048, "cores": 2})
        return
    config = {
        "name": f"vm{vmid}",
        "cores": 4,
        "sockets": 1,
        "memory": 8192,
        "net0": f"virtio={mac},bridge=vmbr0,firewall=1,tag=20",
        "scsi0": f"ceph:vm-{vmid}-disk-0,discard=on,iothread=1,size=64G,ssd=1",
        "scsihw": "virtio-scsi-single",
        "ide2": "none,media=cdrom",
        "boot": "order=scsi0;ide2;net0",
        "cpu": "x86-64-v2-AES",
        "numa": 0,
        "ostype": "l26",
        "onboot": 1,
        "tags": "prod;web",
        "description": "One of many, described in a line of text as people write it.",
        "meta": f"creation-qemu=9.0.2,ctime={1_700_000_000 + vmid}",
        "smbios1": f"uuid=00000000-0000-4000-8000-{vmid:012x}",
        "vmgenid": f"00000000-0000-4000-9000-{vmid:012x}",
    }
    status = "stopped" if vmid % 10 == 9 else "running"
    pve.vm(vmid, f"vm{vmid}", node=node, status=status, config=config)


def change(pve: FakeCluster, vmids: list[int], turn: int) -> None:
    """Change guests so that a poll shows it: half are started or stopped, half get another tag."""
    for vmid in vmids:
        if vmid % 2:
            pve.put("status", "stopped" if turn % 2 else "running", guest=vmid)
        else:
            pve.merge("config", {"tags": f"prod;web;turn{turn}"}, guest=vmid)
