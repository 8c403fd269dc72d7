"""The property strings of Proxmox: which parts each has, of what kind, and what a change of one does. Pure.

The names are Proxmox's own. A part that the table does not know stays where it is when something beside it changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from wakeful_collector.integrations.proxmox.declare import value_kinds as kinds
from wakeful_collector.integrations.proxmox.declare.value_kinds import FLAG, SIZE, ValueKind

NIC_MODELS = (
    *("virtio", "e1000", "e1000e", "e1000-82540em", "e1000-82544gc", "e1000-82545em", "i82551", "i82557b", "i82559er"),
    *("ne2k_isa", "ne2k_pci", "pcnet", "rtl8139", "vmxnet3"),
)
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
STORAGE = r"[A-Za-z][A-Za-z0-9_.-]*[A-Za-z0-9]"
VOLUME = r"none|cdrom|[A-Za-z][A-Za-z0-9_.-]*:[^,\s]+|/[^,\s]*"
CIDR4 = r"(?:\d{1,3}\.){3}\d{1,3}/\d{1,2}"
CIDR6 = r"[0-9A-Fa-f:.]+/\d{1,3}"


class Part(NamedTuple):
    """One part of a property string. `default` is what its absence means, None where that is not known.

    `at_once` says that a running VM takes a change without a restart even where its field is not hot-plugged;
    `new_only` is used when the whole is made, and not compared later.
    """

    kind: ValueKind
    default: str | None = None
    at_once: bool = False
    new_only: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """The form of a property string: its parts by name, and the part whose value may stand without its name.

    `same` are other names that Proxmox takes for a part.
    """

    name: str
    parts: dict[str, Part]
    bare: str = ""
    same: dict[str, str] = field(default_factory=dict)

    @property
    def is_volume(self) -> bool:
        """Tell whether it describes something that is stored."""
        return "volume" in self.parts


def _line(words: str, pattern: str = kinds.ONE_PART) -> ValueKind:
    return kinds.text(pattern, words)


_FLAG_OFF, _FLAG_ON = Part(FLAG, "0"), Part(FLAG, "1")
_MTU = Part(kinds.whole(1, 65_535))
_TAG = Part(kinds.whole(1, 4094))
_RATE = Part(kinds.number(0, 1_000_000))
_TRUNKS = Part(kinds.names(r"\d{1,4}(-\d{1,4})?", "VLANs as `10` or `10-20`"))
_BRIDGE = Part(_line("the name of a bridge", r"[A-Za-z0-9_.-]{1,64}"))
NIC = Form(
    "net of a VirtualMachine",
    {
        "model": Part(kinds.choice(*NIC_MODELS)),
        "macaddr": Part(kinds.HARDWARE_ADDRESS),
        "bridge": _BRIDGE,
        "tag": _TAG,
        "trunks": _TRUNKS,
        "firewall": _FLAG_OFF,
        "link_down": _FLAG_OFF,
        "mtu": _MTU,
        "queues": Part(kinds.whole(0, 64)),
        "rate": _RATE,
    },
    bare="model",
)
CT_NIC = Form(
    "net of a Container",
    {
        "name": Part(_line("a name such as eth0", r"[A-Za-z0-9_.-]{1,15}")),
        "bridge": _BRIDGE,
        "hwaddr": Part(kinds.HARDWARE_ADDRESS),
        "ip": Part(_line("an address with its prefix, dhcp or manual", rf"{CIDR4}|dhcp|manual")),
        "gw": Part(_line("an address", r"(?:\d{1,3}\.){3}\d{1,3}")),
        "ip6": Part(_line("an address with its prefix, auto, dhcp or manual", rf"{CIDR6}|auto|dhcp|manual")),
        "gw6": Part(_line("an address", r"[0-9A-Fa-f:.]+")),
        "tag": _TAG,
        "trunks": _TRUNKS,
        "firewall": _FLAG_OFF,
        "link_down": _FLAG_OFF,
        "mtu": _MTU,
        "rate": _RATE,
        "type": Part(kinds.choice("veth"), "veth"),
        "host-managed": _FLAG_OFF,
    },
)

_STORED = {
    "volume": Part(_line("a volume (`local:iso/x.iso`), `none`, `STORAGE:cloudinit`, or a path", VOLUME), at_once=True),
    "storage": Part(_line("the name of a storage", STORAGE)),
    "size": Part(SIZE),
    "format": Part(kinds.choice("raw", "qcow2", "vmdk", "subvol"), new_only=True),
}
_IMPORTED = {"import-from": Part(_line("a volume to copy", kinds.ONE_PART), new_only=True)}
_LIMITS = {
    name: Part(kinds.number(0, 1_000_000) if name.startswith("mbps") else kinds.whole(0, 10_000_000), at_once=True)
    for what in ("mbps", "iops")
    for name in (what, f"{what}_max", f"{what}_rd", f"{what}_rd_max", f"{what}_wr", f"{what}_wr_max")
}
_ERRORS = kinds.choice("ignore", "report", "stop")
DISK = Form(
    "disk of a VirtualMachine",
    {
        **_STORED,
        **_IMPORTED,
        "media": Part(kinds.choice("disk", "cdrom"), "disk"),
        "cache": Part(kinds.choice("none", "writethrough", "writeback", "unsafe", "directsync"), "none"),
        "discard": Part(kinds.choice("ignore", "on"), "ignore"),
        "ssd": _FLAG_OFF,
        "iothread": _FLAG_OFF,
        "backup": Part(FLAG, "1", at_once=True),
        "replicate": Part(FLAG, "1", at_once=True),
        "ro": _FLAG_OFF,
        "shared": Part(FLAG, "0", at_once=True),
        "aio": Part(kinds.choice("native", "threads", "io_uring")),
        "detect_zeroes": Part(FLAG),
        "queues": Part(kinds.whole(2, 256)),
        "serial": Part(_line("a serial number", r"[A-Za-z0-9_.%-]{1,60}")),
        "wwn": Part(_line("a world wide name", r"0x[0-9a-fA-F]{16}")),
        "rerror": Part(_ERRORS),
        "werror": Part(kinds.choice("enospc", "ignore", "report", "stop")),
        **_LIMITS,
    },
    bare="volume",
    same={"file": "volume"},
)
EFI = Form(
    "efidisk0",
    {
        **_STORED,
        **_IMPORTED,
        "efitype": Part(kinds.choice("2m", "4m"), "2m"),
        "pre-enrolled-keys": _FLAG_OFF,
        "ms-cert": Part(kinds.choice("2011", "2023", "2023w", "2023k"), "2011"),
    },
    bare="volume",
    same={"file": "volume"},
)
TPM = Form(
    "tpmstate0",
    {**_STORED, "version": Part(kinds.choice("v1.2", "v2.0"), "v1.2")},
    bare="volume",
    same={"file": "volume"},
)
_IN_CONTAINER = {
    "acl": Part(FLAG),
    "mountoptions": Part(kinds.names(r"[a-z]{2,16}", "options as `noatime`")),
    "quota": _FLAG_OFF,
    "ro": _FLAG_OFF,
    "replicate": Part(FLAG, "1", at_once=True),
    "shared": _FLAG_OFF,
}
ROOTFS = Form("rootfs", {**_STORED, **_IN_CONTAINER}, bare="volume")
MOUNT = Form(
    "mp of a Container",
    {
        **_STORED,
        "mp": Part(_line("a path in the container", r"/[^,\s]*")),
        **_IN_CONTAINER,
        "backup": Part(FLAG, "0", at_once=True),
        "keepattrs": _FLAG_OFF,
    },
    bare="volume",
)

CPU = Form(
    "cpu",
    {
        "cputype": Part(_line("a type such as host or x86-64-v2-AES", r"[A-Za-z0-9_.-]{1,64}"), "kvm64"),
        "flags": Part(kinds.names(r"[+-][A-Za-z0-9._-]{1,40}", "flags as `+aes` or `-pcid`")),
        "hidden": _FLAG_OFF,
        "hv-vendor-id": Part(_line("up to 12 letters and digits", r"[A-Za-z0-9]{1,12}")),
        "phys-bits": Part(_line("8 to 64, or host", r"\d{1,2}|host")),
        "reported-model": Part(_line("a model", r"[A-Za-z0-9_.-]{1,64}")),
    },
    bare="cputype",
)
AGENT = Form(
    "agent",
    {
        "enabled": _FLAG_OFF,
        "fstrim_cloned_disks": _FLAG_OFF,
        "freeze-fs": _FLAG_ON,
        "type": Part(kinds.choice("virtio", "isa"), "virtio"),
    },
    bare="enabled",
    same={"freeze-fs-on-backup": "freeze-fs", "guest-fsfreeze": "freeze-fs"},
)
VGA = Form(
    "vga",
    {
        "type": Part(
            kinds.choice(
                *("std", "cirrus", "vmware", "qxl", "qxl2", "qxl3", "qxl4", "virtio", "virtio-gl", "none"),
                *("serial0", "serial1", "serial2", "serial3"),
            ),
            "std",
        ),
        "memory": Part(kinds.whole(4, 512)),
        "clipboard": Part(kinds.choice("vnc")),
    },
    bare="type",
)
STARTUP = Form("startup", {one: Part(kinds.whole(0, 1_000_000)) for one in ("order", "up", "down")}, bare="order")
BOOT = Form(
    "boot",
    {
        "order": Part(kinds.names(r"[a-z]+\d+", "devices as `scsi0`, `net0`", ordered=True)),
        "legacy": Part(_line("letters of old", r"[acdn]{1,4}")),
    },
    bare="legacy",
)
IPCONFIG = Form("ipconfig", {one: CT_NIC.parts[one] for one in ("ip", "gw", "ip6", "gw6")})
FEATURES = Form(
    "features",
    {
        "nesting": _FLAG_OFF,
        "keyctl": _FLAG_OFF,
        "fuse": _FLAG_OFF,
        "mknod": _FLAG_OFF,
        "force_rw_sys": _FLAG_OFF,
        "mount": Part(kinds.names(r"[a-z0-9]{1,16}", "file systems as `nfs`, `cifs`")),
    },
)
DEVICE = Form(
    "dev of a Container",
    {
        "path": Part(_line("a device of the host", r"/dev/[^,\s]+")),
        "uid": Part(kinds.whole(0, 4_294_967_294), "0"),
        "gid": Part(kinds.whole(0, 4_294_967_294), "0"),
        "mode": Part(_line('an octal mode in quotes, as "0660"', r"0[0-7]{3}")),
        "deny-write": _FLAG_OFF,
    },
    bare="path",
)
USB = Form(
    "usb",
    {
        "host": Part(_line("`1234:abcd`, `1-2.3` or `spice`", r"spice|[0-9A-Fa-f]{4}:[0-9A-Fa-f]{4}|\d+-[\d.]+")),
        "mapping": Part(_line("the name of a mapping", NAME)),
        "usb3": _FLAG_OFF,
    },
    bare="host",
)
HOSTPCI = Form(
    "hostpci",
    {
        "host": Part(_line("an address as `0000:01:00.0`", r"[0-9A-Fa-f:.;]{4,200}")),
        "mapping": Part(_line("the name of a mapping", NAME)),
        "pcie": _FLAG_OFF,
        "rombar": _FLAG_ON,
        "x-vga": _FLAG_OFF,
        "legacy-igd": _FLAG_OFF,
        "mdev": Part(_line("a type of mediated device", r"[A-Za-z0-9_.-]{1,64}")),
    },
    bare="host",
)
RNG = Form(
    "rng0",
    {
        "source": Part(kinds.choice("/dev/urandom", "/dev/random", "/dev/hwrng")),
        "max_bytes": Part(kinds.whole(0, 1_000_000_000), "1024"),
        "period": Part(kinds.whole(0, 1_000_000_000), "1000"),
    },
    bare="source",
)
WATCHDOG = Form(
    "watchdog",
    {
        "model": Part(kinds.choice("i6300esb", "ib700"), "i6300esb"),
        "action": Part(kinds.choice("reset", "shutdown", "poweroff", "pause", "debug", "none")),
    },
    bare="model",
)
MACHINE = Form(
    "machine",
    {
        "type": Part(_line("a type such as q35 or pc-i440fx-9.0", r"[a-z0-9][A-Za-z0-9.+_-]{0,39}")),
        "viommu": Part(kinds.choice("intel", "virtio")),
    },
    bare="type",
)
AUDIO = Form(
    "audio0",
    {
        "device": Part(kinds.choice("ich9-intel-hda", "intel-hda", "AC97")),
        "driver": Part(kinds.choice("spice", "none"), "spice"),
    },
)
VIRTIOFS = Form(
    "virtiofs",
    {
        "dirid": Part(_line("the name of a directory mapping", NAME)),
        "cache": Part(kinds.choice("auto", "always", "metadata", "never"), "auto"),
        "direct-io": _FLAG_OFF,
        "expose-acl": _FLAG_OFF,
        "expose-xattr": _FLAG_OFF,
    },
    bare="dirid",
)
