"""What befalls the world, one thing at a time, each undone by itself; `expects` is what the logs may say of it."""

from __future__ import annotations

import os
import re
import signal
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from logbook import Fault
from tests.story.places import must

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from tests.story.machine import Machine
    from tests.story.world import World

LIBRARY = str(next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), ""))
CLOCKED = "games"
"""The machine whose clock jumps: Debian's libfaketime stands before its agent's."""
SMALL_DISK = "web"
"""The machine whose agent has a small disk of its own."""
DISK_MB = 24
JUMPS = ("+3600", "-3600", "+86400", "-120", "+45")


@dataclass(frozen=True)
class Kind:
    """One kind of fault: how often it is chosen, what it does, and how long its echo lasts after it was undone."""

    name: str
    weight: int
    strike: Callable[[World, random.Random], None]
    echo_seconds: float
    expects: str
    hits_users: bool = False
    """Whether whoever asks the collector may notice."""
    ends: bool = False
    """Whether a process of ours ends by it."""


def lay_disks(folder: Path) -> None:
    """Mount the small disk below the world's `folder`; before the places are made, so that they have it too."""
    disk = folder / SMALL_DISK / "state"
    disk.mkdir(mode=0o700, parents=True)
    must("mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=700", "tmpfs", str(disk))


def set_clocks(world: World) -> None:
    """Give the clock that jumps to its machine, before its agent starts."""
    clocked = world.machines[CLOCKED]
    _clock(clocked).write_text("+0\n", encoding="ascii")
    clocked.environ |= {
        "LD_PRELOAD": LIBRARY,
        "FAKETIME_TIMESTAMP_FILE": str(_clock(clocked)),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }


def strike(world: World, kind: Kind, chance: random.Random) -> Fault:
    """Let it happen and be over, and return what it was; what the world did not come back from is in its `failed`."""
    began = time.time()
    failed = ""
    try:
        kind.strike(world, chance)
    except Exception as error:
        failed = f"{kind.name}: {type(error).__name__}: {error}"
        traceback.print_exc()
        if world.collector.process is None or world.collector.process.poll() is not None:
            world.collector.start()
        for machine in world.machines.values():
            if not machine.pid:
                machine.start()
    words = re.compile(kind.expects, re.IGNORECASE)
    shifts = (0.0, *map(float, JUMPS)) if kind.strike is _jump else (0.0,)
    return Fault(kind.name, began, time.time() + kind.echo_seconds, words, kind.hits_users, failed, shifts)


def _clock(machine: Machine) -> Path:
    return machine.folder / "clock"


def _kill_part(word: str, deepest: bool) -> Callable[[World, random.Random], None]:
    def strike(world: World, chance: random.Random) -> None:
        assert world.collector.process is not None
        for child in psutil.Process(world.collector.process.pid).children():
            if word in child.cmdline():
                below = child.children(recursive=True)
                victim = chance.choice(below) if deepest and below else child
                victim.kill()

    return strike


def _kill_collector(world: World, chance: random.Random) -> None:
    world.collector.kill()
    time.sleep(chance.uniform(1, 30))
    world.collector.start()


def _restart_collector(world: World, chance: random.Random) -> None:
    world.collector.stop()
    time.sleep(chance.uniform(0, 60))
    world.collector.start()


def _reload_collector(world: World, _chance: random.Random) -> None:
    assert world.collector.process is not None
    os.kill(world.collector.process.pid, signal.SIGHUP)


def _kill_agent(world: World, chance: random.Random) -> None:
    machine = chance.choice(list(world.machines.values()))
    machine.kill()
    time.sleep(chance.uniform(0, 15))
    machine.start()


def _restart_agent(world: World, chance: random.Random) -> None:
    machine = chance.choice(list(world.machines.values()))
    machine.stop()
    machine.start()


def _reload_agent(world: World, chance: random.Random) -> None:
    chance.choice(list(world.machines.values())).refresh()


