"""A release as packaging/sign.py makes it, of a bundle that is a small file: what is in it concerns nobody here."""

from __future__ import annotations

import lzma
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SIGN = ROOT / "packaging" / "sign.py"
BUNDLE = "wakeful-agent-9.8.7-linux-x86_64.tar.xz"


def sign(*words: str | Path, key: Path | None = None) -> str:
    """Run packaging/sign.py; return what it prints."""
    environ = {name: text for name, text in os.environ.items() if name != "WAKEFUL_SIGNING_KEY"}
    environ |= {"WAKEFUL_SIGNING_KEY": str(key)} if key else {}
    done = subprocess.run(
        [sys.executable, SIGN, *words], env=environ, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def make_release(folder: Path, signed: bool = True) -> str:
    """Make a release in `folder`; return its public key, or nothing where it is not signed."""
    folder.mkdir(parents=True)
    (folder / BUNDLE).write_bytes(lzma.compress(b"a bundle" * 1000, preset=0))
    if not signed:
        sign(folder)
        return ""
    private = folder.parent / "release.pem"
    public = sign("--new-key", private)
    sign(folder, key=private)
    return public
