"""Rights that make a meter see more; each probe says what is missing without them and how to grant them."""

from __future__ import annotations

from wakeful_agent.capabilities import Capability, granted, missing
from wakeful_agent.host.errors import Absent, Denied, HostError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host

_PTRACE_BIT = 1 << 19  # CAP_SYS_PTRACE, linux/capability.h
_DAC_BITS = (1 << 1) | (1 << 2)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
_RAPL = "sys/class/powercap"
_DROP_IN = "/etc/systemd/system/wakeful-agent.service.d"
_RIGHTS = "CAP_SYS_PTRACE CAP_DAC_READ_SEARCH"
_PORT_OWNERS_FIX = (
    f"mkdir -p {_DROP_IN} && printf '[Service]\\nAmbientCapabilities={_RIGHTS}\\nCapabilityBoundingSet={_RIGHTS}\\n'"
    f" > {_DROP_IN}/port-owners.conf && systemctl daemon-reload && systemctl restart wakeful-agent"
)
_HIDEPID_EXPOSES = "the agent sees the names, owners and use of everybody's processes"


def effective_rights(status: str) -> int:
    """Return the effective capabilities of /proc/self/status as their bits; 0 where it does not say."""
    text = status.partition("\nCapEff:")[2].partition("\n")[0].strip()
    try:
        return int(text, 16)
    except ValueError:
        return 0


def port_owners(host: Host) -> Capability:
    """Say whether the processes behind other users' ports can be named."""
    name = "port_owners"
    rights = effective_rights(_text(host, "proc/self/status"))
    if rights & _PTRACE_BIT and rights & _DAC_BITS:
        return granted(name, "the process behind every port can be named")
    return missing(
        name,
        "only the agent's own processes can be named in the list of ports",
        _PORT_OWNERS_FIX,
        "the agent could read memory, environment and files of every process and user",
    )


def all_processes(host: Host) -> Capability:
    """Say whether other users' processes are visible (not with hidepid on /proc)."""
    name = "all_processes"
    try:
        host.read("proc/1/stat")
    except Absent:
        return _hidden(host)
    except Denied:
        return missing(
            name, "/proc shows only the agent's own processes", _hidepid_fix(_proc_options(host)), _HIDEPID_EXPOSES
        )
    except HostError as error:
        return missing(name, str(error))
    return granted(name)


def energy(host: Host) -> Capability:
    """Say whether the processor's energy counters (RAPL) can be read; since Linux 5.10 only root may."""
    name = "energy"
    try:
        zones = [entry for entry in host.listing(_RAPL) if host.exists(f"{_RAPL}/{entry}/energy_uj")]
    except HostError:
        zones = []
    if not zones:
        return missing(name, "this machine has no energy counters")
    try:
        host.read(f"{_RAPL}/{zones[0]}/energy_uj")
    except Denied:
        return missing(
            name,
            "the energy counters are root's alone since Linux 5.10 (again after each start)",
            "chgrp wakeful /sys/class/powercap/*/energy_uj && chmod g+r /sys/class/powercap/*/energy_uj",
            "fine-grained power readings can leak what other programs compute (CVE-2020-8694)",
        )
    except HostError as error:
        return missing(name, str(error))
    return granted(name)


def conntrack(host: Host) -> Capability:
    """Say whether the firewall's table of connections can be counted."""
    name = "conntrack"
    try:
        host.read("proc/sys/net/netfilter/nf_conntrack_count")
    except Absent:
        return missing(name, "the firewall tracks no connections here", "modprobe nf_conntrack", "")
    except HostError as error:
        return missing(name, str(error))
    return granted(name)


def _hidden(host: Host) -> Capability:
    options = _proc_options(host)
    if any(option.startswith("hidepid=") for option in options):
        return missing("all_processes", "/proc is mounted with hidepid", _hidepid_fix(options), _HIDEPID_EXPOSES)
    return missing("all_processes", "process 1 is not visible here")


def _proc_options(host: Host) -> list[str]:
    for line in _text(host, "proc/self/mounts").splitlines():
        fields = line.split(" ")
        if fields[1:3] == ["/proc", "proc"] and len(fields) > 3:
            return fields[3].split(",")
    return []


def _hidepid_fix(options: list[str]) -> str:
    group = next((option[4:] for option in options if option.startswith("gid=") and option[4:].isdigit()), "")
    if group:
        return f"usermod -a -G {group} wakeful && systemctl restart wakeful-agent"
    return 'mount -o "remount,gid=$(getent group wakeful | cut -d: -f3)" /proc'


def _text(host: Host, path: str) -> str:
    try:
        return host.read(path)
    except HostError:
        return ""
