"""A model of what Proxmox VE makes of requests: how it normalises, plugs, and lets changes wait. Pure, and no client.

It was written from the facts of Proxmox's own source, not from the table of fields, so that both can disagree.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from wakeful_collector.model.estate import SEEN, Area, Estate, Guest, Item, Node, Snapshot

FAST_VM = {
    *("name", "onboot", "shares", "startup", "description", "protection", "tags", "vmstatestorage", "hotplug"),
    *("balloon", "cpulimit", "cpuunits", "affinity"),
}
FAST_CT = {*("description", "onboot", "startup", "protection", "hostname", "cores", "tags")}
HOT_CT = {"cpulimit", "cpuunits", "memory", "swap"}
VOLUME = re.compile(r"(scsi|virtio|sata|ide|mp)\d+|rootfs|efidisk0|tpmstate0")
HOT_PARTS = ("backup", "replicate", "shared", "mbps", "iops", "media", "volume")
NEW = re.compile(r"([A-Za-z][\w.-]*):(\d+(?:\.\d+)?)(?=,|$)")
OWN = {"meta": "creation-qemu=9.0.2,ctime=1700000000", "smbios1": "uuid=0", "vmgenid": "1"}


class Refused(Exception):
    """What Proxmox would not do."""


class Model:
    """One cluster; `do` carries a request out at once."""

    def __init__(self, estate: Estate) -> None:
        self.nodes = estate.nodes
        self.storages = estate.storages
        self.guests = {one.vmid: one for one in estate.guests}
        self.pools: dict[str, dict[str, str]] = {one.id: dict(one.config) for one in estate.pools}
        self.version = estate.version
        self._macs = 0

    def estate(self) -> Estate:
        """Return the cluster as a synchronisation would see it."""
        return Estate(
            cluster="home",
            nodes=self.nodes,
            storages=self.storages,
            guests=tuple(self.guests.values()),
            pools=tuple(Item(name, config=config) for name, config in self.pools.items()),
            areas=(Area("guests", SEEN), Area("pools", SEEN)),
        )

    def do(self, request: Any) -> None:
        """Carry one request out. Raises Refused."""
        form = dict(request.form)
        if request.path.startswith("/pools"):
            self._pool(request.method, request.path, form)
            return
        _, _, node, kind, *rest = request.path.split("/")
        assert node in {one.name for one in self.nodes}, node
        if not rest:
            self._create(node, kind, form)
            return
        guest = self.guests.get(int(rest[0]))
        if guest is None or guest.kind != kind or guest.node != node:
            raise Refused(f"no {kind} {rest[0]} on {node}")
        verb = "/".join(rest[1:])
        if request.method == "DELETE" and not verb:
            if guest.status == "running" or guest.wanted.get("protection") == "1":
                raise Refused("it runs, or is protected")
            del self.guests[guest.vmid]
        elif verb.startswith("snapshot"):
            self._snapshot(guest, request.method, rest, form)
        else:
            getattr(self, "_" + verb.replace("/", "_"))(guest, form)

    # ------------------------------------------------------------------ guests

    def _create(self, node: str, kind: str, form: dict[str, str]) -> None:
        vmid = int(form.pop("vmid"))
        if vmid in self.guests:
            raise Refused("it exists")
        pool = form.pop("pool", "")
        if pool and pool not in self.pools:
            raise Refused("no such pool")
        if kind == "lxc":
            form.pop("ostemplate")
            form = {
                "arch": "amd64",
                "ostype": "debian",
                "unprivileged": "1",
                "memory": "512",
                "swap": "512",
                "hostname": f"CT{vmid}",
                **form,
            }
        else:
            form = {**OWN, "memory": "512", "boot": "order=", **form}
        base = Guest(cluster="home", vmid=vmid, kind=kind, node=node, status="stopped", pool=pool, config_state=SEEN)
        config = {key: self._normal(base, key, value, "") for key, value in form.items()}
        self._keep(base, config=config)

    def _config(self, guest: Guest, form: dict[str, str]) -> None:
        if not form:
            raise Refused("no options specified")
        gone = [one for one in form.pop("delete", "").split(",") if one]
        config, pending = dict(guest.config), dict(guest.pending)
        for key in gone:
            if key in form or key in {"rootfs"} or (guest.kind == "lxc" and key in {"memory", "ostype"}):
                raise Refused(f"{key} cannot be deleted")
            if guest.status != "running" or self._is_hot(guest, key, None):
                self._remove(config, key)
                pending.pop(key, None)
            elif key in config:
                pending[key] = None
            else:
                pending.pop(key, None)
        for key, value in form.items():
            written = self._normal(guest, key, value, guest.wanted.get(key, ""))
            if guest.status != "running" or self._is_hot(guest, key, written):
                config[key] = written
                pending.pop(key, None)
            elif config.get(key) == written:
                pending.pop(key, None)
            else:
                pending[key] = written
        self._keep(guest, config=config, pending=pending)

    def _is_hot(self, guest: Guest, key: str, value: str | None) -> bool:
        """Tell whether a running guest takes a change at once."""
        now = guest.config.get(key)
        if guest.kind == "lxc":
            if key in FAST_CT or key in HOT_CT or re.fullmatch(r"net\d+", key):
                return True
            return value is not None and now is None and re.fullmatch(r"(mp|dev)\d+", key) is not None
        if key in FAST_VM:
            return True
        plugs = (guest.config.get("hotplug") or "network,disk,usb").split(",")
        if re.fullmatch(r"net\d+", key):
            return "network" in plugs
        if re.fullmatch(r"usb\d+", key) or key == "tablet":
            return "usb" in plugs
        if key == "vcpus":
            return "cpu" in plugs
        if key == "memory":
            return "memory" in plugs and guest.config.get("numa") == "1"
        if VOLUME.fullmatch(key):
            if now is not None and value is not None:
                return all(name.startswith(HOT_PARTS) for name in _differing(now, value))
            return "disk" in plugs and key.startswith(("scsi", "virtio"))
        return False

    def _remove(self, config: dict[str, str], key: str) -> None:
        value = config.pop(key, "")
        volume = value.partition(",")[0]
        if VOLUME.fullmatch(key) and ":" in volume and "media=cdrom" not in value:
            config[next(f"unused{at}" for at in range(64) if f"unused{at}" not in config)] = volume

    def _normal(self, guest: Guest, key: str, value: str, before: str) -> str:
        """Return what stands in the configuration afterwards."""
        if key == "description":
            return value.rstrip("\n") + "\n"
        if key == "tags":
            return ";".join(reversed(value.split(";")))
        if re.fullmatch(r"net\d+", key):
            return self._card(guest, value)
        if VOLUME.fullmatch(key):
            return self._volume(guest, key, value, before)
        return value

    def _card(self, guest: Guest, value: str) -> str:
        self._macs += 1
        address = f"BC:24:11:00:{self._macs // 256:02X}:{self._macs % 256:02X}"
        head, _, rest = value.partition(",")
        if guest.kind == "lxc":
            return value if "hwaddr=" in value else f"{value},hwaddr={address}"
        first = head if "=" in head else f"{head}={address}"
        return ",".join([first, *sorted(one for one in rest.split(",") if one)])

    def _volume(self, guest: Guest, key: str, value: str, before: str) -> str:
        made = NEW.match(value)
        if made is not None and (made[2] != "0" or "import-from" in value):
            rest = [one for one in value.split(",")[1:] if not one.startswith(("import-from", "size="))]
            size = "2G" if "import-from" in value else f"{float(made[2]):g}G"
            name = f"{made[1]}:vm-{guest.vmid}-disk-{key}"
            return ",".join([name, *sorted(rest), f"size={size}"])
        head, *rest = value.split(",")
        if head.endswith(":cloudinit"):
            head = f"{head.partition(':')[0]}:vm-{guest.vmid}-cloudinit"
            rest = [*rest, "media=cdrom"] if "media=cdrom" not in rest else rest
        return ",".join([head, *sorted(rest)])

    def _resize(self, guest: Guest, form: dict[str, str]) -> None:
        key, size = form["disk"], form["size"]
        now = guest.config[key]
        if _bytes(size) < _bytes(re.search(r"size=(\w+)", now)[1]):  # type: ignore[index]  # every volume has one
            raise Refused("shrinking")
        self._keep(guest, config={**guest.config, key: re.sub(r"size=\w+", f"size={size}", now)})

    def _move_disk(self, guest: Guest, form: dict[str, str]) -> None:
        key = form.get("disk") or form["volume"]
        if guest.kind == "lxc" and guest.status == "running":
            raise Refused("it runs")
        volume, _, rest = guest.config[key].partition(",")
        moved = f"{form['storage']}:{volume.partition(':')[2]}"
        self._keep(guest, config={**guest.config, key: f"{moved},{rest}" if rest else moved})

    _move_volume = _move_disk

    def _clone(self, source: Guest, form: dict[str, str]) -> None:
        vmid = int(form["newid"])
        if vmid in self.guests:
            raise Refused("it exists")
        made = msgspec.structs.replace(
            source, vmid=vmid, status="stopped", template=False, pending={}, snapshots=(), pool=form.get("pool", "")
        )
        config = {key: value for key, value in source.wanted.items() if key not in {"template", "protection"}}
        for key, value in list(config.items()):
            if re.fullmatch(r"net\d+", key):
                bare = re.sub(r"^(\w+)=[0-9A-F:]+", r"\1", re.sub(r",hwaddr=[0-9A-F:]+", "", value))
                config[key] = self._card(made, bare)
            elif VOLUME.fullmatch(key) and "storage" in form and "media=cdrom" not in value:
                config[key] = f"{form['storage']}:{value.partition(':')[2]}"
        config |= {name: form[name] for name in ("name", "hostname") if name in form}
        self._keep(made, config=config)

    def _migrate(self, guest: Guest, form: dict[str, str]) -> None:
        if guest.status == "running" and not ({"online", "restart"} & set(form)):
            raise Refused("it runs")
        self._keep(guest, node=form["target"])

    def _template(self, guest: Guest, _form: dict[str, str]) -> None:
        if guest.status == "running":
            raise Refused("it runs")
        self._keep(guest, template=True)

    # ------------------------------------------------------------------ power, snapshots, pools

    def _status_start(self, guest: Guest, _form: dict[str, str]) -> None:
        if guest.status == "running" or guest.template:
            raise Refused("it runs, or is a template")
        self._keep(self._settled(guest), status="running")

    def _status_shutdown(self, guest: Guest, _form: dict[str, str]) -> None:
        self._keep(self._settled(guest), status="stopped")

    _status_stop = _status_shutdown

    def _status_reboot(self, guest: Guest, _form: dict[str, str]) -> None:
        if guest.status != "running":
            raise Refused("it does not run")
        self._keep(self._settled(guest))

    def _settled(self, guest: Guest) -> Guest:
        config = dict(guest.config)
        for key, value in guest.pending.items():
            if value is None:
                self._remove(config, key)
            else:
                config[key] = value
        return self._keep(guest, config=config, pending={})

    def _snapshot(self, guest: Guest, method: str, rest: list[str], form: dict[str, str]) -> None:
        names = [one.name for one in guest.snapshots]
        if method == "POST":
            if form["snapname"] in names:
                raise Refused("it is used already")
            self._keep(guest, snapshots=(*guest.snapshots, Snapshot(form["snapname"])))
        else:
            assert rest[2] in names
            self._keep(guest, snapshots=tuple(one for one in guest.snapshots if one.name != rest[2]))

    def _pool(self, method: str, where: str, form: dict[str, str]) -> None:
        name = form.get("poolid") or where.removeprefix("/pools/")
        if method == "POST":
            if name in self.pools:
                raise Refused("it exists")
            self.pools[name] = {"comment": form.get("comment", ""), "storages": ""}
            return
        if method == "DELETE":
            if any(one.pool == name for one in self.guests.values()) or self.pools[name]["storages"]:
                raise Refused("it is not empty")
            del self.pools[name]
            return
        pool = self.pools[name]
        pool |= {"comment": form["comment"]} if "comment" in form else {}
        stored = {one for one in pool.get("storages", "").split(";") if one}
        given = {one for one in form.get("storage", "").split(",") if one}
        pool["storages"] = ";".join(sorted(stored - given if form.get("delete") else stored | given))
        for text in [one for one in form.get("vms", "").split(",") if one]:
            guest = self.guests[int(text)]
            if form.get("delete"):
                self._keep(guest, pool="")
            elif guest.pool not in {"", name} and not form.get("allow-move"):
                raise Refused("it is in another pool")
            else:
                self._keep(guest, pool=name)

    def _keep(self, guest: Guest, **fields: Any) -> Guest:
        made = msgspec.structs.replace(guest, **fields)
        config = made.wanted
        tags = tuple(one for one in config.get("tags", "").split(";") if one)
        name = config.get("name") or config.get("hostname") or ""
        made = msgspec.structs.replace(made, tags=tags, name=name)
        self.guests[made.vmid] = made
        return made


def _differing(one: str, other: str) -> set[str]:
    """Return the parts of two volumes that differ, the volume itself as `volume`."""
    both = [
        {("volume" if "=" not in part else part.partition("=")[0]): part for part in text.split(",")}
        for text in (one, other)
    ]
    return {name for name in both[0].keys() | both[1].keys() if both[0].get(name) != both[1].get(name)} - {"size"}


def _bytes(text: str) -> int:
    factors = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
    return int(float(text[:-1]) * factors[text[-1]])


def node(name: str, status: str = "online") -> Node:
    """Return a node."""
    return Node("home", name, status)
