"""A release of the agent that the collector hands out: what its manifest says, and the line that installs it. Pure."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from typing import Any

MANIFEST, SUMS, INSTALLER, KEY = "manifest.json", "SHA256SUMS", "install.sh", "release.key"
LISTS = (MANIFEST, f"{MANIFEST}.sig", SUMS, f"{SUMS}.sig")
"""Files of a release that its manifest does not name: they vouch for it."""

NAME = re.compile(r"[0-9A-Za-z][0-9A-Za-z._+-]{0,127}")
FILES_MAX = 64
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+]{0,39}")
_SUM = re.compile(r"[0-9a-f]{64}")
_KEY = re.compile(r"[A-Za-z0-9+/]{43}=")
_ADDRESS = re.compile(r"https?://[0-9A-Za-z.\[\]:_-]{1,300}")
_PLACE = "served_by=''"


@dataclass(frozen=True, slots=True)
class File:
    """A file of a release; `arch` is None for what every machine can use."""

    name: str
    arch: str | None
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Release:
    """What a manifest says: the version, when it was made (seconds since the epoch), its files by name."""

    version: str
    made: int
    files: dict[str, File]


@dataclass(frozen=True, slots=True)
class Offer:
    """What the line that installs a release is made of: its key, if signed, and checksums of its list and installer."""

    version: str
    key: str | None
    sums_sha256: str
    installer_sha256: str


def parse(text: str) -> Release:
    """Read a manifest; raise ValueError with what is wrong."""
    document = json.loads(text)
    version, made, rows = (document.get(name) if isinstance(document, dict) else None for name in _FIELDS)
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise ValueError("names no version")
    if not isinstance(made, int) or not isinstance(rows, list) or not 0 < len(rows) <= FILES_MAX:
        raise ValueError(f"lists no files, or more than {FILES_MAX}")
    files = [_file(row) for row in rows]
    return Release(version, made, {file.name: file for file in files})


_FIELDS = ("version", "made", "files")


def _file(row: Any) -> File:
    if not isinstance(row, dict):
        raise ValueError("lists something that is no file")
    name, arch, size, summed = (row.get(key) for key in ("name", "arch", "size", "sha256"))
    if not isinstance(name, str) or not NAME.fullmatch(name) or name in LISTS:
        raise ValueError(f"lists a file that cannot be called so: {str(name)[:80]!r}")
    if not isinstance(size, int) or size < 0 or not isinstance(summed, str) or not _SUM.fullmatch(summed):
        raise ValueError(f"does not say the size or the sum of {name}")
    return File(name, str(arch) if arch is not None else None, size, summed)


def parse_key(text: str) -> str | None:
    """Return a public key as lines have it, None when the text is none."""
    key = text.strip()
    return key if _KEY.fullmatch(key) else None


def served(script: str, url: str) -> str:
    """Return the installer with the collector's address filled in; raise ValueError for what is no plain address."""
    if not _ADDRESS.fullmatch(url) or script.count(_PLACE) != 1:
        raise ValueError(url)
    return script.replace(_PLACE, f"served_by='{url}'")


def install_line(offer: Offer, url: str, invite: str, fingerprint: str | None) -> str:
    """Return the line to paste on a machine; it vouches for all that is fetched.

    Where nobody vouches for the connection (http, a certificate of our own), the script is held to its checksum first.
    """
    words = ["--invite", invite]
    words += ["--key", offer.key] if offer.key else []
    words += ["--sha256", offer.sums_sha256]
    words += ["--fingerprint", fingerprint] if fingerprint else []
    given = shlex.join(words)
    if url.startswith("https://") and not fingerprint:
        return f"curl -fsSL {url}/{INSTALLER} | sudo sh -s -- {given}"
    file = "wakeful-install.sh"
    blind = "k" if fingerprint else ""
    return (
        f"curl -fsS{blind}L {url}/{INSTALLER} -o {file} && echo '{offer.installer_sha256}  {file}' | sha256sum -c - &&"
        f" sudo sh {file} {given}"
    )
