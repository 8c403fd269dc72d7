"""Restarting units of systemd and services of OpenRC, by exact commands: they become lines of sudoers."""

from __future__ import annotations

import re
from time import sleep

from wakeful_agent.host.errors import HostError
from wakeful_agent.host.text import label

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Sequence

    from wakeful_agent.host.files import Host

UNIT = re.compile(r"[A-Za-z0-9:_.\\][A-Za-z0-9:_.\\@-]{0,254}")
"""A unit's name (systemd.unit(5)), never one that begins with a dash: a program would take it for an option."""
SERVICE = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.+-]{0,127}")


def unit_command(unit: str) -> list[str]:
    """Return the command that restarts a unit, and starts it where it does not run; raise HostError for no name."""
    if not UNIT.fullmatch(unit):
        raise HostError(f"{label(unit, 60)!r} is no name of a unit")
    return ["systemctl", "restart", unit]


def whole_name(unit: str) -> str:
    """Return a unit's name with its suffix, as systemctl takes it."""
    return unit if "." in unit or not unit else f"{unit}.service"


def own_unit(host: Host) -> str:
    """Return the unit that the agent itself runs in; empty where it is in none."""
    try:
        groups = [line.split(":", 2) for line in host.read("proc/self/cgroup").splitlines()]
    except HostError:
        return ""
    paths = [group[-1] for group in groups if group[1:2] in ([""], ["name=systemd"])]
    return next((part for path in paths for part in reversed(path.split("/")) if part.endswith(".service")), "")


def service_command(service: str) -> list[str]:
    """Return the command that restarts a service of OpenRC; raise HostError for no name."""
    if not SERVICE.fullmatch(service):
        raise HostError(f"{label(service, 60)!r} is no name of a service")
    return ["rc-service", service, "restart"]


def restart(host: Host, command: Sequence[str], timeout_seconds: float) -> str:
    """Run one of these commands as root; return what was done, raise HostError with what the program said."""
    output = host.run_as_root(command, timeout_seconds)
    if output.code:
        said = label(" ".join((output.err or output.out).split()), 400)
        raise HostError(f"{' '.join(command)} ended with {output.code}: {said or 'it said nothing'}")
    return f"{' '.join(command)} ended well"


def restart_own(host: Host, command: Sequence[str], timeout_seconds: float) -> str:
    """Have the service restarted that the agent itself is, by a process that outlives it; raise HostError if it is not.

    An agent that ends kills what it has started: a restart that is not in the hands of process 1 would stop halfway.
    """
    host.check_root(command)
    words = [host.program(command[0]) or "", *command[1:]]
    lifted = [] if host.user_id == 0 else [host.program("sudo") or "", "-n"]
    output = host.run(["setsid", "sh", "-c", 'exec "$@" </dev/null >/dev/null 2>&1', "sh", *lifted, *words])
    if output.code:
        raise HostError(f"setsid ended with {output.code}: {label(' '.join(output.err.split()), 400)}")
    sleep(timeout_seconds)
    raise HostError(f"{' '.join(command)} did not end the agent within {timeout_seconds:g} s")
