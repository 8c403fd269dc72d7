"""The configuration of a guest in groups, with what is pending beside what is in effect. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

if TYPE_CHECKING:
    from wakeful_collector.model.estate import Guest

_NUMBERED_DISKS = "scsi virtio sata ide efidisk tpmstate unused mp"
_WORDS = {
    "Processor and memory": (
        "cores sockets vcpus cpu cpulimit cpuunits affinity numa memory balloon shares swap hugepages"
    ),
    "Disks": f"{_NUMBERED_DISKS} rootfs boot bootdisk scsihw",
    "Network": "net ipconfig nameserver searchdomain hostname",
    "Cloud-init": "ciuser cipassword citype cicustom ciupgrade sshkeys",
    "Hardware": (
        "bios machine vga serial usb hostpci audio rng dev agent ostype arch features unprivileged tablet hotplug"
        " smbios vmgenid"
    ),
}
_GROUP_OF = {word: title for title, line in _WORDS.items() for word in line.split()}
_DISKS = frozenset({"scsi", "virtio", "sata", "ide", "mp", "rootfs"})
_REST = "Everything else"
_DIGITS = "0123456789"
_SECRET = frozenset({"cipassword"})
_ENCODED = frozenset({"sshkeys"})


class Setting(NamedTuple):
    """One setting: in effect (None: not set), and what a restart makes of it where something is pending."""

    name: str
    value: str | None
    is_pending: bool
    pending: str | None


def groups(guest: Guest) -> list[tuple[str, list[Setting]]]:
    """Return the settings by group; groups without any are left out."""
    names = sorted({*guest.config, *guest.pending} - {"digest", "description"}, key=_place)
    found: dict[str, list[Setting]] = {title: [] for title in (*_WORDS, _REST)}
    for name in names:
        value = _shown(name, guest.config.get(name))
        is_pending = name in guest.pending
        pending = _shown(name, guest.pending.get(name))
        found[_group(name)].append(Setting(name, value, is_pending, pending))
    return [(title, settings) for title, settings in found.items() if settings]


def disks(guest: Guest) -> list[str]:
    """Return the names of disks that can grow: no CD drives, and nothing that is unused."""
    return [
        name
        for name, value in sorted(guest.wanted.items(), key=lambda one: _place(one[0]))
        if name.rstrip(_DIGITS) in _DISKS and "media=cdrom" not in value and ":cloudinit" not in value
    ]


def _group(name: str) -> str:
    return _GROUP_OF.get(name.rstrip(_DIGITS), _REST)


def _place(name: str) -> tuple[str, int]:
    """Return where a name stands: `net2` before `net10`."""
    head = name.rstrip(_DIGITS)
    return head, int(name[len(head) :] or -1)


def _shown(name: str, value: str | None) -> str | None:
    if value is not None and name in _SECRET:
        return "set, and not shown"
    return unquote(value) if value is not None and name in _ENCODED else value
