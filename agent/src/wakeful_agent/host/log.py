"""Log lines on stderr: plain, with a level, said once and not each tick. Secrets never get here."""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from wakeful_agent.host.log_file import LogFile

LEVELS = ("debug", "info", "warning", "error")
_PRIORITY = {"debug": "<7>", "info": "<6>", "warning": "<4>", "error": "<3>"}


class Log:
    """Writes lines of a level and above; under systemd's journal with its priority marks instead of times."""

    def __init__(self, level: str = "info", stream: TextIO | LogFile | None = None) -> None:
        self._least = LEVELS.index(level)
        self._stream = stream
        self._told: dict[str, str] = {}
        self._journal = stream is None and "JOURNAL_STREAM" in os.environ

    def set_level(self, level: str) -> None:
        """Take lines of `level` and above from now on."""
        self._least = LEVELS.index(level)

    def write_to(self, stream: TextIO | LogFile) -> None:
        """Write to `stream` from now on, with times."""
        self._stream = stream
        self._journal = False

    def say(self, level: str, text: str) -> None:
        """Write one line; an error of the stream is nobody's business here."""
        if LEVELS.index(level) < self._least:
            return
        line = " ".join(text.splitlines())
        if self._journal:
            line = f"{_PRIORITY[level]}{line}\n"
        else:
            line = f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} {level:<7} {line}\n"
        try:
            (self._stream or sys.stderr).write(line)
            (self._stream or sys.stderr).flush()
        except (OSError, ValueError):
            return

    def trouble(self, subject: str, text: str, level: str = "warning") -> bool:
        """Say `text` about `subject` once, until it changes or is over; tells whether it was said now."""
        if self._told.get(subject) == text:
            return False
        self._told[subject] = text
        self.say(level, text)
        return True

    def over(self, subject: str, text: str) -> None:
        """Say that the trouble with `subject` is over, if there was one."""
        if self._told.pop(subject, None) is not None:
            self.say("info", text)
