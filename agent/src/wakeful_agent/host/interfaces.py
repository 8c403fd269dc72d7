"""What a network interface is: its kind, its bridge, its hardware address, its link."""

from __future__ import annotations

from wakeful_agent.host.errors import HostError
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host

_FOLDER = "sys/class/net"
_LOOPBACK = "772"  # ARPHRD_LOOPBACK
_TUNNELS = frozenset({"768", "769", "776", "778", "823", "65534"})  # ipip, ip6tnl, sit, gre, ip6gre, none (tun)
_IFF_UP = 1


class Interface(NamedTuple):
    """An interface as /sys describes it; `master` is the bridge or bond it is plugged into."""

    name: str
    kind: str
    master: str
    mac: str
    mtu: int


def is_path(name: str) -> bool:
    """Say whether an interface name can stand in a path; the kernel takes no other, a hostile file may."""
    return bool(name) and "/" not in name and "\0" not in name and name not in {".", ".."}


def interface(host: Host, name: str) -> Interface:
    """Return what `name` is; kind is `unknown` where there is no /sys.

    Kinds: physical, bridge, bond, vlan, wireguard, tunnel, loopback, virtual.
    """
    folder = f"{_FOLDER}/{name}"
    if not is_path(name) or not host.exists(folder):
        return Interface(name, "unknown", "", "", 0)
    try:
        master = host.target(f"{folder}/master").rsplit("/", 1)[-1]
    except HostError:
        master = ""
    mtu = host.optional(f"{folder}/mtu")
    mac = host.optional(f"{folder}/address")
    if mac == "00:00:00:00:00:00":
        mac = ""
    return Interface(name, _kind(host, folder), master, mac[:64], int(mtu) if _digits(mtu) else 0)


def link_speed(host: Host, name: str) -> float | None:
    """Return the speed in bits a second the link agreed on; None while it is down or has none (virtual ones)."""
    text = host.optional(f"{_FOLDER}/{name}/speed") if is_path(name) else ""
    megabits = int(text) if _digits(text) else 0
    return megabits * 1e6 if 0 < megabits < 4_294_967_295 else None


def is_up(host: Host, name: str) -> bool | None:
    """Say whether the interface is up; None where /sys does not tell.

    Interfaces without a carrier of their own (loopback, tunnels) are `unknown` to the kernel: there its flag decides.
    """
    if not is_path(name):
        return None
    state = host.optional(f"{_FOLDER}/{name}/operstate")
    if state != "unknown":
        return state == "up" if state else None
    flags = host.optional(f"{_FOLDER}/{name}/flags")
    try:
        return bool(int(flags, 16) & _IFF_UP)
    except ValueError:
        return None


def _kind(host: Host, folder: str) -> str:
    if host.optional(f"{folder}/type") == _LOOPBACK:
        return "loopback"
    for mark, kind in (("bridge", "bridge"), ("bonding", "bond"), ("device", "physical")):
        if host.exists(f"{folder}/{mark}"):
            return kind
    try:
        told = host.read(f"{folder}/uevent", 65_536)
    except HostError:
        told = ""
    for kind in ("wireguard", "vlan", "bond", "bridge"):
        if f"DEVTYPE={kind}\n" in told + "\n":
            return kind
    return "tunnel" if host.optional(f"{folder}/type") in _TUNNELS else "virtual"


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16
