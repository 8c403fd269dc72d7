"""Whether the machine waits for a restart, and why."""

from __future__ import annotations

import re

from wakeful_agent.host.errors import HostError
from wakeful_agent.host.text import label
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host

_MARKS = ("run/reboot-required", "var/run/reboot-required", "run/reboot-needed")
_PACKAGES = ("run/reboot-required.pkgs", "var/run/reboot-required.pkgs")
_ARCH_KERNEL = "boot/vmlinuz-linux"
_PACKAGES_MAX = 100
_NUMBERS = re.compile(r"\d+")


class Reboot(NamedTuple):
    """Whether a restart is due, in a sentence why, and the packages that asked for it."""

    required: bool
    reason: str = ""
    packages: tuple[str, ...] = ()


def reboot(host: Host) -> Reboot:
    """Return whether the machine waits for a restart.

    Debian, Ubuntu and SUSE leave a file that says so. Elsewhere a newer kernel of the running one's kind says it, or
    its modules that were replaced (Arch). A container never waits: the kernel that runs is not among its own.
    """
    mark = next((path for path in _MARKS if host.exists(path)), "")
    if mark:
        return Reboot(True, f"/{mark} is there", _packages(host))
    running = host.optional("proc/sys/kernel/osrelease")
    try:
        installed = host.listing("lib/modules")
    except HostError:
        installed = []
    if running and running not in installed and installed and host.exists(_ARCH_KERNEL):
        return Reboot(True, f"the modules of the running kernel {label(running, 100)} were replaced")
    images = [one for one in installed if host.exists(f"boot/vmlinuz-{one}")]
    newer = newest(running, images) if running in images else ""
    if newer:
        return Reboot(True, f"kernel {label(newer, 100)} is installed, {label(running, 100)} runs")
    return Reboot(False)


def newest(running: str, installed: list[str]) -> str:
    """Return the newest kernel that is newer than the running one and of its kind (`-amd64`), or nothing."""
    kind, version = _kind(running), _version(running)
    newer = [one for one in installed if _kind(one) == kind and _version(one) > version]
    return max(newer, key=_version, default="")


def _kind(release: str) -> str:
    return _NUMBERS.sub("", release)


def _version(release: str) -> tuple[int, ...]:
    return tuple(int(number[:18]) for number in _NUMBERS.findall(release))


def _packages(host: Host) -> tuple[str, ...]:
    for path in _PACKAGES:
        try:
            lines = host.read(path, 262_144).splitlines()
        except HostError:
            continue
        return tuple(dict.fromkeys(label(line.strip(), 256) for line in lines if line.strip()))[:_PACKAGES_MAX]
    return ()
