"""What package databases hold, read from their text: dpkg, rpm, apk, pacman."""

from __future__ import annotations

from wakeful_agent.host.errors import Malformed
from wakeful_agent.host.text import label
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable, Iterator, Mapping

RPM_FORMAT = r"%{NAME}\t%|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE}\t%{ARCH}\t%{SOURCERPM}\n"
"""What `rpm -qa --qf` is asked for, so that `parse_rpm` reads it."""

_THERE = frozenset({"installed", "triggers-pending", "triggers-awaited", "half-configured", "unpacked"})
_TEXT_CHARACTERS_MAX = 256
_DPKG_FIELDS = {name: name for name in ("Package", "Status", "Version", "Architecture", "Source")}
_APK_FIELDS = {"P": "Package", "V": "Version", "A": "Architecture", "o": "Source"}
_PACMAN_FIELDS = {"%NAME%": "Package", "%VERSION%": "Version", "%ARCH%": "Architecture", "%BASE%": "Source"}
_RPM_KEYS = "gpg-pubkey"


class Package(NamedTuple):
    """An installed package; `source` is what it was built from, its own name where the database says no other."""

    name: str
    version: str
    architecture: str
    source: str


def parse_dpkg(lines: Iterable[str]) -> Iterator[Package]:
    """Yield what is installed (unpacked or further), by the lines of dpkg's status file; raise Malformed without any.

    Source: deb-control(5).
    """
    stanzas = 0
    for fields in _stanzas(lines, _DPKG_FIELDS):
        stanzas += 1
        if fields.get("Status", "").rpartition(" ")[2] in _THERE:
            yield _package(fields)
    if not stanzas:
        raise Malformed("dpkg's status file holds no packages")


def parse_apk(lines: Iterable[str]) -> Iterator[Package]:
    """Yield what is installed, by the lines of apk's database; raise Malformed when that is nothing.

    Source: Alpine's "Apk spec", installed database.
    """
    stanzas = 0
    for fields in _stanzas(lines, _APK_FIELDS):
        stanzas += 1
        yield _package(fields)
    if not stanzas:
        raise Malformed("apk's database holds no packages")


def parse_pacman(text: str) -> Package:
    """Return the package of one `desc` file of pacman's local database; raise Malformed when it names none."""
    fields: dict[str, str] = {}
    field = ""
    for line in text.splitlines():
        if line.startswith("%"):
            field = _PACMAN_FIELDS.get(line, "")
        elif line and field:
            fields.setdefault(field, line)
    if "Package" not in fields:
        raise Malformed("a package of pacman's database has no name")
    return _package(fields)


def parse_rpm(text: str) -> Iterator[Package]:
    """Yield what `rpm -qa` printed in RPM_FORMAT, without the keys that rpm keeps beside packages.

    Raises Malformed at a line that is no package.
    """
    for line in text.splitlines():
        fields = line.split("\t")
        if len(fields) != 4 or not fields[0]:
            raise Malformed(f"rpm: {label(line, 80)!r} is not a package")
        name, version, architecture, source = fields
        if name != _RPM_KEYS:
            base = source[: -len(".src.rpm")].rsplit("-", 2)[0] if source.endswith(".src.rpm") else name
            yield _package({"Package": name, "Version": version, "Architecture": architecture, "Source": base or name})


def _stanzas(lines: Iterable[str], fields: Mapping[str, str]) -> Iterator[dict[str, str]]:
    found: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if colon:
            if name in fields:
                found[fields[name]] = value.strip()
        elif not line.strip():
            if "Package" in found:
                yield found
            found = {}
    if "Package" in found:
        yield found


def _package(fields: Mapping[str, str]) -> Package:
    name = label(fields["Package"], _TEXT_CHARACTERS_MAX)
    source = label(fields.get("Source", "").partition(" ")[0], _TEXT_CHARACTERS_MAX)
    version = label(fields.get("Version", ""), _TEXT_CHARACTERS_MAX)
    architecture = label(fields.get("Architecture", ""), _TEXT_CHARACTERS_MAX)
    return Package(name, version, architecture, name if source in {"", name} else source)
