"""Words to the service manager over NOTIFY_SOCKET, silent where there is none, and to scripts in a file.

Source: sd_notify(3), the protocol of systemd.
"""

from __future__ import annotations

import os
import socket
import time

from wakeful_agent.host.durable import TEMPORARY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Mapping


class Notifier:
    """Sends states such as READY=1 to the service manager; never raises.

    `file` is the path of a file that always holds the newest state as lines KEY=VALUE, for scripts that stand in for
    a service manager: MAINPID, READY, STATUS, how many times settings were read again (RELOADS) and refused (REFUSED).
    """

    def __init__(self, environ: Mapping[str, str] | None = None, file: str = "") -> None:
        environ = os.environ if environ is None else environ
        path = environ.get("NOTIFY_SOCKET", "")
        self._file = file
        self._reloads = self._refused = 0
        self._path = "\0" + path[1:] if path.startswith("@") else path
        self.watchdog_seconds = _watchdog(environ)
        """How often the manager wants a sign of life at the least; 0 when it does not."""

    def send(self, *lines: str) -> None:
        """Send the lines as one message."""
        if not self._path:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
                channel.settimeout(1)
                channel.sendto("\n".join(lines).encode(), self._path)
        except OSError:
            return

    def ready(self, status: str) -> None:
        """Say that the agent works."""
        self.send("READY=1", f"STATUS={status}")
        self._note("1", status)

    def reloaded(self, status: str, taken: bool) -> None:
        """Say that the configuration was read again, and whether it was fit to be taken."""
        self._reloads += 1
        self._refused += not taken
        self.ready(status)

    def alive(self, status: str | None = None) -> None:
        """Feed the watchdog."""
        self.send("WATCHDOG=1", *([] if status is None else [f"STATUS={status}"]))

    def reloading(self) -> None:
        """Say that the configuration is being read again; `reloaded` ends it."""
        self.send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}", "STATUS=Reloading")
        self._note("1", "Reloading")

    def stopping(self) -> None:
        """Say that the agent is going."""
        self.send("STOPPING=1", "STATUS=Stopping")
        self._note("0", "Stopping")

    def _note(self, ready: str, status: str) -> None:
        """Replace the file as a whole: a reader never sees half of it. It need not outlive a crash of the machine."""
        if not self._file:
            return
        lines = (f"MAINPID={os.getpid()}", f"READY={ready}", f"STATUS={status}")
        counts = (f"RELOADS={self._reloads}", f"REFUSED={self._refused}")
        temporary = f"{self._file}{TEMPORARY}"
        try:
            with open(temporary, "w", encoding="utf-8") as file:
                file.write("\n".join((*lines, *counts)) + "\n")
            os.rename(temporary, self._file)
        except OSError:
            return


def _watchdog(environ: Mapping[str, str]) -> float:
    for_whom = environ.get("WATCHDOG_PID", "")
    span = environ.get("WATCHDOG_USEC", "")
    if not span.isdigit() or (for_whom and for_whom != str(os.getpid())):
        return 0.0
    return int(span) / 1e6
