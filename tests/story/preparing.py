"""What the world needs from outside before it is closed: the agent's wheel in an environment of its own, a release."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .places import ROOT

if TYPE_CHECKING:
    from .telling import Teller


@dataclass(frozen=True)
class Prepared:
    """The folder of the wheel's programs; the folder of the release, None where there is none."""

    wheel: Path
    release: Path | None
    door: int = 0
    """The port of this machine at which the collector's pages are."""

    def write(self, file: Path) -> None:
        """Write it down for the process that is in the world."""
        file.write_text(json.dumps(asdict(self), default=str), encoding="utf-8")


def read(file: Path) -> Prepared:
    """Read what `write` wrote."""
    found = json.loads(file.read_text("utf-8"))
    release = found["release"] and Path(found["release"])
    return Prepared(Path(found["wheel"]), release, found["door"])


def install_wheel(folder: Path, teller: Teller, short: bool) -> Path:
    """Build the agent's wheel and install it in a fresh environment in `folder`; return where its programs are.

    The short form asks no registry: the libraries are those of this environment, the agent is the wheel's.
    """
    teller.say("building the agent's wheel, and a fresh environment for it")
    _run("-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(folder), str(ROOT / "agent"))
    (wheel,) = folder.glob("wakeful_agent-*.whl")
    environment = folder / "wheel"
    _run("-m", "venv", "--without-pip", str(environment))
    pip = ["-m", "pip", "--python", str(environment / "bin" / "python"), "install", "-q", "--no-compile"]
    if short or not _try(*pip, str(wheel)):
        if not short:
            teller.say("  its libraries cannot be fetched: those of this checkout's environment serve")
        _run(*pip, "--no-deps", str(wheel))
        (site,) = environment.glob("lib/python3*/site-packages")
        (site / "libraries.pth").write_text(sysconfig.get_paths()["purelib"] + "\n", encoding="utf-8")
    return environment / "bin"


def find_release() -> Path | None:
    """Return the release that ./py2exe.sh wrote, None where there is none for this machine."""
    dist = ROOT / "dist" / "linux"
    return dist if (dist / "manifest.json").exists() else None


def _try(*words: str) -> bool:
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False, timeout=300)
    return done.returncode == 0


def _run(*words: str) -> None:
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        raise SystemExit(f"wakeful: {' '.join(words[:3])} failed:\n{done.stderr[-2000:]}")
