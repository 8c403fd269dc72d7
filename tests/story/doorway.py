"""The world's one door: a port of this machine whose connections go on to the collector's.

The socket was made before the world was closed, so it listens in this machine's network; what is connected to it here
is carried into the world's. Nothing is set up on this machine that would have to be taken away.
"""

from __future__ import annotations

import contextlib
import socket
import threading

PIECE_BYTES = 65536


class Doorway:
    """Carries what comes in at `listener` to `target`, in threads that end with the process."""

    def __init__(self, listener: socket.socket, target: tuple[str, int]) -> None:
        self.listener, self.target = listener, target

    def open(self) -> None:
        """Take connections from now on."""
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self) -> None:
        while True:
            visitor, _ = self.listener.accept()
            threading.Thread(target=self._carry, args=(visitor,), daemon=True).start()

    def _carry(self, visitor: socket.socket) -> None:
        with visitor:
            try:
                inner = socket.create_connection(self.target, 10)
            except OSError:
                return
            with inner:
                inner.settimeout(None)
                join(visitor, inner)


def join(near: socket.socket, far: socket.socket) -> None:
    """Carry what either side says to the other, until both have ended."""
    back = threading.Thread(target=_pour, args=(far, near), daemon=True)
    back.start()
    _pour(near, far)
    back.join()


def _pour(source: socket.socket, into: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(PIECE_BYTES):
            into.sendall(piece)
    with contextlib.suppress(OSError):
        into.shutdown(socket.SHUT_WR)
