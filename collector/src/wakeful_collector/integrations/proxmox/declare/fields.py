"""The one table of what can be declared of a guest; reading, comparing, exporting and the docs are made of it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from wakeful_collector.integrations.proxmox.declare import forms
from wakeful_collector.integrations.proxmox.declare import value_kinds as kinds
from wakeful_collector.integrations.proxmox.declare.steps import LIVE, REBOOT
from wakeful_collector.integrations.proxmox.declare.value_kinds import FLAG, ValueKind
from wakeful_collector.integrations.proxmox.declare.wished import CONTAINER, VM

BOTH = (VM, CONTAINER)
_NEEDED = frozenset({"memory", "rootfs"})
NEW = "new"
"""What a running container takes without a restart: a volume or device that it did not have."""


@dataclass(frozen=True, slots=True)
class Field:
    """One setting of a guest, under the name it has in Proxmox.

    `value` is a kind or the form of a property string; `count` is how many there are (`net0` to `net31`), 0 for one
    without a number. `effect` is what a change does to a running guest, `plugs` the feature of `hotplug` that makes
    it live. `default` is what its absence means in normal form, None where that is not known. `fixed` is settled when
    the guest is made.
    """

    name: str
    value: ValueKind | forms.Form
    effect: str = REBOOT
    guests: tuple[str, ...] = (VM,)
    default: str | None = None
    count: int = 0
    plugs: str = ""
    fixed: bool = False
    words: str = ""

    @property
    def is_needed(self) -> bool:
        """Tell whether no guest can be without it."""
        return self.fixed or self.name in _NEEDED or (self.name == "ostype" and self.guests == (CONTAINER,))

    @property
    def form(self) -> forms.Form | None:
        """Return the form of its property string; None for a plain value."""
        return self.value if isinstance(self.value, forms.Form) else None

    @property
    def kind(self) -> ValueKind | None:
        """Return the kind of its plain value; None for a property string."""
        return None if isinstance(self.value, forms.Form) else self.value


_ADDRESSES = kinds.names(r"[0-9A-Fa-f.:%a-z]{2,64}", "addresses", separator=" ", ordered=True)
_DOMAINS = kinds.names(kinds.DNS_NAME, "domains", separator=" ", ordered=True)
_TAGS = kinds.names(r"[A-Za-z0-9_][A-Za-z0-9_+.-]*", "tags of letters, digits, _, +, . and -", folded=True)
_FEATURES = kinds.names("network|disk|cpu|memory|usb|cloudinit", "features", separator=",", ordered=False)
_VM_SYSTEMS = (
    "other",
    "wxp",
    "w2k",
    "w2k3",
    "w2k8",
    "wvista",
    "win7",
    "win8",
    "win10",
    "win11",
    "l24",
    "l26",
    "solaris",
)
_CT_SYSTEMS = (
    *("debian", "devuan", "ubuntu", "centos", "fedora", "opensuse", "archlinux", "alpine", "gentoo", "nixos"),
    "unmanaged",
)
_CONTROLLERS = ("lsi", "lsi53c810", "virtio-scsi-pci", "virtio-scsi-single", "megasas", "pvscsi")

FIELDS: tuple[Field, ...] = (
    Field("name", kinds.text(kinds.DNS_NAME, "a DNS name"), LIVE, words="the name of the machine"),
    Field("hostname", kinds.text(kinds.DNS_NAME, "a DNS name"), LIVE, (CONTAINER,), words="the name of the container"),
    Field("description", kinds.LINES, LIVE, BOTH, "", words="the notes"),
    Field("tags", _TAGS, LIVE, BOTH, "", words="all tags, in any order"),
    Field("onboot", FLAG, LIVE, BOTH, "0", words="start when the node does"),
    Field("startup", forms.STARTUP, LIVE, BOTH, words="its turn when the node starts"),
    Field("protection", FLAG, LIVE, BOTH, "0", words="refuse to remove it or its disks"),
    Field("cores", kinds.whole(1, 8192), REBOOT, (VM,), "1", words="cores a socket"),
    Field("cores", kinds.whole(1, 8192), LIVE, (CONTAINER,), words="cores; all of the node's when unset"),
    Field("sockets", kinds.whole(1, 64), REBOOT, (VM,), "1", words="sockets"),
    Field("vcpus", kinds.whole(1, 8192), REBOOT, (VM,), plugs="cpu", words="cores that are plugged in"),
    Field("cpu", forms.CPU, words="the emulated processor"),
    Field("cpulimit", kinds.number(0, 8192), LIVE, BOTH, "0", words="cores it may use; 0 is no limit"),
    Field("cpuunits", kinds.whole(1, 500_000), LIVE, BOTH, words="its weight beside others"),
    Field("affinity", kinds.text(r"\d+(-\d+)?(,\d+(-\d+)?)*", "cores as 0-3,8"), words="the node's cores it runs on"),
    Field("numa", FLAG, default="0", words="show NUMA"),
    Field("memory", kinds.MEMORY, REBOOT, (VM,), "512", plugs="memory", words="memory"),
    Field("memory", kinds.MEMORY, LIVE, (CONTAINER,), "512", words="memory"),
    Field("balloon", kinds.MEMORY, LIVE, words="the least it is shrunk to; 0 takes the balloon away"),
    Field("shares", kinds.whole(0, 50_000), LIVE, default="1000", words="its share when memory is short"),
    Field("swap", kinds.MEMORY, LIVE, (CONTAINER,), "512", words="swap"),
    Field("bios", kinds.choice("seabios", "ovmf"), default="seabios", words="the firmware"),
    Field("machine", forms.MACHINE, words="the emulated machine"),
    Field("ostype", kinds.choice(*_VM_SYSTEMS), default="other", words="the system inside"),
    Field("ostype", kinds.choice(*_CT_SYSTEMS), REBOOT, (CONTAINER,), words="the system inside"),
    Field("arch", kinds.choice("amd64", "i386", "arm64", "armhf", "riscv32", "riscv64"), REBOOT, (CONTAINER,), "amd64",
          fixed=True, words="the architecture"),
    Field("unprivileged", FLAG, REBOOT, (CONTAINER,), "0", fixed=True, words="root inside is nobody outside"),
    Field("scsihw", kinds.choice(*_CONTROLLERS), default="lsi", words="the SCSI controller"),
    Field("boot", forms.BOOT, words="from what it boots, in order"),
    Field("agent", forms.AGENT, words="whether the guest agent is asked"),
    Field("vga", forms.VGA, words="the display"),
    Field("tablet", FLAG, REBOOT, default="1", plugs="usb", words="a pointer with a place"),
    Field("acpi", FLAG, default="1", words="ACPI"),
    Field("kvm", FLAG, default="1", words="hardware virtualisation"),
    Field("localtime", FLAG, words="the clock shows local time"),
    Field("keyboard", kinds.text(r"[a-z]{2}(-[a-z]{2})?", "a layout such as de or en-us"), words="the layout of VNC"),
    Field("hotplug", _FEATURES, LIVE, default="disk,network,usb", words="what is plugged while it runs"),
    Field("rng0", forms.RNG, words="randomness from the node"),
    Field("watchdog", forms.WATCHDOG, words="a watchdog"),
    Field("audio0", forms.AUDIO, words="sound"),
    Field("vmstatestorage", kinds.text(forms.STORAGE, "the name of a storage"), LIVE, words="where memory is saved"),
    Field("scsi", forms.DISK, count=31, plugs="disk", words="a disk"),
    Field("virtio", forms.DISK, count=16, plugs="disk", words="a disk"),
    Field("sata", forms.DISK, count=6, words="a disk"),
    Field("ide", forms.DISK, count=4, words="a disk or drive"),
    Field("efidisk0", forms.EFI, words="where the firmware keeps its variables"),
    Field("tpmstate0", forms.TPM, words="the state of its TPM"),
    Field("net", forms.NIC, count=32, plugs="network", words="a network card"),
    Field("net", forms.CT_NIC, LIVE, (CONTAINER,), count=32, words="a network card"),
    Field("usb", forms.USB, count=14, plugs="usb", words="a USB device"),
    Field("hostpci", forms.HOSTPCI, count=16, words="a PCI device of the node"),
    Field("virtiofs", forms.VIRTIOFS, count=10, words="a directory of the node"),
    Field("serial", kinds.text(r"socket|/dev/[^,\s]+", "socket, or a device"), count=4, words="a serial port"),
    Field("rootfs", forms.ROOTFS, REBOOT, (CONTAINER,), words="its root file system"),
    Field("mp", forms.MOUNT, REBOOT, (CONTAINER,), count=256, plugs=NEW, words="a volume or directory"),
    Field("dev", forms.DEVICE, REBOOT, (CONTAINER,), count=256, plugs=NEW, words="a device of the node"),
    Field("features", forms.FEATURES, REBOOT, (CONTAINER,), words="what it may beyond the usual"),
    Field("nameserver", _ADDRESSES, REBOOT, (VM,), words="DNS servers for cloud-init"),
    Field("nameserver", _ADDRESSES, REBOOT, (CONTAINER,), words="DNS servers"),
    Field("searchdomain", _DOMAINS, REBOOT, (VM,), words="search domains for cloud-init"),
    Field("searchdomain", _DOMAINS, REBOOT, (CONTAINER,), words="search domains"),
    Field("ciuser", kinds.text(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}", "a user's name"), words="the user of cloud-init"),
    Field("citype", kinds.choice("configdrive2", "nocloud", "opennebula"), words="the form of cloud-init"),
    Field("ciupgrade", FLAG, default="1", words="upgrade packages at the first boot"),
    Field("cicustom", kinds.text(r"[^\s]+", "files as user=local:snippets/x.yaml"), words="files of cloud-init"),
    Field("sshkeys", kinds.SSH_KEYS, words="public keys of cloud-init"),
    Field("ipconfig", forms.IPCONFIG, count=32, words="addresses for cloud-init"),
    Field("cmode", kinds.choice("shell", "console", "tty"), REBOOT, (CONTAINER,), "tty", words="what its console is"),
    Field("console", FLAG, REBOOT, (CONTAINER,), "1", words="a console"),
    Field("tty", kinds.whole(0, 6), REBOOT, (CONTAINER,), "2", words="how many terminals"),
    Field("timezone", kinds.text(r"host|[A-Za-z][A-Za-z0-9_+/-]{1,63}", "a zone, or host"), REBOOT, (CONTAINER,),
          words="the time zone"),
)  # fmt: skip

_PLAIN = {(guest, one.name): one for one in FIELDS for guest in one.guests if not one.count}
_NUMBERED = {(guest, one.name): one for one in FIELDS for guest in one.guests if one.count}
_KEY = re.compile(r"([a-z]+)(0|[1-9]\d{0,2})", re.ASCII)

SERVER_OWNED = frozenset(
    {"digest", "meta", "smbios1", "vmgenid", "parent", "snaptime", "vmstate", "lock", "snapstate", "pending", "lxc"}
)
"""What Proxmox itself writes into a configuration: never compared, never exported."""
NOT_OFFERED = {
    "cipassword": "a password does not belong in a file; set it with `qm set VMID --cipassword`",
    "password": "a password does not belong in a file; give `ssh-public-keys`",
    "args": "it is the node's own command line; only root may set it, on the node",
    "hookscript": "it runs on the node; only root may set it, on the node",
    "lock": "locks belong to what holds them",
    "vmid": "it stands in metadata",
    "digest": "Proxmox makes it",
    "unused": "a volume that no guest uses is removed with `wakeful proxmox change`",
}


def field_of(kind: str, key: str) -> Field | None:
    """Return the field that a key (`net0`, `memory`) of a VirtualMachine or Container is; None for no such field."""
    found = _PLAIN.get((kind, key))
    if found is None and (numbered := _KEY.fullmatch(key)) is not None:
        found = _NUMBERED.get((kind, numbered[1]))
        return found if found is not None and int(numbered[2]) < found.count else None
    return found


def names_of(kind: str) -> list[str]:
    """Return the names of all fields of a kind; those with a number end in `[n]`."""
    return [one.name + ("[n]" if one.count else "") for one in FIELDS if kind in one.guests]
