"""Lets what belongs together leave together: whoever is woken twice for a head and its body answers later."""

from __future__ import annotations

import socket


def cork(connection: socket.socket | None, is_corked: bool) -> None:
    """Hold back what is sent until the cork is taken out, or 200 ms have passed; what is no TCP sends as ever."""
    if connection is None:
        return
    try:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, int(is_corked))
    except OSError:  # closed or broken meanwhile: whoever sends finds out
        return