def _freeze_agent(world: World, chance: random.Random) -> None:
    pid = chance.choice(list(world.machines.values())).pid
    if pid:
        os.kill(pid, signal.SIGSTOP)
        time.sleep(chance.uniform(5, 40))
        os.kill(pid, signal.SIGCONT)


def _cut(names: tuple[str, ...]) -> Callable[[World, random.Random], None]:
    def strike(world: World, chance: random.Random) -> None:
        place = world.land.places[chance.choice(names)]
        place.link(up=False)
        time.sleep(chance.uniform(2, 60))
        place.link(up=True)

    return strike


def _fill(folder: Path, seconds: float) -> None:
    ballast = folder / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                try:
                    while True:
                        file.write(b"\0" * size)
                except OSError:
                    continue
        time.sleep(seconds)
    finally:
        ballast.unlink(missing_ok=True)


def _fill_collector(world: World, chance: random.Random) -> None:
    _fill(world.collector.data, chance.uniform(10, 60))


def _fill_agent(world: World, chance: random.Random) -> None:
    _fill(world.machines[SMALL_DISK].state, chance.uniform(10, 60))


def _jump(world: World, chance: random.Random) -> None:
    clock = _clock(world.machines[CLOCKED])
    clock.write_text(f"{chance.choice(JUMPS)}\n", encoding="ascii")
    time.sleep(chance.uniform(10, 60))
    clock.write_text("+0\n", encoding="ascii")


AHEAD = re.compile(r"refused for good and set aside in spool/aside: the collector answered 422 clock_ahead")
"""A push of a clock that is more than ten minutes ahead: its machine keeps it and the collector does not take it."""
_WAITS = r"Pushes wait in the spool|the collector takes pushes again"
_DIED = r"was killed by SIGKILL, starting it again|gunicorn.error: Worker .* SIGKILL|interrupted|" + _WAITS
_SILENT = r"timed out|too long to answer|does not answer|gave up|cannot be reached|cannot be looked at|"
_AWAY = r"no route|unreachable|connection|" + _SILENT + _WAITS
_FULL = r"the disk is full|No space left|" + _WAITS
_NOTHING = r"(?!)"
KINDS = (
    Kind("kill -9 of a page's process", 2, _kill_part("web", deepest=True), 30, _DIED, hits_users=True, ends=True),
    Kind("kill -9 of the web server", 2, _kill_part("web", deepest=False), 30, _DIED, hits_users=True, ends=True),
    Kind("kill -9 of the worker", 3, _kill_part("worker", deepest=False), 40, _DIED, ends=True),
    Kind("kill -9 of the whole collector", 2, _kill_collector, 60, _DIED, hits_users=True, ends=True),
    Kind("restart of the collector", 1, _restart_collector, 60, _WAITS, hits_users=True, ends=True),
    Kind("reload of the collector", 2, _reload_collector, 20, _WAITS, hits_users=True, ends=True),
    Kind("kill -9 of an agent", 3, _kill_agent, 60, _NOTHING, hits_users=True, ends=True),
    Kind("restart of an agent", 2, _restart_agent, 60, _NOTHING, ends=True),
    Kind("reload of an agent", 2, _reload_agent, 20, _NOTHING),
    Kind("an agent that is stopped for a while", 1, _freeze_agent, 60, _AWAY),
    Kind("a machine's cable", 3, _cut(("web", "games", "relay")), 90, _AWAY, hits_users=True),
    Kind("the collector's cable", 2, _cut(("collector",)), 90, _AWAY, hits_users=True),
    Kind(
        "the panel's or the cluster's cable", 3, _cut(("panel", "pve1", "pve2", "webhook")), 90, _AWAY, hits_users=True
    ),
    Kind("the collector's disk is full", 2, _fill_collector, 90, _FULL, hits_users=True),
    Kind("an agent's disk is full", 2, _fill_agent, 90, _FULL),
    Kind("an agent's clock jumps", 3, _jump, 90, AHEAD.pattern + "|clock|" + _WAITS),
)
WORLDLY = re.compile(r"watch survival|watch modded", re.IGNORECASE)
"""What the logs say of the game servers, which fall without any fault of ours."""
