"""What can be done to a guest from its page: buttons that fit its state, forms for what needs to be told more. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wakeful_collector.integrations.proxmox.acting import protecting
from wakeful_collector.integrations.proxmox.acting.kinds import KINDS
from wakeful_collector.integrations.proxmox.pages import config_rows, words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from wakeful_collector.integrations.proxmox.acting.kinds import Kind
    from wakeful_collector.model.estate import Guest, Node, Storage

OPERATION = "proxmox.guest."
POWER = {
    "stopped": ("start",),
    "running": ("shutdown", "reboot", "suspend", "stop"),
    "paused": ("resume", "stop"),
    "suspended": ("start",),
    "prelaunch": ("resume", "stop"),
    "io-error": ("resume", "stop"),
}
"""Which buttons fit a status, the first one the most usual."""

SURE = {
    "start": "Start {}?",
    "shutdown": "Let {} shut itself down?",
    "reboot": "Let {} reboot itself? What is pending takes effect then.",
    "suspend": "Pause {}? It stays in memory and does nothing.",
    "resume": "Let {} go on?",
    "stop": "Pull the plug of {}? What it has not written is lost.",
}
SYMBOLS = {
    "start": "power",
    "shutdown": "power",
    "reboot": "busy",
    "suspend": "pause",
    "resume": "right",
    "stop": "stop",
}
TEMPLATES = frozenset({"clone", "migrate", "backup", "delete", "resize"})
"""What can be done to a template."""


class Button(NamedTuple):
    """A button: kind of deed, its operation, what it says, what is asked before, why it cannot be pressed."""

    kind: str
    operation: str
    label: str
    danger: str
    sure: str
    why_not: str
    symbol: str
    style: str


class Field(NamedTuple):
    """One argument as a field: widget is text, number, choice or flag."""

    name: str
    label: str
    widget: str = "text"
    help: str = ""
    required: bool = False
    value: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    most: int = 200


class Form(NamedTuple):
    """A deed that needs to be told more; what destroys wants the guest's name typed."""

    kind: str
    operation: str
    label: str
    sentence: str
    danger: str
    fields: tuple[Field, ...]
    why_not: str


def buttons(guest: Guest, protected: Collection[str], lacking: Mapping[str, str]) -> list[Button]:
    """Return the buttons that fit what a guest does; `lacking` is what whoever looks may not."""
    if guest.gone_ms or guest.template:
        return []
    found = []
    for place, name in enumerate(POWER.get(guest.status, ("start", "shutdown", "stop"))):
        if name in {"suspend", "resume"} and guest.kind == "lxc":
            continue  # Proxmox calls it experimental, and it hardly ever works
        kind = KINDS[name]
        found.append(
            Button(
                name,
                OPERATION + name,
                kind.title,
                kind.danger,
                SURE[name].format(title(guest)),
                why_not(kind, guest, protected, lacking),
                SYMBOLS[name],
                "primary" if place == 0 and name in {"start", "resume"} else "",
            )
        )
    return found


def forms(
    guest: Guest,
    protected: Collection[str],
    lacking: Mapping[str, str],
    nodes: Sequence[Node],
    storages: Sequence[Storage],
) -> list[Form]:
    """Return the forms of what can be done to a guest beside the buttons."""
    if guest.gone_ms:
        return []
    made = {
        "snapshot": _snapshot(guest),
        "backup": _backup(guest, storages),
        "migrate": _migrate(guest, nodes),
        "clone": _clone(guest, nodes, storages),
        "resize": _resize(guest),
        "delete": _delete(guest),
    }
    found = []
    for name, fields in made.items():
        if (guest.template and name not in TEMPLATES) or fields is None:
            continue
        kind = KINDS[name]
        reason = why_not(kind, guest, protected, lacking)
        found.append(Form(name, OPERATION + name, kind.title, kind.sentence, kind.danger, fields, reason))
    return found


