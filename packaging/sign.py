#!/usr/bin/env python3
"""Makes a release of the bundles in a folder: what install.sh and `wakeful-agent update` look at, and its signatures.

    WAKEFUL_SIGNING_KEY=release.pem packaging/sign.py dist/linux    lists, checksums, signatures
    packaging/sign.py --new-key release.pem                         makes a key, prints its public half
    packaging/sign.py --check KEY dist/linux                        whether the folder is whole and signed by KEY

Without WAKEFUL_SIGNING_KEY nothing is signed, and signatures of before are taken away. The key never stands in a list
of processes: the variable names its file.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import hashlib
import json
import lzma
import os
import re
import shutil
import sys
import time
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

HERE = Path(__file__).resolve().parent
TARBALL = re.compile(
    r"wakeful-agent-(?P<version>[0-9][0-9A-Za-z.+]{0,39})-linux-(?P<arch>x86_64|aarch64)\.tar\.(?:xz|gz)"
)
SUMS, MANIFEST, KEY_FILE = "SHA256SUMS", "manifest.json", "release.key"
BLOCK_BYTES = 1 << 20


class Refused(Exception):
    """What was asked cannot be done; the text says why."""


def main(words: list[str]) -> int:
    """Do what the words say; return the exit code."""
    parser = argparse.ArgumentParser(prog="packaging/sign.py", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, help="the folder with the bundles, such as dist/linux")
    parser.add_argument("--new-key", type=Path, metavar="FILE", help="make a key there, and print its public half")
    parser.add_argument("--check", metavar="KEY", help="whether the folder is whole and signed by this public key")
    chosen = parser.parse_args(words)
    try:
        if chosen.new_key is not None:
            print(new_key(chosen.new_key))
        elif chosen.folder is None:
            parser.error("name a folder")
        elif chosen.check is not None:
            check(chosen.folder, chosen.check)
            print("whole, and signed by this key")
        else:
            for line in release(chosen.folder, os.environ.get("WAKEFUL_SIGNING_KEY", ""), int(time.time())):
                print(line)
    except (Refused, OSError) as error:
        print(f"sign.py: {error}", file=sys.stderr)
        return 1
    return 0


def new_key(path: Path) -> str:
    """Write a new private key to `path`, which must not be there, for its owner alone; return its public half."""
    made = Ed25519PrivateKey.generate()
    pem = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    return public_text(made.public_key())


def public_text(key: Ed25519PublicKey) -> str:
    """Return a public key as lines and settings have it: 44 characters of base64."""
    return base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode("ascii")


def read_key(path: str) -> Ed25519PrivateKey:
    """Return the private key in a PEM file; raise Refused when it is none, or when others may read it."""
    if Path(path).stat().st_mode & 0o077:
        raise Refused(f"{path} may be read by others: run chmod 600 {path}")
    try:
        key = load_pem_private_key(Path(path).read_bytes(), None)
    except (ValueError, TypeError) as error:
        raise Refused(f"{path} holds no key that can be used: {error}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise Refused(f"{path} holds a key of another kind than Ed25519")
    return key


def release(folder: Path, key_path: str, now: int) -> list[str]:
    """Write lists, checksums and signatures into `folder`; return what to tell. `now` is seconds since the epoch."""
    key = read_key(key_path) if key_path else None
    bundles = sorted(path for path in folder.iterdir() if TARBALL.fullmatch(path.name))
    versions = {found["version"] for path in bundles if (found := TARBALL.fullmatch(path.name))}
    if len(versions) != 1:
        raise Refused(f"{folder} holds bundles of {', '.join(sorted(versions)) or 'no'} release: there must be one")
    for path in bundles:
        if path.suffix == ".xz":
            twin(path)
    shutil.copy(HERE / "install.sh", folder / "install.sh")
    made = int(os.environ.get("SOURCE_DATE_EPOCH") or now)
    files = [entry(path) for path in parts(folder)]
    document = {"version": versions.pop(), "made": made, "files": files}
    (folder / MANIFEST).write_text(json.dumps(document, indent=1, sort_keys=True) + "\n", encoding="ascii")
    sums = [*((one["sha256"], one["name"]) for one in files), (digest(folder / MANIFEST), MANIFEST)]
    (folder / SUMS).write_text("".join(f"{sum_}  {name}\n" for sum_, name in sums), encoding="ascii")
    return [f"release {document['version']}, {len(files)} files", *sign(folder, key)]


def parts(folder: Path) -> list[Path]:
    """Return the files that belong to a release: bundles, what they are made of, the installer."""
    wanted = [path for path in folder.iterdir() if TARBALL.fullmatch(path.name) or path.name.endswith(".cdx.json")]
    return [*sorted(wanted), folder / "install.sh"]


def entry(path: Path) -> dict[str, Any]:
    """Return a file's row of the manifest."""
    found = TARBALL.fullmatch(path.name)
    return {
        "name": path.name,
        "arch": found["arch"] if found else None,
        "size": path.stat().st_size,
        "sha256": digest(path),
    }


def twin(path: Path) -> None:
    """Write the same archive packed by gzip beside one packed by xz: a bare Debian has no xz. Always the same bytes."""
    target = path.with_suffix(".gz")
    with lzma.open(path) as source, target.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        shutil.copyfileobj(source, packed, BLOCK_BYTES)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    summed = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            summed.update(block)
    return summed.hexdigest()


def sign(folder: Path, key: Ed25519PrivateKey | None) -> list[str]:
    """Write or take away the signatures; return what to tell."""
    for name in (SUMS, MANIFEST):
        signature = folder / f"{name}.sig"
        signature.unlink(missing_ok=True)
        if key is not None:
            signature.write_bytes(base64.b64encode(key.sign((folder / name).read_bytes())) + b"\n")
    if key is None:
        (folder / KEY_FILE).unlink(missing_ok=True)
        return ["not signed: WAKEFUL_SIGNING_KEY names no key"]
    (folder / KEY_FILE).write_text(public_text(key.public_key()) + "\n", encoding="ascii")
    return [f"signed; the public key is {public_text(key.public_key())}"]


def check(folder: Path, key_text: str) -> None:
    """Raise Refused unless every file is what the lists say and `key_text` signed these."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(key_text, validate=True))
    except ValueError:
        raise Refused("a public key is 44 characters of base64") from None
    for name in (SUMS, MANIFEST):
        try:
            key.verify(base64.b64decode((folder / f"{name}.sig").read_bytes()), (folder / name).read_bytes())
        except (InvalidSignature, ValueError):
            raise Refused(f"{name} is not signed by this key") from None
    for line in (folder / SUMS).read_text(encoding="ascii").splitlines():
        summed, _, name = line.partition("  ")
        if digest(folder / name) != summed:
            raise Refused(f"{name} is not what {SUMS} says")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
