"""Words to the service manager over NOTIFY_SOCKET; silent where there is none.

Source: sd_notify(3), the protocol of systemd.
"""

from __future__ import annotations

import os
import socket
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Mapping


class Notifier:
    """Sends states such as READY=1 to the service manager; never raises."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        environ = os.environ if environ is None else environ
        path = environ.get("NOTIFY_SOCKET", "")
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

    def alive(self, status: str | None = None) -> None:
        """Feed the watchdog."""
        self.send("WATCHDOG=1", *([] if status is None else [f"STATUS={status}"]))

    def reloading(self) -> None:
        """Say that the configuration is being read again; `ready` ends it."""
        self.send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}", "STATUS=Reloading")

    def stopping(self) -> None:
        """Say that the agent is going."""
        self.send("STOPPING=1", "STATUS=Stopping")


def _watchdog(environ: Mapping[str, str]) -> float:
    for_whom = environ.get("WATCHDOG_PID", "")
    span = environ.get("WATCHDOG_USEC", "")
    if not span.isdigit() or (for_whom and for_whom != str(os.getpid())):
        return 0.0
    return int(span) / 1e6
