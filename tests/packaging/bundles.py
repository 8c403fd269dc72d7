"""Releases as machines get them: the agent with its libraries in one folder, packed, listed and signed.

The frozen agent has the same shape; here an interpreter of this machine stands in for the frozen one, so that the tests
of the installer need no build of an hour.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Tuple

ROOT = Path(__file__).parents[2]
ARCH = os.uname().machine
LIBRARIES = ("cryptography", "_cffi_backend*.so", "cffi", "websocket", "wakeonlan", "typing_extensions.py")
PROGRAM = """#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
PYTHONPATH="$here/_internal" PYTHONDONTWRITEBYTECODE=1 exec {python} -m wakeful_agent "$@"
"""
FAULTY = """#!/bin/sh
case ${{1-}} in
run) {run} ;;
self-test) echo "wakeful-agent {version}"; {test} ;;
esac
"""
GOOD = ("", "")
CRASHES = ("exit 1", "exit 0")
"""A release that works in every test and falls over when it is to run."""
MUTE = ("exec sleep 600", "exit 0")
"""One that runs and pushes nothing."""
UNFIT = ("exit 1", 'echo "cannot run here" >&2; exit 1')
"""One that does not work on this machine."""
Fault = Tuple[str, str]
FAULTS = {GOOD: "good", CRASHES: "crashes", MUTE: "mute", UNFIT: "unfit"}


@functools.cache
def python() -> str:
    """Return an interpreter that everybody may start; the tests' own may lie where only root can look."""
    return "/usr/bin/python3" if Path("/usr/bin/python3").exists() else os.path.realpath(sys.executable)


def make_bundle(folder: Path, version: str, fault: Fault = GOOD) -> Path:
    """Make the folder `wakeful-agent-VERSION` in `folder`, with what the agent needs; return it."""
    bundle = folder / f"wakeful-agent-{version}"
    program = bundle / "wakeful-agent"
    bundle.mkdir(parents=True)
    if fault == GOOD:
        furnish(bundle / "_internal", version)
        program.write_text(PROGRAM.format(python=python()))
    else:
        program.write_text(FAULTY.format(version=version, run=fault[0], test=fault[1]))
    program.chmod(0o755)
    subprocess.run([ROOT / "packaging" / "service-files.sh", bundle], check=True, timeout=60)
    return bundle


def furnish(inner: Path, version: str) -> None:
    """Copy the agent, as of this version, and its libraries."""
    ignore = shutil.ignore_patterns("__pycache__", "scripts")
    shutil.copytree(ROOT / "agent" / "src", inner, ignore=ignore)
    names = inner / "wakeful_wire" / "__init__.py"
    lines = names.read_text("ascii").splitlines()
    names.write_text("\n".join([*(one for one in lines if "__version__ =" not in one), f'__version__ = "{version}"\n']))
    site = Path(sysconfig.get_paths()["purelib"])
    for path in (path for pattern in LIBRARIES for path in site.glob(pattern)):
        if path.is_dir():
            shutil.copytree(path, inner / path.name, ignore=ignore)
        else:
            shutil.copy(path, inner)


def pack(bundle: Path, dist: Path) -> Path:
    """Pack a bundle into `dist`, a new folder; return the tarball."""
    dist.mkdir(parents=True)
    tarball = dist / f"{bundle.name}-linux-{ARCH}.tar.xz"
    words = [
        "tar",
        "-C",
        bundle.parent,
        "--owner=0",
        "--group=0",
        "--mtime=@0",
        "--sort=name",
        "-I",
        "xz -0",
        "-cf",
        tarball,
        bundle.name,
    ]
    subprocess.run(words, check=True, timeout=120)
    return tarball


def sign(*words: str | Path, key: Path | None = None) -> str:
    """Run packaging/sign.py; return what it prints."""
    environ = {name: text for name, text in os.environ.items() if name != "WAKEFUL_SIGNING_KEY"}
    environ |= {"WAKEFUL_SIGNING_KEY": str(key)} if key else {}
    command = [sys.executable, ROOT / "packaging" / "sign.py", *words]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=True, timeout=120).stdout.strip()


class Workshop:
    """Makes releases of one key in a folder, each once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.private = folder / "release.pem"
        self.key = sign("--new-key", self.private)

    def release(self, version: str, fault: Fault = GOOD) -> Path:
        """Make and sign a release; return its folder."""
        dist = self.folder / f"dist-{version}-{FAULTS[fault]}"
        if not dist.exists():
            bundle = make_bundle(self.folder, version, fault)
            pack(bundle, dist)
            shutil.rmtree(bundle)
            sign(dist, key=self.private)
        return dist
