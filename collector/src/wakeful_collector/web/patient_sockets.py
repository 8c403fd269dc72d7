"""Sockets of clients that may be slow, but not for ever: a silent one must not hold a thread."""

from __future__ import annotations

import errno
import socket
import struct

SILENT_SECONDS = 10

_PROBED = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 60),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 15),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 4),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 120_000),
)


class PatientSocket(socket.socket):
    """A client's socket whose blocking reads and writes end after a while as if the client had reset the connection.

    The time is the kernel's (SO_RCVTIMEO), counted anew with every byte, and stays whatever `setblocking` says later.
    """

    given_up = False

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Read as `socket.recv`; raise ConnectionResetError when a blocking read waited too long."""
        try:
            return super().recv(size, flags)
        except BlockingIOError:
            if self.gettimeout() == 0:
                raise
            self.given_up = True
            raise ConnectionResetError(errno.ECONNRESET, "the client was silent for too long") from None

    def shutdown(self, how: int, /) -> None:
        """Shut down as `socket.shutdown`; who was given up is owed no farewell: gunicorn then just closes."""
        if self.given_up:
            raise ConnectionResetError(errno.ECONNRESET, "the client was silent for too long")
        super().shutdown(how)


def patient(client: socket.socket, seconds: int = SILENT_SECONDS) -> PatientSocket:
    """Return the same connection with bounded patience; the socket handed in is spent."""
    found = PatientSocket(fileno=client.detach())
    set_patience(found, seconds)
    return found


def set_patience(client: socket.socket, seconds: int) -> None:
    """Set how long a blocking read or write of `client` may wait; one that has been closed has no patience to set."""
    try:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            client.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", seconds, 0))
    except OSError:
        return


def be_probed(client: socket.socket) -> None:
    """Have the kernel find out within two minutes that a client is gone which could not say so (cable, power)."""
    try:
        for option in _PROBED:
            client.setsockopt(*option)
    except OSError:  # no TCP, or closed already
        return
