"""A process by its pidfile or its name; what starts it is a named action."""

from __future__ import annotations

import os

from wakeful_agent.host.errors import Absent, Denied
from wakeful_agent.host.processes import TICKS_A_SECOND, command_words, parse_stat, walk
from wakeful_agent.options import Option
from wakeful_agent.watch import DOWN, UP, Sight
from wakeful_agent.watches.looked import INTERVAL, Looked
from wakeful_wire.record import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterable, Mapping, Sequence

    from wakeful_agent.host.files import Host
    from wakeful_agent.host.processes import Process

ENDED = ("Z", "X", "x")
NAME_BYTES_MAX = 15

OPTIONS = (
    Option("pidfile", "", "the file with the number of the process", local=True),
    Option("process", "", "the program's name, such as nginx", local=True),
    Option("words", "", "text that its command line holds, where the name alone says too little", local=True),
)


class Wanted(NamedTuple):
    """Which process is meant: by any of these, and all that are given must fit."""

    pidfile: str
    name: str
    words: str


def wanted_of(options: Mapping[str, Any]) -> Wanted:
    """Return which process is meant."""
    return Wanted(*(str(options.get(key) or "") for key in ("pidfile", "process", "words")))


def fits(one: Process, words: Sequence[str], wanted: Wanted) -> bool:
    """Tell whether a process that has not ended is the one that is meant."""
    if one.state in ENDED:
        return False
    if wanted.name:
        programs = [os.path.basename(word) for word in words[:2]]
        short = wanted.name.encode("utf-8", "surrogateescape")[:NAME_BYTES_MAX]
        if one.name != short and wanted.name not in programs:
            return False
    return not wanted.words or wanted.words in " ".join(words)


def find(host: Host, wanted: Wanted) -> Process | str:
    """Return the process, the oldest of several; or why there is none. Raises HostError when nobody can tell."""
    number = 0
    if wanted.pidfile:
        try:
            number = _number(host, wanted.pidfile)
        except Absent:
            return f"there is no {wanted.pidfile}"
        if not number:
            return f"{wanted.pidfile} names no process"
    found = []
    for one in _processes(host, number):
        words = command_words(host, one.pid) if wanted.name or wanted.words else ()
        if one.pid != os.getpid() and fits(one, words, wanted):
            found.append(one)
    if found:
        return min(found, key=lambda one: (one.start_ticks, one.pid))
    if not host.exists("proc/1/stat"):
        raise Denied("processes of other users are hidden from the agent (hidepid of /proc)")
    return f"process {number} of {wanted.pidfile} does not run" if number else "no such process runs"


def age_seconds(host: Host, one: Process) -> float:
    """Return how long a process runs."""
    # Not by /proc/uptime: that of a container counts from its own start, and what /proc says of processes does not.
    return max(0.0, host.awake_seconds() - one.start_ticks / TICKS_A_SECOND)


def _processes(host: Host, number: int) -> Iterable[Process]:
    """Return the process with this number, if it is there; all of them for 0."""
    if not number:
        return walk(host, {})
    try:
        return [parse_stat(host.read(f"proc/{number}/stat").encode())]
    except Absent:
        return []


def _number(host: Host, path: str) -> int:
    text = host.line(path.lstrip("/"))  # some keep more below it: PostgreSQL's has the data folder, port and so on
    return int(text) if text.isascii() and text.isdigit() else 0


class ProcessWatch(Looked):
    """Looks for the process."""

    kind = "process"
    options = (*OPTIONS, INTERVAL)

    @classmethod
    def check(cls, options: Mapping[str, Any]) -> list[str]:
        """Say that neither pidfile nor name is given."""
        if not options.get("pidfile") and not options.get("process"):
            return ["pidfile or process must be given"]
        return []

    @classmethod
    def subject(cls, options: Mapping[str, Any]) -> str:
        """Return what names the process."""
        return " ".join(part for part in wanted_of(options) if part)

    def look(self, host: Host, now_ms: int) -> Sight:
        """Return whether the process runs."""
        found = find(host, wanted_of(self.chosen))
        if isinstance(found, str):
            return Sight(DOWN, found)
        return Sight(UP, f"process {found.pid}", {"pid": found.pid})