def why_not(kind: Kind, guest: Guest, protected: Collection[str], lacking: Mapping[str, str]) -> str:
    """Return why a deed cannot be asked for now; empty when it can."""
    missing = lacking["lacking_admin" if kind.scope == "admin" else "lacking"]
    if missing:
        return missing
    if kind.hurts and (
        reasons := protecting.reasons(guest.vmid, guest.wanted.get("protection", ""), guest.tags, protected)
    ):
        return f"It is protected: {'; '.join(reasons)}."
    if kind.name == "restore" and guest.status != "stopped":
        return "It has to be stopped before a backup takes its place."
    if guest.lock and guest.lock not in kind.locks:
        return f"It is locked ({guest.lock}): something is under way with it."
    return ""


def title(guest: Guest) -> str:
    """Return what people call a guest: `web (VM 101)`."""
    kind = f"{words.kind(guest.kind)} {guest.vmid}"
    return f"{guest.name} ({kind})" if guest.name else kind


def typed(guest: Guest | None, vmid: object) -> str:
    """Return what somebody types who destroys a guest: its name, or its number where it has none."""
    return guest.name if guest is not None and guest.name else str(vmid)


def _snapshot(guest: Guest) -> tuple[Field, ...]:
    fields = [
        Field("snapshot", "Name", help="a letter first, then letters, digits, _ and -", required=True, most=40),
        Field("description", "What for", help="optional"),
    ]
    if guest.kind == "qemu" and guest.status == "running":
        fields.append(Field("with_memory", "With its memory", "flag"))
    return tuple(fields)


def _backup(guest: Guest, storages: Iterable[Storage]) -> tuple[Field, ...] | None:
    places = _storages(guest.node, storages, {"backup"})
    if not places:
        return None
    modes = (
        ("snapshot", "while it runs (snapshot)"),
        ("suspend", "paused for a moment (suspend)"),
        ("stop", "stopped meanwhile (stop)"),
    )
    return (
        Field("storage", "To", "choice", choices=places, required=True),
        Field("mode", "How", "choice", choices=modes, required=True),
        Field("notes", "Notes", help="optional"),
        Field("protected", "Never prune it", "flag"),
    )


def _migrate(guest: Guest, nodes: Iterable[Node]) -> tuple[Field, ...] | None:
    others = tuple((one.name, one.name) for one in nodes if one.name != guest.node and one.status == "online")
    if not others:
        return None
    fields = [Field("target", "To", "choice", choices=others, required=True)]
    if guest.kind == "qemu":
        fields.append(Field("with_local_disks", "With disks that stand on its node alone", "flag"))
    return tuple(fields)


def _clone(guest: Guest, nodes: Iterable[Node], storages: Iterable[Storage]) -> tuple[Field, ...]:
    online = tuple((one.name, one.name) for one in nodes if one.status == "online" and one.name != guest.node)
    holds = {"images"} if guest.kind == "qemu" else {"rootdir"}
    places = _storages(guest.node, storages, holds)
    fields = [
        Field("name", "Name", help="of the copy", most=63),
        Field("new_vmid", "Number", "number", "empty: the next that is free"),
        Field("target", "On", "choice", choices=(("", f"{guest.node} (as now)"), *online)),
        Field("storage", "Disks on", "choice", "a whole copy only", choices=(("", "where they are"), *places)),
    ]
    if guest.template:
        fields.append(Field("full", "A whole copy, not a linked one", "flag"))
    return tuple(fields)


def _resize(guest: Guest) -> tuple[Field, ...] | None:
    disks = tuple((name, name) for name in config_rows.disks(guest))
    if not disks:
        return None
    return (
        Field("disk", "Disk", "choice", choices=disks, required=True),
        Field("size", "Size", help="+8G grows it by 8 GiB; disks never shrink", required=True, most=16),
    )


def _delete(guest: Guest) -> tuple[Field, ...] | None:
    if guest.status not in {"stopped", "unknown"} and not guest.template:
        return None
    return (Field("purge", "Out of backup jobs, replication and HA too", "flag", value="yes"),)


def _storages(node: str, storages: Iterable[Storage], holds: Collection[str]) -> tuple[tuple[str, str], ...]:
    return tuple(
        (one.name, f"{one.name} ({one.type})") for one in storages if one.node == node and set(holds) & set(one.content)
    )
