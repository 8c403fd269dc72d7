"""What the frozen agent weighs and costs, beside the same agent run from its wheel, in one run.

    python bench/binary/run.py [--bundle FOLDER] [--ticks 30] [--starts 20] [--json]

Sizes are those of the files. A start is `--version`, from fork to exit: the quickest of --starts, since other work of
the machine only adds. Memory is that of an agent that pushes over TLS once a second, with the meters that are always
there, after --ticks ticks (smaps_rollup). The wheel runs by this machine's Python in an environment of its own, as
bench/agent/run.py has it. `make binary` makes the bundle.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "bench" / "agent"))

from run import install_agent, memory_mb, pushes, start_agent, start_sink  # noqa: E402 - the folder is named above

# What the project set itself as the most, for x86_64 (docs/building.md).
GOALS = {"folder_mb": 32.0, "tar_xz_mb": 11.0, "version_seconds": 0.15, "rss_mb": 32.0}
MB = 1_000_000


def sizes(bundle: Path) -> dict[str, float]:
    files = [path for path in bundle.rglob("*") if path.is_file() and not path.is_symlink()]
    found = {"folder_mb": round(sum(path.stat().st_size for path in files) / MB, 1), "files": len(files)}
    packed = sorted((ROOT / "dist" / "linux").glob(f"*-linux-{os.uname().machine}.tar.xz"))
    if packed:
        found["tar_xz_mb"] = round(packed[-1].stat().st_size / MB, 1)
    return found


def start_seconds(program: list[str], starts: int, environ: dict[str, str]) -> float:
    took = []
    for _ in range(starts + 1):
        began = time.perf_counter()
        subprocess.run([*program, "--version"], check=True, stdout=subprocess.DEVNULL, env=environ)
        took.append(time.perf_counter() - began)
    return round(min(took[1:]), 3)


def running(program: list[str], needs: dict[str, str], folder: Path, ticks: int) -> dict[str, float]:
    """Return what an agent holds of memory after so many accepted pushes."""
    folder.mkdir()
    sink, port = start_sink(folder)
    agent, _ = start_agent(program, needs, folder, port, 1.0)
    try:
        while len(pushes(folder)) < ticks:
            if agent.poll() is not None:
                raise SystemExit(f"{program[0]} ended with {agent.returncode}")
            time.sleep(0.2)
        return memory_mb(agent.pid)
    finally:
        for process in (agent, sink):
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def measure(folder: Path, bundle: Path, ticks: int, starts: int) -> dict[str, dict[str, float]]:
    own = shutil.copytree(bundle, folder / "bundle", symlinks=True)
    frozen = [str(own / "wakeful-agent")]
    python, needs = install_agent(folder)
    source = [python, "-m", "wakeful_agent"]
    plain = {"PATH": os.environ["PATH"]}
    return {
        "frozen": {
            **sizes(bundle),
            "version_seconds": start_seconds(frozen, starts, plain),
            **running(frozen, {}, folder / "frozen", ticks),
        },
        "source": {
            "version_seconds": start_seconds(source, starts, plain | needs),
            **running(source, needs, folder / "from-source", ticks),
        },
    }


def missed(found: dict[str, float]) -> list[str]:
    return [f"{name} is {found[name]}, at most {most} is wanted" for name, most in GOALS.items() if found[name] > most]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    bundle = ROOT / "build" / "freeze" / os.uname().machine / "bundle" / "wakeful-agent"
    parser.add_argument("--bundle", type=Path, default=bundle)
    parser.add_argument("--ticks", type=int, default=30)
    parser.add_argument("--starts", type=int, default=20)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    if not chosen.bundle.is_dir():
        raise SystemExit("there is no bundle: make binary")
    with tempfile.TemporaryDirectory() as name:
        found: dict[str, Any] = measure(Path(name), chosen.bundle, chosen.ticks, chosen.starts)
    if chosen.json:
        print(json.dumps(found, indent=2))
    else:
        print(f"{'':<20}{'frozen':>10}{'source':>10}{'goal':>10}")
        for key, value in found["frozen"].items():
            print(f"{key:<20}{value:>10}{found['source'].get(key, ''):>10}{GOALS.get(key, ''):>10}")
    for line in missed(found["frozen"]):
        print(line, file=sys.stderr)
    return 1 if missed(found["frozen"]) else 0


if __name__ == "__main__":
    sys.exit(main())
