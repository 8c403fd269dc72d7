"""A machine with much on it, as files: 500 processes, 100 containers with their control groups, 20 disks.

It stands on the captured tree of bare metal; the engine's socket and `smartctl` are those of the other tests.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parents[1] / "fixtures"
PROCESSES, CONTAINERS, DISKS = 500, 100, 20
_STAT = "{pid} ({name}) S 1 1 1 0 -1 0 0 0 0 0 {ticks} 0 0 0 20 0 3 0 500 0 {pages} 0 0 0 0 0\n"
_NET = "a\nb\n eth0: 7 0 0 0 0 0 0 0 9 0\n lo: 5 0 0 0 0 0 0 0 5 0\n"


def build(folder: Path) -> tuple[Path, Path]:
    """Build it below an empty folder; return its root and the folder of its programs."""
    root, programs = folder / "root", folder / "bin"
    shutil.copytree(FIXTURES / "hosts" / "bare-metal", root, symlinks=True)
    for number in range(PROCESSES):
        _write(root, f"proc/{10_000 + number}/stat", _stat(10_000 + number, f"worker-{number % 50}", number))
    disks = [f"sd{chr(ord('a') + number)}" for number in range(DISKS)]
    rows = [f"   8  {16 * n} {name} 10 1 20 1 5 2 40 1 0 1 2 0 0 0 0 0 0\n" for n, name in enumerate(disks)]
    _write(root, "proc/diskstats", "".join(rows))
    for name in disks:
        _write(root, f"sys/block/{name}/device/vendor", "ATA     \n")
    _write_smartctl(programs, disks)
    (root / "run").mkdir(exist_ok=True)
    return root, programs


def fill(root: Path, engine: Any) -> None:
    """Start 100 containers in the engine, each with a process and a control group on the machine."""
    for number in range(CONTAINERS):
        pid = 20_000 + number
        container_id = engine.add(f"app-{number}", pid=pid)
        _write(root, f"proc/{pid}/stat", _stat(pid, f"app-{number}", number))
        _write(root, f"proc/{pid}/cgroup", f"0::/system.slice/docker-{container_id}.scope\n")
        _write(root, f"proc/{pid}/net/dev", _NET)
        group = f"sys/fs/cgroup/system.slice/docker-{container_id}.scope"
        for name, text in (
            ("cpu.stat", "usage_usec 1500000\n"),
            ("memory.current", "1000000\n"),
            ("memory.max", "4000000\n"),
            ("memory.stat", "inactive_file 1000\n"),
            ("pids.current", "3\n"),
            ("io.stat", "8:0 rbytes=1 wbytes=2 rios=1 wios=1\n"),
        ):
            _write(root, f"{group}/{name}", text)


def _stat(pid: int, name: str, number: int) -> str:
    return _STAT.format(pid=pid, name=name, ticks=number * 7, pages=100 + number)


def _write_smartctl(programs: Path, disks: list[str]) -> None:
    scan = json.loads((FIXTURES / "smartctl" / "scan.json").read_text())
    device = dict(scan["devices"][0], type="sat", protocol="ATA")
    devices = [{**device, "name": f"/dev/{name}", "info_name": f"/dev/{name} [SAT]"} for name in disks]
    programs.mkdir(parents=True)
    (programs / "scan.json").write_text(json.dumps({**scan, "devices": devices}))
    program = programs / "smartctl"
    health = FIXTURES / "smartctl" / "ata-hdd.json"
    program.write_text(f'#!/bin/sh\ncase "$*" in *--scan*) exec cat {programs}/scan.json ;; esac\nexec cat {health}\n')
    program.chmod(0o755)


def _write(root: Path, path: str, text: str) -> None:
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
