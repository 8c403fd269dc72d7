"""What machine this is: kernel, distribution, machine id, processor, boot time."""

from __future__ import annotations

import os

from wakeful_agent.host.errors import HostError
from wakeful_agent.host.parsing import number, parser
from wakeful_agent.host.processor import processor
from wakeful_agent.host.text import label
from wakeful_agent.host.virtualization import virtualization

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from wakeful_agent.host.files import Host

_OS_FIELDS = {"ID": "id", "ID_LIKE": "like", "NAME": "name", "PRETTY_NAME": "title", "VERSION_ID": "version"}
_OS_FILES = ("etc/os-release", "usr/lib/os-release")
_OS_OLD_FILES = ("etc/redhat-release", "etc/system-release", "etc/debian_version")
_MACHINE_ID_FILES = ("etc/machine-id", "var/lib/dbus/machine-id")
_NO_MACHINE_ID = "uninitialized"
_TEXT_CHARACTERS_MAX = 256


@parser("etc/os-release")
def parse_os_release(text: str) -> dict[str, str]:
    """Return id, like, name, title and version of the distribution, as far as they are given. Source: os-release(5)."""
    found = {}
    for line in text.splitlines():
        name, equals, value = line.strip().partition("=")
        if equals and name in _OS_FIELDS:
            found[_OS_FIELDS[name]] = label(_unquote(value), _TEXT_CHARACTERS_MAX)
    return found


@parser("proc/uptime")
def parse_uptime(text: str) -> float:
    """Return the seconds since boot. Source: proc_uptime(5)."""
    return number(text.split(maxsplit=1)[0])


def boot_time_seconds(stat: str, uptime_seconds: float, now_ms: int) -> float:
    """Return when the machine started, in seconds since the epoch.

    The kernel's own word (btime in /proc/stat) stands still while clocks are trimmed, so it is taken where it agrees
    with the uptime within a minute; inside a container it may be the host's, and then the uptime is right.
    """
    estimate = round(now_ms / 1000 - uptime_seconds)
    text = stat.partition("\nbtime ")[2].partition("\n")[0].strip()
    told = int(text) if text.isascii() and text.isdigit() and len(text) < 16 else estimate
    return told if abs(told - estimate) <= 60 else estimate


def operating_system(host: Host) -> dict[str, str]:
    """Return what distribution this is; at least a title where there is any file that says so."""
    for path in _OS_FILES:
        try:
            found = parse_os_release(host.read(path, 65_536))
        except HostError:
            continue
        if found:
            return found
    for path in _OS_OLD_FILES:
        title = label(host.optional(path), _TEXT_CHARACTERS_MAX)
        if title:
            return {"title": f"Debian {title}" if path.endswith("debian_version") else title}
    return {}


def machine_id(host: Host) -> str:
    """Return the machine id (32 hex digits), or nothing where there is none.

    An image that is yet to get one says so by a word, the same on every machine. Source: machine-id(5).
    """
    for path in _MACHINE_ID_FILES:
        text = host.optional(path)
        if text.isalnum() and text.isascii() and text != _NO_MACHINE_ID:
            return text[:_TEXT_CHARACTERS_MAX]
    return ""


def uname(host: Host) -> dict[str, str]:
    """Return the kernel's name, release, version, the machine's host name and architecture."""
    own = os.uname()
    folder = "proc/sys/kernel"
    found = {
        "sysname": host.optional(f"{folder}/ostype") or own.sysname,
        "nodename": host.optional(f"{folder}/hostname") or own.nodename,
        "release": host.optional(f"{folder}/osrelease") or own.release,
        "version": host.optional(f"{folder}/version") or own.version,
        "machine": host.optional(f"{folder}/arch") or own.machine,
    }
    return {name: label(value, _TEXT_CHARACTERS_MAX) for name, value in found.items()}


def system_facts(host: Host, now_ms: int) -> dict[str, Any]:
    """Return the document of the machine: `uname`, `os`, `virtualization`, `machine_id`, `boot_time_ms`, `cpu`.

    Whatever cannot be read is empty or left out; this never raises.
    """
    facts: dict[str, Any] = {
        "uname": uname(host),
        "os": operating_system(host),
        "virtualization": virtualization(host),
        "machine_id": machine_id(host),
        "cpu": _cpu(host),
    }
    try:
        uptime = parse_uptime(host.read("proc/uptime"))
        facts["boot_time_ms"] = int(boot_time_seconds(host.read("proc/stat"), uptime, now_ms) * 1000)
    except HostError:
        pass
    return facts


def _cpu(host: Host) -> dict[str, Any]:
    found = processor(host)
    return {
        "model": label(found.model, _TEXT_CHARACTERS_MAX),
        "logical": len(found.cores),
        "physical": found.physical,
    }


def _unquote(value: str) -> str:
    value = value.strip()
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        value = value[1:-1]
    return value.replace("\\", "")
