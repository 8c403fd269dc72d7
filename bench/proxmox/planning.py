"""What a plan costs: seconds to read the declarations of many guests, and to plan them where a tenth differs.

    python bench/proxmox/planning.py [--json] [--guests 1000]

The estate is exported as declarations first, so that every setting of every guest is compared. The goal is a plan of
1,000 guests in less than a second.
"""

from __future__ import annotations

import argparse
import json
import resource
import time
from typing import Any

from wakeful_collector.integrations.proxmox.declare import documents, exporting
from wakeful_collector.integrations.proxmox.declare.plan import plan
from wakeful_collector.integrations.proxmox.declare.steps import Options
from wakeful_collector.model.estate import LXC, QEMU, SEEN, Area, Estate, Guest, Node

NODES = 50
NOW_MS = 1_795_305_600_000


def guest(number: int) -> Guest:
    vmid, is_container = 100 + number, number % 10 == 0
    address = f"BC:24:11:{vmid >> 16 & 255:02X}:{vmid >> 8 & 255:02X}:{vmid & 255:02X}"
    config = {"memory": "4096", "cores": "4", "onboot": "1", "tags": "prod;web", "description": f"guest {vmid}\n"}
    if is_container:
        config |= {
            "hostname": f"ct{vmid}",
            "rootfs": f"local-lvm:vm-{vmid}-disk-0,size=8G",
            "net0": f"name=eth0,bridge=vmbr0,hwaddr={address},ip=dhcp,type=veth",
            "features": "nesting=1",
        }
    else:
        config |= {
            "name": f"vm{vmid}",
            "boot": "order=scsi0;ide2;net0",
            "scsi0": f"local-lvm:vm-{vmid}-disk-0,discard=on,iothread=1,size=32G,ssd=1",
            "scsi1": f"ceph:vm-{vmid}-disk-1,size=100G",
            "ide2": "none,media=cdrom",
            "net0": f"virtio={address},bridge=vmbr0,firewall=1,tag=10",
            "agent": "enabled=1,fstrim_cloned_disks=1",
            "cpu": "host,flags=+aes",
            "scsihw": "virtio-scsi-single",
            "ostype": "l26",
            "smbios1": f"uuid=00000000-0000-0000-0000-{vmid:012d}",
        }
    return Guest(
        cluster="bench",
        vmid=vmid,
        kind=LXC if is_container else QEMU,
        node=f"pve{number % NODES + 1}",
        status="running",
        config=config,
        config_state=SEEN,
    )


def changed(at: int, file: documents.File) -> documents.File:
    """Change one guest in ten: more cores, another tag of its network."""
    if at % 10:
        return file
    return file._replace(text=file.text.replace("cores: 4", "cores: 8").replace("bridge: vmbr0", "bridge: vmbr1"))


def measure(guests: int) -> dict[str, Any]:
    nodes = tuple(Node("bench", f"pve{number + 1}", "online") for number in range(NODES))
    areas = (Area("guests", SEEN), Area("pools", SEEN))
    estate = Estate(cluster="bench", nodes=nodes, guests=tuple(guest(one) for one in range(guests)), areas=areas)
    began = time.perf_counter()
    exported = exporting.files(estate)
    exported_at = time.perf_counter()
    files = [changed(at, one) for at, one in enumerate(exported)]
    whole = [
        documents.File("all.yaml", "---\n".join(one.text for one in files[at : at + 200]))
        for at in range(0, guests, 200)
    ]
    read_from = time.perf_counter()
    reading = documents.read(whole, ["bench"])
    read_at = time.perf_counter()
    made = plan(estate, reading.wishes, Options(NOW_MS))
    planned_at = time.perf_counter()
    assert not reading.faults, reading.faults[0]
    assert len({one.guest for one in made.steps}) == (guests + 9) // 10
    return {
        "guests": guests,
        "export_seconds": round(exported_at - began, 3),
        "read_seconds": round(read_at - read_from, 3),
        "plan_seconds": round(planned_at - read_at, 3),
        "steps": len(made.steps),
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--guests", type=int, default=1_000)
    parser.add_argument("--json", action="store_true", help="print figures for programs")
    given = parser.parse_args()
    found = measure(given.guests)
    if given.json:
        print(json.dumps(found))
        return
    for name, value in found.items():
        print(f"{name.replace('_', ' '):16} {value}")


if __name__ == "__main__":
    main()
