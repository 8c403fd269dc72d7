"""Runs a frozen agent in a root folder of another system, against a collector of this machine, beside its source.

    python packaging/freeze/proof.py --bundle FOLDER --root FOLDER [--source PYTHON SITE]

Needs root, and an environment with the collector. Each command has its mounts in a namespace of its own, and what is
started is ended. Exits with 1 at the first thing that is not as it must be, and says which.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stage import Collector, Root, Wrong, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

INSIDE = "/opt/wakeful-agent"
PROGRAM = f"{INSIDE}/wakeful-agent"
# Where CentOS 7 keeps its authorities; Debian's name is looked at first, and is missing in a root that has none.
AUTHORITIES = "etc/pki/tls/certs/ca-bundle.crt"
SCRIPT = """#!/bin/sh
# Every line is what a child of the agent gets to see of its environment.
echo "variables $(env | wc -l)"
echo "library_path ${LD_LIBRARY_PATH:+1}0"
echo "frozen $(env | grep -c -e _PYI_ -e _MEI)"
echo "users $(getent passwd root | wc -l)"
"""


def main() -> int:
    """Prove one bundle in one root; 0 when all is as it must be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, required=True, help="the folder wakeful-agent/")
    parser.add_argument("--root", type=Path, required=True, help="a root folder, made by root.sh; it is changed")
    parser.add_argument("--source", nargs=2, metavar=("PYTHON", "SITE"), help="interpreter and wheels that were frozen")
    chosen = parser.parse_args()
    root = Root(chosen.root)
    shutil.rmtree(root.path(INSIDE), ignore_errors=True)
    shutil.copytree(chosen.bundle, root.path(INSIDE), symlinks=True)
    try:
        with tempfile.TemporaryDirectory() as folder, contextlib.closing(Collector(Path(folder))) as collector:
            for name, step in steps(root, collector, chosen.source):
                began = time.monotonic()
                step()
                print(f"ok   {time.monotonic() - began:5.1f} s  {name}", flush=True)
    except Wrong as error:
        print(f"FAIL {error}", flush=True)
        return 1
    finally:
        root.end()
    return 0


def steps(root: Root, collector: Collector, source: list[str] | None) -> Iterator[tuple[str, Any]]:
    """Yield what is proven, in order, each with its name."""
    yield "it starts and says its version", lambda: starts(root)
    if source:
        python, site = source
        yield "self-test says what the source says", lambda: same_contents(root, python, site)
    yield "self-test finds everything in order", lambda: self_test(root)
    yield "a program of the system gets a clean environment", lambda: clean_children(root)
    if source:
        yield "every meter ends as it does from source", lambda: same_meters(root, *source)
    yield "a collector that nobody vouches for is refused", lambda: refused(root, collector)
    yield "it enrols over TLS, by the system's authorities", lambda: enrols(root, collector)
    yield "it pushes", lambda: pushes(root, collector)
    yield "SIGHUP has it read its settings again", lambda: reloads(root)
    yield "it keeps what it measures while the collector is away", lambda: spools(root, collector)
    yield "it sends all that once the collector is back", lambda: drains(root, collector)
    yield "SIGTERM ends it, and nothing is left running", lambda: ends(root)


def starts(root: Root) -> None:
    """Hold what it prints to what was asked for."""
    said = root.run(PROGRAM, "--version")
    require(said.startswith("wakeful-agent "), f"--version says {said!r}")


def same_contents(root: Root, python: str, site: str) -> None:
    """Compare self-test of both, as JSON."""
    frozen = json.loads(root.run(PROGRAM, "self-test", "--json"))
    plain = json.loads(from_source(root, python, site, "self-test", "--json"))
    require(frozen == plain, f"self-test of the frozen one says {frozen}, of the source {plain}")


def self_test(root: Root) -> None:
    """Hold each check of self-test to have gone well."""
    found = json.loads(root.run(PROGRAM, "self-test", "--json"))
    require(found["ok"] is True and len(found["contents"]["meters"]) > 20, f"self-test: {found['checks']}")


