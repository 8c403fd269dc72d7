"""The last lines of a console: escape sequences gone, secrets and links masked, bounded; and what Wings says there.

Lines are cleaned when they are asked for, and once: of a console that is flooded only what is kept costs anything.
"""

from __future__ import annotations

import json
import re
import threading
from collections import deque

from wakeful_agent.host.text import label
from wakeful_agent.redaction import redact
from wakeful_agent.watches.pterodactyl import links

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

LINE_CHARACTERS_MAX = 300
TAIL_CHARACTERS_MAX = 12_000
"""Of all lines together as they travel, where one character may take six: an event holds so much and more."""
_RAW_CHARACTERS_MAX = 4_096
_ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b]{0,2000}(?:\x07|\x1b\\)?"  # titles and hyperlinks
    r"|\x1b[PX^_][^\x1b]{0,2000}(?:\x1b\\)?"
    r"|(?:\x1b\[|\x9b)[0-?]{0,60}[ -/]{0,10}[@-~]?"  # colours, the cursor
    r"|\x1b[ -/]{0,10}[0-~]?"
)
_OTHERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_DAEMON = re.compile(r"\s{0,8}\[[^\[\]]{1,60} Daemon\]: *(.{1,300})")
_EXIT = re.compile(r"Exit code: (-?\d{1,10})")
_MEMORY = "Out of memory: "
_DISK = "exceeding the assigned disk space limit"


def strip(text: str) -> str:
    """Return a line as a person reads it: without escape sequences and control characters (tabs stay)."""
    if "\x1b" in text or "\x9b" in text:
        text = _ESCAPES.sub("", text)
    return _OTHERS.sub("", text)


class Console:
    """Keeps the last `most` lines; asked from any thread."""

    def __init__(self, most: int) -> None:
        self._lines: deque[list[str]] = deque(maxlen=most)
        self._lock = threading.Lock()
        self.exit_code: int | None = None
        self.out_of_memory = False
        self.disk_full = False
        """What Wings told of the last end."""

    def hear(self, output: str) -> list[str]:
        """Take what one frame brings, which may be several lines; return them stripped."""
        heard = [strip(line[: _RAW_CHARACTERS_MAX * 4])[:_RAW_CHARACTERS_MAX] for line in re.split(r"[\r\n]+", output)]
        told = [line for line in heard if line.strip()]
        with self._lock:
            for line in told:
                self._lines.append([line, ""])
        for line in told:
            self._note(line)
        return told

    def tail(self, conceal: Callable[[str], str]) -> list[str]:
        """Return the last lines that fit, to be told; `conceal` takes out the secrets that are known by name."""
        with self._lock:
            for line in self._lines:
                if line[0]:
                    line[1] = label(conceal(redact(links.mask(line[0]))), LINE_CHARACTERS_MAX)
                    line[0] = ""
            return _fitting([line[1] for line in self._lines])

    def clear(self) -> None:
        """Forget the lines: they will come again."""
        with self._lock:
            self._lines.clear()

    def begin(self) -> None:
        """Forget how the last run ended: another one begins."""
        self.exit_code = None
        self.out_of_memory = self.disk_full = False

    def _note(self, line: str) -> None:
        said = _DAEMON.match(line) if "Daemon]:" in line else None  # players may write that, but not first
        if said is None:
            return
        code = _EXIT.match(said[1])
        if code:
            self.exit_code = int(code[1])
        elif said[1].startswith(_MEMORY):
            self.out_of_memory = said[1][len(_MEMORY) :].strip() == "true"
        elif _DISK in said[1]:
            self.disk_full = True


def _fitting(lines: list[str]) -> list[str]:
    size = 0
    for number, line in enumerate(reversed(lines)):
        size += len(json.dumps(line)) + 2
        if size > TAIL_CHARACTERS_MAX:
            return lines[len(lines) - number :]
    return lines
