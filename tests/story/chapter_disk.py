"""Disks fill: one of a machine, which is told and then no longer; and the collector's own, which costs nothing."""

from __future__ import annotations

import errno
import json
import time
from typing import TYPE_CHECKING, Any

from . import ledger
from .telling import Check
from .waiting import until

if TYPE_CHECKING:
    from pathlib import Path

    from .machine import Machine
    from .world import World

DISK_MB, LOAD_MB = 16, 15
FILES = """
[meters.filesystem]
interval_seconds = 1
included = ["tmpfs"]
"""
TOLD_SECONDS = 90
FULL_SECONDS = 180
OK, FULL = 200, 503


class MachinesDisk:
    """A disk of 16 MB in `web` fills and is emptied again."""

    title = "A disk fills"

    def tell(self, world: World) -> list[Check]:
        """Fill it and wait to be told; empty it and wait until nobody is told any more."""
        machine = world.machines["web"]
        machine.configure(FILES)
        mountpoint = str(machine.folder / "disk")
        (machine.folder / "disk").mkdir(mode=0o755)
        made = machine.place.run("mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "story", mountpoint)
        assert made.returncode == 0, made.stderr
        world.say(f"  web has a disk of {DISK_MB} MB at {mountpoint}; somebody writes {LOAD_MB} MB to it")
        before = _told(world, machine, mountpoint)
        assert not before, f"told before it was full: {before}"
        filled = machine.run("dd", "if=/dev/zero", f"of={mountpoint}/load", "bs=1M", f"count={LOAD_MB}")
        assert filled.returncode == 0, filled.stderr
        told, after = _timed(lambda: _told(world, machine, mountpoint), "somebody is told that the disk is full")
        world.say(f"      {told}")
        machine.run("rm", f"{mountpoint}/load")
        world.say("  it is emptied again")
        _, calm = _timed(lambda: not _told(world, machine, mountpoint), "nobody is told so any more")
        listed = f"told after {after:.0f} s: {told}"
        return [
            Check("`wakeful host` says that it is full", listed, mountpoint in told),
            Check("and no longer, once it is not", f"after {calm:.0f} s", True),
        ]


class CollectorsDisk:
    """The collector's own disk fills, and there is room again."""

    title = "The collector's disk fills"

    def tell(self, world: World) -> list[Check]:
        """Fill it, look what still goes, make room, and count."""
        ballast = world.collector.data / "ballast"
        size = world.data_mb << 20
        try:
            world.say("  somebody else's file takes all that was left of the collector's disk")
            _, after = _timed(
                lambda: _refuses(world, ballast), "the collector says that its disk is full", FULL_SECONDS
            )
            answers = _read_for(world, 3 if world.short else 15)
            kept = ledger.waiting(world)
            taken = sum(path.stat().st_size for path in world.collector.data.rglob("*") if path.is_file())
            is_up = world.collector.process is not None and world.collector.process.poll() is None
        finally:
            ballast.unlink(missing_ok=True)
        world.say("  the file is gone; there is room again")
        begun = time.monotonic()
        until(lambda: _full_since(world) is None, "the collector takes pushes again", FULL_SECONDS)
        counted = ledger.settled(world, FULL_SECONDS)
        readable = answers.count(OK)
        seen = (
            f"said after {after:.0f} s; {kept} pushes wait on the machines; {readable} of {len(answers)} reads answered"
        )
        room = f"{taken >> 20} of {size >> 20} MB, it {'runs' if is_up else 'ENDED'}"
        found = f"{counted}, {time.monotonic() - begun:.0f} s later"
        return [
            Check(
                "it takes no pushes and can still be read",
                seen,
                readable == len(answers) and kept > len(world.machines),
            ),
            Check("it goes on running", room, is_up),
            Check("with room again nothing is lost", found, counted.is_whole),
        ]


def _timed(question: Any, what: str, seconds: float = TOLD_SECONDS) -> tuple[Any, float]:
    begun = time.monotonic()
    return until(question, what, seconds), time.monotonic() - begun


def _told(world: World, machine: Machine, mountpoint: str) -> str:
    """Return what `wakeful host` says of the disk, empty while it says nothing."""
    done = world.collector.cli("host", machine.name, "--json")
    assert done.returncode == 0, done.stderr
    texts = [str(one["text"]) for one in json.loads(done.stdout)["troubles"]]
    return next((text for text in texts if mountpoint in text), "")


def _refuses(world: World, ballast: Path) -> bool:
    """Take what room there is, which the collector makes now and then, and tell whether it refuses pushes."""
    try:
        with ballast.open("ab", buffering=0) as file:
            while True:
                file.write(bytes(1 << 16))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
    return _full_since(world) is not None


def _read_for(world: World, seconds: float) -> list[int]:
    """Read the list of machines for so long; return the status of each answer."""
    found = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        status, document = world.collector.ask("GET", "/hosts")
        if status != OK:
            world.say(f"      {document}")
        found.append(status)
        time.sleep(0.5)
    return found


def _full_since(world: World) -> str | None:
    """Return since when the disk is full; one that has no room even to say so is full too."""
    status, document = world.collector.ask("GET", "/status")
    return str(document) if status == FULL else document["disk_full_since"]
