"""The listening socket: bound once by the supervisor and handed to the web server, so no restart refuses anybody."""

from __future__ import annotations

import errno
import socket

import psutil

from wakeful_collector.settings_kinds import split_address

BACKLOG = 2048


class CannotListenError(Exception):
    """The address cannot be listened on; the text names the process or the setting at fault."""


def listen_on(address: str) -> socket.socket:
    """Return a socket that listens on `host:port` and that child processes may inherit.

    Raises:
        CannotListenError: the port is taken, not permitted, or the address is not one of this machine.
    """
    host, port = split_address(address)
    try:
        family, _, _, _, target = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise CannotListenError(f"{host!r} is not an address: {error.strerror}; check the setting listen") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(target)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise CannotListenError(_reason(error, address, port)) from None
    listener.set_inheritable(True)
    return listener


def holder_of(port: int) -> str:
    """Return who listens on TCP `port` as `nginx (pid 812)`, or an empty text when that cannot be seen."""
    try:
        connections = psutil.net_connections("tcp")
    except (psutil.Error, OSError):
        return ""
    for one in connections:
        if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port and one.pid:
            try:
                return f"{psutil.Process(one.pid).name()} (pid {one.pid})"
            except psutil.Error:
                return f"pid {one.pid}"
    return ""


def _reason(error: OSError, address: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        holder = holder_of(port) or "another program"
        return f"{address} is taken by {holder}; stop it, or set another address: listen in collector.toml, or --listen"
    if error.errno == errno.EACCES:
        return f"{address}: ports below 1024 need root; choose a higher one (setting listen) or a reverse proxy"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{address} is not an address of this machine; check the setting listen"
    return f"{address} cannot be listened on: {error.strerror}; check the setting listen"
