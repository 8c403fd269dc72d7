"""What can be done to the sample cluster: each deed begins a task, which changes the guest when its time is over."""

from __future__ import annotations

import copy
import re
from typing import TYPE_CHECKING, Any

from wakeful_collector import clock
from wakeful_collector.demo.pve_answers import Refused, config_of, guest_of
from wakeful_collector.demo.pve_estate import GIB
from wakeful_collector.demo.pve_world import Guest

if TYPE_CHECKING:
    from collections.abc import Callable

    from wakeful_collector.demo.pve_world import World

Form = dict[str, str]
_VERBS = {"start": "running", "resume": "running", "reboot": "running", "stop": "stopped", "shutdown": "stopped"}


def perform(world: World, method: str, path: str, form: Form, user: str) -> Any:
    """Return what a writing request answers as `data`: a task's name, or nothing. Raises Refused."""
    world.settle()
    for known, pattern, done in _WRITES:
        found = re.fullmatch(pattern, path) if known == method else None
        if found:
            with world.lock:
                return done(world, form, user, *found.groups())
    raise Refused(501, f"Method '{method} {path}' not implemented")


def _begin(world: World, one: Guest, word: str, user: str, done: Callable[[], None]) -> str:
    prefix = "qm" if one.kind == "qemu" else "vz"
    kind = {"migrate": "qmigrate" if one.kind == "qemu" else "vzmigrate"}.get(word, prefix + word)
    return world.begin(one.node, kind, str(one.vmid), user, done=done)


def _power(world: World, _: Form, user: str, node: str, kind: str, vmid: str, verb: str) -> str:
    one = guest_of(world, node, kind, vmid)
    if one.lock:
        raise Refused(500, f"VM is locked ({one.lock})")
    if verb in {"shutdown", "reboot"} and one.status != "running":
        raise Refused(500, f"VM {vmid} not running")

    def done() -> None:
        if verb == "suspend":
            one.status = "paused"
            return
        if one.status == "stopped" or verb == "reboot":
            one.since = clock.now_ms() / 1000
        one.status = _VERBS[verb]

    return _begin(world, one, verb, user, done)


