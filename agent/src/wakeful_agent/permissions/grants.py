"""What would grant everything that is missing: one sudoers file, groups, packages, and what is done by hand. Pure."""

from __future__ import annotations

import re

from wakeful_agent.host.text import label
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable, Sequence

    from wakeful_agent.capabilities import Capability

SUDOERS_PATH = "/etc/sudoers.d/wakeful-agent"
COMMAND_SECONDS = 120
_LINE_CHARACTERS_MAX = 1000
_USER = re.compile(r"(?<![\w./-])wakeful(?![\w./-])")
_SUDOERS = re.compile(r"echo (\"(?:[^\"\\]|\\.)*\") > /etc/sudoers\.d/\S+")
_QUOTED = re.compile(r"\\([\\\"$`])")
_GROUP = re.compile(r"usermod (?:-a -G|-aG) \S+ wakeful(?: && systemctl restart wakeful-agent)?")
_PACKAGE = re.compile(r"apt install ([\w.+ -]+)")
_INSTALLERS = {"dnf": "dnf install", "yum": "yum install", "zypper": "zypper install", "apk": "apk add"}
_INSTALLERS["pacman"] = "pacman -S"


class Grants(NamedTuple):
    """What grants what is missing, each with the capability it is for: rules of sudo, and lines to be run as root."""

    rules: list[tuple[Capability, str]]
    groups: list[tuple[Capability, str]]
    packages: list[tuple[Capability, str]]
    others: list[tuple[Capability, str]]


def find_grants(found: Iterable[Capability], user: str, installer: str = "") -> Grants:
    """Return what would grant every missing capability to `user`; `installer` is this machine's package manager.

    One that is there and has a line too could show more: `raid` without the details of mdadm.
    """
    grants = Grants([], [], [], [])
    for item in found:
        if not item.fix or not item.fix.isprintable():
            continue  # a line with other characters in it is nobody's to paste
        rule, group, package = _SUDOERS.fullmatch(item.fix), _GROUP.fullmatch(item.fix), _PACKAGE.fullmatch(item.fix)
        if rule:
            grants.rules.append((item, _for(_QUOTED.sub(r"\1", rule[1][1:-1]), user)))
        elif group:
            grants.groups.append((item, _for(item.fix.partition(" && ")[0], user)))
        elif package:
            grants.packages.append((item, f"{_INSTALLERS.get(installer, 'apt install')} {package[1]}"))
        else:
            grants.others.append((item, item.fix))
    return grants


def sudoers_file(rules: Sequence[tuple[Capability, str]], user: str) -> str:
    """Return the whole file for sudo: every command with all its arguments, and no other."""
    lines = [
        f"# {SUDOERS_PATH}: exactly what the agent may run as root, without a password. See `wakeful-agent doctor`.",
        "# A command that hangs is ended by sudo: the agent itself may not kill what runs as root.",
        f"Defaults:{user} !requiretty, command_timeout={COMMAND_SECONDS}",
    ]
    for item, rule in rules:
        lines.append(label(f"# {item.name}: exposes {item.exposes or 'nothing else'}", _LINE_CHARACTERS_MAX))
        lines.append(rule)
    return "\n".join(lines) + "\n"


def script(grants: Grants, user: str) -> list[str]:
    """Return the lines that grant all of it, to be read and then run as root."""
    lines = []
    if grants.rules:
        lines += [
            "# commands that may be run as root",
            f"cat > {SUDOERS_PATH} <<'END'",
            *sudoers_file(grants.rules, user).splitlines(),
            "END",
            f"chmod 0440 {SUDOERS_PATH} && visudo -c -f {SUDOERS_PATH}",
        ]
    for title, rows in (("groups", grants.groups), ("packages", grants.packages)):
        lines += [f"# {title}"] if rows else []
        for item, line in rows:
            lines += [_exposing(item), line]
    if grants.others:
        lines.append("# by hand: read each before you do it")
    for item, line in grants.others:
        lines += [_exposing(item), f"#   {line}"]
    if grants.rules or grants.groups:
        lines.append("systemctl restart wakeful-agent    # or however it is started here; new groups need a new start")
    return lines


def _exposing(item: Capability) -> str:
    exposes = f"; exposes {item.exposes}" if item.exposes else ""
    return label(f"# {item.name}: {item.reason or 'missing'}{exposes}", _LINE_CHARACTERS_MAX)


def _for(text: str, user: str) -> str:
    return text if user == "wakeful" else _USER.sub(lambda _: user, text)
