"""Is everything of the source in the frozen agent?

    whole.py PROGRAM SITE SOURCE_PYTHON

Every module of SITE's wakeful_agent and wakeful_wire must be in PROGRAM's archive, and `self-test` must say the same
frozen and from source. Run by a Python that has PyInstaller.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from PyInstaller.archive.readers import CArchiveReader

PACKAGES = ("wakeful_agent", "wakeful_wire")


def main(arguments: list[str]) -> int:
    """Compare; print what is missing or different, and return 1 then."""
    if len(arguments) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    program, site, python = arguments
    wrong = [f"missing: {name}" for name in sorted(modules(Path(site)) - archived(program))]
    frozen = self_test([program, "self-test", "--json"], {})
    plain = self_test([python, "-m", "wakeful_agent", "self-test", "--json"], {"PYTHONPATH": site})
    if frozen != plain:
        wrong.append(f"self-test says, frozen: {frozen}\nself-test says, from source: {plain}")
    if not frozen["ok"]:
        wrong.append(f"self-test is not content: {frozen['checks']}")
    print(
        "\n".join(wrong) or f"all {len(modules(Path(site)))} modules are in it, and self-test says what the source says"
    )
    return 1 if wrong else 0


def modules(site: Path) -> set[str]:
    """Return the names of all modules of the agent's wheel."""
    files = [file.relative_to(site).with_suffix("") for package in PACKAGES for file in (site / package).rglob("*.py")]
    return {".".join(file.parts).removesuffix(".__init__") for file in files}


def archived(program: str) -> set[str]:
    """Return the names of all modules that a frozen program carries."""
    archive = CArchiveReader(program)
    inner = [name for name, entry in archive.toc.items() if entry[4] == "z"]
    return {module for name in inner for module in archive.open_embedded_archive(name).toc}


def self_test(argv: list[str], more: dict[str, str]) -> dict[str, Any]:
    """Return what a self-test prints; its environment holds almost nothing else."""
    kept = {name: os.environ[name] for name in ("PATH", "QEMU_LD_PREFIX") if name in os.environ}
    environ = {**kept, "HOME": "/nonexistent", **more}
    done = subprocess.run(argv, env=environ, stdout=subprocess.PIPE, text=True, check=False)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
