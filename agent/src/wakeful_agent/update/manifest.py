"""What the manifest of a release says, which of its files is for this machine, and what is newer. Pure."""

from __future__ import annotations

import json
import re

from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FILES_MAX = 64
SIZE_BYTES_MAX = 256 * 1024 * 1024
MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}
_VERSION = re.compile(r"([0-9]+(?:\.[0-9]+){0,4})([0-9A-Za-z.+]{0,24})")
_NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+-]{0,127}")
_SUM = re.compile(r"[0-9a-f]{64}")


class Tarball(NamedTuple):
    """The packed release for one kind of machine."""

    name: str
    version: str
    size_bytes: int
    sha256: str


class NotFit(Exception):
    """A release that cannot be taken here; the text says why."""


def parse_manifest(content: bytes, machine: str) -> Tarball:
    """Return the release for `machine` (as uname says it); raise NotFit."""
    try:
        document = json.loads(content.decode("ascii"))
        version, rows = str(document["version"]), list(document["files"])
    except (ValueError, KeyError, TypeError):
        raise NotFit("the manifest of the release cannot be read") from None
    if not _VERSION.fullmatch(version) or len(rows) > FILES_MAX:
        raise NotFit("the manifest of the release names no version, or too many files")
    arch = MACHINES.get(machine)
    wanted = f"wakeful-agent-{version}-linux-{arch}.tar.xz"
    for row in rows:
        if isinstance(row, dict) and row.get("name") == wanted and _NAME.fullmatch(wanted):
            return _tarball(row, version)
    raise NotFit(f"release {version} holds nothing for {machine}")


def _tarball(row: dict[str, Any], version: str) -> Tarball:
    size, summed = row.get("size"), row.get("sha256")
    if isinstance(size, bool) or not isinstance(size, int) or not 0 < size <= SIZE_BYTES_MAX:
        raise NotFit("the manifest of the release does not say how large it is")
    if not isinstance(summed, str) or not _SUM.fullmatch(summed):
        raise NotFit("the manifest of the release holds no checksum")
    return Tarball(str(row["name"]), version, size, summed)


def is_newer(version: str, than: str) -> bool:
    """Tell whether a version comes after another: 1.10 after 1.9, 1.0 after 1.0rc2, 1.0.post1 after 1.0."""
    return _order(version) > _order(than)


def _order(version: str) -> tuple[list[int], int, list[tuple[int, str]]]:
    found = _VERSION.fullmatch(version)
    if found is None:
        return [], 0, []
    numbers = [int(part) for part in found[1].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    rest = found[2]
    rank = 1 if not rest else 2 if rest.startswith((".post", "+")) else 0
    parts = re.findall(r"[0-9]+|[A-Za-z]+", rest)
    return numbers, rank, [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]
