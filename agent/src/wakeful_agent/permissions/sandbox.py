"""What the service's fence keeps the agent from: with `NoNewPrivileges` no sudoers line is of any use."""

from __future__ import annotations

from wakeful_agent.capabilities import Capability, granted, missing
from wakeful_agent.host.errors import HostError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from wakeful_agent.host.files import Host

TAKEN_BACK = (
    "NoNewPrivileges=no",
    "CapabilityBoundingSet=~",
    "RestrictSUIDSGID=no",
    "RestrictRealtime=no",
    "RestrictNamespaces=no",
    "LockPersonality=no",
    "RestrictAddressFamilies=",
    "SystemCallArchitectures=",
    "SystemCallFilter=",
    "ProtectKernelTunables=no",
    "ProtectKernelModules=no",
    "ProtectKernelLogs=no",
)
"""What systemd/drop-ins/sudo.conf says: the option, and those that imply it."""

_DROP_IN = "/etc/systemd/system/wakeful-agent.service.d"
_WORDS = " ".join(f"'{option}'" for option in TAKEN_BACK)
_SYSTEMD_FIX = (
    f"mkdir -p {_DROP_IN} && printf '%s\\n' '[Service]' {_WORDS} > {_DROP_IN}/sudo.conf"
    " && systemctl daemon-reload && systemctl restart wakeful-agent"
)
_OPENRC_FIX = "echo 'supervise_daemon_args=\"\"' >> /etc/conf.d/wakeful-agent && rc-service wakeful-agent restart"
_EXPOSES = "a hole in sudo, or in a program that a sudoers line names, is then a way to root"


def sudo(host: Host) -> Capability:
    """Say whether sudo can work at all for what the agent starts (linux prctl PR_SET_NO_NEW_PRIVS)."""
    name = "sudo"
    try:
        status = host.read("proc/self/status")
    except HostError as error:
        return missing(name, str(error))
    told = status.partition("\nNoNewPrivs:")[2].partition("\n")[0].strip()
    if told != "1":
        return granted(name, "what sudoers permits can be run")
    reason = "the service may not gain rights (NoNewPrivileges), so sudoers lines are of no use"
    return missing(name, reason, _fix(host), _EXPOSES)


def _fix(host: Host) -> str:
    if host.exists("run/systemd/system"):
        return _SYSTEMD_FIX
    return _OPENRC_FIX if host.exists("run/openrc") else "start the agent without no-new-privileges"
