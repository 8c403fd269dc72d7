"""What package managers say can be upgraded, read from their text: apt, dnf and yum, zypper, apk, pacman."""

from __future__ import annotations

import re

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.text import label
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable

_TEXT_CHARACTERS_MAX = 256
# Inst NAME [OLD] (NEW ORIGIN:VERSION/ARCHIVE, ... [ARCHITECTURE]): what has no OLD is installed anew, not upgraded.
_APT_LINE = re.compile(r"^Inst (\S+) \[([^\]]*)\] \((\S+) ?([^)]*)\)")
_APT_SUMMARY = re.compile(r"^\d+ upgraded, \d+ newly installed, ", re.MULTILINE)
_APK_LINE = re.compile(r"^(\S+)-(\d\S*-r\d+)\s+<\s+(\S+)")
_PACMAN_LINE = re.compile(r"^(\S+) (\S+) -> (\S+)(?: \[ignored\])?$")
_XML_UPDATE = re.compile(r"<update\s([^<>]*)>")
_XML_ATTRIBUTE = re.compile(r"([\w-]+)=\"([^\"]*)\"")
_XML_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&"))


class Update(NamedTuple):
    """A package with a newer version; `installed` is empty and `security` None where the manager does not tell."""

    name: str
    installed: str
    available: str
    security: bool | None = None


def parse_apt(text: str) -> list[Update]:
    """Return the upgrades of `apt-get -s dist-upgrade`, security by the archive they come from. Source: apt-get(8)."""
    if not _APT_SUMMARY.search(text):
        raise Malformed("apt-get does not say what would be upgraded")
    lines = [found for found in map(_APT_LINE.match, text.splitlines()) if found]
    return [
        _update(found[1], found[2], found[3], "-security" in found[4].lower() or "security:" in found[4].lower())
        for found in lines
    ]


def parse_dnf(text: str) -> list[Update]:
    """Return the upgrades of `dnf -q check-update` (dnf 4, dnf 5, yum): three columns, long ones wrapped."""
    words: list[str] = []
    updates = []
    obsoleting = False
    for line in text.splitlines():
        obsoleting = line.startswith("Obsoleting ")
        if obsoleting:  # what follows replaces others, and can be all there is
            break
        fields = line.split()
        if line[:1].isspace() and words:
            fields, words = words + fields, []
        if len(fields) == 3 and "." in fields[0]:
            name, _, architecture = fields[0].rpartition(".")
            updates.append(_update(name or architecture, "", fields[1]))
        else:
            words = fields
    if text.strip() and not updates and not obsoleting:
        raise Malformed("dnf does not say what would be upgraded")
    return updates


def parse_zypper(text: str) -> list[Update]:
    """Return the packages of `zypper --xmlout list-updates`. Source: zypper's XML output, update-status."""
    return [
        _update(one.get("name", ""), one.get("edition-old", ""), one.get("edition", ""))
        for one in _zypper_items(text)
        if one.get("kind") == "package"
    ]


def parse_zypper_patches(text: str) -> int:
    """Return how many security patches are needed, from `zypper --xmlout list-patches`: it lists others as well."""
    return sum(
        one.get("kind") == "patch" and one.get("category") == "security" and one.get("status", "needed") == "needed"
        for one in _zypper_items(text)
    )


def parse_apk(text: str) -> list[Update]:
    """Return the upgrades of `apk version -l '<'`: `NAME-VERSION < NEWER`, below a line of headings."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("Installed:")]
    return [_update(found[1], found[2], found[3]) for found in _all_match(_APK_LINE, lines, "apk")]


def parse_pacman(text: str) -> list[Update]:
    """Return the upgrades of `pacman -Qu`: `NAME OLD -> NEW`; ignored ones are left out. Source: pacman(8)."""
    lines = [line for line in text.splitlines() if line.strip()]
    found = _all_match(_PACMAN_LINE, lines, "pacman")
    return [_update(one[1], one[2], one[3]) for one in found if not one[0].endswith("[ignored]")]


def marked(updates: Iterable[Update], security: Iterable[Update]) -> list[Update]:
    """Return the updates, each with whether it is among those for security."""
    names = {one.name for one in security}
    return [one._replace(security=one.name in names) for one in updates]


def _zypper_items(text: str) -> list[dict[str, str]]:
    if "</stream>" not in text or "<update-list>" not in text:
        raise Malformed("zypper does not say what would be upgraded")
    return [
        {name: _unescaped(value) for name, value in _XML_ATTRIBUTE.findall(attributes)}
        for attributes in _XML_UPDATE.findall(text)
    ]


def _unescaped(text: str) -> str:
    for escaped, character in _XML_ENTITIES:
        text = text.replace(escaped, character)
    return text


def _all_match(pattern: re.Pattern[str], lines: list[str], program: str) -> list[re.Match[str]]:
    found = []
    for line in lines:
        match = pattern.match(line)
        if match is None:
            raise Malformed(f"{program}: {label(line, 80)!r} is not an upgrade")
        found.append(match)
    return found


def _update(name: str, installed: str, available: str, security: bool | None = None) -> Update:
    name, installed, available = (label(text, _TEXT_CHARACTERS_MAX) for text in (name, installed, available))
    return Update(name, installed, available, security)
