"""On what the machine runs: bare metal, a virtual machine, a container."""

from __future__ import annotations

from wakeful_agent.host.errors import HostError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host

_GVISOR_VERSION = "#1 SMP Sun Jan 10 15:06:54 PST 2016"
_VENDORS = (
    ("Amazon EC2", "amazon"),
    ("Google", "google"),
    ("QEMU", "kvm"),
    ("KVM", "kvm"),
    ("OpenStack", "kvm"),
    ("DigitalOcean", "kvm"),
    ("Hetzner", "kvm"),
    ("Linode", "kvm"),
    ("VMware", "vmware"),
    ("innotek GmbH", "virtualbox"),
    ("VirtualBox", "virtualbox"),
    ("Parallels", "parallels"),
    ("BHYVE", "bhyve"),
    ("Xen", "xen"),
)
_CGROUPS = (
    ("/docker", "docker"),
    ("/kubepods", "kubernetes"),
    ("/libpod", "podman"),
    ("/lxc", "lxc"),
    ("/machine.slice/systemd-nspawn", "systemd-nspawn"),
)


def virtualization(host: Host) -> str:
    """Return one word: `none`, a container (`docker`, `podman`, `lxc`, ...) or a hypervisor (`kvm`, `vmware`, ...).

    Source: what systemd-detect-virt looks at, as far as files tell it.
    """
    return _container(host) or _hypervisor(host)


def _container(host: Host) -> str:
    if host.exists(".dockerenv"):
        return "docker"
    if host.exists("run/.containerenv"):
        return "podman"
    told = host.optional("run/systemd/container") or _environment(host)
    if told:
        return told[:32] if told.isascii() and told.replace("-", "").isalnum() else "container"
    if host.exists("proc/vz") and not host.exists("proc/bc"):
        return "openvz"
    if _GVISOR_VERSION in host.optional("proc/version"):
        return "gvisor"
    if " fuse.lxcfs " in _text(host, "proc/self/mounts"):
        return "lxc"
    groups = _text(host, "proc/1/cgroup")
    return next((name for mark, name in _CGROUPS if mark in groups), "")


def _environment(host: Host) -> str:
    for variable in _text(host, "proc/1/environ").split("\0"):
        name, _, value = variable.partition("=")
        if name == "container":
            return value
    return ""


def _hypervisor(host: Host) -> str:
    release = host.optional("proc/sys/kernel/osrelease").lower()
    if "microsoft" in release:
        return "wsl"
    vendor = host.optional("sys/class/dmi/id/sys_vendor")
    product = host.optional("sys/class/dmi/id/product_name")
    if vendor == "Microsoft Corporation" and product == "Virtual Machine":
        return "hyperv"
    if vendor == "Amazon EC2" and product.endswith(".metal"):
        return "none"
    for mark, name in _VENDORS:
        if mark in vendor or mark in product:
            return name
    if host.optional("sys/hypervisor/type") == "xen":
        return "xen"
    flags = _text(host, "proc/cpuinfo").partition("\nflags")[2].partition("\n")[0].split()
    tree = _text(host, "proc/device-tree/hypervisor/compatible").rstrip("\0")
    if "hypervisor" not in flags and not tree:
        return "none"
    return "kvm" if tree == "linux,kvm" or host.exists("sys/bus/virtio/drivers/virtio_blk") else tree[:32] or "vm"


def _text(host: Host, path: str) -> str:
    try:
        return host.read(path)
    except HostError:
        return ""
