"""What Proxmox and its guests are doing, as people read it, with the mood of each. Pure."""

from __future__ import annotations

from typing import NamedTuple


class Word(NamedTuple):
    """A state: its mood (ok, warn, bad, none, new), its word and its icon."""

    mood: str
    text: str
    icon: str


GUESTS = {
    "running": Word("ok", "Running", "up"),
    "stopped": Word("none", "Stopped", "stop"),
    "paused": Word("warn", "Paused", "pause"),
    "suspended": Word("none", "Suspended", "moon"),
    "io-error": Word("bad", "Disk error", "alert"),
    "prelaunch": Word("new", "Starting", "busy"),
    "unknown": Word("warn", "Not known", "new"),
    "gone": Word("none", "Gone", "silent"),
    "template": Word("none", "Template", "copy"),
}
NODES = {
    "online": Word("ok", "Online", "up"),
    "offline": Word("bad", "Offline", "alert"),
    "unknown": Word("warn", "Not known", "new"),
    "gone": Word("none", "Gone", "silent"),
}
STORAGES = {
    "available": Word("ok", "Available", "up"),
    "unavailable": Word("bad", "Not available", "alert"),
    "unknown": Word("warn", "Not known", "new"),
    "gone": Word("none", "Gone", "silent"),
}
DEEDS = {
    "asked": Word("new", "waits for its turn", "busy"),
    "running": Word("new", "under way", "busy"),
    "ok": Word("ok", "done", "check"),
    "failed": Word("bad", "failed", "cross"),
    "refused": Word("warn", "refused", "cross"),
    "lost": Word("bad", "nobody knows how it ended", "alert"),
}
STEPS = DEEDS | {
    "waiting": Word("none", "waits", "new"),
    "skipped": Word("none", "left out", "silent"),
}
EFFECTS = {
    "live": Word("ok", "while it runs", "check"),
    "reboot": Word("warn", "needs a reboot", "alert"),
    "stop": Word("warn", "needs a stop", "alert"),
    "destroys": Word("bad", "destroys", "alert"),
}
AREA_NAMES = {"not_in_backup": "guests without a backup job", "ha": "high availability", "status": "quorum"}
TASKS = {
    "qmstart": "Start", "qmstop": "Stop", "qmshutdown": "Shut down", "qmreboot": "Reboot", "qmreset": "Reset",
    "qmsuspend": "Suspend", "qmresume": "Resume", "qmcreate": "Create", "qmclone": "Clone", "qmdestroy": "Delete",
    "qmconfig": "Configure", "qmsnapshot": "Take a snapshot", "qmdelsnapshot": "Delete a snapshot",
    "qmrollback": "Roll back", "qmigrate": "Migrate", "qmmove": "Move a disk", "qmrestore": "Restore",
    "qmtemplate": "Make a template", "resize": "Resize a disk",
    "vzstart": "Start", "vzstop": "Stop", "vzshutdown": "Shut down", "vzreboot": "Reboot", "vzsuspend": "Suspend",
    "vzresume": "Resume", "vzcreate": "Create", "vzclone": "Clone", "vzdestroy": "Delete",
    "vzsnapshot": "Take a snapshot", "vzdelsnapshot": "Delete a snapshot", "vzrollback": "Roll back",
    "vzmigrate": "Migrate", "vzrestore": "Restore", "vzdump": "Back up", "move_volume": "Move a volume",
    "hastart": "Start by HA", "hastop": "Stop by HA", "hamigrate": "Migrate by HA", "startall": "Start all guests",
    "stopall": "Stop all guests", "imgcopy": "Copy an image", "imgdel": "Delete a volume", "download": "Download",
    "vncproxy": "Console", "vncshell": "Shell", "spiceproxy": "Console", "termproxy": "Console",
    "aptupdate": "Update the list of packages", "srvstart": "Start a service", "srvstop": "Stop a service",
    "srvrestart": "Restart a service", "srvreload": "Reload a service", "prunebackups": "Prune backups",
    "replication": "Replicate", "cephcreateosd": "Create an OSD",
}  # fmt: skip
"""What the kinds of tasks are called; other kinds stand as Proxmox has them."""

_STRANGE = "new"


def guest(status: str, template: bool = False, gone: bool = False) -> Word:
    """Return the word for what a guest does."""
    if gone:
        return GUESTS["gone"]
    if template:
        return GUESTS["template"]
    return GUESTS.get(status) or Word("none", status or "Not known", _STRANGE)


def node(status: str, gone: bool = False) -> Word:
    """Return the word for how a node is."""
    return NODES["gone"] if gone else NODES.get(status) or Word("warn", status or "Not known", _STRANGE)


def storage(status: str, gone: bool = False) -> Word:
    """Return the word for how a storage is."""
    return STORAGES["gone"] if gone else STORAGES.get(status) or Word("none", status or "Not known", _STRANGE)


def deed(state: str) -> Word:
    """Return the word for where a deed, or a step of a plan, stands."""
    return STEPS.get(state) or Word("none", state, _STRANGE)


def effect(name: str) -> Word:
    """Return the word for what a step does to a guest."""
    return EFFECTS.get(name) or Word("warn", name, "alert")


def kind(name: str) -> str:
    """Return what people call a kind of guest."""
    return {"qemu": "VM", "lxc": "container"}.get(name, name)


def system(ostype: str) -> str:
    """Return what people call a kind of operating system, as Proxmox has them."""
    if ostype.startswith("win"):
        return f"Windows {ostype.removeprefix('win')}"
    return {"l26": "Linux", "l24": "Linux 2.4", "other": ""}.get(ostype, ostype.capitalize())


def task(name: str) -> str:
    """Return what people call a kind of task."""
    return TASKS.get(name, name)


def ended(status: str) -> Word:
    """Return the word for how a task ended; an empty status: it runs."""
    if not status:
        return Word("new", "runs", "busy")
    if status == "OK":
        return Word("ok", "done", "check")
    if status.startswith("WARNINGS"):
        count = status.partition(":")[2].strip()
        said = f"done with {counted(int(count), 'warning')}" if count.isdecimal() else "done, with warnings"
        return Word("warn", said, "alert")
    return Word("bad", status, "cross")


def area(name: str) -> str:
    """Return what people call an area: `networks of node pve1` for `node/pve1/networks`."""
    parts = name.split("/")
    if parts[0] == "node" and len(parts) == 3:
        what = {"status": "", "networks": "networks of ", "guests": "memory of guests on ", "tasks": "tasks of "}
        return f"{what.get(parts[2], f'{parts[2]} of ')}node {parts[1]}"
    if parts[0] == "content":
        return f"contents of {parts[-1]}" + (f" on {parts[1]}" if len(parts) == 3 else "")
    return AREA_NAMES.get(name, name.replace("_", " "))


def counted(number: int, one: str, many: str = "") -> str:
    """Return `1 guest`, `2 guests`, `no guests`."""
    return f"{number or 'no'} {one if number == 1 else many or f'{one}s'}"


def who(user: str) -> str:
    """Return who `root@pam`, `ci@pve!token`, `user:mira` or `key:laptop` is."""
    return user.partition(":")[2] or user
