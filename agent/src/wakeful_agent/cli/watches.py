"""`wakeful-agent watches`: how what is kept alive stands, and pauses of it."""

from __future__ import annotations

import os
import time

from wakeful_agent import bootstrap
from wakeful_agent.cli.exits import FAILURE, OK, USAGE
from wakeful_agent.cli.place import complain, complain_of, here, painted, show_json
from wakeful_agent.config import ConfigErrors
from wakeful_agent.daemon import pauses
from wakeful_agent.daemon.memory import Memory
from wakeful_agent.daemon.roster import Entry, row
from wakeful_agent.host.text import label
from wakeful_agent.standing import State
from wakeful_agent.watch import STARTING, UP, Sight

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from typing import Any, Sequence

    from wakeful_agent.config.orders import WatchSetting

MAINTENANCE_SECONDS = 3600
_HEAD = ("NAME", "KIND", "STATE", "PHASE", "SINCE", "TRIED", "DETAIL")


def main(chosen: argparse.Namespace) -> int:
    """Show the watches, or pause and resume them; return the exit code."""
    place = here()
    try:
        settings = bootstrap.read_config(place).config.orders.watches
    except ConfigErrors as errors:
        complain_of(errors)
        return USAGE
    state = place.folders.state
    if chosen.what in (None, "list"):
        return _list(state, settings, os.path.exists(place.folders.status), chosen.json)
    name = pauses.EVERY if chosen.what == "maintenance" else str(chosen.name)
    if name != pauses.EVERY and name not in [one.name for one in settings]:
        known = ", ".join([*(one.name for one in settings), pauses.EVERY]) if settings else "none at all"
        complain(f"there is no watch {name!r} in agent.toml; there are: {known}")
        return USAGE
    try:
        return _resume(state, name) if chosen.what == "resume" else _pause(state, name, chosen)
    except OSError as error:
        complain(f"{pauses.folder_of(state)}: {error.strerror}. Run this as root, or as the agent's user")
        return FAILURE


def rows(memory: Memory, state: str, settings: Sequence[WatchSetting], now_ms: int) -> list[dict[str, Any]]:
    """Return how the watches of the file stand, as far as the agent has written it down."""
    held = pauses.read(state, now_ms)
    found = []
    for setting in settings:
        known = memory.state(setting.name, setting.kind) or State()
        pause = pauses.of(setting.name, held)
        entry = Entry(setting, known, Sight(known.sight, known.detail))
        told = {**row(entry), "paused": pause is not None, "until_ms": (pause.until_ms or None) if pause else None}
        found.append({key: value for key, value in told.items() if key != "data"})
    return found


def _list(state: str, settings: Sequence[WatchSetting], runs: bool, as_json: bool) -> int:
    now_ms = time.time_ns() // 1_000_000
    memory = Memory(state)
    problem = memory.restore()
    if problem:
        complain(f"{problem}. Run this as root, or as the agent's user")
        return FAILURE
    found = rows(memory, state, settings, now_ms)
    if as_json:
        show_json({"running": runs, "watches": found})
        return OK
    if not found:
        print("agent.toml has no [[watch]]: nothing is kept alive here")
        return OK
    if not runs:
        print("The agent does not run: this is how they stood last.")
    table = [_HEAD, *(_line(one, now_ms) for one in found)]
    widths = [max(len(line[place]) for line in table) for place in range(len(_HEAD) - 1)]
    for number, line in enumerate(table):
        text = "  ".join([*(word.ljust(width) for word, width in zip(line, widths)), line[-1]]).rstrip()
        print(text if number == 0 else painted(text, line[2] in (UP, STARTING)))
    return OK


def _line(one: dict[str, Any], now_ms: int) -> tuple[str, ...]:
    detail = one["detail"]
    if one["paused"]:
        until = f" for {span((one['until_ms'] - now_ms) / 1000)}" if one["until_ms"] else " until it is resumed"
        detail = f"paused{until}"
    elif one["next_ms"] and one["next_ms"] > now_ms:
        detail = f"{detail} (next in {span((one['next_ms'] - now_ms) / 1000)})".strip()
    since = span((now_ms - one["since_ms"]) / 1000) if one["since_ms"] else "-"
    phase = f"{one['phase']}, dry run" if one["dry_run"] else one["phase"]
    tried = f"{one['attempts']}/{one['of']}"
    return one["name"], one["kind"], one["state"], phase, since, tried, label(detail, 100)


def span(seconds: float) -> str:
    """Return a time that passed or is left, in its largest unit."""
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds / size:.0f}{unit}"
    return f"{max(0.0, seconds):.0f}s"


def _pause(state: str, name: str, chosen: argparse.Namespace) -> int:
    seconds = MAINTENANCE_SECONDS if chosen.what == "maintenance" else 0
    if chosen.span is not None:
        seconds = pauses.parse_span(chosen.span) or -1
    if seconds < 0:
        complain(f"--for {chosen.span}: must be like 30s, 90m, 2h or 1d")
        return USAGE
    why = label(chosen.why or f"by {os.environ.get('SUDO_USER') or os.environ.get('USER') or 'somebody'} here", 200)
    pauses.begin(state, name, seconds, why)
    whom = "all watches are" if name == pauses.EVERY else f"{name} is"
    print(f"{whom} left alone {f'for {chosen.span or span(seconds)}' if seconds else 'until resumed'}")
    return OK


def _resume(state: str, name: str) -> int:
    names = list(pauses.read(state, 0)) if name == pauses.EVERY else [name]
    ended = [one for one in names if pauses.end(state, one)]
    if not ended:
        print("nothing was paused" if name == pauses.EVERY else f"{name} was not paused")
    else:
        print(f"kept alive again: {', '.join(ended)}")
    if name != pauses.EVERY and pauses.EVERY in pauses.read(state, 0):
        print(f"but all watches are paused: resume {pauses.EVERY}")
    return OK
