"""Releases for the tests of updating: small, signed by a key of their own, with a shell script as their program."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import tarfile
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

if TYPE_CHECKING:
    from pathlib import Path

PRIVATE = Ed25519PrivateKey.generate()
KEY = base64.b64encode(PRIVATE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
MACHINE = os.uname().machine
PROGRAM = """#!/bin/sh
case $1 in
self-test) echo "wakeful-agent {version}"; exit {self_test} ;;
check-config) echo "agent.toml: is wrong" >&2; exit {check} ;;
esac
"""


def program(version: str, self_test: int = 0, check: int = 0) -> bytes:
    return PROGRAM.format(version=version, self_test=self_test, check=check).encode()


def tarball(version: str, content: bytes | None = None, *more: tarfile.TarInfo) -> bytes:
    """Pack a release whose program is `content`."""
    top = f"wakeful-agent-{version}"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz", preset=0) as archive:
        for name in (top, f"{top}/_internal"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(folder)
        body = program(version) if content is None else content
        add(archive, f"{top}/wakeful-agent", body, 0o755)
        add(archive, f"{top}/_internal/data", b"data" * 100, 0o600)
        for member in more:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return packed.getvalue()


def add(archive: tarfile.TarFile, name: str, content: bytes, mode: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), mode
    archive.addfile(member, io.BytesIO(content))


def manifest(version: str, packed: bytes, **change: object) -> bytes:
    """Return the manifest of one tarball for this machine."""
    name = f"wakeful-agent-{version}-linux-{MACHINE}.tar.xz"
    row = {"name": name, "arch": MACHINE, "size": len(packed), "sha256": hashlib.sha256(packed).hexdigest(), **change}
    return json.dumps({"version": version, "made": 1, "files": [row]}).encode()


def sign(content: bytes) -> bytes:
    return base64.b64encode(PRIVATE.sign(content)) + b"\n"


def publish(folder: Path, version: str, packed: bytes | None = None) -> bytes:
    """Put a signed release into `folder`; return its tarball."""
    folder.mkdir(exist_ok=True)
    content = tarball(version) if packed is None else packed
    listed = manifest(version, content)
    (folder / f"wakeful-agent-{version}-linux-{MACHINE}.tar.xz").write_bytes(content)
    (folder / "manifest.json").write_bytes(listed)
    (folder / "manifest.json.sig").write_bytes(sign(listed))
    return content


def installed(folder: Path, *versions: str) -> Path:
    """Make an installation of releases, the last of which is current, the one before it previous."""
    for version in versions:
        release = folder / "versions" / version
        release.mkdir(parents=True)
        (release / "wakeful-agent").write_bytes(program(version))
        (release / "wakeful-agent").chmod(0o755)
    (folder / "current").symlink_to(f"versions/{versions[-1]}")
    if len(versions) > 1:
        (folder / "previous").symlink_to(f"versions/{versions[-2]}")
    return folder
