"""Run by `run.py` inside of the world's namespaces: `inside.py FOLDER HOURS SEED AGENTS QUIET`."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import crowd
import faults
import load
import report
from lives import Census, left_over
from tests.story import preparing
from tests.story.chapters import CHAPTERS
from tests.story.collector import PORT
from tests.story.inside import tell
from tests.story.telling import Teller
from tests.story.waiting import Never, until
from tests.story.world import World

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logbook import Fault

LOOK_SECONDS = 10.0
QUIET_SECONDS = 10.0
"""At least so long nothing breaks between two faults."""
LIVES_SHARE = 0.4
"""The share of the time in which processes are ended; afterwards each lives, so that its growth can be told."""
DATA_MB = 512
WAKES = 'allow = ["wake"]'
"""What the relay's file says; the load's chats wake the box more often than the 30 times an hour of the default."""
CALM_SECONDS = 90.0
"""How long everything stands still before it is looked at for the last time."""


def main(words: Sequence[str]) -> int:
    """Make the world, load and break it, and print the report; return its verdict."""
    folder, hours, seed, agents, quiet = Path(words[0]), float(words[1]), int(words[2]), int(words[3]), float(words[4])
    threading.Thread(target=_end_with_input, daemon=True).start()
    teller = Teller()
    faults.lay_disks(folder)
    world = World(folder, preparing.read(folder / "prepared.json"), teller, short=True, data_mb=DATA_MB)
    try:
        faults.set_clocks(world)
        world.start()
        told = tell(world, CHAPTERS)
        broken = [check for one in told for check in one.checks if not check.holds]
        teller.say(f"the chapters are told, {len(broken)} of their lines do not hold; {hours:g} h of load and faults")
        code = soak(world, hours, seed, agents, quiet) or int(bool(broken))
    finally:
        world.end()
    left = left_over(str(folder), {1, os.getpid()})
    for words in left:
        teller.say(f"NOT: left over after the end: {words}")
    return code or int(bool(left))


def soak(world: World, hours: float, seed: int, agents: int, quiet: float) -> int:
    """Load the world and break it for so long; return 0 when the report is clean."""
    over = threading.Event()
    census, users = Census(), load.Load(world)
    world.machines["relay"].change(lambda text: text.replace(WAKES, f"{WAKES}\nper_hour = 600"))
    many = crowd.Crowd(world.collector.data, (world.collector.place.address, PORT), agents)
    threads = crowd.start(many, 4, over.is_set)
    users.start()
    watcher = threading.Thread(target=_watch, args=(world, users, census, over), daemon=True)
    watcher.start()
    struck = _break_things(world, hours * 3600, random.Random(seed), quiet)
    world.say("no more faults: load ends, and what waits is handed in")
    users.stop()
    over.set()
    for thread in threads:
        thread.join(600)
    try:
        until(lambda: not any(machine.waiting() for machine in world.machines.values()), "every spool is empty", 600)
    except Never as error:
        world.say(f"NOT: {error}")
    time.sleep(CALM_SECONDS)
    census.look(roots(world, users))
    watcher.join(30)
    found = report.gather(world, users, many, census, struck)
    (world.folder / "soak.json").write_text(json.dumps(dataclasses.asdict(found), indent=1, default=str))
    (world.folder / "lives.json").write_text(json.dumps(census.curves()))
    return report.tell(found, world.say)


def roots(world: World, users: load.Load) -> dict[str, int]:
    """Return the first process of each program that is ours, by name."""
    found = {f"agent {name}": machine.pid for name, machine in world.machines.items()}
    if world.collector.process is not None:
        found["collector"] = world.collector.process.pid
    if users.follower is not None:
        found["operator"] = users.follower.pid
    return {name: pid for name, pid in found.items() if pid}


def _break_things(world: World, seconds: float, chance: random.Random, quiet: float) -> list[Fault]:
    """Strike every kind once in a random order, then by their weights; kinds that end a process only at first."""
    struck = []
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        time.sleep(chance.uniform(QUIET_SECONDS, quiet))
        kills = time.monotonic() < began + seconds * LIVES_SHARE
        kinds = [kind for kind in faults.KINDS if kills or not kind.ends]
        names = {fault.kind for fault in struck}
        fresh = [kind for kind in kinds if kind.name not in names and kind.ends == kills]
        kind = chance.choice(fresh) if fresh else chance.choices(kinds, [one.weight for one in kinds])[0]
        world.say(f"  {kind.name}")
        struck.append(faults.strike(world, kind, chance))
        if struck[-1].failed:
            world.say(f"NOT: {struck[-1].failed}")
    return struck


def _watch(world: World, users: load.Load, census: Census, over: threading.Event) -> None:
    while not over.wait(LOOK_SECONDS):
        census.look(roots(world, users))


def _end_with_input() -> None:
    sys.stdin.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
