"""What came of the soak: the figures, and the verdict."""

from __future__ import annotations

import os
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ledger
import logbook
from faults import AHEAD, WORLDLY
from lives import family, left_over

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from crowd import Crowd
    from lives import Census, Growth
    from load import Load
    from logbook import Fault
    from tests.story.world import World

PSS_MB_AN_HOUR = 2.0
THREADS_AN_HOUR = 0.5
HANDLES_AN_HOUR = 1.0
HOURS_THAT_TELL = 0.5
"""Lives that are shorter in sum say nothing of growth."""
UNWANTED = re.compile(r" (4\d\d|500|1)$")
"""Answers that no fault explains: 502, 503, 504 are how one looks; an apply that reaches no cluster exits 4."""
FINAL = {"done", "failed", "expired", "refused", "cancelled", "timeout", "lost", "succeeded"}


@dataclass(frozen=True)
class Found:
    """Everything that is told."""

    faults: dict[str, int]
    failed_faults: list[str]
    growths: list[Growth]
    runs: int
    holes: int
    torn: list[str]
    made: int
    taken: int
    stored: int
    refused: dict[int, int]
    set_aside: int
    of_a_clock_ahead: int
    answers: dict[str, int]
    longest: dict[str, float]
    failures: list[str]
    open_commands: list[str]
    left: list[str]
    unexplained: list[str]
    explained: dict[str, list[str]]
    database_mb: float


def gather(world: World, users: Load, many: Crowd, census: Census, struck: list[Fault]) -> Found:
    """Look at everything once more; the load is over and the spools are empty."""
    accounts = ledger.accounts(world.collector.data)
    simulated = {machine.run for machine in many.machines}
    lines = [
        line
        for log in logs(world)
        for line in logbook.grave_lines(log)
        if line.at >= users.since and not WORLDLY.search(line.text)
    ]
    causes = [(line, logbook.cause(line, struck)) for line in lines]
    strange = [line for line, cause in causes if not cause]
    commands = world.collector.api("GET", "/commands?limit=500")["commands"]
    outside = [
        text
        for at, text in users.failures
        if not any(one.hits_users and one.at - 2 <= at <= one.until for one in struck)
    ]
    alive = {1, os.getpid(), *family(os.getpid())}
    for machine in world.machines.values():
        alive.update(family(machine.pid))
    return Found(
        dict(Counter(fault.kind for fault in struck)),
        [fault.failed for fault in struck if fault.failed],
        census.growths(),
        len(accounts),
        sum(account.holes for account in accounts),
        [f"{one.run} of {one.host}: {one.first}..{one.last}, {one.holes} missing" for one in accounts if not one.whole],
        sum(many.made),
        sum(many.taken),
        sum(one.last - one.first + 1 - one.holes for one in accounts if one.run in simulated),
        many.refused,
        sum(len(machine.set_aside()) for machine in world.machines.values()),
        sum(len(AHEAD.findall(log.read_text("utf-8", errors="replace"))) for log in logs(world)),
        dict(sorted(users.answers.items())),
        users.longest,
        sorted({re.sub(r"[0-9]+", "#", text) for text in outside}),
        [f"{one['id']} {one['state']}" for one in commands if one["state"] not in FINAL],
        left_over(str(world.folder), alive),
        grouped(strange),
        {
            kind: grouped([line for line, cause in causes if cause == kind])
            for kind in sorted({one for _, one in causes})
        },
        sum(path.stat().st_size for path in world.collector.data.glob("*.db*")) / 1e6,
    )


def logs(world: World) -> list[Path]:
    """Return every log of the product in the world."""
    found = [world.collector.place.folder / "collector.log", *(machine.log for machine in world.machines.values())]
    found += [path for machine in world.machines.values() for path in machine.home.rglob("*.log")]
    return [path for path in found if path.exists()]


def grouped(lines: list[logbook.Grave]) -> list[str]:
    """Return lines that differ in numbers only once, with how often they came."""
    counts = Counter(
        f"{line.file} {line.level}: {re.sub(r'[0-9a-f]*[0-9][0-9a-f]*', '#', line.text)}" for line in lines
    )
    return [f"{count} x {text}" for text, count in counts.most_common()]


def tell(found: Found, say: Callable[[str], None]) -> int:
    """Say it all; return 1 when something is not as it should be."""
    say(f"faults: {sum(found.faults.values())}")
    for kind, count in sorted(found.faults.items()):
        say(f"  {count:4d}  {kind}")
    say("what is kept (the least of five minutes), and the most that was held in between")
    say("process                                lives  hours  kept MB   MB/h  most MB  threads (/h)   handles (/h)")
    if not found.growths:
        say("  nothing lived for half an hour: this run tells of no growth")
    for one in found.growths:
        counts = (
            f"{one.threads_most:4d} ({one.threads_an_hour:+.2f})  {one.handles_most:5d} ({one.handles_an_hour:+.2f})"
        )
        kept = f"{one.pss_mb_an_hour:+6.2f} {one.pss_mb:8.1f} "
        say(f"  {one.role:36} {one.lives:5d} {one.hours:6.2f} {one.floor_mb:8.1f} {kept} {counts}")
    say(f"pushes of simulated agents: {found.made} made, {found.taken} taken, {found.stored} stored")
    say(f"runs of agents: {found.runs}; numbers missing in them: {found.holes}; refused: {found.refused or 'none'}")
    said = f"{found.of_a_clock_ahead}, of which the machine keeps the newest {found.set_aside}"
    say(f"refused because the machine's clock was more than ten minutes ahead: {said}")
    say(f"answers: {found.answers}")
    say(f"longest, s: { {name: round(seconds, 1) for name, seconds in found.longest.items()} }")
    kinds = sum(len(lines) for lines in found.explained.values())
    say(f"database: {found.database_mb:.1f} MB; kinds of log lines that a fault explains: {kinds}")
    wrong = verdict(found)
    for line in wrong:
        say(f"NOT: {line}")
    say("all is as it should be" if not wrong else f"{len(wrong)} things are not as they should be")
    return 1 if wrong else 0


def verdict(found: Found) -> list[str]:
    """Return what is not as it should be."""
    wrong: list[Any] = [f"lost: {text}" for text in found.torn]
    wrong += [f"the world did not come back: {text}" for text in found.failed_faults]
    if not found.made == found.taken == found.stored:
        wrong.append(f"pushes made {found.made}, taken {found.taken}, stored {found.stored}")
    if found.set_aside > found.of_a_clock_ahead:  # the newest 50 are kept
        wrong.append(f"set aside by agents: {found.set_aside}, for a clock ahead: {found.of_a_clock_ahead}")
    wrong += [f"failed while nothing was broken: {text}" for text in found.failures]
    wrong += [f"answered: {name}, {count} times" for name, count in found.answers.items() if UNWANTED.search(name)]
    wrong += [f"a command without an end: {text}" for text in found.open_commands]
    wrong += [f"left over: {text}" for text in found.left]
    wrong += [f"unexplained in the logs: {text}" for text in found.unexplained]
    for one in found.growths:
        if one.hours < HOURS_THAT_TELL:
            wrong.append(f"not judged, it lived too shortly: {one.role}, {one.hours:.2f} h")
            continue
        if one.pss_mb_an_hour > PSS_MB_AN_HOUR:
            wrong.append(f"memory of {one.role} grows by {one.pss_mb_an_hour:.2f} MB an hour")
        if one.threads_an_hour > THREADS_AN_HOUR or one.handles_an_hour > HANDLES_AN_HOUR:
            wrong.append(f"threads or handles of {one.role} grow")
    return wrong
