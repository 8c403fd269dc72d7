"""Estates and declarations that hypothesis makes up."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import strategies as st

from wakeful_collector.model.estate import SEEN, Area, Estate, Guest, Item, Snapshot, Storage

from .pve_model import node

NODES = ("pve1", "pve2")
STORAGES = ("local-lvm", "ceph")
VMIDS = range(101, 106)
FLAGS = st.booleans()
SIZES = st.sampled_from(["4G", "8G", "32G", "1T", "512M"])
SIZES_THERE = st.sampled_from(["4G", "512M", "1G", "4096M"])
TAGS = st.lists(st.sampled_from(["web", "prod", "db_1", "a.b"]), max_size=3, unique=True)


def parts(**some: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return mappings of at least one of some parts."""
    return st.fixed_dictionaries({}, optional=some).filter(bool)


CARDS = parts(
    bridge=st.sampled_from(["vmbr0", "vmbr1"]),
    tag=st.one_of(st.none(), st.integers(1, 4094)),
    firewall=FLAGS,
    rate=st.one_of(st.none(), st.sampled_from([1, 12.5])),
    trunks=st.sampled_from([["1", "10-20"], ["5"]]),
)
VM_CARDS = CARDS.map(lambda one: {"model": "virtio", **one})
CT_CARDS = CARDS.map(lambda one: {"name": "eth0", **one})
DISKS = st.builds(
    lambda storage, size, more: {"storage": storage, "size": size, **more},
    st.sampled_from(STORAGES),
    SIZES,
    st.fixed_dictionaries(
        {},
        optional={
            "ssd": FLAGS,
            "discard": st.sampled_from(["on", "ignore"]),
            "backup": FLAGS,
            "cache": st.sampled_from(["none", "writeback"]),
            "mbps": st.one_of(st.none(), st.integers(1, 200)),
        },
    ),
)
BOTH = {
    "description": st.sampled_from(["", "one line", "two\nlines\n", "a: b # c"]),
    "tags": TAGS,
    "onboot": FLAGS,
    "protection": FLAGS,
    "startup": st.one_of(st.none(), parts(order=st.integers(0, 9), up=st.integers(0, 60))),
    "cpulimit": st.sampled_from([0, 1.5, 2]),
    "memory": st.sampled_from(["512M", "1G", 2048]),
    "node": st.sampled_from(NODES),
    "state": st.sampled_from(["running", "stopped"]),
}
VM_FIELDS = {
    **BOTH,
    "name": st.sampled_from(["web", "db.example.org"]),
    "cores": st.integers(1, 8),
    "cpu": parts(cputype=st.sampled_from(["host", "kvm64"]), flags=st.just(["+aes", "-pcid"])),
    "balloon": st.one_of(st.none(), st.sampled_from([0, "1G"])),
    "numa": FLAGS,
    "agent": st.one_of(st.none(), FLAGS.map(lambda one: {"enabled": one}), st.just("1,fstrim_cloned_disks=1")),
    "boot": st.one_of(st.none(), st.just({"order": ["scsi0", "net0"]})),
    "hotplug": st.sampled_from([["disk"], ["network", "disk", "usb"], ["memory", "cpu"]]),
    "scsihw": st.sampled_from(["virtio-scsi-single", "lsi"]),
    "vga": parts(type=st.sampled_from(["std", "virtio"]), memory=st.integers(16, 64)),
    "ipconfig0": st.one_of(st.none(), parts(ip=st.sampled_from(["dhcp", "10.0.0.5/24"]))),
    "searchdomain": st.sampled_from([["example.org"], ["example.org", "a.example"]]),
    "scsi0": DISKS,
    "scsi1": st.one_of(st.none(), DISKS),
    "sata0": st.one_of(st.none(), DISKS),
    "ide2": st.one_of(st.none(), st.just({"volume": "local:iso/a.iso", "media": "cdrom"}), st.just("none,media=cdrom")),
    "ide3": st.one_of(st.none(), st.just({"volume": "local-lvm:cloudinit"})),
    "net0": VM_CARDS,
    "net1": st.one_of(st.none(), VM_CARDS),
    "usb0": st.one_of(st.none(), st.just({"host": "spice", "usb3": True})),
    "serial0": st.one_of(st.none(), st.just("socket")),
}
CT_FIELDS = {
    **BOTH,
    "hostname": st.one_of(st.none(), st.sampled_from(["ct", "db.example.org"])),
    "cores": st.one_of(st.none(), st.integers(1, 8)),
    "swap": st.sampled_from([0, "512M", "1G"]),
    "features": st.one_of(st.none(), parts(nesting=FLAGS, keyctl=FLAGS)),
    "nameserver": st.one_of(st.none(), st.sampled_from([["10.0.0.1"], ["10.0.0.2", "fd00::1"]])),
    "tty": st.integers(0, 6),
    "rootfs": parts(size=SIZES, quota=FLAGS, replicate=FLAGS),
    "mp0": st.one_of(st.none(), DISKS.map(lambda one: {"storage": one["storage"], "size": one["size"], "mp": "/data"})),
    "mp1": st.one_of(st.none(), st.just({"volume": "/srv/x", "mp": "/x", "ro": True})),
    "dev0": st.one_of(st.none(), st.just({"path": "/dev/dri/renderD128", "gid": 104})),
    "net0": CT_CARDS,
}