def clean_children(root: Root) -> None:
    """Have a script run as `exec` runs it, with variables set that must not reach it."""
    root.write("opt/look.sh", SCRIPT, 0o755)
    root.write("etc/wakeful/agent.toml", '[meters.exec.scripts]\nlook = ["/opt/look.sh"]\n', 0o644)
    push = json.loads(root.run(PROGRAM, "once", LD_LIBRARY_PATH="/nonexistent", WHATEVER="1"))
    values = {name: push["ticks"][0][1][at] for at, (name, *_) in enumerate(push["series"])}
    said = {name: values.get(name) for name in ("library_path", "frozen", "users", "variables")}
    good = (
        said["library_path"] == 0 and said["frozen"] == 0 and said["users"] == 1 and 0 < (said["variables"] or 0) < 12
    )
    require(good, f"a child of the agent sees {said}, meters: {push['meters'].get('exec')}")


def same_meters(root: Root, python: str, site: str) -> None:
    """Compare how each meter ends, frozen and from source, in the same root."""
    frozen = outcomes(root.run(PROGRAM, "once"))
    plain = outcomes(from_source(root, python, site, "once"))
    different = {
        name: (frozen.get(name), plain.get(name)) for name in {*frozen, *plain} if frozen.get(name) != plain.get(name)
    }
    require(not different, f"meters end differently, frozen and from source: {different}")
    good = [name for name, outcome in frozen.items() if outcome == "ok"]
    require(len(good) > 10, f"only these meters run: {good}")


def outcomes(push: str) -> dict[str, str]:
    """Return how each meter of a push ended."""
    return {name: meter["outcome"] for name, meter in json.loads(push)["meters"].items()}


def from_source(root: Root, python: str, site: str, *words: str) -> str:
    """Run the source in the same root, by the interpreter that was frozen."""
    with root.lent(Path(python).resolve().parents[1], "mnt/python"), root.lent(Path(site), "mnt/site"):
        return root.run(f"/mnt/python/bin/{Path(python).name}", "-m", "wakeful_agent", *words, PYTHONPATH="/mnt/site")


def refused(root: Root, collector: Collector) -> None:
    """Try to enrol at a collector whose certificate no authority of this root has signed."""
    code, said = root.try_run(PROGRAM, "enroll", collector.url, "--invite-file", "-", given=collector.invite())
    require(code != 0 and "certificate" in said.lower(), f"enrolled at a stranger: {code}, {said}")


def enrols(root: Root, collector: Collector) -> None:
    """Let the root's authorities vouch for the collector, and enrol."""
    root.write(AUTHORITIES, collector.certificate(), 0o644)
    said = root.run(PROGRAM, "enroll", collector.url, "--invite-file", "-", given=collector.invite())
    require(len(collector.hosts()) == 1, f"not enrolled: {said}")


def pushes(root: Root, collector: Collector) -> None:
    """Start it and wait for its second accepted push."""
    root.write("etc/wakeful/agent.toml", "interval_seconds = 1\n", 0o644)
    root.start(PROGRAM, "run")
    wait_for(lambda: collector.last_seen() is not None, "a push is accepted", root.log)
    first = collector.last_seen() or 0
    wait_for(lambda: (collector.last_seen() or 0) > first, "a second push is accepted", root.log)


def reloads(root: Root) -> None:
    """Change the settings and send the signal."""
    root.write("etc/wakeful/agent.toml", 'interval_seconds = 1\ntags = ["proven"]\n', 0o644)
    root.signal("HUP")
    status = root.path("var/lib/wakeful-agent/status")
    wait_for(lambda: "RELOADS=1" in status.read_text(), "the settings are read again", root.log)


def waiting(root: Root) -> int:
    """Return how many pushes wait in the spool."""
    return len([path for path in root.path("var/lib/wakeful-agent/spool").glob("*.push*") if path.is_file()])


def spools(root: Root, collector: Collector) -> None:
    """Stop the collector and wait for pushes that stay."""
    collector.stop()
    wait_for(lambda: waiting(root) >= 3, "three pushes wait in the spool", root.log)


def drains(root: Root, collector: Collector) -> None:
    """Start the collector and wait for an empty spool and news."""
    before = collector.last_seen() or 0
    collector.start()
    wait_for(lambda: waiting(root) == 0 and (collector.last_seen() or 0) > before, "the spool is sent", root.log)


def ends(root: Root) -> None:
    """Ask it to end as a service manager does."""
    root.signal("TERM")
    code = root.wait()
    require(code == 0, f"ended with {code}: {root.log()}")
    require(not root.processes(), f"still running: {root.processes()}")


def require(good: bool, otherwise: str) -> None:
    """Raise Wrong with these words when something is not as it must be."""
    if not good:
        raise Wrong(otherwise)


if __name__ == "__main__":
    sys.exit(main())