def _snapshot(world: World, form: Form, user: str, node: str, kind: str, vmid: str) -> str:
    one = guest_of(world, node, kind, vmid)
    name = form.get("snapname", "")
    if any(known["name"] == name for known in one.snapshots):
        raise Refused(500, f"snapshot name '{name}' already used")

    def done() -> None:
        row: dict[str, Any] = {"name": name, "snaptime": clock.now_ms() // 1000}
        row |= {"description": form.get("description", "")}
        row |= {"parent": one.config["parent"]} if "parent" in one.config else {}
        row |= {"vmstate": 1} if form.get("vmstate") == "1" else {}
        one.snapshots.append(row)
        one.config["parent"] = name

    return _begin(world, one, "snapshot", user, done)


def _snapshot_delete(world: World, _: Form, user: str, node: str, kind: str, vmid: str, name: str) -> str:
    one = guest_of(world, node, kind, vmid)

    def done() -> None:
        one.snapshots[:] = [row for row in one.snapshots if row["name"] != name]
        if one.config.get("parent") == name:
            del one.config["parent"]

    return _begin(world, one, "delsnapshot", user, done)


def _rollback(world: World, _: Form, user: str, node: str, kind: str, vmid: str, name: str) -> str:
    one = guest_of(world, node, kind, vmid)
    if not any(known["name"] == name for known in one.snapshots):
        raise Refused(500, f"snapshot '{name}' does not exist")

    def done() -> None:
        one.status, one.config["parent"] = "stopped", name

    return _begin(world, one, "rollback", user, done)


def _clone(world: World, form: Form, user: str, node: str, kind: str, vmid: str) -> str:
    one, number = guest_of(world, node, kind, vmid), int(form.get("newid", "0"))
    if number in world.guests:
        raise Refused(500, f"unable to create VM {number}: config file already exists")

    def done() -> None:
        made = copy.deepcopy(one)
        made.vmid, made.node, made.status, made.snapshots = number, form.get("target", node), "stopped", []
        made.config.pop("template", None)
        made.config.pop("parent", None)
        key = "name" if kind == "qemu" else "hostname"
        made.config[key] = form.get(key) or f"copy-of-{one.name}"
        for name, value in list(made.config.items()):
            made.config[name] = value.replace(f"-{vmid}-", f"-{number}-")
        made.config["net0"] = re.sub(r"[0-9A-F]{2}:[0-9A-F]{2}(?=,)", f"7F:{number % 256:02X}", made.config["net0"])
        world.guests[number] = made

    return _begin(world, one, "clone", user, done)


def _migrate(world: World, form: Form, user: str, node: str, kind: str, vmid: str) -> str:
    one = guest_of(world, node, kind, vmid)
    one.lock = "migrate"

    def done() -> None:
        one.node, one.lock = form.get("target", node), ""

    return _begin(world, one, "migrate", user, done)


def _backup(world: World, form: Form, user: str, node: str) -> str:
    one = next((guest for guest in world.guests.values() if str(guest.vmid) == form.get("vmid")), None)
    if one is None or one.node != node:
        raise Refused(500, "no such guest on this node")
    one.lock = "backup"

    def done() -> None:
        made = clock.now_ms() // 1000
        form_of = "vma.zst" if one.kind == "qemu" else "tar.zst"
        one.lock = ""
        world.backups.append(
            {
                "volid": f"nas:backup/vzdump-{one.kind}-{one.vmid}-{made}.{form_of}", "content": "backup",
                "format": form_of, "vmid": one.vmid, "ctime": made, "notes": form.get("notes-template", one.name),
                "size": one.disk_bytes // 9, "protected": int(form.get("protected") == "1"),
            }
        )  # fmt: skip

    return world.begin(node, "vzdump", str(one.vmid), user, done=done)


def _configure(world: World, form: Form, user: str, node: str, kind: str, vmid: str) -> str | None:
    one = guest_of(world, node, kind, vmid)
    given = dict(form)
    if given.pop("digest", None) not in {None, config_of(one)["digest"]}:
        raise Refused(500, "checksum mismatch (file change by other user?)")
    for name in given.pop("delete", "").split(","):
        one.config.pop(name, None)
    given.pop("revert", None)
    given.pop("background_delay", None)
    one.config.update(given)
    return None


def _resize(world: World, form: Form, user: str, node: str, kind: str, vmid: str) -> str:
    one = guest_of(world, node, kind, vmid)
    disk, size = form.get("disk", ""), form.get("size", "")
    found = re.fullmatch(r"(\+?)(\d+)G", size)
    if found is None or disk not in one.config:
        raise Refused(400, "Parameter verification failed.")
    wanted = int(found[2]) * GIB + (one.disk_bytes if found[1] else 0)
    if wanted < one.disk_bytes:
        raise Refused(500, "shrinking disks is not supported")

    def done() -> None:
        one.disk_bytes = wanted
        one.config[disk] = re.sub(r"size=\d+G", f"size={wanted // GIB}G", one.config[disk])

    return world.begin(node, "resize", vmid, user, done=done)


def _delete(world: World, _: Form, user: str, node: str, kind: str, vmid: str) -> str:
    one = guest_of(world, node, kind, vmid)
    if one.status == "running":
        raise Refused(500, f"VM {vmid} is running - destroy failed")
    if one.config.get("protection") == "1":
        raise Refused(500, f"can't remove VM {vmid} - protection mode enabled")

    def done() -> None:
        world.guests.pop(one.vmid, None)

    return _begin(world, one, "destroy", user, done)


def _create(world: World, form: Form, user: str, node: str, kind: str) -> str:
    """Make a guest, of a backup too; over one that is there only by force."""
    number = int(form.get("vmid", "0"))
    archive = form.get("archive") or (form.get("ostemplate", "") if form.get("restore") == "1" else "")
    known = world.guests.get(number)
    if known is not None and form.get("force") != "1":
        raise Refused(500, f"unable to create VM {number} - VM {number} already exists on node '{known.node}'")

    def done() -> None:
        if known is None:
            world.guests[number] = _made(number, kind, node, form)

    prefix = "qm" if kind == "qemu" else "vz"
    return world.begin(node, prefix + ("restore" if archive else "create"), str(number), user, done=done)


def _made(number: int, kind: str, node: str, form: Form) -> Guest:
    asked = {"vmid", "archive", "ostemplate", "restore", "force", "storage", "unique", "start", "pool", "password"}
    config = {"cores": "1", "memory": "1024"} | {name: value for name, value in form.items() if name not in asked}
    disk = "scsi0" if kind == "qemu" else "rootfs"
    size = re.search(r":(\d+)", config.get(disk, ""))
    gib = int(size[1]) if size else 8
    config[disk] = f"local-zfs:vm-{number}-disk-0,size={gib}G"
    config.setdefault("meta", f"creation-qemu=9.0.2,ctime={clock.now_ms() // 1000}")
    status = "running" if form.get("start") == "1" else "stopped"
    return Guest(number, kind, node, config, status, 0.05, gib * GIB, clock.now_ms() / 1000)


_G = r"/nodes/(pve1|pve2)/(qemu|lxc)/(\d{3,9})"
_WRITES: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("POST", f"{_G}/status/(start|stop|shutdown|reboot|suspend|resume)", _power),
    ("POST", f"{_G}/snapshot", _snapshot),
    ("POST", rf"{_G}/snapshot/([\w-]+)/rollback", _rollback),
    ("DELETE", rf"{_G}/snapshot/([\w-]+)", _snapshot_delete),
    ("POST", f"{_G}/clone", _clone),
    ("POST", f"{_G}/migrate", _migrate),
    ("POST", "/nodes/(pve1|pve2)/vzdump", _backup),
    ("POST", f"{_G}/config", _configure),
    ("PUT", f"{_G}/config", _configure),
    ("PUT", f"{_G}/resize", _resize),
    ("DELETE", _G, _delete),
    ("POST", "/nodes/(pve1|pve2)/(qemu|lxc)", _create),
)
"""Which requests are done by what: of each the world, the form, who asks, and what the path's groups hold."""