@st.composite
def vm_configs(draw: st.DrawFn) -> dict[str, str]:
    """Configurations of VMs as Proxmox writes them."""
    some = {
        "name": st.sampled_from(["web", "old"]),
        "cores": st.sampled_from(["1", "2"]),
        "memory": st.sampled_from(["512", "2048", "current=1024"]),
        "onboot": st.sampled_from(["0", "1"]),
        "tags": st.sampled_from(["web;prod", "PROD;web", ""]),
        "description": st.sampled_from(["one line\n", "x"]),
        "agent": st.sampled_from(["1", "enabled=1", "0"]),
        "cpu": st.sampled_from(["host", "cputype=kvm64,flags=-pcid;+aes"]),
        "hotplug": st.sampled_from(["1", "network,disk,usb", "disk"]),
        "balloon": st.sampled_from(["0", "1024"]),
        "net0": st.sampled_from(["virtio=BC:24:11:00:00:01,bridge=vmbr0,tag=5", "e1000=BC:24:11:00:00:02,firewall=1"]),
        "net1": st.just("model=virtio,macaddr=bc:24:11:00:00:03,bridge=vmbr1"),
        "scsi0": st.builds("local-lvm:vm-1-disk-0,size={}".format, SIZES_THERE),
        "scsi1": st.builds("ceph:vm-1-disk-1,ssd=1,discard=on,size={}".format, SIZES_THERE),
        "ide2": st.sampled_from(["none,media=cdrom", "local:iso/b.iso,media=cdrom,size=600M"]),
        "ide3": st.just("local-lvm:vm-1-cloudinit,media=cdrom"),
        "usb0": st.just("spice"),
        "boot": st.sampled_from(["order=scsi0;ide2", "cdn"]),
        "smbios1": st.just("uuid=1"),
        "meta": st.just("ctime=1700000000"),
    }
    return draw(st.fixed_dictionaries({}, optional=some))


@st.composite
def ct_configs(draw: st.DrawFn) -> dict[str, str]:
    """Configurations of containers as Proxmox writes them."""
    some = {
        "hostname": st.sampled_from(["ct", "old"]),
        "cores": st.just("2"),
        "swap": st.sampled_from(["0", "512"]),
        "onboot": st.just("1"),
        "tags": st.just("a;b"),
        "features": st.sampled_from(["nesting=1", "keyctl=1,nesting=1"]),
        "net0": st.just("name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:01:01,ip=dhcp,type=veth"),
        "mp0": st.builds("local-lvm:vm-1-disk-1,mp=/data,size={}".format, SIZES_THERE),
        "dev0": st.just("/dev/dri/renderD128,gid=104"),
        "nameserver": st.just("10.0.0.1"),
    }
    size = draw(SIZES_THERE)
    return {
        "arch": "amd64",
        "ostype": "debian",
        "memory": "512",
        "rootfs": f"local-lvm:vm-1-disk-0,size={size}",
        **draw(st.fixed_dictionaries({}, optional=some)),
    }


