"""Tells the init system how the process is: systemd's notification protocol, spoken only when it asks for it."""

from __future__ import annotations

import os
import socket


def notify(*lines: str) -> bool:
    """Send `READY=1`, `STATUS=...`, `WATCHDOG=1` and the like to `NOTIFY_SOCKET`; return whether somebody listens.

    It waits at most a second: an init system that does not read for a while (the kernel keeps some ten messages for
    it) must not keep the collector from ending.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return False
    target = "\0" + address[1:] if address.startswith("@") else address
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.settimeout(1)
            channel.sendto("\n".join(lines).encode(), target)
    except OSError:
        return False
    return True