@st.composite
def estates(draw: st.DrawFn) -> Estate:
    """A cluster of two nodes with some guests and pools."""
    pools = draw(st.lists(st.sampled_from(["prod", "lab"]), unique=True))
    found = []
    for vmid in draw(st.lists(st.sampled_from(VMIDS), max_size=4, unique=True)):
        kind = draw(st.sampled_from(["qemu", "lxc"]))
        config = draw(vm_configs() if kind == "qemu" else ct_configs())
        found.append(
            Guest(
                cluster="home",
                vmid=vmid,
                kind=kind,
                node=draw(st.sampled_from(NODES)),
                status=draw(st.sampled_from(["running", "stopped"])),
                pool=draw(st.sampled_from(["", *pools])),
                tags=tuple(one for one in config.get("tags", "").split(";") if one),
                name=config.get("name", config.get("hostname", "")),
                config=config,
                config_state=SEEN,
                snapshots=tuple(
                    Snapshot(one) for one in draw(st.lists(st.sampled_from(SNAPSHOTS), max_size=3, unique=True))
                ),
            )
        )
    return Estate(
        cluster="home",
        nodes=tuple(node(one) for one in NODES),
        storages=tuple(Storage("home", name, one, shared=name == "ceph") for name in STORAGES for one in NODES),
        guests=tuple(found),
        pools=tuple(Item(one, config={"comment": "x", "storages": "ceph"}) for one in pools),
        areas=(Area("guests", SEEN), Area("pools", SEEN)),
    )


SNAPSHOTS = ("before", "wk-nightly-202611190230", "wk-nightly-202611200230", "wk-nightly-202611210230", "wk-nightly-x")


@st.composite
def declarations(draw: st.DrawFn, estate: Estate) -> str:
    """Declarations for some guests of an estate, and for some that are not there."""
    documents = []
    absent = set()
    clonable = [one.vmid for one in estate.guests if one.kind == "qemu"]
    for vmid in draw(st.lists(st.sampled_from(VMIDS), max_size=4, unique=True)):
        there = estate.guest(vmid)
        kind = draw(st.sampled_from(["qemu", "lxc"])) if there is None else there.kind
        if there is not None and draw(st.integers(0, 9)) == 0 and vmid not in clonable:
            absent.add(vmid)
            documents.append(_document(kind, vmid, {"state": "absent"}))
            continue
        spec = draw(st.fixed_dictionaries({}, optional=VM_FIELDS if kind == "qemu" else CT_FIELDS))
        if there is None:
            spec |= {"node": draw(st.sampled_from(NODES))}
            if kind == "lxc":
                spec |= {"ostemplate": "local:vztmpl/debian.tar.zst"}
                spec["rootfs"] = {"storage": "local-lvm", "size": draw(SIZES), "replicate": draw(FLAGS)}
            elif clonable and draw(st.booleans()):
                spec |= {"clone": draw(st.sampled_from(clonable))}
        documents.append(_document(kind, vmid, spec))
    known = {one.vmid for one in estate.guests} | {one["metadata"]["vmid"] for one in documents}
    for name in draw(st.lists(st.sampled_from(["prod", "new"]), unique=True, max_size=1)):
        members = draw(st.lists(st.sampled_from(sorted(known)), unique=True)) if known else []
        spec = draw(st.fixed_dictionaries({}, optional={"comment": st.sampled_from(["", "shop"])}))
        spec |= {"members": [one for one in members if one not in absent]}
        documents.append(_head("Pool", {"name": name}, spec))
    if known - absent and draw(st.booleans()):
        guests = draw(st.lists(st.sampled_from(sorted(known - absent)), unique=True, min_size=1))
        spec = {"guests": guests, "tags": ["web"], "schedule": "daily 02:30", "keep": {"last": 1, "daily": 2}}
        documents.append(_head("SnapshotPolicy", {"name": "nightly"}, spec))
    return yaml.safe_dump_all(documents, sort_keys=False)


def _document(kind: str, vmid: int, spec: dict[str, Any]) -> dict[str, Any]:
    return _head("VirtualMachine" if kind == "qemu" else "Container", {"vmid": vmid}, spec)


def _head(kind: str, metadata: dict[str, Any], spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "wakeful/v1", "kind": kind, "metadata": {"cluster": "home", **metadata}, "spec": spec}
